-- Views over the files of a night. In the folder that holds the run's folder `night`:
--     duckdb -init docs/examples/views.sql
-- then, for instance:  SELECT * FROM leads LIMIT 20;

-- Every hit, with the score as log10 of odds and in words how it stands with chance.
CREATE OR REPLACE VIEW hits AS
SELECT
    *,
    score_mban / 1000.0 AS score_log10,
    CASE
        WHEN loci_excluding > 0 THEN 'a locus fails'
        WHEN expected_chance_hits >= 0.5 THEN 'chance gives as good a hit'
        WHEN expected_chance_hits >= 0.001 THEN 'chance is possible'
        ELSE 'chance is unlikely'
    END AS standing
FROM 'night/hits.parquet';

-- The best hit of every record searched, strongest first.
CREATE OR REPLACE VIEW leads AS
SELECT search, probe_id, gallery_id, gallery_person, score_log10, standing, hit_id
FROM hits
WHERE rank = 1
ORDER BY score_mban DESC, hit_id;

-- Records that may be one person registered more than once; the weakest link first.
CREATE OR REPLACE VIEW duplicates AS
SELECT
    search, cluster_id, any_value(size) AS records, list(record_id ORDER BY record_id) AS record_ids,
    count(DISTINCT person_id) AS persons, any_value(weakest_link_mban) / 1000.0 AS weakest_link_log10
FROM 'night/clusters.parquet'
GROUP BY search, cluster_id
ORDER BY weakest_link_log10;

-- Families with the bodies that fit them, the best first; `fits` above 1 is to be decided together.
CREATE OR REPLACE VIEW families AS
SELECT
    family_id, probe_id AS body_id, kinship, gallery_id AS relative_id, score_log10, posterior,
    count(*) OVER (PARTITION BY search, family_id) AS fits, search
FROM hits
WHERE family_id IS NOT NULL
ORDER BY family_id, score_mban DESC;

-- Comparisons by search and score; the screen's are one row without a score.
CREATE OR REPLACE VIEW comparisons AS
SELECT search, stage, score_low_mban / 1000.0 AS from_log10, comparisons
FROM 'night/histogram.parquet'
ORDER BY search, stage, score_low_mban;

-- Leads of a night by search, with the best one. Run it in the folder that holds the run's folder
-- `night`:   duckdb < docs/examples/duckdb.sql
WITH best AS (
    SELECT * FROM 'night/hits.parquet'
    QUALIFY row_number() OVER (PARTITION BY search ORDER BY score_mban DESC, hit_id) = 1
), counted AS (
    SELECT search, count(*) AS hits, count(*) FILTER (loci_excluding > 0) AS with_excluded_locus
    FROM 'night/hits.parquet'
    GROUP BY search
), made AS (
    SELECT search, sum(comparisons)::BIGINT AS comparisons
    FROM 'night/histogram.parquet'
    GROUP BY search
)
SELECT
    made.search, made.comparisons, coalesce(counted.hits, 0) AS hits, counted.with_excluded_locus,
    best.probe_id, best.gallery_id, best.score_mban / 1000.0 AS best_log10
FROM made
LEFT JOIN counted USING (search)
LEFT JOIN best USING (search)
ORDER BY made.search;

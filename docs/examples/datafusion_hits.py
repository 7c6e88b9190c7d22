"""Leads of a run by search, with the best one, in DataFusion.

    python3 docs/examples/datafusion_hits.py NIGHT

NIGHT is the --out folder of `tanba run`.
"""

import pathlib
import sys

from datafusion import SessionContext

QUESTION = """
WITH best AS (
    SELECT *, row_number() OVER (PARTITION BY search ORDER BY score_mban DESC, hit_id) AS place FROM hits
), counted AS (
    SELECT
        search, count(*) AS hits,
        sum(CASE WHEN loci_excluding > 0 THEN 1 ELSE 0 END) AS with_excluded_locus
    FROM hits GROUP BY search
), made AS (
    SELECT search, sum(comparisons) AS comparisons FROM histogram GROUP BY search
)
SELECT
    made.search, made.comparisons, coalesce(counted.hits, 0) AS hits, counted.with_excluded_locus,
    best.probe_id, best.gallery_id, best.score_mban / 1000.0 AS best_log10
FROM made
LEFT JOIN counted ON counted.search = made.search
LEFT JOIN best ON best.search = made.search AND best.place = 1
ORDER BY made.search
"""


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    run = pathlib.Path(sys.argv[1])
    context = SessionContext()
    for name in ("hits", "histogram"):
        context.register_parquet(name, str(run / f"{name}.parquet"))
    for row in context.sql(QUESTION).to_pylist():
        print(*row.values(), sep="\t")


if __name__ == "__main__":
    main()

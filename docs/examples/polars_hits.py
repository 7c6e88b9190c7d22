"""Leads of a run by search, with the best one, in Polars.

    python3 docs/examples/polars_hits.py NIGHT

NIGHT is the --out folder of `tanba run`.
"""

import pathlib
import sys

import polars as pl


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    run = pathlib.Path(sys.argv[1])
    hits = pl.scan_parquet(run / "hits.parquet")
    made = pl.scan_parquet(run / "histogram.parquet").group_by("search").agg(pl.col("comparisons").sum())
    best = (
        hits.sort("score_mban", "hit_id", descending=[True, False])
        .group_by("search")
        .agg(
            hits=pl.len(),
            with_excluded_locus=(pl.col("loci_excluding") > 0).sum(),
            probe_id=pl.col("probe_id").first(),
            gallery_id=pl.col("gallery_id").first(),
            best_log10=pl.col("score_mban").first() / 1000,
        )
    )
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=160, fmt_str_lengths=40):
        print(made.join(best, on="search", how="left").sort("search").collect())


if __name__ == "__main__":
    main()

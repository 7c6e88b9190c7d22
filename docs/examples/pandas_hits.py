"""Leads of a run by search, with the best one, in pandas.

    python3 docs/examples/pandas_hits.py NIGHT

NIGHT is the --out folder of `tanba run`.
"""

import pathlib
import sys

import pandas as pd


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    run = pathlib.Path(sys.argv[1])
    hits = pd.read_parquet(run / "hits.parquet")
    made = pd.read_parquet(run / "histogram.parquet").groupby("search")["comparisons"].sum()
    hits = hits.sort_values(["score_mban", "hit_id"], ascending=[False, True])
    best = hits.groupby("search").agg(
        hits=("hit_id", "size"),
        with_excluded_locus=("loci_excluding", lambda loci: int((loci > 0).sum())),
        probe_id=("probe_id", "first"),
        gallery_id=("gallery_id", "first"),
        best_log10=("score_mban", lambda scores: scores.iloc[0] / 1000),
    )
    print(made.to_frame().join(best, how="left").to_string())


if __name__ == "__main__":
    main()

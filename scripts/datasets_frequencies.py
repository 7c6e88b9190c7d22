#!/usr/bin/env python3
"""Writes datasets/frequencies/*.csv from a folder of published allele-frequency tables.

    python3 scripts/datasets_frequencies.py SOURCE_FOLDER

SOURCE_FOLDER holds nist1036_{Cauc,AfAm,Asian,Hisp}.csv and norSTR_midAsiaDB.csv with the columns
locus, allele, frequency, count, n_alleles. The written files carry the same facts in Tanba's own
layout: a header of comment lines that names the source, loci in Tanba's order and spelling where it
knows them, alleles ascending, frequencies as the shortest decimal that reads back to the same double.
The script stops at the first frequency outside (0, 1] and at a locus that does not sum to 1. Loci whose
alleles are lengths in base pairs are left out, because Tanba's alleles are repeat numbers; the header
of the written file names them.
"""

import csv
import pathlib
import sys

CORE_LOCI = (
    "D3S1358 vWA D16S539 CSF1PO TPOX D8S1179 D21S11 D18S51 D2S441 D19S433 TH01 FGA D22S1045 D5S818 "
    "D13S317 D7S820 SE33 D10S1248 D1S1656 D12S391 D2S1338 PentaE PentaD"
).split()

NIST = """\
Source: NIST 1036 U.S. population data, {population} sample, 2017 revision.
Published: C.R. Steffen, M.D. Coble, K.B. Gettings, P.M. Vallone, Corrigendum to "U.S. population
data for 29 autosomal STR loci" [Forensic Sci. Int. Genet. 7 (2013) e82-e83], Forensic Sci. Int.
Genet. 31 (2017) e36-e40.
Rights: facts measured by a United States federal agency; not subject to copyright there
(17 U.S.C. 105).
Sample: {persons} persons at most per locus; n_alleles is the number of alleles counted (2N).
{caution}"""

NORSTR = """\
STAND-IN FOR CENTRAL ASIA. NOT FOR CASEWORK.
Source: table midAsiaDB of the R package norSTR (M.D. Vigeland, MIT licence).
Its author states neither the origin of the figures, nor the year, nor the number of persons. No
table of a Kazakh population could be had under an open licence; this is the nearest, no more.
No frequency is below 0.001, its floor; sample sizes are absent, so unseen
alleles get 0.001 too."""

TABLES = {
    "nist1036-caucasian": ("nist1036_Cauc.csv", NIST, "Caucasian"),
    "nist1036-african-american": ("nist1036_AfAm.csv", NIST, "African American"),
    "nist1036-asian": ("nist1036_Asian.csv", NIST, "Asian"),
    "nist1036-hispanic": ("nist1036_Hisp.csv", NIST, "Hispanic"),
    "norstr-mid-asia": ("norSTR_midAsiaDB.csv", NORSTR, "Central Asia (stand-in)"),
}

ASIAN_CAUTION = "Caution: a small sample of several Asian ancestries living in the United States."


def read(path):
    rows = []
    sums = {}
    with open(path, newline="", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            frequency = float(row["frequency"])
            if not 0.0 < frequency <= 1.0:
                sys.exit(f"{path}: a frequency is above 0 and at most 1; found {row}")
            locus = row["locus"].replace(" ", "")
            sums[locus] = sums.get(locus, 0.0) + frequency
            rows.append((locus, float(row["allele"]), frequency, row["count"], row["n_alleles"]))
    for locus, total in sums.items():
        if abs(total - 1.0) > 1e-9:
            sys.exit(f"{path}: the frequencies of a locus sum to 1; {locus} sums to {total}")
    in_base_pairs = sorted({row[0] for row in rows if not 1 <= row[1] < 99})
    rows = [row for row in rows if row[0] not in in_base_pairs]
    missing = [locus for locus in CORE_LOCI if all(row[0] != locus for row in rows)]
    if missing:
        sys.exit(f"{path}: a table covers the 23 core loci; missing {missing}")
    order = {locus: place for place, locus in enumerate(CORE_LOCI)}
    rows.sort(key=lambda row: (order.get(row[0], len(order)), row[0], row[1]))
    return rows, in_base_pairs


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    target = pathlib.Path(__file__).resolve().parent.parent / "datasets" / "frequencies"
    target.mkdir(parents=True, exist_ok=True)
    for name, (file, header, population) in TABLES.items():
        rows, in_base_pairs = read(source / file)
        persons = max((int(row[4]) // 2 for row in rows if row[4]), default=None)
        caution = ASIAN_CAUTION if name == "nist1036-asian" else ""
        text = header.format(population=population, persons=persons, caution=caution).strip()
        if in_base_pairs:
            text += f"\nLeft out, being in base pairs: {' '.join(in_base_pairs)}."
        lines = [f"# {line}".rstrip() for line in [f"Allele frequencies {name}.", *text.splitlines()]]
        lines.append("locus,allele,frequency,count,n_alleles")
        for locus, allele, frequency, count, n_alleles in rows:
            lines.append(f"{locus},{allele:g},{frequency!r},{count},{n_alleles}")
        (target / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{name}.csv: {len(rows)} rows, {len({row[0] for row in rows})} loci")


if __name__ == "__main__":
    main()

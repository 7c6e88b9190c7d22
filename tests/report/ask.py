"""Asks every query of a page of `tanba report` with DuckDB, and compares every number of the page with its source.

Usage: ask.py PAGE RUN PREVIOUS GALLERY. Prints what differs, one line each, and how much was compared.
"""

import json
import math
import os
import re
import sys
from html.parser import HTMLParser

import duckdb

page, run, previous, gallery = (os.path.abspath(path) for path in sys.argv[1:])
VOID = {"meta", "br", "hr", "img", "input", "link"}
# Words with digits that are no numbers, and the one number of the page that is of its making.
WORDS = re.compile(r"log10|BLAKE3|Parquet")


class Page(HTMLParser):
    """Tables, single cells, values of run.json, queries, and texts with digits that name no source."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.tables, self.cells, self.values, self.queries, self.loose = {}, [], [], {}, []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID:
            self.open.append((tag, attributes))
        if "data-answer" in attributes:
            self.tables[attributes["data-answer"]] = []
        table = next((a["data-answer"] for t, a in reversed(self.open) if "data-answer" in a), None)
        if table and tag == "tr":
            self.tables[table].append([])
        if "data-value" not in attributes:
            return
        value = json.loads(attributes["data-value"])
        if "data-cell" in attributes:
            self.cells.append((attributes["data-cell"], value))
        elif "data-run" in attributes:
            self.values.append((attributes["data-run"], value))
        elif table:
            self.tables[table][-1].append(value)
        else:
            self.loose.append(f"a value without a source: {value}")

    def handle_endtag(self, tag):
        if tag not in VOID:
            opened, _ = self.open.pop()
            assert opened == tag, f"{opened} is closed by {tag}"

    def handle_data(self, text):
        inside = [tag for tag, _ in self.open]
        if {"style", "title", "svg"} & set(inside):
            return
        for tag, attributes in reversed(self.open):
            if "data-query" in attributes:
                self.queries[attributes["data-query"]] = self.queries.get(attributes["data-query"], "") + text
                return
            if "data-value" in attributes or "data-static" in attributes:
                return
        if re.search(r"\d", WORDS.sub("", text)):
            self.loose.append(f"a number without a source: {text.strip()!r}")


def same(a, b):
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    return a == b


def key(row):
    return [(value is not None, isinstance(value, str), value if value is not None else 0) for value in row]


def at(document, pointer):
    for part in pointer.split("/")[1:]:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


parsed = Page()
parsed.feed(open(page, encoding="utf-8").read())
wrong = list(parsed.loose)
os.chdir(run)
base = duckdb.connect()
for name, value in [
    ("previous", f"{previous}/hits.parquet"),
    ("quarantine", f"{gallery}/quarantine/*.parquet"),
    ("decisions", f"{gallery}/decisions/*.parquet"),
]:
    base.execute(f"SET VARIABLE {name} = '{value}'")
answers = {}
for name, query in parsed.queries.items():
    try:
        cursor = base.execute(query)
        columns = [column[0] for column in cursor.description]
        answers[name] = (columns, [list(row) for row in cursor.fetchall()])
    except Exception as error:
        wrong.append(f"{name}: {error}\n{query}")
compared = 0
for name, rows in parsed.tables.items():
    if name in ("accuracy", "calibration"):
        continue
    if name not in answers:
        wrong.append(f"{name}: a table without a query")
        continue
    rows = sorted((row for row in rows if row), key=key)
    asked = sorted(answers[name][1], key=key)
    if len(rows) != len(asked):
        wrong.append(f"{name}: {len(rows)} rows, the query gives {len(asked)}")
    for own, other in zip(rows, asked):
        compared += len(own)
        if len(own) != len(other) or not all(map(same, own, other)):
            wrong.append(f"{name}: {own}, the query gives {other}")
for name, value in parsed.cells:
    table, column = name.split("/")
    columns, rows = answers.get(table, ([], []))
    compared += 1
    if column not in columns or not same(rows[0][columns.index(column)], value):
        wrong.append(f"{name}: {value}, the query gives {rows[:1]}")
account = json.load(open("run.json"))
for pointer, value in parsed.values:
    compared += 1
    if not same(at(account, pointer), value):
        wrong.append(f"run.json {pointer}: {value}")
print("\n".join(wrong))
print(json.dumps({"queries": sorted(answers), "compared": compared, "wrong": len(wrong)}))

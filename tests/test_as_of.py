"""A run as of a month never sees what came later: a world with another future gives the same bytes."""

import csv
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tomlkit

from sim.evidence.loader import tables
from sim.parameters.records import load_records
from sim.parameters.register import load_register
from sim.units import month_number

ROOT = Path(__file__).resolve().parents[1]
AS_OF = "2024-06"
RUN = """
import hashlib, sys
import sim
from sim.experiments.ensemble import run
assert sim.__file__.startswith(sys.argv[1]), sim.__file__
results = run("baseline", draws=3, developers=60, end="2025-12", as_of=sys.argv[2] or None, progress=False)
digest = hashlib.sha256()
for key in results.keys():
    digest.update("|".join(key).encode() + results.series(*key)[1].tobytes())
print(digest.hexdigest(), results.run_id)
"""


def moved(value, low, high):
    """Another number that is still allowed."""
    return value + 0.3 * ((low if value - low > high - value else high) - value)


def another_future(folder: Path) -> dict[str, int]:
    """Change every observation dated, and every input known, after the month; how many of each."""
    return {"observations": _observations(folder), "values": _register(folder), "cells": _records(folder)}


def _observations(folder) -> int:
    changed = 0
    for name in tables():
        path = folder / "sim" / "evidence" / "data" / f"{name}.csv"
        rows = list(csv.DictReader(path.open(encoding="utf-8")))
        for row in rows:
            dates = [text for key, text in row.items() if "date" in key and key != "source_date" and text]
            when = max(dates, default="")
            for key in ("low", "central", "high", "value"):
                if when > AS_OF + "-31" and row.get(key):
                    row[key], changed = f"{float(row[key]) * 0.7:.6g}", changed + 1
        _write(path, rows)
    return changed


def _register(folder) -> int:
    changed = 0
    for entry in load_register().entries.values():
        later = [d for d in entry.values if d.known > month_number(AS_OF)]
        if not later or entry.domain.type != "number" or entry.domain.choices is not None:
            continue
        path = folder / "sim" / "parameters" / f"{entry.section}.toml"
        document = tomlkit.parse(path.read_text(encoding="utf-8"))
        value = document[entry.leaf]["value"]
        rows = value if isinstance(value, list) else [{"from": date, "value": v} for date, v in value.items()]
        for at, row in enumerate(rows):
            if month_number(row.get("known", row["from"])) <= month_number(AS_OF):
                continue
            new = moved(float(row["value"]), entry.domain.low, entry.domain.high)
            if isinstance(value, list):
                value[at]["value"] = new
            else:
                value[row["from"]] = new
            changed += 1
        path.write_text(tomlkit.dumps(document), encoding="utf-8")
    return changed


def _records(folder) -> int:
    changed = 0
    for name, record in load_records().items():
        if "known" not in record.columns:
            continue
        path = folder / "sim" / "parameters" / "records" / f"{name}.csv"
        rows = list(csv.DictReader(path.open(encoding="utf-8")))
        for row in rows:
            if month_number(row["known"][:7]) <= month_number(AS_OF):
                continue
            for key, column in record.columns.items():
                if column.type == "number" and column.domain.choices is None and row[key].strip():
                    new = moved(float(row[key]), column.domain.low, column.domain.high)
                    row[key], changed = repr(new), changed + 1
        _write(path, rows)
    return changed


def _write(path, rows) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def answer(folder: Path, as_of: str) -> tuple[str, str]:
    """(hash of every number, run id) of a run of the package in a folder."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", RUN, str(folder), as_of], cwd=folder,
                          capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(folder)})  # fmt: skip
    if not as_of and done.returncode:  # a future put together at random may contradict itself
        return "refused", ""
    assert done.returncode == 0, done.stderr[-2000:]
    return tuple(done.stdout.split())  # type: ignore[return-value]


@pytest.mark.slow
def test_another_future_leaves_the_bytes_of_a_run_as_of_a_month(tmp_path):
    """Observations and inputs dated later are changed in a copy of the whole package; manifests differ, results not."""
    copies = [tmp_path / name for name in ("this", "other")]
    for copy in copies:
        shutil.copytree(ROOT / "sim", copy / "sim")
        shutil.copytree(ROOT / "scenarios", copy / "scenarios", ignore=shutil.ignore_patterns("golden"))
    changed = another_future(copies[1])
    assert changed["observations"] > 300 and changed["values"] > 30 and changed["cells"] > 150, changed
    (same, one), (again, other) = (answer(copy, AS_OF) for copy in copies)
    assert same == again
    assert one != other  # the manifest knows that the files differ
    assert answer(copies[0], "")[0] != answer(copies[1], "")[0]  # without the month the other future shows

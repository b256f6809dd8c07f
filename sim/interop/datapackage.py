"""A folder of results described by a data package (Frictionless Data): every file, every column, its unit."""

import json
from pathlib import Path
from typing import Any

from ..archive import MANIFEST, TABLE
from ..errors import InputError
from ..experiments.catalogue import DONE, Catalogue
from ..experiments.durable import sha256_of, write_whole
from ..experiments.plan import INPUTS, PLAN, POINTS, UNIT_OF_CUBE
from ..experiments.stored_plan import read_plan
from ..parameters.register import load_register

FILE = "datapackage.json"
ABOUT = {  # the columns of results: type, what it is
    "scenario": ("string", "Scenario or policy"),
    "point": ("integer", "Point of the design; its factors are in points.parquet"),
    "draw": ("integer", "Identity of the draw: one sample of the uncertain assumptions, and of chance"),
    "month": ("yearmonth", "Month; stocks are counted at its end"),
    "output": ("string", "What is counted: a name of the output register"),
    "definition": ("string", "How it is counted, such as owner|all|stock|8bit; empty where there is one way only"),
    "region": ("string", "Region; empty for the world or where none applies"),
    "detail": ("string", "Maker, laboratory, product or other part; empty where there is none"),
    "value": ("number", "The value, in the unit of its row"),
    "unit": ("string", "Unit of the value"),
}
KEY = ("scenario", "point", "draw", "month", "output", "definition", "region", "detail")
PARQUET = {"format": "parquet", "mediatype": "application/vnd.apache.parquet"}


def describe(folder) -> Path:
    """Write ``datapackage.json`` into the folder of a run or batch; returns its path (no unit).

    Raises
    ------
    InputError : if the folder holds neither
    """
    path = Path(folder) / FILE
    write_whole(path, package_text(folder).encode())
    return path


def package_text(folder) -> str:
    """The data package of a folder as JSON text: the same folder gives the same text."""
    folder = Path(folder)
    if (folder / PLAN).exists():
        package = _of_batch(folder)
    elif (folder / MANIFEST).exists():
        package = _of_run(folder)
    else:
        raise InputError(f"{folder}: holds neither a batch ({PLAN}) nor a run ({MANIFEST})")
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"


def _of_run(folder) -> dict[str, Any]:
    notes = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    columns = [name for name in ABOUT if name != "point"]
    return {
        **_head(notes["scenario"], notes.get("title", ""), notes.get("question", ""), notes.get("version", "")),
        "resources": [
            _file(folder, "results", TABLE, "Every series of every draw", _schema(columns)),
            _plain(folder, "manifest", MANIFEST, "What was run: values in force, seed, versions, hashes"),
        ],
    }  # fmt: skip


def _of_batch(folder) -> dict[str, Any]:
    plan, catalogue = read_plan(folder), Catalogue(folder)
    try:
        done = [row["unit"] for row in catalogue.rows(DONE)]
    finally:
        catalogue.close()
    files: dict[str, list[str]] = {name: [] for name in plan.policies}
    for unit in done:
        files[plan.policy_of(unit)].append(plan.file_of(unit))
    columns = [name for name in ABOUT if name != "scenario"]
    resources = [
        {"name": f"results-{name}", "title": f"Results of {name}: {plan.policies[name]['title']}", "path": paths,
         **PARQUET, "profile": "data-resource", "schema": _schema(columns)}
        for name, paths in files.items() if paths
    ]  # fmt: skip
    points = [_field("point", "integer", "Point of the design"), *(_factor(name) for name in plan.points)]
    by, *inputs = _columns_of(folder / INPUTS)  # "draw", or "point" where a point is a sample
    resources += [
        _file(folder, "points", POINTS, "Values of the factors at every point",
              {"fields": points, "primaryKey": "point"}),
        _file(folder, "inputs", INPUTS, f"Sample of every uncertain entry in every {by}",
              {"fields": [_field(by, "integer", f"Identity of the {by}"), *map(_factor, inputs)], "primaryKey": by}),
        _plain(folder, "plan", PLAN, "The study, with its scenarios written out"),
    ]  # fmt: skip
    notes = plan.notes
    head = _head(folder.name, notes["title"], notes["question"], notes["engine"]["version"])
    study = {"design": notes["design"], "settings": plan.settings, "units_done": len(done), "units": plan.units,
             "policies": {name: policy["title"] for name, policy in plan.policies.items()}, "factors": plan.factors}
    return {**head, "study": study, "resources": resources}


def _head(name, title, question, version) -> dict[str, Any]:
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in name.lower()) or "results"
    return {"profile": "data-package", "name": safe, "title": title or name, "description": question,
            "sources": [{"title": f"AI Compute Scenario Simulator {version}".strip()}]}  # fmt: skip


def _schema(columns) -> dict[str, Any]:
    return {"fields": [_field(name, *ABOUT[name]) for name in columns],
            "primaryKey": [name for name in KEY if name in columns]}  # fmt: skip


def _field(name, kind, description, **more) -> dict[str, Any]:
    return {"name": name, "type": kind, "description": description, **more}


def _factor(name) -> dict[str, Any]:
    """A column that holds a parameter: its title and unit from the register."""
    if name.startswith(UNIT_OF_CUBE):
        return _field(name, "number", "Place of the point in the unit cube", unit="1")
    entry = load_register().entries.get(name.split("@")[0])
    if entry is None:
        return _field(name, "any", "Cell of a record table")
    factor = entry.prior is not None and entry.prior.as_factor and "@" not in name
    kind = "number" if entry.domain.type in ("number", "integer") else "string"
    return _field(name, kind, entry.title, unit="factor on the assumed path" if factor else entry.unit)


def _columns_of(path) -> list[str]:
    import pyarrow.parquet as pq

    return pq.read_schema(path).names


def _file(folder, name, path, title, schema) -> dict[str, Any]:
    return {**_plain(folder, name, path, title), **PARQUET, "schema": schema}


def _plain(folder, name, path, title) -> dict[str, Any]:
    return {"name": name, "title": title, "path": path, "format": Path(path).suffix[1:],
            "mediatype": "application/json", "profile": "data-resource", "hash": f"sha256:{sha256_of(folder / path)}"}

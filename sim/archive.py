"""A run on disk: ``results.parquet`` (one tidy table, page checksums) and ``manifest.json``."""

import functools
import hashlib
import json
import platform
import subprocess
import time
from importlib import metadata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from . import __version__
from .outputs import OutputError
from .results import Results

TABLE, MANIFEST = "results.parquet", "manifest.json"
ROWS_PER_CHUNK = 250_000  # keeps the writer's memory near 30 MB whatever the number of draws
TEXT = ("scenario", "month", "output", "definition", "region", "detail", "unit")
CATEGORY = pa.dictionary(pa.int32(), pa.string())
COLUMNS = ("scenario", "draw", "month", "output", "definition", "region", "detail", "value", "unit")
SCHEMA = pa.schema(
    [(name, {"draw": pa.int32(), "value": pa.float64()}.get(name, CATEGORY)) for name in COLUMNS]
)  # text is dictionary-encoded: a column of five million month labels is a hundred labels and small integers
RUN_BY = ("ensemble.py", "rebuild.py", "unit.py")  # experiments that decide what a run gives
LIBRARIES = ("numpy", "scipy", "numba", "mesa", "pandas", "pyarrow")


def manifest(scenario: str, inputs: dict, **extra) -> dict:
    """What a run was: its inputs, the short hash of them (``run_id``), and where and when it ran.

    Parameters
    ----------
    scenario : str
    inputs : dict, everything the numbers depend on (JSON types): resolved values, seed, draws, developers, dates
    """
    identity = {"version": __version__, "scenario": scenario, **inputs}
    run_id = hashlib.sha256(canonical(identity).encode()).hexdigest()[:12]
    return {
        "run_id": run_id, **identity, **extra, "commit": commit(),
        "platform": platform.platform(), "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }  # fmt: skip


def canonical(value) -> str:
    """JSON with sorted keys and shortest floats: the same text for the same content, whatever the order of keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


@functools.cache
def commit() -> str | None:
    """The commit of the source tree the package runs from, if it runs from one."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    try:
        found = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False
        )
    except OSError:
        return None
    return found.stdout.strip() or None


@functools.cache
def package_hash(*folders: str) -> str:
    """A short hash of the packaged data under some folders of ``sim`` (names and bytes)."""
    root = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for folder in sorted(folders):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".csv", ".toml"):
                digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


@functools.cache
def code_hash() -> str:
    """A short hash of the program text that decides a result: everything but commands, pages, pictures and analyses."""
    root = Path(__file__).resolve().parent
    aside = {"docs.py", "listing.py", "__main__.py", "archive.py", "results.py"}
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root)
        if inside.parts[0] in ("app", "evidence", "figures", "interop") or inside.name in aside:
            continue
        if inside.parts[0] == "experiments" and inside.as_posix() not in {f"experiments/{name}" for name in RUN_BY}:
            continue
        if not inside.name.startswith("cli"):
            digest.update(inside.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def engine() -> dict[str, str]:
    """What decides the bytes of a result beside its inputs: hashes of program and data, versions of libraries."""
    libraries = {name: _version(name) or "" for name in ("numpy", "scipy", "numba", "mesa", "pyarrow")}
    return {"version": __version__, "code": code_hash(), "data": package_hash("parameters", "outputs"), **libraries}


def sealed(notes: dict) -> str:
    """Notes as a JSON text that carries its own SHA-256, so that one altered character is noticed."""
    notes = json.loads(json.dumps(notes, ensure_ascii=False, default=str))
    seal = hashlib.sha256(canonical(notes).encode()).hexdigest()
    return json.dumps(notes | {"seal": seal}, indent=1, ensure_ascii=False) + "\n"


def unsealed(text: str) -> dict:
    """The notes of a `sealed` text (units as there).

    Raises
    ------
    ValueError : if the text is not JSON, or not what was sealed
    """
    notes = json.loads(text)
    if not isinstance(notes, dict):
        raise ValueError("not a table of notes")
    seal = notes.pop("seal", None)
    if seal is None or sealed(notes) != text:
        raise ValueError("the text is not what was written: its seal does not fit")
    return notes


def save(results: Results, folder) -> Path:
    """Write a run's table and manifest into a folder, made if needed, in chunks that keep memory small."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    months, keys = len(results.months), list(results.keys())
    per_series = max(1, results.draws * months)
    step = max(1, ROWS_PER_CHUNK // per_series)
    partial = folder / (TABLE + ".part")
    schema = SCHEMA.with_metadata({"run_id": results.run_id, "scenario": results.scenario})
    with pq.ParquetWriter(
        partial, schema, compression="zstd", write_page_checksum=True, use_dictionary=list(TEXT),
        column_encoding={"value": "PLAIN"}, write_statistics=True,
    ) as writer:  # fmt: skip
        for at in range(0, len(keys), step):
            writer.write_table(_chunk(results, keys[at : at + step], schema), row_group_size=ROWS_PER_CHUNK * 4)
    partial.replace(folder / TABLE)
    with open(folder / TABLE, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    notes = results.manifest | {"engine": engine(), "sha256": {TABLE: digest}}
    (folder / MANIFEST).write_text(sealed(notes), encoding="utf-8")
    return folder


def _chunk(results: Results, keys, schema) -> pa.Table:
    """The rows of a few series as dictionary-encoded columns; missing values have no row."""
    draws, months = results.draws, len(results.months)
    data = np.stack([results.series(*key)[1] for key in keys]).ravel()
    keep = np.flatnonzero(~np.isnan(data))
    which, draw, month = np.unravel_index(keep, (len(keys), draws, months))

    def text(labels, codes):  # labels once each: pyarrow 26 pads a dictionary that repeats one with stray memory
        names = {label: i for i, label in enumerate(dict.fromkeys(labels))}
        codes = np.array([names[label] for label in labels], dtype=np.int32)[codes]
        return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(list(names), pa.string()))

    columns = [
        text([results.scenario], np.zeros(len(keep), dtype=int)), pa.array(results.draw_ids[draw].astype(np.int32)),
        text(results.months, month),
        *(text([key[part] for key in keys], which) for part in range(4)),
        pa.array(data[keep]), text([results.output(key[0]).unit for key in keys], which),
    ]  # fmt: skip
    return pa.table(columns, schema=schema)


def load(folder) -> Results:
    """The results saved in a folder, read a row group at a time."""
    folder = Path(folder)
    try:
        notes = json.loads((folder / MANIFEST).read_text())
        file = pq.ParquetFile(folder / TABLE, read_dictionary=list(TEXT), page_checksum_verification=True)
    except (OSError, ValueError, pa.ArrowInvalid) as error:
        raise OutputError(f"{folder} holds no readable run: {error}") from None
    results = Results({}, notes)
    draw_ids = np.asarray(notes.get("draw_ids") or range(notes["draws"]))
    at_month = {label: i for i, label in enumerate(results.months)}
    at_draw = {int(d): i for i, d in enumerate(draw_ids)}
    series: dict[tuple, np.ndarray] = {}
    for group in range(file.num_row_groups):
        table = file.read_row_group(group)
        parts = [_codes(table, name) for name in ("output", "definition", "region", "detail")]
        combined = np.zeros(table.num_rows, dtype=np.int64)
        for codes, labels in parts:
            combined = combined * len(labels) + codes
        starts, which = np.unique(combined, return_index=True)[1], np.unique(combined, return_inverse=True)[1]
        months, labels = _codes(table, "month")
        column = np.array([at_month[label] for label in labels], dtype=int)[months]
        ids, row = np.unique(table["draw"].to_numpy(), return_inverse=True)
        draw = np.array([at_draw[int(d)] for d in ids], dtype=int)[row]
        value = table["value"].to_numpy()
        for k, start in enumerate(starts):
            key = tuple(labels[codes[start]] for codes, labels in parts)
            block = series.setdefault(key, np.full((len(draw_ids), len(at_month)), np.nan))
            mine = which == k
            block[draw[mine], column[mine]] = value[mine]
    return Results(series, notes, draw_ids)


def _codes(table: pa.Table, name: str):
    """Integer codes and labels of a dictionary-encoded column."""
    column = table[name].combine_chunks() if table[name].num_chunks != 1 else table[name].chunk(0)
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return np.asarray(column.indices), column.dictionary.to_pylist()


@functools.cache
def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None

"""A plan on disk: written whole, read back checked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..archive import sealed, unsealed
from ..errors import InputError
from ..parameters.register import load_register
from ..units import month_number
from ..values import sampled
from .durable import sha256_of, write_whole
from .plan import INPUTS, PLAN, POINTS, SCHEMA, Plan, plain

DRAWS_AT_ONCE = 65_536


def write_plan(plan: Plan, folder: Path) -> None:
    """Store a plan in the folder of a study, plan.json last: a folder that holds it holds the rest (no unit)."""
    import pyarrow as pa

    write_whole(folder / POINTS, _table({"point": pa.array(np.arange(plan.count, dtype=np.int32))}
                                        | {name: pa.array(_array(v)) for name, v in plan.points.items()}))  # fmt: skip
    _write_inputs(plan, folder / INPUTS)
    sums = {name: sha256_of(folder / name) for name in (POINTS, INPUTS)}
    write_whole(folder / PLAN, sealed(plan.notes | {"sha256": sums}).encode())


def read_plan(folder: Path) -> Plan:
    """The plan stored in a folder (values in the factors' units).

    Raises
    ------
    InputError : if there is none, it is damaged, or a later version wrote it
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        notes = unsealed((folder / PLAN).read_text(encoding="utf-8"))
        if notes.get("schema") != SCHEMA:
            raise InputError(f"{folder / PLAN}: schema {notes.get('schema')} is not known to this version, which reads "
                             f"{SCHEMA}")  # fmt: skip
        for name, digest in notes["sha256"].items():
            if sha256_of(folder / name) != digest:
                raise InputError(f"{folder / name}: damaged: its hash is not the one in {PLAN}")
        table = pq.read_table(folder / POINTS, page_checksum_verification=True)
        columns = {name: table[name].to_numpy() for name in table.column_names if name != "point"}
        return Plan(notes, columns)
    except FileNotFoundError:
        raise InputError(f"{folder}: holds no study ({PLAN} is missing)") from None
    except (OSError, ValueError, KeyError, pa.ArrowInvalid) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{folder / PLAN}: damaged: {error}") from None


def _write_inputs(plan: Plan, path: Path) -> None:
    """The sample of every uncertain entry in every draw (or point), as stored inputs of the study."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    told, register = plan.settings, load_register()
    as_of, total = month_number(told["as_of"]) if told["as_of"] else None, plan.draws
    names = [entry.name for entry in register.uncertain()] if told["uncertainty"] != "none" else []  # luck is no input
    if plan.inputs_by_point:
        total = plan.count
    identity = "point" if plan.sampled_by_point else "draw"
    schema = pa.schema([(identity, pa.int32()), *((name, pa.float64()) for name in names)])
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema, compression="zstd", write_page_checksum=True, use_dictionary=False) as writer:
        for first in range(0, total, DRAWS_AT_ONCE):
            ids = np.arange(first, min(first + DRAWS_AT_ONCE, total))
            found = sampled(register, ids, told["seed"], as_of, told["uncertainty"])
            columns = [pa.array(ids.astype(np.int32)), *(pa.array(found[name]) for name in names)]
            writer.write_table(pa.table(columns, schema=schema))
    write_whole(path, sink.getvalue().to_pybytes())


def _table(columns) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression="zstd", write_page_checksum=True)
    return sink.getvalue().to_pybytes()


def _array(values) -> Sequence[Any]:
    return values if values.dtype != object else [plain(v) for v in values]

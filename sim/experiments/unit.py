"""One unit of work: a block of runs of one policy, simulated and packed as the bytes of one Parquet file.

A unit is a pure function of its task, so it may run in any process, on any machine, in any order, twice or thrice.
"""

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..archive import CATEGORY, canonical, engine
from ..errors import InputError
from ..outputs import load_outputs
from ..parameters.changes import Layer, made
from ..recorder import Recorder
from ..scenario import Scenario
from ..units import month_number
from ..values import sampled
from .rebuild import unpacked

ROWS_PER_GROUP = 250_000
KEY = ("output", "definition", "region", "detail")
COLUMNS = ("point", "draw", "month", *KEY, "value", "unit")
TEXT = ("month", *KEY, "unit")


@dataclass(frozen=True)
class Task:
    """Everything a unit of work depends on, as plain JSON data.

    Parameters
    ----------
    unit : int, its number in the study
    policy : packed scenario
    settings : seed, developers, start, end, as_of, uncertainty; sampled_by, "point" if samples go by it and not by draw
    alone : {factor: value} shared by every run of the unit
    columns : {factor: list (runs,)}, one value a run, in the factor's unit
    factors : {factor: how it is applied}, see `sim.experiments.plan`
    points, draws : lists (runs,), the identity of every run
    series : list of [output, definition, region, detail], what is kept
    months : list of YYYY-MM, what is kept
    """

    unit: int
    policy: Mapping[str, Any]
    settings: Mapping[str, Any]
    alone: Mapping[str, Any]
    columns: Mapping[str, list[float]]
    factors: Mapping[str, Mapping[str, Any]]
    points: list[int]
    draws: list[int]
    series: list[list[str]]
    months: list[str]

    @property
    def inputs_hash(self) -> str:
        """A hash of every input (hexadecimal text); two units of one hash give the same bytes."""
        return hashlib.sha256(canonical(self.__dict__).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Product:
    """What a unit hands back: the bytes of its Parquet file, their SHA-256, and its numbers of rows and runs."""

    unit: int
    data: bytes
    sha256: str
    rows: int
    runs: int


class KeptRecorder(Recorder):
    """A recorder that stores the series asked for and lets the rest go, so that memory follows what is kept."""

    def __init__(self, outputs, draws, months, wanted):
        super().__init__(outputs, draws, months)
        self._wanted = {output for output, *_ in wanted}

    def write(self, output, values, definition="", region="", detail=""):
        """Record one output of the current month, if it is wanted; see `Recorder.write` (the output's unit)."""
        if output in self._wanted or output not in self.outputs:
            super().write(output, values, definition, region, detail)


def compute(task: Task, version: Mapping[str, str]) -> Product:
    """Simulate a unit and pack it; ``version`` is what `sim.archive.engine` says, kept beside the data.

    Raises
    ------
    Whatever the simulation raises; the study records it and goes on
    """
    here = engine()
    if here != version:
        moved = ", ".join(f"{key} {here.get(key)} instead of {told}" for key, told in version.items()
                          if here.get(key) != told)  # fmt: skip
        raise InputError(f"this worker runs another version of the program: {moved}")
    data, rows = parquet(task, simulate(task), version)
    return Product(task.unit, data, hashlib.sha256(data).hexdigest(), rows, len(task.points))


def simulate(task: Task) -> dict[tuple, np.ndarray]:
    """The kept series of a unit: (output, definition, region, detail) → array (runs, kept months), output's unit."""
    from ..model import World

    settings, ids = task.settings, np.asarray(task.draws, dtype=np.int64)
    base = _scenario(canonical(task.policy))
    chosen, samples = applied(base, task, len(ids))
    origin, last = int(base.register["run.start"].value), month_number(settings["end"])
    values = chosen.resolve(ids, seed=settings["seed"], as_of=settings["as_of"], uncertainty=samples)
    recorder = KeptRecorder(load_outputs(), len(ids), (origin, last), task.series)
    world = World(values, draw_ids=ids, seed=settings["seed"], start=origin, end=last,
                  developers=settings["developers"], recorder=recorder)  # fmt: skip
    world.run()
    world.dissolve()
    recorder.check()
    found, at = recorder.series(), [month_number(month) - origin for month in task.months]
    kept = {}
    for key in map(tuple, task.series):
        if key not in found:
            raise InputError(f"keep.series: {'|'.join(k for k in key if k)} was not recorded by this run")
        kept[key] = np.ascontiguousarray(found[key][:, at])
    return kept


def applied(base: Scenario, task: Task, runs: int) -> tuple[Scenario, Any]:
    """The scenario with a unit's values on top, and the samples of the uncertain entries (each in its unit).

    Numbers of the register may differ from run to run: the model takes an array (runs,) wherever it takes a number.
    """
    changes, samples = [], {}
    values: dict[str, Any] = {name: value for name, value in task.alone.items()}
    values |= {name: np.asarray(column, dtype=float) for name, column in task.columns.items()}
    for name in task.factors:
        how, value = task.factors[name], values[name]
        if how["sampled"]:
            samples[name] = np.broadcast_to(np.asarray(value, dtype=float), runs)
            continue
        one = float(value[0]) if isinstance(value, np.ndarray) else value
        number, times = (None, one) if how["multiply"] else (one, None)
        change = made(base.register, base.records, how["parameter"], how["date"], None, number, times,
                      "point of the design", "design", f"design: {name}")  # fmt: skip
        if isinstance(value, np.ndarray):
            change = replace(change, factor=value) if how["multiply"] else replace(change, value=value)  # type: ignore
        changes.append(change)
    if changes:
        base = replace(base, layers=(*base.layers, Layer("design", tuple(changes))))
    by_point = task.settings.get("sampled_by") == "point"
    if not samples and not by_point:
        return base, task.settings["uncertainty"]
    if task.settings["uncertainty"] != "none":
        as_of, ids = task.settings["as_of"], np.asarray(task.points if by_point else task.draws, dtype=np.int64)
        known = sampled(base.register, ids, task.settings["seed"], month_number(as_of) if as_of else None,
                        task.settings["uncertainty"])  # fmt: skip
        return base, known | samples
    certain = {entry.name: np.full(runs, 1.0 if entry.prior.as_factor else float(entry.value))
               for entry in base.register.uncertain() if entry.prior}  # fmt: skip
    return base, certain | samples


def parquet(task: Task, series: Mapping[tuple, np.ndarray], version: Mapping[str, str]) -> tuple[bytes, int]:
    """The bytes of a Parquet file of the kept series (values in each output's unit), and its number of rows.

    One row a value, in order of series, run and month; missing values have no row. The same task gives the same bytes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    outputs = load_outputs()
    runs, months = len(task.points), len(task.months)
    points, draws = np.asarray(task.points, dtype=np.int32), np.asarray(task.draws, dtype=np.int32)
    schema = pa.schema([(name, {"point": pa.int32(), "draw": pa.int32(), "value": pa.float64()}.get(name, CATEGORY))
                        for name in COLUMNS])  # fmt: skip
    notes = {"unit": str(task.unit), "inputs": task.inputs_hash, "runs": str(runs),
             "engine": canonical(version)}  # fmt: skip
    sink, rows = pa.BufferOutputStream(), 0
    keys = list(series)
    step = max(1, ROWS_PER_GROUP // (runs * months))

    def text(labels, codes):
        names = {label: i for i, label in enumerate(dict.fromkeys(labels))}
        index = np.array([names[label] for label in labels], dtype=np.int32)[codes]
        return pa.DictionaryArray.from_arrays(pa.array(index), pa.array(list(names), pa.string()))

    with pq.ParquetWriter(
        sink, schema.with_metadata(notes), compression="zstd", write_page_checksum=True, use_dictionary=list(TEXT),
        column_encoding={"value": "PLAIN", "point": "DELTA_BINARY_PACKED", "draw": "DELTA_BINARY_PACKED"},
    ) as writer:  # fmt: skip
        for first in range(0, len(keys), step):
            some = keys[first : first + step]
            data = np.stack([series[key] for key in some]).ravel()
            keep = np.flatnonzero(~np.isnan(data))
            which, run, month = np.unravel_index(keep, (len(some), runs, months))
            columns = [pa.array(points[run]), pa.array(draws[run]), text(task.months, month),
                       *(text([key[part] for key in some], which) for part in range(4)), pa.array(data[keep]),
                       text([outputs[key[0]].unit for key in some], which)]  # fmt: skip
            writer.write_table(pa.table(columns, schema=schema), row_group_size=ROWS_PER_GROUP * 4)
            rows += len(keep)
    return sink.getvalue().to_pybytes(), rows


def recorded_series(scenario: Scenario, developers: int = 40,
                    as_of: str | None = None) -> list[tuple[str, str, str, str]]:  # fmt: skip
    """Every series a run records, found by running two months of one draw (keys only, dimensionless).

    A run as of a month (YYYY-MM) records nothing of products and laboratories that were not known by then.
    """
    from ..model import World

    origin = int(scenario.register["run.start"].value)
    ids = np.arange(1)
    recorder = Recorder(load_outputs(), 1, (origin, origin + 1))
    values = scenario.resolve(ids, as_of=as_of, uncertainty="none")
    World(values, draw_ids=ids, seed=1, start=origin, end=origin + 1, developers=developers, recorder=recorder).run()
    return list(recorder.series())


@functools.lru_cache(maxsize=32)
def _scenario(text: str) -> Scenario:
    import json

    return unpacked(json.loads(text))

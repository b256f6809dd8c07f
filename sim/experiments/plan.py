"""A study as it is carried out: policies, points and settings on disk, and the units of work they fall into."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..archive import canonical, engine, sealed, unsealed
from ..errors import InputError, nearest
from ..outputs import load_headline, load_outputs
from ..parameters.register import load_register
from ..units import month_number
from ..values import sampled
from . import designs
from .designs import Factor, Points
from .durable import sha256_of, write_whole
from .rebuild import packed
from .study import MOST_CELLS, FactorTable, Study, read_factor
from .unit import KEY, Task, recorded_series

PLAN, POINTS, INPUTS, RESULTS = "plan.json", "points.parquet", "inputs.parquet", "results"
SCHEMA = 1  # of plan.json; a later reader must know every earlier one
DRAWS_AT_ONCE = 65_536
UNIT_OF_CUBE = "u:"  # prefix of the columns that hold a point's place in the unit cube


class Plan:
    """A study ready to run, equal whether just made or read back.

    Parameters
    ----------
    notes : dict, the contents of plan.json
    points : {factor: array (points,)}, in each factor's unit
    """

    def __init__(self, notes: dict[str, Any], points: Mapping[str, np.ndarray]):
        self.notes, self.points = notes, points
        self.settings, self.factors = notes["settings"], notes["factors"]
        self.policies = {policy["name"]: policy for policy in notes["policies"]}
        self.count = int(notes["design"]["points"])
        self.draws, self.block = int(self.settings["draws"]), int(self.settings["block"])
        self.own_draw = bool(notes["design"].get("own_draw"))  # each point runs the draw of its own number
        self.sampled_by_point = notes["design"]["kind"] == "samples"  # draws of a point then differ by chance alone
        self._groups = list(self._grouped())
        sizes = [-(-len(points) * self.draws // self.block) for _, points in self._groups]
        self._ends = np.cumsum(np.array(sizes * len(self.policies), dtype=np.int64))

    @property
    def units(self) -> int:
        """Number of units of work (dimensionless)."""
        return int(self._ends[-1])

    @property
    def runs(self) -> int:
        """Number of runs: policies × points × draws (dimensionless)."""
        return len(self.policies) * self.count * self.draws

    @property
    def inputs_by_point(self) -> bool:
        """Whether the uncertain entries are sampled once a point, and not once a draw (dimensionless)."""
        return self.own_draw or self.sampled_by_point

    @property
    def months(self) -> list[str]:
        """The months kept, YYYY-MM."""
        return self.notes["keep"]["months"]

    @property
    def series(self) -> list[list[str]]:
        """The series kept: [output, definition, region, detail], each in its output's unit."""
        return self.notes["keep"]["series"]

    def _grouped(self):
        """(values shared by the group, points) of every group whose other factors are arrays; points in order."""
        shared = [name for name, how in self.factors.items() if how["alone"]]
        if not shared:
            yield {}, np.arange(self.count)
            return
        codes = np.zeros(self.count, dtype=np.int64)
        for name in shared:
            labels, code = np.unique(self.points[name].astype(str), return_inverse=True)
            codes = np.unique(codes * len(labels) + code, return_inverse=True)[1]
        _, first = np.unique(codes, return_index=True)
        for at in np.sort(first):
            yield {name: _plain(self.points[name][at]) for name in shared}, np.flatnonzero(codes == codes[at])

    def policy_of(self, unit: int) -> str:
        """The policy a unit belongs to (name)."""
        at = int(np.searchsorted(self._ends, unit, side="right"))
        return list(self.policies)[at // len(self._groups)]

    def file_of(self, unit: int) -> str:
        """Where a unit's results stand, inside the folder of the study."""
        return f"{RESULTS}/scenario={self.policy_of(unit)}/part-{unit:07d}.parquet"

    def task(self, unit: int) -> Task:
        """Everything one unit of work needs (values in the factors' units)."""
        at = int(np.searchsorted(self._ends, unit, side="right"))
        name = list(self.policies)[at // len(self._groups)]
        alone, points = self._groups[at % len(self._groups)]
        first = (unit - (int(self._ends[at - 1]) if at else 0)) * self.block
        cells = np.arange(first, min(first + self.block, len(points) * self.draws))
        mine = points[cells // self.draws]
        draws = mine if self.own_draw else cells % self.draws
        columns = {factor: self.points[factor][mine].astype(float).tolist()
                   for factor, how in self.factors.items() if not how["alone"]}  # fmt: skip
        settings = {key: value for key, value in self.settings.items() if key not in ("draws", "block")}
        if self.sampled_by_point:
            settings["sampled_by"] = "point"
        return Task(unit, self.policies[name]["scenario"], settings, alone, columns, self.factors, mine.tolist(),
                    draws.tolist(), self.series, self.months)  # fmt: skip

    @property
    def identity(self) -> str:
        """The study as one text: two plans of the same identity ask for the same results."""
        return canonical({key: value for key, value in self.notes.items() if key not in ("engine", "sha256")})


def make_plan(study: Study) -> Plan:
    """The plan of a checked study: its points made, its series looked up, its scenarios packed.

    Raises
    ------
    InputError : if the design is too large, a value is not allowed, or a series is not recorded
    """
    first = next(iter(study.policies.values()))
    factors, points = _points(study, first)
    cells = points.count * study.table.draws * len(study.policies)
    if cells > MOST_CELLS:
        raise InputError(f"{study.file}: draws: {len(study.policies):,} policies × {points.count:,} points × "
                         f"{study.table.draws:,} draws are {cells:,} runs; at most {MOST_CELLS:,}")  # fmt: skip
    design = study.table.design.model_dump(exclude_none=True, exclude={"point", "file"})
    notes = {
        "schema": SCHEMA, "title": study.table.title, "question": study.table.question, "settings": study.settings,
        "policies": [{"name": name, "title": _title(study, name, scenario), "scenario": packed(scenario)}
                     for name, scenario in study.policies.items()],
        "design": design | {"points": points.count, "asked": study.table.design.points},
        "factors": {f.name: {"parameter": f.parameter, "date": f.date, "multiply": f.multiply, "sampled": f.sampled,
                             "alone": alone(f, first, points.columns[f.name])} for f in factors},
        "keep": {"series": _series(study, first), "months": study.kept_months},
        "report": study.table.report.model_dump() if study.table.report else None,
        "engine": engine(),
    }  # fmt: skip
    _check_report(study, notes)
    columns = dict(points.columns)
    if points.unit is not None:
        columns |= {UNIT_OF_CUBE + f.name: points.unit[:, k] for k, f in enumerate(factors)}
    notes["points"] = _digest(columns)
    return Plan(json.loads(json.dumps(notes)), columns)  # the order of factors is the design's: it stays


def _digest(columns: Mapping[str, np.ndarray]) -> str:
    """A hash of the table of points, in the order of its columns (hexadecimal text)."""
    digest = hashlib.sha256()
    for name, column in columns.items():
        plain = column.tobytes() if column.dtype != object else canonical(column.tolist()).encode()
        digest.update(name.encode() + b"\0" + str(column.dtype).encode() + b"\0" + plain)
    return digest.hexdigest()


def _title(study, name, scenario):
    for row in study.table.policy or ():
        if row.name == name and row.title:
            return row.title
    return scenario.title


def _points(study, scenario) -> tuple[list[Factor], Points]:
    table, where = study.table.design, f"{study.file}: design"
    seed, factors = study.table.seed, study.factors
    if table.kind == "single":
        return [], designs.single()
    if table.kind == "samples":
        return [], designs.samples(table.points, where)
    if table.kind == "factorial":
        return factors, designs.factorial(factors, where)
    if table.kind == "latin_hypercube":
        return factors, designs.latin_hypercube(factors, table.points, seed, where)
    if table.kind == "sobol":
        return factors, designs.sobol(factors, table.points, seed, bool(table.second_order), where)
    if table.kind == "morris":
        return factors, designs.morris(factors, table.trajectories, table.levels or 4, seed, where)
    if table.kind == "list":
        columns = designs.listed(table.point, f"{where}.point")
    else:
        path = Path(study.file).parent / table.file
        columns = designs.read_table(path, f"{where}.file")
        where = f"{where}.file"
    found = []
    for name, values in columns.items():
        row = FactorTable.model_construct(parameter=name, values=list(dict.fromkeys(values)), range=None, levels=None,
                                          multiply=False)  # fmt: skip
        found.append(read_factor(row, scenario, f"{where}: {name[:80]}"))
    arrays = {f.name: np.array(columns[f.name], dtype=designs._kind(f.values)) for f in found}
    return found, Points(arrays, None, len(next(iter(arrays.values()))))


def alone(factor: Factor, scenario, values) -> bool:
    """Whether a factor's value must be one for a whole block: choices, texts, cells of records."""
    return factor.parameter not in scenario.register.entries or values.dtype != float


def _series(study, scenario) -> list[list[str]]:
    """The series to keep, in the order they are recorded."""
    recorded, where = recorded_series(scenario, as_of=study.table.as_of), f"{study.file}: keep.series"
    asked = study.table.keep.series
    if asked is None:
        wanted = {entry.key for entry in load_headline()[1]}
        return [list(key) for key in recorded if key in wanted]
    kept: dict[tuple, None] = {}
    for number, row in enumerate(asked, start=1):
        found = [key for key in recorded if _match(row, key, recorded, f"{where} {number}")]
        if not found:
            raise InputError(f"{where} {number}: no series has all of these together: "
                             + ", ".join(f"{part} {value!r}" for part, value in row.items()))  # fmt: skip
        kept |= dict.fromkeys(found)
    return [list(key) for key in recorded if key in kept]


def _check_report(study, notes) -> None:
    """Refuse a report about a series or month that the study does not keep."""
    report = study.table.report
    for number, row in enumerate([report, *report.indicator] if report else []):
        where = f"{study.file}: report" + (f".indicator {number}" if number else "")
        kept = ["|".join(key) for key in notes["keep"]["series"]]
        asked = "|".join((row.output, row.definition, row.region, row.detail))
        if asked not in kept:
            raise InputError(f"{where}: the series {asked.strip('|')} is not among those kept{nearest(asked, kept)}")
        if row.month not in notes["keep"]["months"]:
            raise InputError(f"{where}: month: {row.month[:20]} is not kept; kept are {', '.join(study.kept_months)}")


def _match(row, key, recorded, where) -> bool:
    if "output" not in row:
        raise InputError(f"{where}: output: missing")
    for part, value in row.items():
        if part not in KEY:
            raise InputError(f"{where}: {part[:60]}: unknown key{nearest(part, KEY)}; known are {', '.join(KEY)}")
        at, asked = KEY.index(part), [value] if isinstance(value, str) else value
        known = load_outputs() if part == "output" else {other[at] for other in recorded}
        for text in asked:
            if text not in known:
                raise InputError(f"{where}: {part}: no {part} is called '{text[:60]}'{nearest(text, known)}")
        if key[at] not in asked:
            return False
    return True


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
    entries = register.uncertain() if told["uncertainty"] != "none" else []
    as_of, total = month_number(told["as_of"]) if told["as_of"] else None, plan.draws
    if plan.inputs_by_point:
        total = plan.count
    identity = "point" if plan.sampled_by_point else "draw"
    schema = pa.schema([(identity, pa.int32()), *((entry.name, pa.float64()) for entry in entries)])
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema, compression="zstd", write_page_checksum=True, use_dictionary=False) as writer:
        for first in range(0, total, DRAWS_AT_ONCE):
            ids = np.arange(first, min(first + DRAWS_AT_ONCE, total))
            found = sampled(register, ids, told["seed"], as_of, told["uncertainty"])
            columns = [pa.array(ids.astype(np.int32)), *(pa.array(found[entry.name]) for entry in entries)]
            writer.write_table(pa.table(columns, schema=schema))
    write_whole(path, sink.getvalue().to_pybytes())


def _table(columns) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression="zstd", write_page_checksum=True)
    return sink.getvalue().to_pybytes()


def _array(values) -> Sequence[Any]:
    return values if values.dtype != object else [_plain(v) for v in values]


def _plain(value):
    return value.item() if hasattr(value, "item") else value

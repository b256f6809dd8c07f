"""A study as it is carried out: policies, points and settings, and the units of work they fall into."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..archive import canonical, engine
from ..errors import InputError, nearest
from ..luck import LUCK, check_luck
from ..outputs import load_headline, load_outputs
from . import designs
from .designs import Factor, Points
from .factors import read_factor
from .rebuild import packed
from .study import MOST_CELLS, Study
from .study_tables import FactorTable
from .unit import KEY, Task, recorded_series

PLAN, POINTS, INPUTS, RESULTS = "plan.json", "points.parquet", "inputs.parquet", "results"
SCHEMA = 1  # of plan.json; a later reader must know every earlier one
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
        told = notes["design"].get("own_draw") or False
        self.own_draw = bool(told)  # each point runs the draw of its own number
        self._draws_apart = self.count if told is True else int(told)  # points so many apart run the same draw
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
            yield {name: plain(self.points[name][at]) for name in shared}, np.flatnonzero(codes == codes[at])

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
        draws = mine % self._draws_apart if self.own_draw else cells % self.draws
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
        if name.startswith(LUCK):
            check_luck(name, values)
            found.append(Factor(name, name, sampled=True, values=tuple(map(float, dict.fromkeys(values)))))
            continue
        row = FactorTable.model_construct(parameter=name, values=list(dict.fromkeys(values)), range=None, levels=None,
                                          multiply=False)  # fmt: skip
        found.append(read_factor(row, scenario, f"{where}: {name[:80]}"))
    arrays = {f.name: np.array(columns[f.name], dtype=designs._kind(f.values)) for f in found}
    return found, Points(arrays, None, len(next(iter(arrays.values()))))


def alone(factor: Factor, scenario, values) -> bool:
    """Whether a factor's value must be one for a whole block: choices, texts, cells of records."""
    return not factor.name.startswith(LUCK) and (
        factor.parameter not in scenario.register.entries or values.dtype != float)


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


def plain(value):
    """A number of numpy as one of Python (its unit)."""
    return value.item() if hasattr(value, "item") else value

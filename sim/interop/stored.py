"""A run or a batch, read the same way: policies × points × draws × months of every series, one output at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..archive import MANIFEST
from ..errors import InputError, nearest
from ..experiments.outcomes import whole_plan
from ..experiments.plan import PLAN, RESULTS
from ..outputs import load_outputs
from ..results import Results, load

Key = tuple[str, str, str, str]  # output, definition, region, detail
PARTS = ("output", "definition", "region", "detail")


@dataclass(frozen=True)
class Stored:
    """Results of one run or of a whole batch.

    Parameters
    ----------
    title, question : str
    policies : {name: title}
    points : {factor: array (points,)}, in each factor's unit; empty for one point without factors
    count, draw_ids, months : number of points, int array (draws,), months as YYYY-MM
    keys : list of (output, definition, region, detail)
    folder, results : where a batch lies, or the run itself
    version : str, of the program that made them
    """

    title: str
    question: str
    policies: dict[str, str]
    points: dict[str, np.ndarray]
    count: int
    draw_ids: np.ndarray
    months: list[str]
    keys: list[Key]
    version: str
    folder: Path | None = None
    results: Results | None = None
    outputs: dict[str, Any] = field(default_factory=load_outputs)

    def outputs_kept(self) -> list[str]:
        """Names of the outputs, in the order they are recorded."""
        return list(dict.fromkeys(key[0] for key in self.keys))

    def chosen(self, outputs=None) -> list[str]:
        """The outputs asked for (names), or all of them for None.

        Raises
        ------
        InputError : if one was not kept
        """
        kept = self.outputs_kept()
        for name in outputs or ():
            if name not in kept:
                raise InputError(f"output: {name[:80]} was not kept{nearest(name, kept)}")
        return list(outputs) if outputs else kept

    def series(self, policy: str, output: str) -> Iterator[tuple[Key, np.ndarray]]:
        """Every series of one output: its key and array (points, draws, months), output's unit, NaN if missing."""
        keys = [key for key in self.keys if key[0] == output]
        if self.results is not None:
            for key in keys:
                yield key, self.results.series(*key)[1][None]
            return
        shape = (self.count, len(self.draw_ids), len(self.months))
        found = {key: np.full(shape, np.nan) for key in keys}
        for key, point, draw, month, value in self._rows(policy, output):
            found[key][point, draw, month] = value
        yield from found.items()

    def _rows(self, policy, output):
        """Rows of one output of a batch, grouped by series: key, then arrays of point, draw, month and value."""
        import pyarrow.dataset as ds

        assert self.folder is not None
        files = ds.dataset(self.folder / RESULTS / f"scenario={policy}", format="parquet")
        at_month = {month: at for at, month in enumerate(self.months)}
        columns = ["point", "draw", "month", *PARTS[1:], "value"]
        for batch in files.to_batches(columns=columns, filter=ds.field("output") == output):
            if not batch.num_rows:
                continue
            codes, labels = _combined([batch[name] for name in PARTS[1:]])
            month = batch["month"]
            months = np.array([at_month[m] for m in month.dictionary.to_pylist()])[np.asarray(month.indices)]
            point, draw, value = (np.asarray(batch[name]) for name in ("point", "draw", "value"))
            for code, label in labels.items():
                mine = codes == code
                yield (output, *label), point[mine], draw[mine], months[mine], value[mine]


def _combined(columns) -> tuple[np.ndarray, dict[int, tuple[str, ...]]]:
    """One code for several dictionary columns (dimensionless), and what each code stands for."""
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes = codes * len(column.dictionary) + np.asarray(column.indices)
    labels = {}
    for code, at in zip(*np.unique(codes, return_index=True), strict=True):
        labels[int(code)] = tuple(column.dictionary[int(column.indices[int(at)].as_py())].as_py() for column in columns)
    return codes, labels


def stored(source) -> Stored:
    """A folder of a run or of a whole batch, or a run's Results, as `Stored` (values in each output's unit).

    Raises
    ------
    InputError : if the folder holds neither, or a batch that is not whole
    """
    if isinstance(source, Results):
        return _run(source)
    folder = Path(source)
    if (folder / PLAN).exists():
        plan = whole_plan(folder)
        notes = plan.notes
        factors = {name: plan.points[name] for name in plan.factors}
        return Stored(notes["title"], notes["question"], {n: p["title"] for n, p in plan.policies.items()}, factors,
                      plan.count, np.arange(plan.draws), plan.months, [(a, b, c, d) for a, b, c, d in plan.series],
                      notes["engine"]["version"], folder)  # fmt: skip
    if (folder / MANIFEST).exists():
        return _run(load(folder))
    raise InputError(f"{folder}: holds neither a batch ({PLAN}) nor a run ({MANIFEST})")


def _run(results: Results) -> Stored:
    notes = results.manifest
    return Stored(notes.get("title", results.scenario), notes.get("question", ""), {results.scenario: results.scenario},
                  {}, 1, results.draw_ids, results.months, results.keys(), notes.get("version", ""), results=results)

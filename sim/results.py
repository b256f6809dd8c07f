"""What comes out: the register of outputs, the recorder the model writes to, and one run's results."""

import functools
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from .errors import InputError, nearest
from .units import month_label, month_number

KINDS = ("stock", "flow", "share", "ratio", "index", "price", "months")
COMPUTE_KEYS = ("basis", "diverted", "kind", "metric")  # the parts of a definition such as owner|all|stock|8bit
Z90 = 1.2815515655446004  # 90th percentile of the standard normal distribution
BASIS = {"owner": "by owner", "location": "by location", "user": "by user"}
DIVERTED = {"all": "diverted accelerators included", "tracked": "without diverted accelerators"}
COUNTED = {"stock": "stock in service", "flow12": "deliveries of twelve months"}
METRIC = {
    "8bit": "dense 8-bit throughput (H100e)", "tpp": "total processing performance (TPP)",
    "16bit": "dense 16-bit throughput", "bandwidth": "memory bandwidth", "dollars": "US dollars paid",
}  # fmt: skip
HEADLINE_FILE = "headline.toml"


class OutputError(InputError):
    """An output that is not declared, or a value that cannot be recorded."""


@dataclass(frozen=True)
class Output:
    """One declared output: everything a table, an axis or a figure needs to name it."""

    name: str
    title: str
    unit: str
    kind: str
    definition: str
    actor: str
    headline: bool = False
    observer: str = ""
    may_be_missing: bool = False


@dataclass(frozen=True)
class Headline:
    """One line of the headline table: a series chosen from the outputs."""

    name: str
    output: str
    title: str
    definition: str = ""
    region: str = ""
    detail: str = ""
    statistic: str = "quantiles"
    scale: float = 1.0
    unit: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.output, self.definition, self.region, self.detail)

    def summarise(self, values) -> np.ndarray:
        """P10, P50, P90 over draws of values (draws, ...), same unit; for 0-or-1 outputs the mean and its interval."""
        if self.statistic == "quantiles":
            return quantiles(values)
        mean = np.mean(values, axis=0)
        margin = Z90 * np.std(values, axis=0) / np.sqrt(len(values))
        floor, top = np.min(values, initial=0.0), np.max(values, initial=0.0)  # a share stays within 0 and 1
        return np.stack([np.maximum(mean - margin, floor), mean, np.minimum(mean + margin, top)])


def _tables() -> dict[str, dict]:
    folder = files("sim").joinpath("outputs")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {name: tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8")) for name in names}


@functools.cache
def load_outputs() -> dict[str, Output]:
    """Every declared output by name, from ``sim/outputs/*.toml``; a fault names the file and the entry."""
    outputs: dict[str, Output] = {}
    for file, table in _tables().items():
        if file == HEADLINE_FILE:
            continue
        for name, entry in table.items():
            where = f"sim/outputs/{file}: [{name}]"
            if name in outputs:
                raise OutputError(f"{where} is declared twice")
            try:
                outputs[name] = Output(name=name, **entry)
            except TypeError as error:
                raise OutputError(f"{where} {str(error).removeprefix('Output.__init__() ')}") from None
            if outputs[name].kind not in KINDS:
                raise OutputError(f"{where} kind is {outputs[name].kind!r}; one of {', '.join(KINDS)}")
    return outputs


@functools.cache
def load_headline() -> tuple[tuple[str, ...], tuple[Headline, ...]]:
    """The months and the entries of the headline table, from ``sim/outputs/headline.toml``."""
    table = dict(_tables()[HEADLINE_FILE])
    months = tuple(table.pop("months"))
    return months, tuple(Headline(name=name, **entry) for name, entry in table.items())


class Recorder:
    """Takes what markets and observers write in a month, one block of series at a time.

    Parameters
    ----------
    outputs : dict of Output, the register; a name outside it is refused
    draws : int, number of parallel draws
    months : (int, int), first and last month number, both included
    """

    def __init__(self, outputs: dict[str, Output], draws: int, months: tuple[int, int]):
        self.outputs = outputs
        self.draws = int(draws)
        self.first, self.last = (int(m) for m in months)
        self.month = self.first
        self._blocks: dict[tuple, tuple[np.ndarray, bytearray]] = {}
        self._taken: set[tuple[str, str, str, str]] = set()

    def write(self, output: str, values, definition="", region="", detail="") -> None:
        """Record one output of the current month.

        Parameters
        ----------
        output : str, a declared output
        values : array (draws,), or (draws, k) with one of the next three a sequence of k names; the output's unit
        definition, region, detail : str, or one of them a sequence of k str (a tuple is fastest)
        """
        try:
            block, written = self._blocks[output, definition, region, detail]
        except KeyError:
            block, written = self._open(output, values, definition, region, detail)
        except TypeError:  # a list or an array of names: a tuple can be a key
            return self.write(output, values, *(_hashable(x) for x in (definition, region, detail)))
        at = self.month - self.first
        block[at] = values
        written[at] = 1

    def _open(self, output, values, definition, region, detail):
        if output not in self.outputs:
            raise OutputError(f"output {output!r} is not declared in sim/outputs{nearest(output, self.outputs)}")
        axes = [axis for axis in (definition, region, detail) if not isinstance(axis, str)]
        wanted: tuple[int, ...] = (self.draws,) + tuple(len(axis) for axis in axes)
        if len(axes) > 1 or np.shape(values) not in (wanted, ()):
            raise OutputError(f"output {output!r}: values have shape {np.shape(values)}, the names call for {wanted}")
        keys = _series_keys(output, definition, region, detail)
        twice = self._taken.intersection(keys)
        if twice or len(set(keys)) < len(keys):
            again = min(twice) if twice else keys
            raise OutputError(f"output {output!r}: series {again} is written by two calls, or named twice in one")
        self._taken.update(keys)
        months = self.last - self.first + 1
        block = (np.empty((months, *wanted)), bytearray(months))  # a month together: it is written in one stroke
        self._blocks[output, definition, region, detail] = block
        return block

    def check(self) -> None:
        """Refuse values that are not numbers, naming output and month (run once, when the last month is done)."""
        for (output, *axes), (block, written) in self._blocks.items():
            filled = np.frombuffer(written, dtype=bool)
            bad = ~np.isfinite(block) if not self.outputs[output].may_be_missing else np.isinf(block)
            bad[~filled] = False
            if bad.any():
                month, draw, *k = np.argwhere(bad)[0]
                name = "|".join(key for key in _series_keys(output, *axes)[k[0] if k else 0] if key)
                raise OutputError(
                    f"{name} is {block[tuple(np.argwhere(bad)[0])]} in {month_label(self.first + month)}, draw {draw}; "
                    "declare may_be_missing = true if that has a meaning"
                )

    def series(self) -> dict[tuple[str, str, str, str], np.ndarray]:
        """Every recorded series: (output, definition, region, detail) → view, array (draws, months), output's unit."""
        found = {}
        for names, (block, written) in self._blocks.items():
            block[~np.frombuffer(written, dtype=bool)] = np.nan
            keys = _series_keys(*names)
            for k, key in enumerate(keys):
                found[key] = (block if block.ndim == 2 else block[:, :, k]).T
        return found


def _hashable(axis):
    return axis if isinstance(axis, str) else tuple(str(name) for name in axis)


def _series_keys(output, definition, region, detail) -> list[tuple[str, str, str, str]]:
    for at, axis in enumerate((definition, region, detail)):
        if not isinstance(axis, str):
            parts = [definition, region, detail]
            return [(output, *parts[:at], name, *parts[at + 1 :]) for name in axis]  # type: ignore[misc]
    return [(output, definition, region, detail)]


class Results:
    """One run: every series with its draws, and the manifest that says what was run.

    Parameters
    ----------
    series : dict (output, definition, region, detail) → array (draws, months), in the output's unit
    manifest : dict, see ``sim.archive.manifest``; needs scenario, start and end
    draw_ids : int array (draws,), identities of the draws; 0, 1, 2 … by default
    """

    def __init__(self, series, manifest: dict[str, Any], draw_ids=None, outputs: dict[str, Output] | None = None):
        self._series = series
        self.manifest = manifest
        self.outputs = load_outputs() if outputs is None else outputs
        self.first = month_number(manifest["start"])
        self.months = [month_label(m) for m in range(self.first, month_number(manifest["end"]) + 1)]
        draws = len(next(iter(series.values()))) if series else 0
        self.draw_ids = np.arange(draws) if draw_ids is None else np.asarray(draw_ids)

    @property
    def scenario(self) -> str:
        return self.manifest["scenario"]

    @property
    def run_id(self) -> str:
        return self.manifest.get("run_id", "")

    @property
    def draws(self) -> int:
        return len(self.draw_ids)

    def output(self, name: str) -> Output:
        """The declaration of an output; an unknown name is answered with the nearest."""
        if name not in self.outputs:
            raise OutputError(f"no output is called {name!r}{nearest(name, self.outputs)}")
        return self.outputs[name]

    def keys(self, output=None, definition=None, region=None, detail=None, **parts) -> list[tuple[str, str, str, str]]:
        """The series that match; each argument is a text, a sequence of texts, or None for any.

        ``basis``, ``diverted``, ``kind`` and ``metric`` choose parts of a compute definition
        (``owner|all|stock|8bit``); ``diverted`` may also be True ("all") or False ("tracked").
        """
        unknown = [name for name in parts if name not in COMPUTE_KEYS]
        if unknown:
            raise OutputError(f"unknown selection {unknown[0]!r}{nearest(unknown[0], COMPUTE_KEYS)}")
        if isinstance(parts.get("diverted"), bool):
            parts["diverted"] = "all" if parts["diverted"] else "tracked"
        for name in [output] if isinstance(output, str) else output or []:
            self.output(name)
        for name, want in parts.items():
            known = {key[1].split("|")[COMPUTE_KEYS.index(name)] for key in self._series if key[1].count("|") == 3}
            for text in [want] if isinstance(want, str) else want:
                if text not in known:
                    raise OutputError(f"{name} = {text!r} is not recorded; use one of {', '.join(sorted(known))}"
                                      + nearest(text, known))  # fmt: skip

        axes = (output, definition, region, detail)

        def wanted(key):
            if not all(_matches(part, want) for part, want in zip(key, axes, strict=True)):
                return False
            if not parts:
                return True
            pieces = dict(zip(COMPUTE_KEYS, key[1].split("|"), strict=False))
            return all(_matches(pieces.get(name), want) for name, want in parts.items())

        return [key for key in self._series if wanted(key)]

    def series(self, output: str, definition="", region="", detail="") -> tuple[list[str], np.ndarray]:
        """One series: month labels and array (draws, months) in the output's unit (NaN where nothing is reported)."""
        key = (self.output(output).name, definition, region, detail)
        if key not in self._series:
            known = ["|".join(k[1:]).strip("|") for k in self._series if k[0] == output]
            asked = "|".join(key[1:]).strip("|")
            raise OutputError(f"{output} has no series {asked!r}{nearest(asked, known)}")
        return self.months, self._series[key]

    def has(self, output: str, definition="", region="", detail="") -> bool:
        """Whether the run recorded this series."""
        return (output, definition, region, detail) in self._series

    def quantiles(self, output: str, definition="", region="", detail="", q: Sequence[float] = (0.1, 0.5, 0.9)):
        """Quantiles over draws: month labels and array (len(q), months), output's unit; missing draws are left out."""
        months, values = self.series(output, definition, region, detail)
        return months, quantiles(values, q)

    def frame(self, output=None, definition=None, region=None, detail=None, **parts):
        """A tidy pandas frame of the matching series, one value a row; text columns are categories.

        Columns: scenario, draw, month, output, definition, region, detail, value, unit. Missing values have no row.
        """
        import pandas as pd

        keys = self.keys(output, definition, region, detail, **parts)
        shape = (len(keys), self.draws, len(self.months))
        data = np.stack([self._series[key] for key in keys]) if keys else np.empty(shape)
        keep = np.flatnonzero(~np.isnan(data.ravel()))
        which, draw, month = np.unravel_index(keep, shape)

        def text(labels, codes):
            names = list(dict.fromkeys(labels))
            at = {name: i for i, name in enumerate(names)}
            return pd.Categorical.from_codes(np.array([at[label] for label in labels], dtype=int)[codes], names)

        def column(at):
            return text([key[at] for key in keys], which)

        units = text([self.outputs[key[0]].unit for key in keys], which)
        scenario = pd.Categorical.from_codes(np.zeros(len(keep), dtype=np.int8), [self.scenario])
        return pd.DataFrame(
            {
                "scenario": scenario, "draw": self.draw_ids[draw], "month": text(self.months, month),
                "output": column(0), "definition": column(1), "region": column(2), "detail": column(3),
                "value": data.ravel()[keep], "unit": units,
            }
        )  # fmt: skip

    def headline_months(self) -> list[str]:
        """The headline months the run reaches, or its last month when it reaches none."""
        return [m for m in load_headline()[0] if m in self.months] or self.months[-1:]

    def headline(self) -> dict[str, dict]:
        """P10, P50 and P90 of the headline outputs at the headline months, ready for JSON (missing is None)."""
        table = {}
        for entry in load_headline()[1]:
            output = self.output(entry.output)
            q = entry.summarise(self.headline_values(entry))
            table[entry.name] = {
                "title": entry.title,
                "unit": entry.unit or output.unit,
                "definition": describe(output, entry),
                "values": {m: summary(q[:, self.months.index(m)]) for m in self.headline_months()},
            }
        return table

    def headline_values(self, entry: Headline) -> np.ndarray:
        """The draws of one headline entry, array (draws, months), in the entry's unit."""
        return self.series(*entry.key)[1] * entry.scale

    def document(self) -> dict[str, Any]:
        """The run's headline as one JSON document."""
        return {
            "scenario": self.scenario, "seed": self.manifest.get("seed"), "draws": self.draws,
            "run_id": self.run_id, "headline": self.headline(),
        }  # fmt: skip

    def save(self, folder):
        """Write ``results.parquet`` and ``manifest.json`` into a folder (made if needed); returns its path."""
        from .archive import save

        return save(self, folder)


def definition_words(definition: str) -> str:
    """A compute definition such as ``owner|all|stock|8bit`` in words (dimensionless); other texts unchanged."""
    parts = definition.split("|")
    if len(parts) != len(COMPUTE_KEYS):
        return definition
    basis, diverted, kind, metric = parts
    tables = ((COUNTED, kind), (BASIS, basis), (DIVERTED, diverted), (METRIC, metric))
    return f"{', '.join(table.get(name, name) for table, name in tables)} [{definition}]"


def describe(output: Output, entry) -> str:
    """What exactly is counted, in one line; region and detail stand in the entry's title."""
    return definition_words(entry.definition) if "|" in entry.definition else output.definition


def quantiles(values, q: Sequence[float] = (0.1, 0.5, 0.9)) -> np.ndarray:
    """Quantiles over draws of an array (draws, ...), same unit, NaN left out: array (len(q), ...)."""
    values = np.asarray(values, dtype=float)
    if not np.isnan(values).any():
        return np.quantile(values, q, axis=0)
    found = np.full((len(q),) + values.shape[1:], np.nan)
    some = ~np.isnan(values).all(axis=0)
    if some.any():
        found[:, some] = np.nanquantile(values[:, some], q, axis=0)
    return found


def summary(q) -> dict[str, float | None]:
    """P10, P50, P90 of one month as a dictionary, in the values' own unit; None where there is no value."""
    return {name: None if np.isnan(v) else float(v) for name, v in zip(("p10", "p50", "p90"), q, strict=True)}


def _matches(part, want) -> bool:
    return want is None or (part == want if isinstance(want, str) else part in want)


def load(folder) -> Results:
    """The results a run left in a folder."""
    from .archive import load as load_archive

    return load_archive(folder)

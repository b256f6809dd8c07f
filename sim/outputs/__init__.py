"""What comes out, declared: every output with unit and definition, and the lines of the headline table."""

import functools
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from ..errors import InputError

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


    def error(self, values) -> float:
        """Monte Carlo error of the middle of `summarise` (half of a 90 % interval) of values (draws,), same unit."""
        from .exactness import mean_error, quantile_error

        return quantile_error(values) if self.statistic == "quantiles" else mean_error(values)


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


def summary(q, error: float) -> dict[str, float | None]:
    """P10, P50, P90 of one month and the error of P50, in the values' own unit; None where there is no value."""
    named = zip(("p10", "p50", "p90", "error"), (*q, error), strict=True)
    return {name: None if np.isnan(v) else float(v) for name, v in named}

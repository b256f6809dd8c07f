"""One run's results: every series with its draws, selected by output, definition, region and detail."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import nearest
from .outputs import (
    COMPUTE_KEYS,
    Headline,
    Output,
    OutputError,
    describe,
    load_headline,
    load_outputs,
    quantiles,
    summary,
)
from .outputs.accounting import why_they_differ
from .units import month_label, month_number


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
        """P10, P50, P90 of the headline outputs at the headline months, ready for JSON (missing is None).

        ``error`` is the Monte Carlo error of P50: half of its 90 % interval, from so many draws.
        """
        table = {}
        for entry in load_headline()[1]:
            output = self.output(entry.output)
            values = self.headline_values(entry)
            q, at = entry.summarise(values), {m: self.months.index(m) for m in self.headline_months()}
            table[entry.name] = {
                "title": entry.title,
                "unit": entry.unit or output.unit,
                "definition": describe(output, entry),
                "values": {m: summary(q[:, k], entry.error(values[:, k])) for m, k in at.items()},
            }
        return table

    def headline_values(self, entry: Headline) -> np.ndarray:
        """The draws of one headline entry, array (draws, months), in the entry's unit."""
        return self.series(*entry.key)[1] * entry.scale

    def document(self) -> dict[str, Any]:
        """The run's headline as one JSON document."""
        return {
            "scenario": self.scenario, "seed": self.manifest.get("seed"), "draws": self.draws,
            "run_id": self.run_id, "headline": self.headline(), "why_definitions_differ": why_they_differ(self),
        }  # fmt: skip

    def save(self, folder):
        """Write ``results.parquet`` and ``manifest.json`` into a folder (made if needed); returns its path."""
        from .archive import save

        return save(self, folder)


def _matches(part, want) -> bool:
    return want is None or (part == want if isinstance(want, str) else part in want)


def load(folder) -> Results:
    """The results a run left in a folder."""
    from .archive import load as load_archive

    return load_archive(folder)

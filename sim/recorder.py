"""The recorder: takes what markets and observers write in a month, and hands it over as series."""

import numpy as np

from .errors import nearest
from .outputs import Output, OutputError
from .units import month_label


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

"""The recorder: takes what markets and observers write in a month, and hands it over as series."""

import math
from itertools import product

import numpy as np

from .errors import nearest
from .outputs import Output, OutputError
from .units import month_label

AT_ONCE = 2**22  # numbers for which there is room in an array that blocks are cut from


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
        self._room = np.empty(0)  # for blocks to come
        self._taken: set[tuple[str, str, str, str]] = set()

    def write(self, output: str, values, definition="", region="", detail="") -> None:
        """Record one output of the current month.

        Parameters
        ----------
        output : str, a declared output
        values : array (draws,), or (draws, k) with one of the next three a sequence of k names, or (draws, j, k) with
            two of them, the region first and the detail last; the output's unit
        definition, region, detail : str, or up to two of them a sequence of str (a tuple is fastest)
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
        names = tuple(len(axis) for axis in (region, definition, detail) if not isinstance(axis, str))
        wanted: tuple[int, ...] = (self.draws, *names)
        if len(names) > 2 or np.shape(values) not in (wanted, ()):
            raise OutputError(f"output {output!r}: values have shape {np.shape(values)}, the names call for {wanted}")
        keys = _series_keys(output, definition, region, detail)
        twice = self._taken.intersection(keys)
        if twice or len(set(keys)) < len(keys):
            again = min(twice) if twice else keys
            raise OutputError(f"output {output!r}: series {again} is written by two calls, or named twice in one")
        self._taken.update(keys)
        months = self.last - self.first + 1
        block = self._block((*names[:-1], months, self.draws, *names[-1:]))  # a month of neighbours lies together
        if len(names) > 1:
            block = np.moveaxis(block, 0, 2)
        self._blocks[output, definition, region, detail] = block, bytearray(months)
        return self._blocks[output, definition, region, detail]

    def _block(self, shape) -> np.ndarray:
        """A new array out of a large one: the system hands out memory in large pages then, at half the cost."""
        size = math.prod(shape)
        if size > self._room.size:
            self._room = np.empty(max(size, AT_ONCE))
        block, self._room = self._room[:size].reshape(shape), self._room[size:]
        return block

    def check(self) -> None:
        """Refuse values that are not numbers, naming output and month (run once, when the last month is done)."""
        for (output, *axes), (block, written) in self._blocks.items():
            filled = np.frombuffer(written, dtype=bool)
            bad = ~np.isfinite(block) if not self.outputs[output].may_be_missing else np.isinf(block)
            bad[~filled] = False
            if bad.any():
                month, draw, *at = found = tuple(np.argwhere(bad)[0])
                series = _series_keys(output, *axes)[np.ravel_multi_index(at, block.shape[2:]) if at else 0]
                name = "|".join(key for key in series if key)
                raise OutputError(
                    f"{name} is {block[found]} in {month_label(self.first + month)}, draw {draw}; "
                    "declare may_be_missing = true if that has a meaning"
                )

    def series(self) -> dict[tuple[str, str, str, str], np.ndarray]:
        """Every recorded series: (output, definition, region, detail) → view, array (draws, months), output's unit."""
        found = {}
        for names, (block, written) in self._blocks.items():
            block[~np.frombuffer(written, dtype=bool)] = np.nan
            for key, at in zip(_series_keys(*names), np.ndindex(*block.shape[2:]), strict=True):
                found[key] = block[:, :, *at].T
        return found


def _hashable(axis):
    return axis if isinstance(axis, str) else tuple(str(name) for name in axis)


def _series_keys(output, definition, region, detail) -> list[tuple[str, str, str, str]]:
    axes = [(axis,) if isinstance(axis, str) else axis for axis in (region, definition, detail)]
    return [(output, name, where, which) for where, name, which in product(*axes)]

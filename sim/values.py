"""The values in force in a month: register, then the scenario's changes and shocks, over a block of draws."""

from bisect import bisect_right
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from .errors import InputError, nearest
from .luck import LUCK, check_luck
from .parameters.posterior import shipped
from .parameters.records import Table
from .units import month_number

UNCERTAINTY = ("prior", "posterior", "none")  # where a run takes its uncertain entries from
USUAL = "posterior"  # where it takes them from unless told otherwise


def sampled(register, draw_ids, seed, as_of, uncertainty: "str | Mapping[str, Any]") -> dict[str, Any]:
    """Samples of the uncertain entries {name: array (draws,)}, each in its unit or as a factor; see `Values`.

    Raises
    ------
    InputError : if the word is not known, no posterior comes with the program, a sampled entry has no prior, or there
        is not one sample a draw
    """
    if isinstance(uncertainty, str) and uncertainty not in UNCERTAINTY:
        raise InputError(f'uncertainty: "{uncertainty}" is not known; use one of {", ".join(UNCERTAINTY)}')
    if uncertainty == "none":
        return {}
    given = {} if isinstance(uncertainty, str) else dict(uncertainty)
    if uncertainty == "posterior":
        found = shipped(as_of)
        if found is None and as_of is None:  # a run as of a month takes the prior where nothing was fitted by then
            raise InputError('uncertainty: no "posterior" comes with this version; use "prior", "none", or a posterior '
                             "file of aicompute calibrate")
        given = found.samples(draw_ids, seed) if found is not None else {}
    for name, values in given.items():
        given[name] = np.asarray(values, dtype=float)
        if given[name].shape != np.shape(draw_ids):
            raise InputError(f"{name}: {given[name].size} samples given for {np.size(draw_ids)} draws")
        if name.startswith(LUCK):
            check_luck(name, given[name])
        elif register[name].prior is None:
            raise InputError(f"{name}: samples given, but it is a {register[name].role} without a prior")
    drawn = [entry.name for entry in register.uncertain() if entry.name not in given]
    return given | register.sample(drawn, draw_ids, seed)


def posterior_of(uncertainty, as_of: str | None) -> str | None:
    """The start of the SHA-256 of the posterior that a run as of a month (YYYY-MM) takes; None for the prior."""
    found = shipped(month_number(as_of) if as_of else None) if uncertainty == "posterior" else None
    return found.sha256[:12] if found is not None else None


class Section(SimpleNamespace):
    """One part of the world: a leaf gives a float, text, boolean or array (draws,), in the register's unit."""

    def __getattr__(self, leaf: str) -> Any:
        if leaf.startswith("__"):
            raise AttributeError(leaf)
        raise AttributeError(f"no parameter '{leaf}' here{nearest(leaf, self.__dict__)}")


class Values:
    """Every value in force, by month; cheap to ask, because only the sections that change are rebuilt.

    Parameters
    ----------
    scenario : Scenario
    draw_ids : int array (draws,), identities of the draws
    seed : int
    as_of : int or None, month number; register and record values that became known later are ignored
    uncertainty : "prior" samples the uncertain entries, "posterior" takes them from the shipped posterior that a run
        as of that month may use (the prior where there is none), "none" uses their register values, and a mapping
        {register name: array (draws,)} gives the samples themselves; names left out are sampled from the prior
    """

    def __init__(self, scenario, draw_ids, seed, as_of=None, uncertainty: "str | Mapping[str, Any]" = "prior"):
        self.scenario = scenario
        self.draw_ids = np.asarray(draw_ids, dtype=np.int64)
        if self.draw_ids.ndim != 1 or (self.draw_ids.size and self.draw_ids.min() < 0):
            raise InputError("draws: identities must be a list of whole numbers from 0")
        self.seed, self.as_of, self.uncertainty = int(seed), as_of, uncertainty
        self.register, self.records = scenario.register, scenario.records
        self._public = {name: entry.known_by(as_of) for name, entry in self.register.entries.items()}
        self._rows = {name: record.known_by(as_of) for name, record in self.records.items()}
        self._moves = scenario.moves()
        found = sampled(self.register, self.draw_ids, self.seed, as_of, uncertainty)
        self.luck = {name: found[name] for name in found if name.startswith(LUCK)}
        self.samples = {name: found[name] for name in found if name not in self.luck}
        self._hits = self._throw()
        self._sections = {name: [e.name for e in entries] for name, entries in self.register.sections().items()}
        self._cells: dict[str, list[tuple[str, str]]] = {}
        for name in self._moves:
            if name not in self.register.entries:
                record, row, column = name.split(".")
                if row in self._rows[record].rows:  # a row not yet public at the as-of month is not there to change
                    self._cells.setdefault(record, []).append((row, column))
        self._breaks = {part: self._breaks_of(part) for part in (*self._sections, *self._rows)}
        self._built: dict[tuple[str, int], Any] = {}
        self._steady: dict[tuple[str, int], Any] = {}
        self._months: dict[int, SimpleNamespace] = {}

    @property
    def draws(self) -> int:
        """Number of draws in the block (dimensionless)."""
        return self.draw_ids.size

    def at(self, month: int) -> Any:
        """Everything in force in a month (month number): ``p.section.leaf`` and ``p.record.column``, in their units."""
        found = self._months.get(month)
        if found is None:
            found = Section(**{part: self._part(part, month) for part in self._breaks})
            self._months[month] = found
        return found

    def value(self, name: str, month: int) -> Any:
        """One value in force in a month (month number): float, text, boolean or array (draws,), in its unit."""
        entry = self.register.entries.get(name)
        if entry is None:
            record, row, column = name.split(".")
            table = self._rows[record]
            return self._moved(name, table.rows[row][column], month, table.columns[column].domain)
        dated = self._public[name]
        value = dated[0].value
        for d in dated:
            if d.start <= month:
                value = d.value
        sample = self.samples.get(name)
        if sample is not None and entry.prior is not None:
            value = value * sample if entry.prior.as_factor else sample
            value = np.clip(value, entry.domain.low, entry.domain.high)
        return self._moved(name, value, month, entry.domain)

    def table(self, month: int | None = None) -> list[dict[str, str]]:
        """Rows (text) of every value in force in a month (month number), or by date; see `sim.listing.rows`."""
        return self.scenario.show(month)

    def _moved(self, name, value, month, domain):
        """Apply the layers of changes and shocks, weakest first; within a layer the latest change in force holds."""
        for changes, shocks in self._moves.get(name, ()):
            live = [c for c in changes if c.holds(month)]
            if live:
                value = _changed(live[-1], value, domain)
            for shock in shocks:
                if shock.holds(month):
                    hit = self._hits.get(shock)
                    moved = _changed(shock, value, domain)
                    value = moved if hit is None else np.where(hit, moved, value)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        return value

    def _throw(self):
        """Whether each uncertain shock happens, bool array (draws,): keyed by event, so scenarios share the throw."""
        thrown = [shock for layers in self._moves.values() for _, shocks in layers for shock in shocks
                  if shock.probability < 1]  # fmt: skip
        if not thrown:
            return {}
        from .randomness import Streams  # Numba takes a second to load, which a page need not wait for

        streams = Streams(self.seed, self.draw_ids)
        return {
            shock: streams.once(f"shock:{shock.event or shock.parameter + '@' + str(shock.start)}", 1)[:, 0]
            < shock.probability
            for shock in thrown
        }

    def _breaks_of(self, part):
        """Sorted months in which anything of a section or record may change."""
        months = {d.start for name in self._sections.get(part, ()) for d in self._public[name]}
        for name, layers in self._moves.items():
            if name.split(".")[0] == part:
                moves = [move for changes, shocks in layers for move in (*changes, *shocks)]
                months |= {m.start for m in moves} | {m.until for m in moves if m.until is not None}
        return sorted(months)

    def _part(self, part, month):
        spell = bisect_right(self._breaks[part], month)
        found = self._built.get((part, spell))
        if found is None:
            if part in self._rows:
                cells = {(r, c): self.value(f"{part}.{r}.{c}", month) for r, c in self._cells.get(part, ())}
                found = Table(self._rows[part], cells)
            else:
                found = Section(**{n.split(".", 1)[1]: self._leaf(n, month) for n in self._sections[part]})
            self._built[part, spell] = found
        return found

    def _leaf(self, name, month):
        """`value` of an entry of the register: the same object in all months from one of its dates to the next."""
        if name in self._moves:
            return self.value(name, month)
        spell = name, sum(dated.start <= month for dated in self._public[name])
        if spell not in self._steady:
            self._steady[spell] = self.value(name, month)
        return self._steady[spell]


def _changed(move, value, domain):
    if move.factor is None:
        return move.value
    moved = value * move.factor
    if domain.low is None:
        return moved
    return np.clip(moved, domain.low, domain.high) if isinstance(moved, np.ndarray) else min(
        max(moved, domain.low), domain.high)

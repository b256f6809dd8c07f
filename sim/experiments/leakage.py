"""The leakage sub-model alone: the two routes by the world's own mechanisms, over millions of draws.

What surrounds the routes (money refused, sales elsewhere, what stands abroad) comes from a short run of the world
under the same scenario, never from observations; only the beliefs about the routes are drawn again, from the same
register entries. Deliveries follow orders in the same month: the queue is left out, and so is what diverted parts
do to the rest.
"""

from dataclasses import dataclass
from typing import Any

import numba as nb
import numpy as np

from ..errors import InputError
from ..markets.leakage import terms
from ..mechanisms.diversion import enforcement_reach
from ..mechanisms.leakage import Around, Route, Routes, Terms, rent, ship
from ..numerics import exp
from ..outputs import load_outputs
from ..randomness import Streams
from ..recorder import Recorder
from ..units import MONTHS_PER_YEAR, month_number

WORLDS = 16  # draws of the world that surround the routes
PEOPLE = 50  # simulated developers in each
LEVELS = 4096  # slices of each prior
CHUNK = 16384  # draws at once: small enough for the cache
MOST_DRAWS = 1_000_000_000
SHIFT = 13  # bits of a number dropped in counting: slices of a tenth of a per cent
FIRST_YEAR = 2022  # of the clock
SCALE = 1e-9  # billions, so that single precision is enough
LEVELS_SHOWN = (0.05, 0.5, 0.95)
ROUTES = ("shipping", "cloud", "total")
PUSHED = ("unmet_usd", "turned_usd", "unmet_h100e", "abroad_h100e")  # of this month
SOLD = ("servers_usd", "racks_usd", "servers_h100e", "racks_h100e")  # of last month


@dataclass(frozen=True)
class Leaked:
    """Quantiles of what each route gave, H100e: by shipping in a year, by cloud on average over it, and both.

    Attributes
    ----------
    years : tuple of int
    levels : tuple of float, probabilities
    values : array (routes, years, levels), H100e
    draws : int
    """

    years: tuple[int, ...]
    levels: tuple[float, ...]
    values: np.ndarray
    draws: int


def leakage(scenario, years, draws=100_000, seed=1, levels=LEVELS_SHOWN) -> Leaked:
    """Run the sub-model.

    Parameters
    ----------
    scenario : Scenario
    years : sequence of int, calendar years from 2022
    draws : int
    seed : int; the same seed, scenario and number of draws give the same answer
    levels : probabilities

    Returns
    -------
    Leaked, in H100e

    Raises
    ------
    InputError : if draws or a year are out of range
    """
    years = tuple(years)
    _check(scenario, years, draws)
    around = surroundings(scenario, max(years), seed)
    tables = _tables(scenario, seed, month_number(f"{max(years)}-12"))
    size = min(CHUNK, -(-draws // WORLDS))
    counts = np.zeros((len(ROUTES), len(years), 1 << (31 - SHIFT)), dtype=np.int64)
    streams = Streams(seed, [0])
    for chunk, start in enumerate(range(0, draws, size)):
        rng = streams.generator("leakage", chunk)
        found = _chunk(around, tables, chunk % WORLDS, min(size, draws - start), rng, years)
        _count(found.astype(np.float32).view(np.int32), counts)
    return Leaked(tuple(years), tuple(levels), _quantiles(counts, levels) / SCALE, draws)


def _check(scenario, years, draws):
    clock = scenario.register["run.end"].domain
    low, high = FIRST_YEAR, int(clock.high) // MONTHS_PER_YEAR
    if not isinstance(draws, int) or not 1 <= draws <= MOST_DRAWS:
        raise InputError(f"--draws: {draws} is not a whole number from 1 to {MOST_DRAWS:,}")
    if not years:
        raise InputError("--year: none given")
    for year in years:
        if not low <= year <= high:
            raise InputError(f"--year: {year} is outside {low} to {high}")
        if years.count(year) > 1:
            raise InputError(f"--year: {year} is given twice")


def surroundings(scenario, last_year, seed) -> list[dict[str, np.ndarray]]:
    """What surrounds the routes month by month in a few draws of the world.

    Returns
    -------
    list by month of {name: array (worlds,)}: billion USD and H100e, shares, and months since the best part was refused
    """
    from ..model import World

    start, end = int(scenario.register["run.start"].value), month_number(f"{last_year}-12")
    ids = np.arange(WORLDS)
    world = World(scenario.resolve(ids, seed=seed), draw_ids=ids, seed=seed, start=start, end=end, developers=PEOPLE,
                  recorder=Recorder(load_outputs(), WORLDS, (start, end)))
    found: list[dict[str, np.ndarray]] = []

    def note():
        leakage = world.leakage
        month: dict[str, Any] = {name: getattr(leakage.around, name) * SCALE for name in PUSHED}
        month |= {name: getattr(leakage, name) * SCALE for name in SOLD}
        month |= {name: getattr(leakage.around, name) for name in ("turned_share", "rental_open")}
        month["refused_months"] = leakage.refused_months
        found.append({name: np.broadcast_to(values, WORLDS).astype(float) for name, values in month.items()})

    world.run(on_month=note)
    return found


def _tables(scenario, seed, end):
    """Values in force by month, tabulated over slices of each prior: list of (diversion, offshore) sections."""
    entries = [entry for entry in scenario.register.uncertain()]
    at = (np.arange(LEVELS) + 0.5) / LEVELS
    flat = np.full(LEVELS, 0.5)
    used = ("diversion", "offshore")
    samples = {e.name: e.prior.ppf(at if e.name.split(".")[0] in used else flat) for e in entries}
    values = scenario.resolve(np.arange(LEVELS), seed=seed, uncertainty=samples)
    start = int(scenario.register["run.start"].value)
    return [values.at(month) for month in range(start, end + 1)]


class _Beliefs:
    """The sections of the register as sampled in one chunk: a leaf is taken from its table when it has changed."""

    def __init__(self, rng, size):
        self.rng, self.size, self._at, self._seen = rng, size, {}, {}

    def section(self, name, table):
        """A section (its leaves in their units) for the draws of the chunk."""
        if self._seen.get(name, (None,))[0] is not table:
            self._seen[name] = table, _Section(self, name, table)
        return self._seen[name][1]

    def slices(self, name):
        """Which slice of its prior each draw is in, int array (size,); the same throughout."""
        if name not in self._at:
            self._at[name] = self.rng.integers(0, LEVELS, self.size, dtype=np.uint16)
        return self._at[name]


class _Section:
    def __init__(self, beliefs, name, table):
        self._beliefs, self._name, self._table = beliefs, name, table

    def __getattr__(self, leaf):
        value = getattr(self._table, leaf)
        if np.ndim(value):
            value = np.asarray(value, dtype=float).take(self._beliefs.slices(f"{self._name}.{leaf}"))
        setattr(self, leaf, value)
        return value


def _chunk(around, tables, world, size, rng, years):
    """What each route gave in each year, array (routes, years, size), billion H100e."""
    beliefs, found = _Beliefs(rng, size), np.zeros((len(ROUTES), len(years), size))
    unserved, rented = np.zeros((2, size))
    before = dict.fromkeys(SOLD, 0.0)
    left, refused, seen = np.ones(size), 0.0, None
    nowhere = np.zeros((2, size))
    for month, (here, values) in enumerate(zip(around, tables, strict=True)):
        d, o = beliefs.section("diversion", values.diversion), beliefs.section("offshore", values.offshore)
        if seen != (id(d), id(o)):
            held, seen = _flat(terms(_Both(d, o)), size), (id(d), id(o))
            reach = np.broadcast_to(enforcement_reach(d.enforcement_budget, d.enforcement_scale), size).astype(float)
            decay = exp(-1.0 / d.network_months)
        now = {name: float(values[world]) for name, values in here.items()}
        if now["refused_months"] > refused:
            left = left * decay
        elif now["refused_months"] <= 0:
            left = np.ones(size)
        refused = now["refused_months"]
        surrounding = Around(now["unmet_usd"], now["turned_usd"], now["turned_share"], before["servers_usd"],
                             before["racks_usd"], 0.0, 0.0, now["unmet_h100e"], now["abroad_h100e"],
                             now["rental_open"])
        year = FIRST_YEAR + month // MONTHS_PER_YEAR
        into = found[:2, years.index(year)] if year in years else nowhere
        _month(surrounding, held, 1.0 - left, reach, before["servers_h100e"], before["racks_h100e"], unserved, rented,
               into[0], into[1])
        before = now
    found[1] /= MONTHS_PER_YEAR
    found[2] = found[0] + found[1]
    return found


@nb.njit(cache=True, error_model="numpy")
def _month(now, held, maturity, reach, servers_h100e, racks_h100e, unserved, rented, shipped_h100e, rented_h100e):
    """One month of every draw: the world's own functions in one compiled loop; adds to the last two arrays."""
    for i in range(len(unserved)):
        around = Around(now.unmet_usd, now.turned_usd, now.turned_share, now.servers_usd, now.racks_usd, maturity[i],
                        reach[i], now.unmet_h100e, now.abroad_h100e, now.rental_open)
        belief = Terms(
            Route(held[0, i], held[1, i], held[2, i], held[3, i], held[4, i]),
            Route(held[5, i], held[6, i], held[7, i], held[8, i], held[9, i]), held[10, i], held[11, i], held[12, i],
            held[13, i], held[14, i], held[15, i], held[16, i], held[17, i], held[18, i],
        )
        before = Routes(0.0, 0.0, 0.0, 0.0, rented[i], 0.0, unserved[i])
        volume, premium, detection, left = ship(before, around, belief)
        rented[i], _, unserved[i] = rent(before, around, belief, premium, left)
        usd = now.servers_usd + belief.rack * now.racks_usd
        per_usd = (servers_h100e + belief.rack * racks_h100e) / max(usd, 1e-30)
        shipped_h100e[i] += volume * per_usd * (1.0 - detection)
        rented_h100e[i] += rented[i]


@nb.njit(cache=True)
def _count(bits, counts):
    """Count numbers by slice: the leading bits of a positive number are a scale of their own."""
    for route in range(bits.shape[0]):
        for year in range(bits.shape[1]):
            for i in range(bits.shape[2]):
                counts[route, year, bits[route, year, i] >> SHIFT] += 1


def _flat(held, size):
    """Terms as rows of an array (leaves, size), in their order: one array is far quicker to read than many."""
    return np.array([np.broadcast_to(value, size) for value in (*held.shipping, *held.cloud, *held[2:])], dtype=float)


@dataclass(frozen=True)
class _Both:
    diversion: Any
    offshore: Any


def _quantiles(counts, levels):
    """Quantiles from counts by slice, array (routes, years, levels): the middle of the slice that holds each."""
    edges = (np.arange(counts.shape[-1] + 1, dtype=np.int64) << SHIFT).clip(max=np.int64(0x7F7FFFFF))
    bounds = edges.astype(np.int32).view(np.float32).astype(float)
    middle = 0.5 * (bounds[:-1] + bounds[1:])
    middle[0] = 0.0
    below = np.cumsum(counts, axis=-1)
    found = np.empty((*counts.shape[:2], len(levels)))
    for route in range(counts.shape[0]):
        for year in range(counts.shape[1]):
            whole = below[route, year, -1]
            found[route, year] = middle[np.searchsorted(below[route, year], np.asarray(levels) * whole)]
    return found

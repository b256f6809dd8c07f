"""What chance did in the years that were observed: whose luck there is, and how histories are learnt.

A run's chance (which release turned out well, and when) is as unknown as a parameter, and observations tell about it:
a member whose parameters are right may still have had another history than ours. So each member, its parameters held,
walks through histories: for one half-year after the other the luck of a few actors is thrown anew several times, every
throw is run, and one of them or the present one is kept with a probability in proportion to its likelihood. The
posterior of histories given parameters is left as it is by such steps (Neal 2003, "Markov chain sampling for non-linear
state space models using embedded hidden Markov models", University of Toronto 0304; Tjelmeland 2004, NTNU preprint
S4/2004). The first walk looks only a little beyond each half-year, as a filter does: its runs are short, and it brings
members near enough to what happened for the walks after it.

Developers' own numbers are no history: they stand for people and not for events. A member keeps its developers on its
walk, so that throws differ by what is thrown and by nothing else, and what other developers would have done to a
prediction counts as an error.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ...luck import LUCK, SPELL
from ...parameters.records import load_records
from ...units import month_label, month_number
from .selection import kept

Look = Callable[[str, dict[str, np.ndarray], str, int], np.ndarray]
TRIES = 4  # new throws of some actors' luck in a half-year, beside the present one
SWEEPS = 2  # times every half-year is visited with all observations in sight, after the first walk
TOGETHER = 4  # actors whose luck is thrown anew at once
ALONE = {"2023-07": ("2022-01.qwen", "2023-07.qwen")}  # thrown alone too: single observations rest on one actor
TIMES = 3  # visits to each of these
LEADERS = ("openai", "anthropic", "google", "meta", "deepseek", "qwen")  # laboratories most observations rest on
AHEAD = 6  # months beyond a half-year that the first walk looks
FIRST = "2022-01"


def spells(until: str) -> list[str]:
    """The first month of every half-year observed, 2022-01 to that of a month (YYYY-MM)."""
    return [month_label(month) for month in range(month_number(FIRST), month_number(until) + 1, SPELL)]


def actors(spell: str, until: str) -> list[str]:
    """Who has luck in a half-year: everybody without a name of their own (""), and laboratories with models by then.

    The first half-year holds what is settled once for all, for laboratories to come too, if known of until a month.
    """
    lines = load_records()["model_lines"].known_by(month_number(until)).rows.values()
    labs = [row["lab"] for row in lines if spell == FIRST or row["first_release"] < month_number(spell) + SPELL]
    return ["", *dict.fromkeys(labs)]


def columns(until: str) -> list[str]:
    """The names of all luck until a month: ``luck.2022-01``, ``luck.2022-01.openai`` and so on."""
    return [name_of(spell, actor) for spell in spells(until) for actor in actors(spell, until)]


def name_of(spell: str, actor: str) -> str:
    """The name of an actor's luck in a half-year."""
    return f"{LUCK}{spell}.{actor}".rstrip(".")


def groups(spell: str, until: str, rng=None) -> list[list[str]]:
    """The luck of a half-year in groups thrown together, by chance if a generator is given, and then single ones."""
    found = actors(spell, until)
    order = range(len(found)) if rng is None else rng.permutation(len(found))
    mixed = [name_of(spell, found[at]) for at in order]
    made = [mixed[at : at + TOGETHER] for at in range(0, len(mixed), TOGETHER)]
    return made + [[LUCK + name] for name in ALONE.get(spell, ())] * TIMES


def leaders(spell: str, until: str) -> list[list[str]]:
    """The luck of a half-year that most observations rest on, one laboratory's at a time."""
    return [[name_of(spell, actor)] for actor in LEADERS if actor in actors(spell, until)]


def visits(number: int | None, spell: str, until: str, rng=None) -> list[list[str]]:
    """Whose luck is thrown together at each visit of a half-year: of the first walk (None), or of a sweep by number.

    The first walk and the first sweep bring members near with groups. Once they are near, a throw of several leading
    laboratories at once is kept one time in a hundred and one laboratory's one time in five: then they go one by one.
    """
    return leaders(spell, until) if number else groups(spell, until, rng)


def steps(until: str, number: int | None = None) -> int:
    """Runs a member that the first walk (None) or a sweep by number takes, looks apart (dimensionless)."""
    return sum(TRIES * len(visits(number, spell, until)) for spell in spells(until))


def log_likelihood(predicted: np.ndarray, observed: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Of predictions, array (items, members), on the items' scales: array (members,), up to a constant.

    Parameters
    ----------
    observed : array (items,)
    errors : array (items, items), covariance of all that parts a right prediction from an observation
    """
    left = np.linalg.solve(np.linalg.cholesky(errors), observed[:, None] - predicted)
    return -0.5 * (left**2).sum(axis=0)


def chosen(scores: np.ndarray, rng) -> np.ndarray:
    """One of several throws for every member, with probability in proportion to likelihood: int array (members,).

    Parameters
    ----------
    scores : array (throws, members), log likelihoods
    rng : numpy Generator
    """
    weights = np.exp(scores - scores.max(axis=0))
    edges = np.cumsum(weights / weights.sum(axis=0), axis=0)
    return np.minimum((rng.random(scores.shape[1]) > edges).sum(axis=0), len(scores) - 1)


class Walk:
    """Members on their way through histories.

    Parameters
    ----------
    until : YYYY-MM, the last month observed
    values : {register name: array (members,)}, parameters in their units or as factors
    seed : int
    months : YYYY-MM of every item, the last month it rests on
    observed : array (items,), on the items' scales
    errors : array (items, items), covariance of errors, those of other developers included
    look : (name, {register name or luck: array (points,)}, last month, members) → array (items, points), predictions;
        points so many apart are one member with one sample of developers; of items after the month anything

    Attributes
    ----------
    members : int array, which of the members given are left
    luck : {"luck.YYYY-MM.actor": array (members left,) of whole numbers}
    present : array (members left,), log likelihood of all observations
    path : list of arrays like ``present``, one a step
    """

    def __init__(self, until: str, values: Mapping[str, np.ndarray], seed: int, months: Sequence[str],
                 observed: np.ndarray, errors: np.ndarray, look: Look):  # fmt: skip
        self.until, self.values, self.look = until, dict(values), look
        self.months, self.observed, self.errors = list(months), observed, errors
        self.members = np.arange(len(next(iter(values.values()))))
        self._rng, self._thrown = np.random.default_rng([seed, len(self.members), 77]), 0
        self.luck = {name: self._throw() for name in columns(until)}
        self.path: list[np.ndarray] = []

    def _throw(self, times: int = 1) -> np.ndarray:
        count = times * len(self.members)
        self._thrown += count
        return np.arange(self._thrown - count, self._thrown, dtype=float)

    def _scored(self, name: str, history: Mapping[str, np.ndarray], end: str) -> np.ndarray:
        """Log likelihoods, array (times, members), of histories (times × members,), by observations until a month."""
        times = len(next(iter(history.values()))) // len(self.members)
        seen = np.array([month <= end for month in self.months], dtype=bool)
        predicted = self.look(name, {key: np.tile(x, times) for key, x in self.values.items()} | dict(history), end,
                              len(self.members))
        left = log_likelihood(predicted[seen], self.observed[seen], self.errors[np.ix_(seen, seen)])
        return left.reshape(times, len(self.members))

    def _visit(self, name: str, names: list[str], present: np.ndarray, end: str) -> np.ndarray:
        """Throw the luck of some actors anew, keep what chance and likelihood say; log likelihoods (members,)."""
        new = self._throw(TRIES)
        tried = {key: np.tile(x, TRIES) for key, x in self.luck.items()} | dict.fromkeys(names, new)
        every = np.concatenate([present[None], self._scored(name, tried, end)])
        pick, each = chosen(every, self._rng), np.arange(len(self.members))
        for key in names:
            self.luck[key] = np.concatenate([self.luck[key], new]).reshape(TRIES + 1, -1)[pick, each]
        return every[pick, each]

    def look_round(self, name: str) -> None:
        """See how well members agree with all observations as they are."""
        self.present = self._scored(name, self.luck, self.until)[0]
        self.path.append(self.present)

    def forward(self) -> None:
        """The first walk: each half-year with a little of what follows it in sight."""
        for spell in spells(self.until):
            end = min(month_label(month_number(spell) + SPELL - 1 + AHEAD), self.until)
            present = self._scored(f"walk-{spell}", self.luck, end)[0]
            for number, names in enumerate(visits(None, spell, self.until, self._rng)):
                present = self._visit(f"walk-{spell}-{number}", names, present, end)

    def sweep(self, number: int) -> None:
        """Visit every half-year once with all observations in sight."""
        for spell in spells(self.until):
            for at, names in enumerate(visits(number, spell, self.until, self._rng)):
                self.present = self._visit(f"luck-{number}-{spell}-{at}", names, self.present, self.until)
                self.path.append(self.present)

    def select(self, number: int) -> None:
        """Go on with some of the members, those that agree better more often."""
        pick = kept(self.present, number, self._rng)
        self.members, self.present = self.members[pick], self.present[pick]
        self.values = {key: x[pick] for key, x in self.values.items()}
        self.luck = {key: x[pick] for key, x in self.luck.items()}

"""Priors that lean on the same few analysts: groups of uncertain entries joined by a Gaussian copula.

Each group has one common factor, so that a group is a name, a strength and the side each member stands on. Every
member keeps its own prior, and a parameter that joins or leaves a group moves no draw outside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError, nearest
from .priors import prior_uniforms
from .reading import read_toml, shown

FILE = "correlated.toml"
KEYS = ("title", "correlation", "members", "sources", "confidence", "why")
EDGE = 2.0**-33  # probabilities stay this far from 0 and 1, as those of the sequence do


@dataclass(frozen=True)
class Group:
    """Uncertain entries that err together.

    Parameters
    ----------
    name, title, why, confidence : str
    correlation : float in (0, 1), between the normal scores of two members (dimensionless)
    members : {register name: +1 or −1}, whether a value rises or falls with the common factor
    sources : keys of the sources
    """

    name: str
    title: str
    correlation: float
    members: Mapping[str, int]
    sources: tuple[str, ...]
    confidence: str
    why: str


def joint_uniforms(names: Sequence[str], draw_ids, seed: int, groups: Sequence[Group]) -> np.ndarray:
    """Probabilities for every named parameter, correlated within groups; each row keyed by seed, name and draw.

        z_i = s_i √r f + √(1 − r) e_i,   u_i = Φ(z_i)

    Parameters
    ----------
    names : sequence of str, register names, in any order
    draw_ids : int array (draws,), any non-negative identities
    seed : int
    groups : sequence of Group

    Returns
    -------
    array (names, draws), dimensionless, in (0, 1); each row uniform

    Source: the Gaussian one-factor copula of Li (2000), Journal of Fixed Income 9(4), 43–54.
    """
    from ..numerics import normal_probability, normal_quantile  # Numba takes a second to load: only who draws waits

    uniforms = prior_uniforms(names, draw_ids, seed)
    row = {name: at for at, name in enumerate(names)}
    for group in groups:
        rows = [(row[name], side) for name, side in group.members.items() if name in row]
        if not rows:
            continue
        common = normal_quantile(prior_uniforms([f"group:{group.name}"], draw_ids, seed)[0])
        for at, side in rows:
            own = normal_quantile(uniforms[at])
            score = side * np.sqrt(group.correlation) * common + np.sqrt(1.0 - group.correlation) * own
            uniforms[at] = np.clip(normal_probability(score), EDGE, 1.0 - EDGE)
    return uniforms


def read_groups(path: Path, priors: Mapping[str, bool]) -> tuple[Group, ...]:
    """The groups of a file, checked (correlations dimensionless).

    Parameters
    ----------
    path : Path of a TOML file, one table a group
    priors : {register name: whether it has a prior}

    Raises
    ------
    InputError : naming file, group and key
    """
    from .register import CONFIDENCE, read_sources

    found: list[Group] = []
    taken: dict[str, str] = {}
    for name, table in read_toml(path).items():
        where = f"{shown(path)}: [{name}]"
        if not isinstance(table, dict):
            raise InputError(f"{where}: every group is a table")
        for key in table:
            if key not in KEYS:
                raise InputError(f"{where}: {key}: unknown key{nearest(key, KEYS)}")
        for key in KEYS:
            if key not in table:
                raise InputError(f"{where}: {key}: missing")
        strength, members = table["correlation"], table["members"]
        if not isinstance(strength, float) or not 0 < strength < 1:
            raise InputError(f"{where}: correlation: {strength!r} is not allowed; expected a number between 0 and 1")
        if not isinstance(members, dict) or len(members) < 2:
            raise InputError(f'{where}: members: expected two or more, such as {{ "foundry.a" = 1, "foundry.b" = -1 }}')
        if table["confidence"] not in CONFIDENCE:
            raise InputError(f"{where}: confidence: expected one of {', '.join(CONFIDENCE)}")
        for member, side in members.items():
            if not priors.get(member):
                what = "has no prior" if member in priors else "unknown parameter"
                raise InputError(f"{where}: members: {member}: {what}{nearest(member, priors)}")
            if side not in (1, -1) or isinstance(side, bool):
                raise InputError(f"{where}: members: {member}: {side!r} is not allowed; expected 1 or -1")
            if member in taken:
                raise InputError(f"{where}: members: {member}: is already in [{taken[member]}]")
            taken[member] = name
        found.append(Group(name, table["title"], strength, members, read_sources(table["sources"], f"{where}: sources"),
                           table["confidence"], table["why"]))  # fmt: skip
    return tuple(found)

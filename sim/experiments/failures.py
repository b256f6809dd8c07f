"""Where the policies of a study fail: for each one a box of conditions, in words and as a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..units import percent
from . import discovery, robustness
from .analysis import LOOKED_AT, named, side_of
from .outcomes import Outcome, names_of
from .sensitivity import ranked


@dataclass(frozen=True)
class Failure:
    """Where one policy fails.

    Parameters
    ----------
    policy : name
    lines, short : in words, at length (Markdown) and in a sentence
    box : the conditions, or None if there are none to name
    names, x : inputs and array (futures, inputs) that the box may use, in their units
    values, fails : array (futures,), the outcome in its unit, and whether it is not good enough
    """

    policy: str
    lines: list[str]
    short: str = ""
    box: discovery.Box | None = None
    names: Sequence[str] = ()
    x: np.ndarray | None = None
    values: np.ndarray | None = None
    fails: np.ndarray | None = None


def failures(found: Outcome, names: Sequence[str], x, y, goal: str, threshold: float) -> list[Failure]:
    """Where each policy fails, in the order of the study.

    Parameters
    ----------
    names, x : the inputs and array (futures, inputs), in their units
    y : array (policies, futures), the outcome in its unit
    goal, threshold : what is good enough: at least ("high") or at most ("low") so much
    """
    labels = dict(zip(names, names_of(found.plan, names), strict=True))
    return [_failure(name, found.plan.policies[name]["title"], labels, names, x, values,
                     np.isfinite(values) & ~robustness.meets(values, goal, threshold))
            for name, values in zip(found.policies, y, strict=True)]  # fmt: skip


def _failure(policy, title, labels, names, x, values, fails) -> Failure:
    if fails.all() or not fails.any():
        return Failure(policy, [f"* `{policy}` ({title}) fails in {'every' if fails.all() else 'no'} future."])
    head = f"`{policy}` ({title}) fails in {percent(fails.mean())} of futures"
    some = [list(names).index(index.name) for index in ranked(names, x, values)[:LOOKED_AT]]
    few, columns = [names[k] for k in some], x[:, some]
    try:
        box = discovery.find_box(few, columns, fails)
    except InputError:
        return Failure(policy, [f"* {head}: too few of one kind for a box."])
    if not box.limits:
        return Failure(policy, [f"* {head}: no few conditions tell these futures from the rest."])
    again, usual = discovery.stability(few, columns, fails, box), discovery.common(few, columns, box)
    lines = [
        f"* {head}. It fails in {percent(box.checked_density)} ({percent(box.density)}) of those in the box, where "
        f"{percent(box.checked_coverage)} ({percent(box.coverage)}) of its failures lie:",
        *(f"    * {condition}: so in {percent(usual[name])} of all futures, found again in {percent(again[name])}"
          for name, condition in box.conditions(labels).items()),
    ]  # fmt: skip
    short = (f"`{policy}` fails in {percent(fails.mean())} of futures, and in {percent(box.checked_density)} of those "
             f"where {box.words(labels)}.")  # fmt: skip
    return Failure(policy, lines, short, box, few, columns, values, fails)


def failure_section(place: Path, found: Outcome, asked, told: Sequence[Failure]) -> list[str]:
    """The section of a report (Markdown lines; outcome in its unit), its pictures drawn into the folder ``place``."""
    enough = side_of(asked["goal"], asked["threshold"])
    lines = [
        "## Where the policies fail", "",
        f"A policy fails in a future where the outcome is not {enough}. For each one that fails in some futures and "
        "not in others: the box of at most three conditions, all to be met, in which it fails most (PRIM, on the "
        f"{LOOKED_AT} inputs that move its outcome most). The box is found on one half of the futures; numbers are of "
        "the other half (density and coverage), in brackets those of the half it was found on, which flatter it. Each "
        "condition was looked for again on ten other halves; one seldom found again may stand for another like it.", "",
        *(line for failure in told for line in failure.lines), "",
    ]  # fmt: skip
    for failure in told:
        if failure.box is not None:
            lines.append(_drawn(place, found, asked, failure))
    return [*lines, ""]


def _drawn(place, found, asked, failure) -> str:
    """The picture of a box, as a line of Markdown."""
    from ..figures.study import box_picture

    labels = dict(zip(failure.names, names_of(found.plan, failure.names), strict=True))
    side = f"{'below' if asked['goal'] == 'high' else 'above'} {asked['threshold']:g}"
    title = f"Where {failure.policy} fails: the outcome is {side}"
    notes = f"Each point is one of {len(failure.values)} futures. Shaded: the box. Conditional on assumptions."
    figure = box_picture(title, named(asked), found.unit, labels, failure.names, failure.x, failure.values,
                         failure.fails, failure.box, side, notes, asked["threshold"])  # fmt: skip
    figure.savefig(place / f"failures_{failure.policy}.png", metadata={"Software": None})
    return f"![Where {failure.policy} fails](failures_{failure.policy}.png)"

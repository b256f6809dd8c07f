"""Analyses of a stored batch: what moves an outcome, where it holds, what to choose, where its spread comes from.

Each function takes an `Outcome` and returns a `Finding`: words, a table, a picture. `aicompute analyse` prints them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..outputs import definition_words, load_outputs
from ..outputs.exactness import mean_error, quantile_error
from ..units import percent
from . import discovery, robustness, sensitivity
from .asked import Key, fitting
from .outcomes import Outcome, inputs, names_of
from .plan import Plan

SHOWN = 10  # inputs in a table and picture of indices
LOOKED_AT = 12  # inputs that PRIM may use: those with the largest indices
PORTFOLIO = 3


@dataclass(frozen=True)
class Finding:
    """What one analysis found.

    Parameters
    ----------
    name, title : of its files and of its heading
    words : sentences, numbers in the outcome's unit
    columns, rows : the table, numbers as numbers
    figure : matplotlib Figure or None
    """

    name: str
    title: str
    words: list[str]
    columns: list[str]
    rows: list[list[Any]]
    figure: Any = field(default=None, compare=False)


def chosen(plan: Plan, output: str, definition=None, region=None, detail=None) -> Key:
    """One series that a batch kept and that fits what is asked; see `fitting` (keys).

    Raises
    ------
    InputError : if none fits, naming the nearest
    """
    kept = [(a, b, c, d) for a, b, c, d in plan.series]
    names = list(dict.fromkeys(key[0] for key in kept))
    if output not in names:
        raise InputError(f"--output: {output[:60]} was not kept{nearest(output, names)}; kept are {', '.join(names)}")
    return fitting([key for key in kept if key[0] == output], definition, region, detail)


def named(row) -> str:
    """A series in one month, a mapping with output, definition, region, detail and month, in words (text)."""
    how = [part for part in (definition_words(row["definition"]), row["region"], row["detail"]) if part]
    return f"{load_outputs()[row['output']].title}, {row['month']}" + (f" ({'; '.join(how)})" if how else "")


def side_of(goal: str, threshold: float) -> str:
    """What is good enough, in words: "at least 30" (the outcome's unit)."""
    return f"at {'least' if goal == 'high' else 'most'} {threshold:g}"


def levels(found: Outcome, about: str) -> Finding:
    """The outcome under every policy over all points and draws: P50 with its Monte Carlo error, P10, P90, mean."""
    rows = []
    for name, values in zip(found.policies, found.values, strict=True):
        y = values[np.isfinite(values)]
        if not len(y):
            raise InputError(f"{about}: has no value in any run of {name}")
        low, middle, high = np.quantile(y, (0.1, 0.5, 0.9))
        rows.append([name, middle, quantile_error(y), low, high, float(y.mean()), mean_error(y), len(y)])
    return Finding("levels", f"{about}: {found.unit}", [], ["policy", "P50", "±", "P10", "P90", "mean", "± of the mean",
                                                            "runs"], rows)  # fmt: skip


def sensitivity_of(found: Outcome, folder, policy: str, about: str) -> Finding:
    """Which inputs move the outcome under one policy: by the design's own method, else from the runs as they are.

    Sobol and Morris indices belong to their designs; first-order indices (RBD-FAST) come from any.
    """
    from ..figures.study import index_bars

    kind = found.plan.notes["design"]["kind"]
    if kind in ("sobol", "morris"):
        indices = sensitivity.of_batch(found, policy)
    else:
        names, x = inputs(folder, found.plan)
        indices = sensitivity.given_data(names, x, found.values[found.policies.index(policy)].ravel(), most=SHOWN)
    key = "total" if kind == "sobol" else "index"
    order = sorted(indices, key=lambda index: -getattr(index, key))
    some = order[:SHOWN]
    titles = names_of(found.plan, [index.name for index in some])
    error = "total_error" if kind == "sobol" else "error"
    size, half = (np.array([getattr(index, name) for index in some]) for name in (key, error))
    how, axis, columns = {
        "sobol": ("Sobol indices of the mean over draws (Saltelli's design)",
                  "share of the variance that the input has a part in (total index)",
                  ["input", "first order", "±", "total", "± of total"]),
        "morris": ("Morris's screening of the mean over draws", f"mean effect of the whole range ({found.unit})",
                   ["input", "mean effect", "±", "spread of effects"]),
    }.get(kind, ("First-order indices estimated from the runs themselves (RBD-FAST)",
                 "share of the variance that the input explains alone", ["input", "first order", "±"]))
    notes = f"Policy {policy}. {how}; lines: 90 % interval. An index below its interval cannot be told from none."
    figure = index_bars("Which inputs move the outcome", about, titles, size, half, axis, notes,
                        share=kind != "morris")  # fmt: skip
    rows = [[index.name, index.index, index.error, index.total, index.total_error][: len(columns)] for index in order]
    clear = [f"{title}: {_size(s, kind)} ± {_size(e, kind, found.unit)}"
             for title, s, e in zip(titles, size, half, strict=True) if s > e]  # fmt: skip
    words = [f"{how}, under `{policy}`; ± is half of a 90 % interval.",
             f"Most: {'; '.join(clear[:5])}." if clear else "No single input stands out from the noise."]
    return Finding("sensitivity", "What moves the outcome", words, columns, rows, figure)


def _size(value, kind, unit=None) -> str:
    """An index as text, its unit after the second of a pair."""
    if kind == "morris":
        return f"{value:.3g} {unit or ''}".strip()
    return f"{100 * value:.0f} %" if unit else f"{100 * value:.0f}"


def box_of(found: Outcome, folder, policy: str, threshold: float, goal: str, about: str) -> Finding:
    """Where the outcome is at least (goal "high") or at most ("low") a threshold in its unit: a box of conditions."""
    from ..figures.study import box_picture

    y = found.values[found.policies.index(policy)].ravel()
    holds = np.isfinite(y) & robustness.meets(y, goal, threshold)
    names, x = inputs(folder, found.plan)
    side = side_of(goal, threshold)
    head = f"Under `{policy}` the outcome is {side} in {percent(holds.mean())} of {len(y)} runs"
    some = [names.index(index.name) for index in sensitivity.ranked(names, x, y)[:LOOKED_AT]]
    few, columns = [names[k] for k in some], ["input", "from", "to", "so in", "found again in"]
    box = discovery.find_box(few, x[:, some], holds)
    labels = dict(zip(few, names_of(found.plan, few), strict=True))
    if not box.limits:
        return Finding("box", "Where it holds", [f"{head}; no few conditions tell these from the rest."], columns, [])
    again = discovery.stability(few, x[:, some], holds, box)
    usual = discovery.common(few, x[:, some], box)
    rows = [[name, low, high, usual[name], again[name]] for name, (low, high) in box.limits.items()]
    tree = discovery.tree_boxes(few, x[:, some], holds)
    words = [
        f"{head}; in {percent(box.checked_density)} of those where {box.words(labels)}.",
        f"On runs the box was not found on: coverage {percent(box.checked_coverage)} of all such runs, density "
        f"{percent(box.checked_density)} of the box; on those it was found on {percent(box.coverage)} and "
        f"{percent(box.density)}. Looked for again on other halves of the runs, the least stable condition is found in "
        f"{percent(min(again.values()))} of them.",
        f"A classification tree (CART) says: {tree[0].words(labels)}." if tree and tree[0].limits else
        "A classification tree (CART) finds no leaf in which it mostly holds.",
    ]  # fmt: skip
    figure = box_picture(f"Where the outcome is {side} under {policy}", about, found.unit, labels, few, x[:, some], y,
                         holds, box, side, f"Box by PRIM on half of the runs. {words[1]}")  # fmt: skip
    return Finding("box", "Where it holds", words, columns, rows, figure)


def choice_of(found: Outcome, folder, goal: str, threshold: float | None, about: str) -> Finding:
    """Which policy to take when the future is not known: regret, satisficing, portfolios, worth of knowing."""
    from ..figures.study import regret_matrix

    y = found.values.reshape(len(found.policies), -1)
    scores = robustness.scores(found.policies, y, goal, threshold)
    columns = ["policy", "mean", "mean regret", "P90 of regret", "worst regret", "best in", "good enough in"]
    rows = [[s.policy, s.mean, s.mean_regret, s.p90_regret, s.worst_regret, s.best_share,
             s.satisficing if threshold is not None else None] for s in scores]  # fmt: skip
    words = [f"Lowest regret (P90): `{scores[0].policy}`, the best in {percent(scores[0].best_share)} of futures."]
    if threshold is not None:
        words.append("Good enough in most futures, if the choice may wait until the future is known: "
                     + "; ".join(f"{percent(share)} with {', '.join(f'`{name}`' for name in some)}" for some, share in
                                 portfolios(found.policies, y, goal, threshold)) + ".")  # fmt: skip
    names, x = inputs(folder, found.plan)
    words += worth_knowing(found.policies, y, assumptions(found.plan, names, x, y), goal, found.unit)
    titles = [found.plan.policies[name]["title"] for name in found.policies]
    notes = f"White: the best policy in that future. Wanted: {goal} values. Conditional on assumptions."
    figure = regret_matrix(about, found.unit, titles, robustness.regret(y, goal), notes)
    return Finding("choice", "Which policy", words, columns, rows, figure)


def portfolios(policies, y, goal, threshold) -> list[tuple[tuple[str, ...], float]]:
    """The best sets of one, two, three policies, as long as one more adds something; shares are dimensionless."""
    kept: list[tuple[tuple[str, ...], float]] = []
    for names, share in robustness.portfolios(policies, y, goal, threshold, PORTFOLIO):
        if not kept or share > kept[-1][1]:
            kept.append((names, share))
    return kept


def assumptions(plan: Plan, names: Sequence[str], x, y, most: int = 5) -> list[tuple[str, np.ndarray]]:
    """The inputs that most move how far policies lie apart: (title, values by future, in each one's unit)."""
    apart = np.nanmax(np.abs(y - np.nanmean(y, axis=0)), axis=0)
    first = sensitivity.ranked(names, x, apart)[:most]
    titles = names_of(plan, [index.name for index in first])
    return [(f"the assumption {title}", x[:, list(names).index(index.name)])
            for title, index in zip(titles, first, strict=True)]  # fmt: skip


def worth_knowing(policies, y, looked_at, goal: str, unit: str) -> list[str]:
    """What knowing each number before choosing is worth, in words: only what two standard errors tell from nothing."""
    told, tried = [], 0
    for label, values in looked_at:
        try:
            gain, error = robustness.value_of_knowing(y, values, goal)
        except InputError:
            continue
        tried += 1
        if gain > 2 * error:
            told.append((gain, f"Knowing {label} before choosing is worth {gain:.2g} ± {error:.1g} in the expected "
                               f"outcome ({unit})."))
    if told:
        return [line for _, line in sorted(told, key=lambda pair: -pair[0])]
    if not tried:
        return ["There are too few futures to tell what would be worth knowing."]
    best = robustness.scores(policies, y, goal)
    usual = max(best, key=lambda score: score.mean).policy
    return [f"None of the {tried} numbers looked at would clearly change the choice: whatever they are, `{usual}` is "
            "about as good as the best choice, on average."]  # fmt: skip


def split_of(found: Outcome, about: str) -> Finding:
    """The variance shared out between structure (policies), parameters (points) and chance (draws).

    Raises
    ------
    InputError : if draws differ by more than chance, or there is only one point or draw
    """
    from ..figures.study import index_bars
    from ..parameters.register import load_register

    plan = found.plan
    taken = {factor["parameter"] for factor in plan.factors.values()}
    free = [entry.name for entry in load_register().uncertain() if entry.name not in taken]
    if plan.settings["uncertainty"] != "none" and not plan.sampled_by_point and free:
        raise InputError(f"--what variance: {len(free)} uncertain entries, such as {free[0]}, differ between draws; "
                         'give the study [design] kind = "samples", or uncertainty = "none"')  # fmt: skip
    shares, errors = sensitivity.variance_split(found.values), sensitivity.split_error(found.values)
    names = {"structure": "structure (the policies of the study)", "parameters": "parameters (its points)",
             "both": "structure and parameters together", "chance": "chance (its draws)"}
    rows = [[name, shares[name], errors[name]] for name in names]
    notes = (f"{len(found.policies)} structures × {plan.count} points × {plan.draws} draws; two-way analysis of "
             "variance with replications. Lines: 90 % interval (jackknife over points).")  # fmt: skip
    size, half = np.array(list(shares.values())), np.array([errors[name] for name in shares])
    figure = index_bars("Where the spread comes from", about, [names[name] for name in shares], size, half,
                        "share of the outcome's variance", notes)  # fmt: skip
    told = [f"{name} {100 * share:.0f} ± {100 * errors[name]:.0f} %" for name, share in shares.items()]
    words = [f"Of the outcome's variance: {', '.join(told)}; ± is half of a 90 % interval."]
    return Finding("variance", "Structure, parameters or chance", words, ["source", "share", "±"], rows, figure)



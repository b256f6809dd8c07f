"""The report of a study that compares policies: which does well, where it fails, what moves it, what to watch."""

import csv
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..outputs import definition_words, load_outputs
from . import convergence, discovery, robustness, sensitivity
from .outcomes import Outcome, inputs, names_of, outcome

FOLDER = "report"
LOOKED_AT = 12  # inputs that PRIM may use: those with the largest indices
SHOWN = 10  # inputs in the picture and table of indices
PORTFOLIO = 3


def write_report(folder) -> Path:
    """Write the report of a whole batch whose study has a [report] table; returns the Markdown file (no unit).

    Raises
    ------
    InputError : if the study asks for no report, is not whole, or compares nothing
    """
    folder = Path(folder)
    found, asked = _asked(folder)
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    plan, policies = found.plan, found.policies
    titles = [plan.policies[name]["title"] for name in policies]
    y = found.values.reshape(len(policies), -1)
    goal, threshold = asked["goal"], float(asked["threshold"])
    names, x = inputs(folder, plan)
    lines = [f"# {plan.notes['title']}", "", plan.notes["question"], "", _what(found, asked, y), ""]
    lines += _options(policies, titles, y, goal, threshold, found.unit)
    _save_matrix(place / "regret.csv", policies, robustness.regret(y, goal))
    lines += _pictures_of_regret(place, found, asked, titles, y, goal)
    reference = 0  # the study's first policy
    lines += _drivers(place, found, asked, names, x, y[reference], policies[reference])
    lines += _failures(policies, titles, plan, names, x, y, goal, threshold)
    lines += _portfolio(policies, y, goal, threshold)
    lines += _indicators(folder, asked, plan, names, x, y, goal, found.unit)
    lines += _how_exact(y, policies, found.unit)
    path = place / "report.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _asked(folder) -> tuple[Outcome, dict]:
    from .plan import read_plan

    asked = read_plan(folder).notes.get("report") or {}
    if not asked:
        raise InputError(f"{folder}: the study has no [report] table")
    series = (asked[key] for key in ("output", "month", "definition", "region", "detail"))
    return outcome(folder, *series), asked


def _what(found, asked, y) -> str:
    side = "at least" if asked["goal"] == "high" else "at most"
    return (
        f"**Outcome:** {_named(asked)}; unit: {found.unit}. "
        f"Here a {asked['goal']} value is taken as the aim, and {side} {asked['threshold']:g} as good enough; whoever "
        f"wants the opposite reads the tables from below. {y.shape[0]} policies are compared in the same {y.shape[1]} "
        "futures: a future is one sample of every uncertain assumption, and of chance. Everything is conditional on "
        "the model and its priors."
    )


def _named(row) -> str:
    """A series and month in words: title, month and how it is counted."""
    how = [part for part in (definition_words(row["definition"]), row["region"], row["detail"]) if part]
    return f"{load_outputs()[row['output']].title}, {row['month']}" + (f" ({'; '.join(how)})" if how else "")


def _options(policies, titles, y, goal, threshold, unit) -> list[str]:
    title_of = dict(zip(policies, titles, strict=True))
    enough = f"{'≥' if goal == 'high' else '≤'} {threshold:g} in"
    lines = [
        "## How the policies do", "",
        f"Regret is what a policy falls short of the best of the {len(policies)} in the same future; a low regret "
        "everywhere is what robust means. Policies stand in order of the regret that is exceeded in one future of ten.",
        "",
        f"| policy | outcome, P50 [P10, P90] ({unit}) | {enough} | best in | mean regret | P90 of regret | worst |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for row in robustness.scores(policies, y, goal, threshold):
        low, middle, high = np.nanquantile(y[policies.index(row.policy)], (0.1, 0.5, 0.9))
        lines.append(f"| `{row.policy}`: {title_of[row.policy]} | {middle:.3g} [{low:.3g}, {high:.3g}] | "
                     f"{row.satisficing:.0%} | {row.best_share:.0%} | {row.mean_regret:.3g} | {row.p90_regret:.3g} | "
                     f"{row.worst_regret:.3g} |")  # fmt: skip
    return [*lines, ""]


def _pictures_of_regret(place, found, asked, titles, y, goal) -> list[str]:
    from ..figures.study import regret_matrix

    notes = "White: the best policy in that future. Conditional on assumptions."
    figure = regret_matrix(_named(asked), found.unit, titles, robustness.regret(y, goal), notes)
    figure.savefig(place / "regret.png", metadata={"Software": None})
    return ["![Regret by policy and future](regret.png)", "", "The matrix itself is in `regret.csv`.", ""]


def _drivers(place, found, asked, names, x, y, policy) -> list[str]:
    from ..figures.study import sensitivity_bars

    order = _ranked(names, x, y, SHOWN)
    with open(place / "sensitivity.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["input", "first_order_index", "half_width_90"])
        writer.writerows((index.name, f"{index.index:.6f}", "" if np.isnan(index.error) else f"{index.error:.6f}")
                         for index in order)  # fmt: skip
    some = order[:SHOWN]
    titles = names_of(found.plan, [index.name for index in some])
    notes = (f"Policy {policy}; first-order indices estimated from the {len(y)} futures themselves (RBD-FAST), lines: "
             "90 % interval. An index below its interval cannot be told from none.")
    figure = sensitivity_bars(_named(asked), titles, np.array([i.index for i in some]),
                              np.array([i.error for i in some]), notes)
    figure.savefig(place / "sensitivity.png", metadata={"Software": None})
    told = [f"{title} ({index.index:.0%} ± {index.error:.0%})" for title, index in zip(titles, some, strict=True)
            if index.index > index.error]  # fmt: skip
    return [
        "## What moves the outcome", "",
        f"Share of the outcome's variance under `{policy}` that an assumption explains alone: "
        f"{'; '.join(told[:5]) or 'no single one stands out'}.", "",
        "![Sensitivity](sensitivity.png)", "", "All of them are in `sensitivity.csv`.", "",
    ]  # fmt: skip


def _failures(policies, titles, plan, names, x, y, goal, threshold) -> list[str]:
    lines = [
        "## Where the policies fail", "",
        f"For each policy that fails in some futures and not in others: the box of at most {discovery.MOST} conditions "
        f"in which it mostly fails (PRIM, on the {LOOKED_AT} inputs that move its outcome most). Coverage is the share "
        "of all failures that lie in the box, density the share of the box that fails; in brackets the same on futures "
        "that the box was not found on.", "",
    ]  # fmt: skip
    labels = dict(zip(names, names_of(plan, names), strict=True))
    for name, title, values in zip(policies, titles, y, strict=True):
        fails = np.isfinite(values) & ~robustness.meets(values, goal, threshold)
        head = f"* `{name}` ({title}) fails in {fails.mean():.0%} of futures"
        try:
            chosen = [names.index(index.name) for index in _ranked(names, x, values)[:LOOKED_AT]]
            box = discovery.find_box([names[k] for k in chosen], x[:, chosen], fails)
        except InputError:
            lines.append(f"{head}: too few of one kind for a box.")
            continue
        if not box.limits:
            lines.append(f"{head}: no few conditions tell these futures from the rest.")
            continue
        lines.append(f"{head}, mostly when {box.words(labels)}: coverage {box.coverage:.0%} "
                     f"({box.checked_coverage:.0%}), density {box.density:.0%} ({box.checked_density:.0%}).")
    return [*lines, ""]


def _portfolio(policies, y, goal, threshold) -> list[str]:
    lines = ["## Keeping more than one policy at hand", "",
             "If the choice could be made once the future is known, at least one of so many policies is good enough in "
             "this share of futures:", ""]  # fmt: skip
    best = -1.0
    for chosen, share in robustness.portfolios(policies, y, goal, threshold, PORTFOLIO):
        if share <= best:
            lines.append("* More of them add nothing.")
            break
        best = share
        lines.append(f"* {len(chosen)}: {share:.0%} with {', '.join(f'`{name}`' for name in chosen)}")
    return [*lines, ""]


def _indicators(folder, asked, plan, names, x, y, goal, unit) -> list[str]:
    rows = []
    for row in asked["indicator"]:
        seen = outcome(folder, row["output"], row["month"], row["definition"], row["region"], row["detail"])
        rows.append((f"{_named(row)}, under `{seen.policies[0]}`", seen.values[0].ravel()))
    ranked = _ranked(names, x, np.nanmax(_gaps(y), axis=0))
    titles = dict(zip(names, names_of(plan, names), strict=True))
    rows += [(f"the assumption {titles[index.name]}", x[:, names.index(index.name)]) for index in ranked[:5]]
    told = []
    for label, values in rows:
        try:
            gain, error = robustness.value_of_knowing(y, values, goal)
        except InputError:
            continue
        told.append((gain, f"* {label}: {gain:+.3g} ± {error:.2g} {unit}"))
    lines = [line for _, line in sorted(told, key=lambda pair: -pair[0])]
    best = robustness.scores(plan.policies, y, goal)[0]
    if told and max(gain for gain, _ in told) <= 0:
        lines = [f"* none of the {len(told)} numbers looked at would change the choice: `{best.policy}` is best in "
                 f"{best.best_share:.0%} of futures, and on average in every part of their range."]  # fmt: skip
    return [
        "## What would be worth knowing before choosing", "",
        "Expected gain in the outcome from choosing with this number known, over choosing one policy for all futures "
        "(± standard error; near zero means that it would not change the choice):", "",
        *(lines or ["* too few futures to tell"]), "",
    ]  # fmt: skip


def _ranked(names, x, y, most: int = 0):
    """First-order indices, largest first; ``most`` of them with an interval."""
    return sorted(sensitivity.given_data(names, x, y, most=most), key=lambda index: -index.index)


def _gaps(y) -> np.ndarray:
    return np.abs(y - np.nanmean(y, axis=0))


def _how_exact(y, policies, unit) -> list[str]:
    told = [f"`{name}` ± {convergence.quantile_with_error(values).error:.2g}"
            for name, values in zip(policies, y, strict=True)]  # fmt: skip
    return [
        "## How exact", "",
        f"Monte Carlo error of the medians (half of a 90 % interval, {unit}): {', '.join(told)}. Differences between "
        "policies are between pairs and far more exact. The error of the model itself is not in these numbers.",
    ]  # fmt: skip


def _save_matrix(path, policies, regret) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["future", *policies])
        writer.writerows([k, *(f"{value:.9g}" for value in column)] for k, column in enumerate(regret.T))

"""The report of a study that compares policies: which does well, where it fails, what moves it, what to watch."""

import csv
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..outputs.exactness import mean_error, quantile_error
from ..units import percent, written
from . import robustness
from .analysis import SHOWN, assumptions, named, portfolios, side_of, worth_knowing
from .failures import Failure, failure_section, failures
from .outcomes import Outcome, inputs, names_of, outcome
from .sensitivity import ranked

FOLDER = "report"
BELIEVED = {"prior": "from its prior", "posterior": "from the posterior that was fitted to observations",
            "none": "here all at their register values"}


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
    _save_matrix(place / "regret.csv", policies, robustness.regret(y, goal))
    drivers, driver = _drivers(place, found, asked, names, x, y[0], policies[0])
    places = failures(found, names, x, y, goal, threshold)
    knowing, worth = _knowing(folder, asked, plan, names, x, y, goal, found.unit)
    lines = [f"# {plan.notes['title']}", "", plan.notes["question"], "", *_what(found, asked, y), ""]
    lines += _short(policies, titles, y, goal, threshold, found.unit, driver, places, worth)
    lines += _options(policies, titles, y, goal, threshold, found.unit)
    lines += _pictures_of_regret(place, found, asked, titles, y, goal)
    lines += [*drivers, *failure_section(place, found, asked, places), *_portfolio(policies, y, goal, threshold)]
    lines += [*knowing, *_how_exact()]
    path = place / "report.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _asked(folder) -> tuple[Outcome, dict]:
    from .stored_plan import read_plan

    asked = read_plan(folder).notes.get("report") or {}
    if not asked:
        raise InputError(f"{folder}: the study has no [report] table")
    series = (asked[key] for key in ("output", "month", "definition", "region", "detail"))
    return outcome(folder, *series), asked


def _what(found, asked, y) -> list[str]:
    return [
        f"* **Outcome:** {named(asked)}. Unit: {found.unit}.",
        f"* **Wanted:** {asked['goal']} values; {side_of(asked['goal'], asked['threshold'])} counts as good enough. "
        "This is a way of reading and no judgement: whoever wants the opposite reads the tables from below.",
        f"* **Futures:** {y.shape[0]} policies are compared in the same {y.shape[1]} futures. A future is one sample "
        f"of every uncertain assumption ({BELIEVED[found.plan.settings['uncertainty']]}), and of chance.",
        "* Everything is conditional on the model and on what it assumes; nothing here is a forecast.",
    ]  # fmt: skip


def _short(policies, titles, y, goal, threshold, unit, driver, places: list[Failure], knowing) -> list[str]:
    """The findings in a few sentences, before any table."""
    scores = robustness.scores(policies, y, goal, threshold)
    first, title_of = scores[0], dict(zip(policies, titles, strict=True))
    lines = [
        f"* **Most robust:** `{first.policy}` ({title_of[first.policy]}). It is the best policy in "
        f"{percent(first.best_share)} of futures and good enough in {percent(first.satisficing)}; in nine futures of "
        f"ten it falls short of the best one by no more than {written(first.p90_regret)} ({unit})."
    ]  # fmt: skip
    if len(scores) > 1:
        last, base = scores[-1], next(score for score in scores if score.policy == policies[0])
        lines.append(f"* **Least:** `{last.policy}` ({title_of[last.policy]}), good enough in "
                     f"{percent(last.satisficing)} of futures.")  # fmt: skip
        if base.policy not in (first.policy, last.policy):
            lines.append(f"* **As things stand:** `{base.policy}` is good enough in {percent(base.satisficing)} of "
                         "futures.")
    told = [place.short for place in places if place.box and place.policy in (policies[0], first.policy)]
    fails = " ".join(told) or "no policy fails in some futures and not in others by conditions that could be named."
    return ["## In short", "", *lines, f"* **What moves it:** {driver}", f"* **Where they fail:** {fails}",
            f"* **Worth knowing first:** {knowing}", ""]  # fmt: skip


def _options(policies, titles, y, goal, threshold, unit) -> list[str]:
    title_of = dict(zip(policies, titles, strict=True))
    lines = [
        "## How the policies do", "",
        f"Regret is what a policy falls short of the best of the {len(policies)} in the same future; a low regret "
        "everywhere is what robust means. Policies stand in order of the regret that is exceeded in one future of ten. "
        "± is the Monte Carlo error: half of a 90 % interval, from so many futures.", "",
        f"| policy | outcome, P50 [P10, P90] ({unit}) | {side_of(goal, threshold)} in | best in | mean regret | P90 of "
        "regret | worst |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    short, enough = robustness.regret(y, goal), robustness.meets(y, goal, threshold)
    for row in robustness.scores(policies, y, goal, threshold):
        k = policies.index(row.policy)
        low, middle, high = (written(v) for v in np.nanquantile(y[k], (0.1, 0.5, 0.9)))
        near = 100 * mean_error(enough[k][np.isfinite(y[k])])
        lines.append(f"| `{row.policy}`: {title_of[row.policy]} | {middle} ± {quantile_error(y[k]):.1g} [{low}, "
                     f"{high}] | "
                     f"{f'{100 * row.satisficing:.0f} ± {near:.1g} %' if near else percent(row.satisficing)} | "
                     f"{percent(row.best_share)} | "
                     f"{written(row.mean_regret)} ± {mean_error(short[k]):.1g} | {written(row.p90_regret)} ± "
                     f"{quantile_error(short[k], 0.9):.1g} | {written(row.worst_regret)} |")  # fmt: skip
    return [*lines, ""]


def _pictures_of_regret(place, found, asked, titles, y, goal) -> list[str]:
    from ..figures.study import regret_matrix

    notes = "White: the best policy in that future. Conditional on assumptions."
    figure = regret_matrix(named(asked), found.unit, titles, robustness.regret(y, goal), notes)
    figure.savefig(place / "regret.png", metadata={"Software": None})
    return ["![Regret by policy and future](regret.png)", "",
            "Each column is one future, in order of the first policy's regret. The matrix itself is in `regret.csv`.",
            ""]  # fmt: skip


def _drivers(place, found, asked, names, x, y, policy) -> tuple[list[str], str]:
    from ..figures.study import index_bars

    order = ranked(names, x, y, SHOWN)
    with open(place / "sensitivity.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["input", "first_order_index", "half_width_90"])
        writer.writerows((index.name, f"{index.index:.6f}", "" if np.isnan(index.error) else f"{index.error:.6f}")
                         for index in order)  # fmt: skip
    some = order[:SHOWN]
    titles = names_of(found.plan, [index.name for index in some])
    notes = (f"Policy {policy}; first-order indices estimated from the {len(y)} futures themselves (RBD-FAST), lines: "
             "90 % interval. An index below its interval cannot be told from none.")
    figure = index_bars("Which assumptions move the outcome", named(asked), titles, np.array([i.index for i in some]),
                        np.array([i.error for i in some]),
                        "share of the outcome's variance that the assumption explains alone", notes)  # fmt: skip
    figure.savefig(place / "sensitivity.png", metadata={"Software": None})
    told = [f"{title}: {100 * index.index:.0f} ± {100 * index.error:.0f} %"
            for title, index in zip(titles, some, strict=True) if index.index > index.error]  # fmt: skip
    rest = 1 - sum(max(0.0, index.index) for index, _ in zip(some, told, strict=False))
    text = f"Share of the outcome's variance under `{policy}` that an assumption explains alone: "
    lines = [
        "## What moves the outcome", "", text + f"{'; '.join(told) or 'no single one stands out'}.", "",
        f"What they leave open, about {percent(max(0.0, rest))}, is smaller effects, assumptions acting together, and "
        "chance.", "", "![Sensitivity](sensitivity.png)", "", "All assumptions are in `sensitivity.csv`.", "",
    ]  # fmt: skip
    short = f"{text[0].lower()}{text[1:]}{'; '.join(told[:3])}." if told else "no single assumption stands out."
    return lines, short


def _portfolio(policies, y, goal, threshold) -> list[str]:
    lines = ["## Keeping more than one policy at hand", "",
             "If the choice could be made once the future is known, at least one of so many policies is good enough in "
             "this share of futures:", ""]  # fmt: skip
    for chosen, share in portfolios(policies, y, goal, threshold):
        lines.append(f"* {len(chosen)}: {percent(share)} with {', '.join(f'`{name}`' for name in chosen)}")
    return [*lines, "* More of them add nothing.", ""]


def _knowing(folder, asked, plan, names, x, y, goal, unit) -> tuple[list[str], str]:
    looked_at = []
    for row in asked["indicator"]:
        seen = outcome(folder, row["output"], row["month"], row["definition"], row["region"], row["detail"])
        same = all(row[part] == asked[part] for part in ("output", "definition", "region", "detail"))
        what = f"the same outcome in {row['month']}" if same else named(row)
        looked_at.append((f"{what}, under `{seen.policies[0]}`,", seen.values[0].ravel()))
    looked_at += assumptions(plan, names, x, y)
    told = worth_knowing(list(plan.policies), y, looked_at, goal, unit)
    return [
        "## What would be worth knowing before choosing", "",
        "The gain in the expected outcome from choosing with a number known, over choosing one policy for all futures "
        "(± standard error), for the indicators of the study and the assumptions on which policies differ most:", "",
        *(f"* {line}" for line in told), "",
    ], told[0]  # fmt: skip


def _how_exact() -> list[str]:
    return [
        "## How exact", "",
        "± in the tables says what more futures could change. Differences between policies are between pairs of the "
        "same futures, and far more exact than either level. The error of the model itself is in none of them.",
    ]  # fmt: skip


def _save_matrix(path, policies, regret) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["future", *policies])
        writer.writerows([k, *(f"{value:.9g}" for value in column)] for k, column in enumerate(regret.T))

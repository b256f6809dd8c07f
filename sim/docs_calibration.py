"""The pages on calibration: the scoreboard, misses first, and what the data tell about the uncertain entries."""

from pathlib import Path
from typing import Any

SHOWN = 20  # entries in the picture of what the data tell


def scoreboard_page(notice: str, table, scores) -> str:
    """docs/scoreboard.md: every hindcast series with both rivals, and every target, misses first (Markdown)."""
    from .experiments.calibration.hindcast import summary
    from .experiments.calibration.stored import HINDCAST, kept

    lines = ["# Scoreboard", "", notice, "",
             "How forecasts made with what was known by a month fared against what came later, and how far the "
             "baseline is from its targets. The series were settled before any hindcast was run "
             "(`sim/evidence/hindcast_series.toml`).",
             ""]  # fmt: skip
    stored = kept(HINDCAST)
    if stored is None:
        return "\n".join([*lines, "No hindcast has been kept yet: `aicompute hindcast --keep`.", ""])
    frame, overall = summary(stored["rows"])
    counted = frame[frame["counts"]].sort_values("ratio", ascending=False)
    origins = ", ".join(f"{origin} ({known} observations known)" for origin, known in stored["known"].items())
    verdict = "reached" if overall["median_ratio"] <= 0.8 else "missed"
    inside = "reached" if 0.7 <= overall["inside_80"] <= 0.9 else "missed"
    lines += [
        "## Hindcasts", "", f"Origins: {origins}; judged until {stored['last']}; {stored['budget']:,} runs an origin.",
        "",
        f"* Median over {overall['series']} series of the model's CRPS over the better rival's: "
        f"**{overall['median_ratio']:.2f}** (aim: at most 0.8, {verdict}).",
        f"* Of {overall['observations']} later observations {overall['inside_50']:.0%} lie inside the 50 % interval, "
        f"**{overall['inside_80']:.0%}** inside the 80 % interval (aim: 70 to 90 %, {inside}), "
        f"{overall['inside_90']:.0%} inside the 90 % interval.", "",
        "![CRPS of the model over that of each rival, a series a row](figures/scoreboard.png)", "",
        "Series by their ratio, worst first; above 1 a rival that knows only the series did better. Scores are on the "
        "scale of the series (log, logit or linear).", "", _series_table(table, counted), "",
    ]  # fmt: skip
    apart = frame[~frame["counts"]]
    if len(apart):
        lines += ["With fewer than two points before an origin there is no rival; reported apart:", "",
                  table(["series", "observations", "CRPS", "inside 80 %"],
                        [[f"`{r.series}`", r.observations, f"{r.crps:.3g}", f"{r.inside_80:.0%}"]
                         for r in apart.itertuples()]), ""]  # fmt: skip
    lines += _structures(table)
    from .docs import target_table

    return "\n".join([*lines, "## Targets", "",
                      "The baseline with the shipped posterior, 256 draws of 16,000 developers. "
                      "*Fitted*: the number was in sight when parameters were "
                      "set; *conditioned*: it mostly follows from inputs; *emergent*: nothing was set for it.", "",
                      target_table(scores), ""])  # fmt: skip


def write_pictures(folder: Path) -> list[Path]:
    """Draw what is kept into a folder, as PNG: the scoreboard's and the identifiability page's picture."""
    import pandas as pd

    from .experiments.calibration.scoring import RIVALS
    from .experiments.calibration.stored import HINDCAST, IDENTIFIABILITY, kept
    from .figures.calibration import forecasts_against_rivals, informed_entries

    drawn = {}
    judged, told = kept(HINDCAST), kept(IDENTIFIABILITY)
    if judged is not None:
        frame = pd.DataFrame(judged["rows"])
        means = frame[[f"{rival}_crps" for rival in RIVALS] + ["crps"]].where(frame["past"] >= 2).groupby(
            frame["series"]).mean().dropna()  # fmt: skip
        rows = [{"series": name, **{rival: row["crps"] / row[f"{rival}_crps"] for rival in RIVALS}}
                for name, row in means.iterrows()]  # fmt: skip
        rows.sort(key=lambda row: -max(row[rival] for rival in RIVALS))
        drawn["scoreboard"] = forecasts_against_rivals(
            rows, f"Origins {', '.join(judged['known'])}; judged until {judged['last']}. Evidence includes data by "
            "Epoch AI (CC BY 4.0).")  # fmt: skip
    if told is not None:
        drawn["identifiability"] = informed_entries(
            told["widths"], SHOWN, f"{told['observations']} observations until {told['until']}, {told['members']} "
            "members. Evidence includes data by Epoch AI (CC BY 4.0).")  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in drawn.items():
        figure.savefig(folder / f"{name}.png", metadata={"Software": None})
    return [folder / f"{name}.png" for name in drawn]


def _structures(table) -> list[str]:
    """Lines on rival structures, if they are kept (Markdown)."""
    from .experiments.calibration.stored import STRUCTURES, kept

    stored = kept(STRUCTURES)
    if stored is None:
        return []
    return [
        "## Rival structures", "",
        f"Each selectable form of the model against the one in force: {stored['draws']} draws of the prior with the "
        f"same chance, nothing fitted, scored on {stored['observations']} observations until {stored['until']}. The "
        "ratio is the geometric mean, over the series that the form moves, of its CRPS over that of the form in force: "
        "below 1 it does better. The last column is the standard error of its logarithm.", "",
        table(["form", "instead of", "series moved", "ratio", "better in", "error"],
              [[f"`{r['name']}` {r['form']}", r["in_force"], r["moved"], f"{r['ratio']:.3f}", f"{r['better']:.0%}",
                "–" if r["error"] is None else f"{r['error']:.3f}"]
               for r in sorted(stored["rows"], key=lambda r: -r["ratio"])]), "",
    ]  # fmt: skip


def _ranks(table) -> list[str]:
    """Lines on known truths found again, if they are kept (Markdown)."""
    from .experiments.calibration.stored import RANKS, kept

    stored = kept(RANKS)
    if stored is None:
        return []
    return [
        "## Known truths found again", "",
        f"{stored['truths']} runs of the prior stood once for the truth, the other {stored['members']} for the "
        f"ensemble, with the errors of {stored['observations']} observations on top (simulation-based calibration, "
        "Talts and others 2018). If the fit is right, the rank of the truth among the posterior's members is uniform; "
        "*p* is the probability of ranks as uneven as these (Kolmogorov and Smirnov). Over all entries "
        f"{stored['all_inside_80']:.0%} of truths lie inside the 80 % interval.", "",
        table(["entry", "what", "posterior over prior width", "p", "inside 80 %"],
              [[f"`{r['name']}`", r["title"], f"{r['width']:.2f}", f"{r['p']:.2f}", f"{r['inside_80']:.0%}"]
               for r in stored["rows"]]), "",
    ]  # fmt: skip


def _series_table(table, frame) -> str:
    rows = [[f"`{r.series}`", r.observations, f"{r.crps:.3g}", r.rival.replace("_", " "), f"{r.rival_crps:.3g}",
             f"{r.ratio:.2f}", f"{r.inside_80:.0%}", f"{r.log_score:.2f}", f"{r.rival_log_score:.2f}"]
            for r in frame.itertuples()]  # fmt: skip
    return table(["series", "observations", "CRPS", "better rival", "its CRPS", "ratio", "inside 80 %", "log score",
                  "its log score"], rows)  # fmt: skip


def identifiability_page(notice: str, table) -> str:
    """docs/identifiability.md: prior against posterior width, trade-offs, the next measurement (Markdown)."""
    from .experiments.calibration.identifiability import INFORMED
    from .experiments.calibration.stored import IDENTIFIABILITY, kept

    lines = ["# What the data tell", "", notice, ""]
    stored: Any = kept(IDENTIFIABILITY)
    if stored is None:
        return "\n".join([*lines, "No calibration has been kept yet: `aicompute calibrate --keep`.", ""])
    informed = [row for row in stored["widths"] if row["width"] < INFORMED]
    lines += [
        f"{len(informed)} of {len(stored['widths'])} uncertain entries are informed by {stored['observations']} "
        f"observations until {stored['until']}: their posterior is less than {INFORMED:.0%} as wide as their prior. "
        "The rest is believed as before, whatever the observations were.", "",
        "![Posterior over prior width of the entries that narrowed most](figures/identifiability.png)", "",
        "## Informed", "",
        table(["entry", "what", "posterior over prior width", "shift of the median, in prior widths"],
              [[f"`{r['name']}`", r["title"], f"{r['width']:.2f}", f"{r['shift']:+.2f}"] for r in informed]), "",
        "## Pairs that trade off", "",
        "The data hold a combination of these and not each: one may rise if the other answers.", "",
        table(["one", "other", "correlation", "in the prior"],
              [[f"`{r['a']}`", f"`{r['b']}`", f"{r['correlation']:+.2f}", f"{r['before']:+.2f}"]
               for r in stored["pairs"]]) if stored["pairs"] else "None above the threshold.", "",
        "## What to measure next", "",
        "Measuring a series once more in its last month, as well as before, would take this share of the variance that "
        "is left in all entries.", "",
        table(["series", "month", "share"], [[f"`{r['series']}`", r["month"], f"{r['share']:.2%}"]
                                             for r in stored["next"]]), "",
        *_ranks(table),
    ]  # fmt: skip
    return "\n".join(lines)

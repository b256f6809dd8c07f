"""The Chinese share of use in one state: the truth in three measures, what each instrument shows of it, and why."""

from typing import Any, NamedTuple

import numpy as np

from .accounting import month_shown

TRUTH = "truth"


class Reading(NamedTuple):
    """One series that is read as a Chinese share or beside one, and what it counts (texts)."""

    name: str
    observer: str  # a module of sim/observers, or "truth"
    output: str
    definition: str
    detail: str
    counts: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The series in the results (text): output, definition, region, detail."""
        return self.output, self.definition, "", self.detail


SHARES = (
    Reading("tokens, world", TRUTH, "chinese_token_share", "tokens", "", "every token, wherever served"),
    Reading("tokens outside China", TRUTH, "chinese_token_share", "tokens abroad", "", "the same, users elsewhere"),
    Reading("revenue, world", TRUTH, "chinese_token_share", "spend", "", "what is paid for calls"),
    Reading("developers, world", TRUTH, "chinese_token_share", "users", "", "by main model"),
    Reading("router", "router", "router_token_share", "", "chinese_open", "tokens of its calls, open models"),
    Reading("hub downloads", "hub", "hub_download_share_12m", "", "china", "all models, 12 months"),
    Reading("hub derivatives", "hub", "derivative_bloc_share", "", "china", "new language models by base"),
    Reading("survey, workloads", "enterprise_survey", "enterprise_workload_share", "", "chinese",
            "tasks of US firms"),
    Reading("survey, spending", "enterprise_survey", "enterprise_spend_share_chinese", "", "",
            "what US firms pay for calls"),
    Reading("visits to chat sites", "provider_totals", "consumer_visit_share_chinese", "", "",
            "from outside China"),
    Reading("provider totals", "provider_totals", "provider_token_share_chinese", "", "",
            "tokens on own services"),
)  # fmt: skip
OTHERS = (
    Reading("poll", "poll", "countries_saying_china_leads", "", "", "publics of 15 that name China"),
    Reading("price list", "price_list", "flagship_price_ratio_china_us", "", "", "Chinese over US flagship price"),
    Reading("capability index", "capability_index", "capability_lag_months", "", "china", "months behind the US"),
)
QUANTILES = (0.05, 0.5, 0.95)


def _quantiles(results, reading, month):
    values = results.series(*reading.key)[1][:, results.months.index(month)]
    values = values[np.isfinite(values)]
    return tuple(float(x) for x in np.quantile(values, QUANTILES)) if len(values) else None


def readings(results, month: str, wanted=SHARES) -> list[dict[str, Any]]:
    """What each series shows in a month, in its output's unit: 5, 50 and 95 % of draws, or None where it shows nothing.

    Raises
    ------
    OutputError : if the run did not record one of them
    """
    return [{"name": r.name, "observer": r.observer, "counts": r.counts, "output": r.output, "detail": r.detail,
             "unit": results.output(r.output).unit, "value": _quantiles(results, r, month)} for r in wanted]


def why_readings_differ(results, month: str | None = None) -> str:
    """Why instruments show different Chinese shares of one state (text), from the medians of this run."""
    month = month_shown(results, month)
    at = results.months.index(month)

    def share(output, definition="", region="", detail=""):
        middle = np.nanmedian(results.series(output, definition, region, detail)[1][:, at])
        return f"{100 * middle:.{0 if middle >= 0.1 else 1}f} %"

    seen = {r.name: share(*r.key) for r in SHARES}
    of = {who: share("chinese_token_share", "tokens", detail=who) for who in (
        "hobby", "startup_agents", "frontier_coding", "regulated_enterprise")}
    home, us = (share("chinese_token_share", "tokens", where) for where in ("china", "united_states"))
    opened = share("open_weight_token_share", "truth")
    money, used = (results.series("chinese_token_share", name)[1][:, at] for name in ("spend", "tokens"))
    paid = float(np.median(money / np.maximum(used, 1e-9)))
    return (
        f"In {month} Chinese models carry {seen['tokens, world']} of the world's tokens: {home} in China, "
        f"{seen['tokens outside China']} outside it, {us} in the United States. They take {seen['revenue, world']} of "
        f"what is paid for calls, since a token of theirs brings in {paid:.2f} of the mean. The router shows "
        f"{seen['router']}: it passes calls of hobbyists, start-ups and coders (world: {of['hobby']}, "
        f"{of['startup_agents']} and {of['frontier_coding']} Chinese) and hardly those of regulated firms "
        f"({of['regulated_enterprise']}). The survey asks those firms, in the United States, many of them barred, and "
        f"shows {seen['survey, workloads']} of workloads and {seen['survey, spending']} of spending. The hub shows "
        f"{seen['hub downloads']} of downloads and {seen['hub derivatives']} of new derivatives: it counts pulls of "
        f"open weights in every size, while {opened} of tokens come from open weights. Visits to chat sites from "
        f"outside China show {seen['visits to chat sites']}: consumers, and curiosity after a release. Totals of "
        f"laboratories show {seen['provider totals']}: what others host of the same weights is not in them."
    )

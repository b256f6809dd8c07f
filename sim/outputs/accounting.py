"""One state under the published definitions, how each accelerator came, and in one sentence why the shares differ."""

from typing import Any

import numpy as np

from ..units import month_label, month_number

FIRST_CHOICE = "2025-12"  # the month of most published shares
VIEWS = {  # what is published: output, definition
    "owner, without diverted": ("compute_share", "owner|tracked|stock|8bit"),
    "chip sales, no retirement": ("sales_ledger_share", ""),
    "owner, diverted included": ("compute_share", "owner|all|stock|8bit"),
    "location": ("compute_share", "location|all|stock|8bit"),
    "user": ("compute_share", "user|all|stock|8bit"),
    "census of known clusters": ("census_share", ""),
}
WAYS = ("domestic", "licensed", "bought_abroad", "diverted", "rented")
QUANTILES = (0.05, 0.5, 0.95)


def month_shown(results, month: str | None = None) -> str:
    """A month of the run as YYYY-MM: the one asked for, else the usual one, else the last."""
    month = month or FIRST_CHOICE
    return month if month in results.months else results.months[-1]


def views(results, month: str) -> list[dict[str, Any]]:
    """Shares (of the world) of both countries under each published definition, 5, 50 and 95 % of draws."""
    rows = []
    for name, (output, definition) in VIEWS.items():
        row: dict[str, Any] = {"definition": name}
        for region in ("united_states", "china"):
            if results.has(output, definition, region):
                row[region] = _quantiles(results, month, output, definition, region)
        rows.append(row)
    return rows


def ways(results, month: str) -> list[dict[str, Any]]:
    """How China's accelerators came: stock (H100e) and share of all, 5, 50 and 95 % of draws."""
    return [{"way": way, "h100e": _quantiles(results, month, "china_stock_by_way_h100e", "", "", way),
             "share": _quantiles(results, month, "china_share_by_way", "", "", way)} for way in WAYS]


def why_they_differ(results, month: str | None = None) -> str:
    """One sentence (text) on China's share by owner and in the census, from the medians of this run (shares, H100e)."""
    month = month_shown(results, month)
    if not (results.has("census_lag_months") and results.has("china_stock_by_way_h100e", detail="diverted")):
        return ""

    def at(output, definition="", region="", detail="", when=month):
        return float(np.median(results.series(output, definition, region, detail)[1][:, results.months.index(when)]))

    without, owned = (at("compute_share", f"owner|{scope}|stock|8bit", "china") for scope in ("tracked", "all"))
    lag = round(at("census_lag_months"))
    seen_on = month_label(max(month_number(month) - lag, results.first))
    regions = [key[2] for key in results.keys("region_stock_h100e")]
    seen, there = ({r: at(output, region=r, when=when) for r in regions}
                   for output, when in (("census_seen_h100e", month), ("region_stock_h100e", seen_on)))
    rest = sum(seen.values()) - seen["china"], max(sum(there.values()) - there["china"], 1e-9)
    census = _percent(at("census_share", "", "china"))
    knows = [_percent(share) for share in (seen["china"] / max(there["china"], 1e-9), rest[0] / rest[1])]
    then = _percent(at("compute_share", "location|all|stock|8bit", "china", when=seen_on))
    sold = (f"{_percent(at('sales_ledger_share', '', 'china'))} in the ledger of chip sales, which leaves out "
            "purchases abroad, too, and what stood before the first month, and retires nothing, "
            if results.has("sales_ledger_share", "", "china") else "")
    return (
        f"In {month} China holds {_percent(without)} of compute by owner if the {_million(at, 'diverted')} that came "
        f"by diversion are left out, {sold}{_percent(owned)} if they are counted, and {census} in the census, which "
        f"counts by location (the {_million(at, 'bought_abroad')} that Chinese owners bought abroad count elsewhere), "
        f"knows {knows[0]} of what stands in China against {knows[1]} of the rest, and shows the world of {lag} months "
        f"before, when {then} stood in China."
    )


def _million(at, way):
    return f"{at('china_stock_by_way_h100e', '', '', way) / 1e6:.2f} M H100e"


def _percent(share):
    return f"{100 * share:.1f} %"


def _quantiles(results, month, *key):
    values = results.series(*key)[1][:, results.months.index(month)]
    return tuple(float(x) for x in np.quantile(values, QUANTILES))

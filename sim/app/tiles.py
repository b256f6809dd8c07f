"""Headline tiles: a median, its interval, and the paired difference from the reference."""

from dataclasses import dataclass

import streamlit as st

from ..outputs import load_outputs, quantiles
from ..outputs.exactness import quantile_error
from ..results import Results
from .charts import figure
from .limits import limit
from .runs import remembered
from .view import USUAL, View
from .words import language, words


@dataclass(frozen=True)
class Tile:
    """One tile: its name in the texts and its series; a definition "*" is the view's."""

    name: str
    output: str
    definition: str = ""
    region: str = ""
    detail: str = ""

    def key(self, definition: str) -> tuple[str, str, str, str]:
        """The series, with the view's definition in place (names only)."""
        return (self.output, definition if self.definition == "*" else self.definition, self.region, self.detail)


TILES = (
    Tile("ratio", "compute_ratio_us_china", "*"),
    Tile("china", "compute_share", "*", "china"),
    Tile("ramp", "huawei_packages_per_year", "", "", "total"),
    Tile("lag", "capability_lag_months", "", "", "china"),
    Tile("price", "flagship_price_ratio_china_us"),
    Tile("router", "router_token_share", "", "", "chinese_open"),
)


def standing(chosen: Results) -> None:
    """One line on how many draws the page stands on, and whether more are on the way."""
    of = limit("draws")
    st.caption(words("run.whole" if chosen.draws >= of else "run.first", draws=chosen.draws, of=of))


def show(chosen: Results, reference: Results, view: View) -> None:
    """The tiles, two to a card."""
    for at, column in enumerate(st.columns(len(TILES) // 2, border=True)):
        with column:
            for tile in TILES[2 * at : 2 * at + 2]:
                one(tile, chosen, reference, view)


def one(tile: Tile, chosen: Results, reference: Results, view: View) -> None:
    """One tile, in the unit of its output."""
    key = tile.key(view.definition)
    kind = load_outputs()[tile.output].kind
    low, middle, high, error = remembered(chosen, ("tile", key, view.month), lambda: _read(chosen, key, view.month))
    st.metric(words(f"tile.{tile.name}"), reading(tile, middle, kind))
    interval = words("tile.interval", low=figure(low, kind), high=figure(high, kind), month=view.month,
                     error=figure(error, kind, "+").removeprefix("+"), points=_points(kind))  # fmt: skip
    st.caption(f"{interval}  \n{difference(chosen, reference, key, view.month, kind, view.reference)}")


def _read(chosen, key, month):
    """P10, P50, P90 of a series in a month, and the Monte Carlo error of P50 (the series' unit)."""
    values = chosen.series(*key)[1][:, chosen.months.index(month)]
    return (*(float(v) for v in quantiles(values)), quantile_error(values))


def reading(tile: Tile, value: float, kind: str) -> str:
    """The value of a tile as text with what follows it."""
    return words(f"tile.{tile.name}_value", value=figure(value, kind))


def difference(chosen: Results, reference: Results, key: tuple[str, str, str, str], month: str, kind: str,
               name: str) -> str:
    """The paired difference from the reference in words, or that it cannot be told from none."""
    if chosen.run_id == reference.run_id:
        return words("difference.same", name=name)
    place = ("difference", reference.run_id, key, month, name, language())
    return remembered(chosen, place, lambda: _paired(chosen, reference, key, month, kind, name))


def _paired(chosen, reference, key: tuple[str, str, str, str], month, kind, name):
    at = chosen.months.index(month)
    apart = chosen.series(*key)[1][:, at] - reference.series(*key)[1][:, at]  # the draws share their random numbers
    low, middle, high = (float(v) for v in quantiles(apart))
    numbers = {"middle": figure(middle, kind, "+"), "low": figure(low, kind, "+"), "high": figure(high, kind, "+")}
    points = _points(kind)
    sure = low > 0 or high < 0
    return words("difference.clear" if sure else "difference.unclear", name=name, points=points, **numbers)


def _points(kind):
    return words("difference.points") if kind == "share" else ""


def what_changed(chosen: Results, view: View) -> str:
    """One line on what another definition does to China's share, with the reason."""
    if view.definition == USUAL:
        return words("definition.usual")

    def share(definition):
        months, q = chosen.quantiles("compute_share", definition, "china", "")
        return figure(float(q[1, months.index(view.month)]), "share")

    reasons = [words(f"definition.why_{part}") for part, usual in
               zip(view.definition.split("|"), USUAL.split("|"), strict=True) if part != usual]  # fmt: skip
    return words("definition.changed", month=view.month, usual=share(USUAL), now=share(view.definition),
                 reasons=" ".join(reasons))  # fmt: skip

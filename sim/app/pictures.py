"""The pictures of the pages: which series each shows, and the same numbers as chart, table, file and citation."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import streamlit as st

from .. import __version__
from ..evidence.observations import observations
from ..figures.palette import BLACK, BLUE, CONSTRAINTS, REGION_COLOURS, SKY, VERMILLION
from ..outputs import load_outputs, quantiles
from ..results import Results
from . import charts, draw, parts, state
from .runs import remembered
from .words import language, unit_told, words

Key = tuple[str, str, str, str]  # output, definition, region, detail


@dataclass(frozen=True)
class Picture:
    """One picture: its name in the texts, its lines (name in the texts, series, colour), its matplotlib twin.

    A series whose definition is "*" takes the definition of the view; ``seen`` is where observations of it stand.
    """

    name: str
    lines: tuple[tuple[str, Key, str], ...]
    figure: str
    log: bool = False
    seen: tuple[str, ...] = ()


US, CN = REGION_COLOURS["united_states"], REGION_COLOURS["china"]
PICTURES = {picture.name: picture for picture in (
    Picture("share", (("united_states", ("compute_share", "*", "united_states", ""), US),
                      ("china", ("compute_share", "*", "china", ""), CN)), "compute_share"),
    Picture("ramp", (("total", ("huawei_packages_per_year", "", "", "total"), BLUE),), "ascend_ramp"),
    Picture("yield", (("yield", ("chinese_die_yield", "", "", ""), BLUE),), "ascend_ramp"),
    Picture("use", (("router", ("router_token_share", "", "", "chinese_open"), VERMILLION),
                    ("hub", ("hub_download_share_12m", "", "", "china"), SKY),
                    ("enterprise", ("enterprise_workload_share", "", "", "chinese"), REGION_COLOURS["open"]),
                    ("open", ("open_weight_token_share", "truth", "", ""), BLACK)), "chinese_share"),
    Picture("price", (("ratio", ("flagship_price_ratio_china_us", "", "", ""), CN),), "price", log=True),
    Picture("lag", (("china", ("capability_lag_months", "", "", "china"), CN),
                    ("open", ("capability_lag_months", "", "", "open"), REGION_COLOURS["open"])), "capability",
            seen=("at release",)),
)}  # fmt: skip


def keys(picture: Picture, definition: str) -> list[tuple[str, Key, str]]:
    """The lines of a picture with the definition of the view in place (labels, series, colours)."""
    return [(words(f"line.{picture.name}.{name}"), (key[0], definition if key[1] == "*" else key[1], *key[2:]), colour)
            for name, key, colour in picture.lines]  # fmt: skip


def spec(picture: Picture, chosen: Results, reference: Results | None, definition: str, month: str,
         runs: tuple[str, str]) -> dict[str, Any]:
    """The Vega-Lite specification of a picture (units of its outputs)."""
    lines = []
    for label, key, colour in keys(picture, definition):
        if not chosen.has(*key):
            continue
        months, q = chosen.quantiles(*key)
        against = reference.quantiles(*key)[1] if reference is not None else None
        lines.append(charts.Line(label, colour, months, q, against, observed(key, tuple(months), picture.seen)))
    output = load_outputs()[picture.lines[0][1][0]]
    return charts.fan(lines, unit_told(output.unit), output.kind, runs, month, picture.log)


def prepare() -> None:
    """Read the observations now; a page would wait a second for them."""
    observations()


@cache
def observed(key: Key, months: tuple[str, ...], definitions: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What was observed of a series: month, value, low, high (the output's unit, None if unknown) and source."""
    frame = observations(key[0])
    wanted = definitions or ((key[1],) if "|" in key[1] else ("", key[1]))
    rows = []
    for seen in frame.itertuples():
        place = (seen.region, seen.detail)
        if seen.definition in wanted and place == key[2:] and seen.month in months:
            low, value, high = (None if v != v else float(v) for v in (seen.low, seen.value, seen.high))
            rows.append({"month": seen.month, "value": value, "low": low if high is not None else None,
                         "high": high if low is not None else None, "source": str(seen.source)})  # fmt: skip
    return rows


def table(picture: Picture, chosen: Results, reference: Results | None, definition: str) -> list[dict[str, Any]]:
    """The numbers of a picture, a row a series and December (units of the outputs)."""
    rows = []
    for label, key, _ in keys(picture, definition):
        if not chosen.has(*key):
            continue
        months, q = chosen.quantiles(*key)
        against = reference.quantiles(*key)[1][1] if reference is not None else None
        kind = load_outputs()[key[0]].kind
        for at, month in enumerate(months):
            if month.endswith("-12"):
                row = {words("table.series"): label, words("table.month"): month}
                row |= {name: charts.number(float(q[i, at]), kind) for i, name in enumerate(("P10", "P50", "P90"))}
                if against is not None:
                    row[words("table.reference")] = charts.number(float(against[at]), kind)
                rows.append(row)
    return rows


def csv(picture: Picture, chosen: Results, reference: Results | None, definition: str) -> str:
    """The numbers of a picture, every month, as text for a file: tidy rows with unit, definition and run id."""
    lines = ["scenario,run_id,output,definition,region,detail,month,unit,p10,p50,p90"]
    for results in (chosen, *(() if reference is None else (reference,))):
        for _, key, _ in keys(picture, definition):
            if not results.has(*key):
                continue
            months, q = results.quantiles(*key)
            unit = load_outputs()[key[0]].unit
            for at, month in enumerate(months):
                numbers = ",".join("" if np.isnan(v) else f"{v:.6g}" for v in q[:, at])
                lines.append(",".join((results.scenario, results.run_id, *key, month, unit)) + f",{numbers}")
    return "\n".join(lines) + "\n"


def image(picture: Picture, chosen: Results, reference: Results | None, definition: str, kind: str) -> bytes:
    """The picture as PNG or SVG, drawn by the same functions as on the command line."""
    from importlib import import_module

    from ..figures import COMPARING

    draw: Callable = getattr(import_module(f"sim.figures.{picture.figure}"), picture.figure)
    extra: dict[str, Any] = {"against": reference} if picture.figure in COMPARING else {}
    if picture.figure == "compute_share":
        extra["definition"] = definition
    seen = observations()
    buffer = io.BytesIO()
    draw(chosen, seen, **extra).savefig(buffer, format=kind)
    return buffer.getvalue()


def citation(title: str, chosen: Results, definition: str) -> str:
    """How to cite a picture (text): program, version, picture, scenario, run, how it is counted."""
    return words("cite.text", version=__version__, title=title, scenario=chosen.scenario, run=chosen.run_id,
                 draws=chosen.draws, definition=definition)  # fmt: skip


def place(name: str, view) -> Any:
    """The place of a picture's chart, under its heading and over what is folded away; `fill` draws into it."""
    st.header(words(f"picture.{name}.title"), anchor=False)
    st.caption(words(f"picture.{name}.how", definition=definition_text(view.definition)))
    found = st.container()
    parts.part(f"beneath {name}", beneath, PICTURES[name])
    return found


def fill(name: str, chosen: Results, reference: Results | None, view) -> None:
    """The chart of a picture."""
    picture = PICTURES[name]
    other = reference.run_id if reference is not None else ""
    drawn = remembered(chosen, (name, other, view.definition, view.month, run_names(view), language()),
                       lambda: draw.prepared(spec(picture, chosen, reference, view.definition, view.month,
                                                  run_names(view))))  # fmt: skip
    draw.chart(drawn, f"chart {name}", f"{words(f'picture.{name}.title')}. {words('picture.alt')}")


def show(name: str, chosen: Results, reference: Results | None, view) -> None:
    """One picture on the page, with what stands beneath it: table, files, citation."""
    with place(name, view):
        fill(name, chosen, reference, view)


def beneath(picture: Picture) -> None:
    """Table, CSV, PNG, SVG and citation of a picture, folded away."""
    with st.expander(words("picture.more"), key=f"more {picture.name}", on_change="rerun") as folded:
        parts.follow(f"beneath {picture.name}", bool(folded.open))
        if not folded.open:
            return
        view, chosen, reference = state.shown(whole=False)
        definition = view.definition
        st.dataframe(table(picture, chosen, reference, definition), hide_index=True, height=240)
        stem = f"{picture.name}_{chosen.run_id}"
        with st.container(horizontal=True):
            st.download_button("CSV", partial(csv, picture, chosen, reference, definition), f"{stem}.csv", "text/csv",
                               key=f"csv {picture.name}", on_click="ignore")  # fmt: skip
            for kind, mime in (("png", "image/png"), ("svg", "image/svg+xml")):
                st.download_button(kind.upper(), partial(image, picture, chosen, reference, definition, kind),
                                   f"{stem}.{kind}", mime, key=f"{kind} {picture.name}", on_click="ignore")  # fmt: skip
        st.text(citation(words(f"picture.{picture.name}.title"), chosen, definition))


def show_binding(maker: str, chosen: Results, view) -> None:
    """What stops one more accelerator of a Chinese maker, month by month."""
    st.caption(binding_title(maker))
    fill_binding(maker, chosen, view)


def fill_binding(maker: str, chosen: Results, view) -> None:
    """The chart of what stops one more accelerator of a Chinese maker."""
    drawn = remembered(chosen, ("binding", maker, view.month, language()),
                       lambda: draw.prepared(binding(chosen, maker, view.month)))
    draw.chart(drawn, f"chart binds {maker}", f"{binding_title(maker)}. {words('binds.alt')}")


def binding_title(maker: str) -> str:
    """The title of `show_binding` (text)."""
    return words("binds.title", maker=words(f"maker.{maker}"))


def binding(results: Results, maker: str, month: str) -> dict[str, Any]:
    """What stops one more accelerator of a Chinese maker, as shares of draws over time."""
    found = {}
    for detail, (_, colour) in CONSTRAINTS.items():
        if results.has("binding_constraint", maker, "china", detail):
            share = np.nan_to_num(results.series("binding_constraint", maker, "china", detail)[1]).mean(axis=0)
            if share.max() > 0.005:
                found[detail] = (words(f"binds.{detail}"), colour, share)
    return charts.ribbon(found, results.months, words("binds.axis"), month)


def quantiles_of(values) -> tuple[float, float, float]:
    """P10, P50, P90 of an array (draws,), same unit."""
    low, middle, high = quantiles(values)
    return float(low), float(middle), float(high)


def definition_text(definition: str) -> str:
    """How compute is counted, in the words of the session's language."""
    basis, diverted, kind, metric = definition.split("|")
    return ", ".join(words(f"definition.{part}") for part in (kind, basis, diverted, metric))


def run_names(view) -> tuple[str, str]:
    """What the two runs are called in legends and tables."""
    return words("run.this"), view.reference

"""Charts of the pages as plain Vega-Lite specifications: numbers in, dictionary out. Nothing of the model here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..figures.palette import BLACK, GREY
from ..units import written
from .words import words

HEIGHT = 300  # pixels
HOVER = 3  # a point to hover on every so many months: drawing is what a move waits for
TIME = {"field": "month", "type": "temporal", "title": None,
        "axis": {"format": "%Y", "tickCount": "year", "labelFlush": False, "labelOverlap": "greedy"}}
NUMBERS = {"share": ".1%", "ratio": ".3~r"}
AXES = {"share": ".0%", "ratio": "~g"}


@dataclass(frozen=True)
class Line:
    """One line with its band: ``q`` and ``reference`` are arrays (3, months): P10, P50, P90 in the chart's unit.

    ``observed`` are rows with month, value, low, high and source, in the same unit.
    """

    label: str
    colour: str
    months: Sequence[str]
    q: np.ndarray
    reference: np.ndarray | None = None
    observed: Sequence[dict[str, Any]] = ()


def fan(lines: Sequence[Line], unit: str, kind: str, runs: tuple[str, str], month: str = "", log: bool = False,
        legend: bool = True) -> dict[str, Any]:
    """Lines with bands, the reference dashed, observations as points, and a rule at the month read.

    Parameters
    ----------
    lines : the lines, in the unit of the chart
    unit, kind : unit on the axis; kind of output ("share" is written as per cent)
    runs : names of this run and of the reference
    month : YYYY-MM, where tiles are read; "" for no rule
    log : bool, a logarithmic axis
    """
    rows: list[dict[str, Any]] = []
    against: list[dict[str, Any]] = []
    told, points = [], []
    for line in lines:
        for name, q, to in ((runs[0], line.q, rows), (runs[1], line.reference, against)):
            if q is not None:
                found = [(row(line.label, m, p), m) for m, p in zip(line.months, q.T, strict=True)
                         if p[1] == p[1] and (p[0] > 0 or not log)]
                to += [place for place, m in found if to is rows or _told(m)]
                told += [place | {"run": name, "when": m, "text": _text(place, kind)} for place, m in found if _told(m)]
        points += [{"series": line.label, "month": seen["month"], "value": seen["value"], "low": seen["low"],
                    "high": seen["high"], "source": seen["source"]} for seen in line.observed]
    labels = [line.label for line in lines]
    colour = {"field": "series", "type": "nominal", "sort": labels, "title": None,
              "scale": {"domain": labels, "range": [line.colour for line in lines]},
              "legend": {"orient": "top", "columns": 1 if max(map(_width, labels)) > 22 else 2, "labelLimit": 400,
                         "symbolType": "stroke", "symbolStrokeWidth": 3, "symbolOpacity": 1} if legend else None}
    scale = {"type": "log"} if log else {"zero": True}
    x = TIME
    y = {"field": "middle", "type": "quantitative", "title": unit, "scale": scale,
         "axis": {"format": AXES.get(kind, "~s"), "titleAnchor": "end"}}
    tip = [{"field": "series", "title": " "}, {"field": "run", "title": words("chart.run")},
           {"field": "when", "title": words("chart.month")}, {"field": "text", "title": words("chart.bands")}]
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "area", "opacity": 0.2, "tooltip": False},
         "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour}},
        {"data": {"name": "against", "values": against},
         "mark": {"type": "line", "strokeDash": [5, 4], "strokeWidth": 1.6},
         "encoding": {"x": x, "y": y, "color": colour}},
        {"mark": {"type": "line", "strokeWidth": 2.4}, "encoding": {"x": x, "y": y, "color": colour}},
        {"data": {"name": "told", "values": told},
         "mark": {"type": "point", "filled": True, "size": 180, "opacity": 0},
         "encoding": {"x": x, "y": y, "color": colour, "tooltip": tip}},
    ]  # fmt: skip
    if not against:
        del layers[1]
    if points:
        seen_tip = [{"field": "series", "title": " "},
                    {"field": "value", "type": "quantitative", "title": words("chart.observed"),
                     "format": NUMBERS.get(kind, ",.4~r")},
                    {"field": "month", "type": "temporal", "title": words("chart.month"), "format": "%Y-%m"},
                    {"field": "source", "title": words("chart.source")}]
        layers += [
            {"data": {"name": "observed", "values": [p for p in points if p["low"] is not None]},
             "mark": {"type": "rule", "strokeWidth": 1.2},
             "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour}},
            {"data": {"name": "seen", "values": [p for p in points if p["value"] is not None]},
             "mark": {"type": "point", "filled": True, "fill": "white", "strokeWidth": 1.8, "size": 44},
             "encoding": {"x": x, "y": {**y, "field": "value"}, "stroke": colour | {"legend": None},
                          "tooltip": seen_tip}},
        ]  # fmt: skip
    if month:
        layers.append({"data": {"name": "read", "values": [{"month": month}]}, "encoding": {"x": x},
                       "mark": {"type": "rule", "color": GREY, "opacity": 0.7}})  # fmt: skip
    return frame({"data": {"values": rows}, "height": HEIGHT, "layer": layers})


def _width(text):
    """How wide a text is, in Latin letters: those of Chinese are twice as wide."""
    return sum(1 + (letter > "\u2e80") for letter in text)


def row(series: str, month: str, q: Sequence[float]) -> dict[str, Any]:
    """One month of a line (the chart's unit), rounded to what a screen can show."""
    low, middle, high = (float(f"{v:.5g}") for v in q)
    return {"series": series, "month": month, "low": low, "middle": middle, "high": high}


def _text(place, kind):
    low, middle, high = (figure(place[name], kind) for name in ("low", "middle", "high"))
    return words("chart.value", middle=middle, low=low, high=high)


def _told(month):
    """Whether a month has a point to hover on, and a place on the line of the reference."""
    return int(month[5:]) % HOVER == 0


def ribbon(parts: dict[str, tuple[str, str, np.ndarray]], months: Sequence[str], title: str, month: str = "") -> dict:
    """Shares that sum to one, stacked: {key: (label, colour, array (months,))}, dimensionless."""
    rows = [{"part": label, "month": m, "share": round(float(v), 4)}
            for label, _, shares in parts.values() for m, v in zip(months, shares, strict=True)]
    x = TIME
    labels = [label for label, _, _ in parts.values()]
    layers: list[dict[str, Any]] = [{
        "mark": {"type": "area"},
        "encoding": {
            "x": x, "y": {"field": "share", "type": "quantitative", "stack": "zero", "title": title,
                          "scale": {"domain": [0, 1]}, "axis": {"format": ".0%"}},
            "color": {"field": "part", "type": "nominal", "title": None, "sort": labels,
                      "scale": {"domain": labels, "range": [colour for _, colour, _ in parts.values()]},
                      "legend": {"orient": "top", "columns": 4, "symbolType": "square"}},
            "tooltip": [{"field": "part", "title": " "},
                        {"field": "month", "type": "temporal", "title": words("chart.month"), "format": "%Y-%m"},
                        {"field": "share", "type": "quantitative", "title": title, "format": ".0%"}],
        },
    }]  # fmt: skip
    if month:
        layers.append({"data": {"name": "read", "values": [{"month": month}]}, "encoding": {"x": x},
                       "mark": {"type": "rule", "color": BLACK}})  # fmt: skip
    return frame({"data": {"values": rows}, "height": HEIGHT // 2, "layer": layers})


def waterfall(start: tuple[str, float], end: tuple[str, float], steps: Sequence[tuple[str, float]], unit: str,
              kind: str) -> dict[str, Any]:
    """From one value to another in named steps that sum to the gap (all in the unit of the output)."""
    rows, at = [], start[1]
    rows.append({"step": start[0], "from": 0.0, "to": start[1], "kind": "total", "text": number(start[1], kind)})
    for name, size in steps:
        rows.append({"step": name, "from": at, "to": at + size, "kind": "up" if size >= 0 else "down",
                     "text": number(size, kind, "+")})  # fmt: skip
        at += size
    rows.append({"step": end[0], "from": 0.0, "to": end[1], "kind": "total", "text": number(end[1], kind)})
    order = [r["step"] for r in rows]
    y = {"field": "step", "type": "nominal", "sort": order, "title": None, "axis": {"labelLimit": 280}}
    x = {"field": "from", "type": "quantitative", "title": unit, "axis": {"format": AXES.get(kind, "~s")}}
    colour = {"field": "kind", "type": "nominal", "legend": None,
              "scale": {"domain": ["total", "up", "down"], "range": [GREY, "#0072B2", "#D55E00"]}}
    return frame({"data": {"values": rows}, "height": 36 * len(rows) + 20, "layer": [
        {"mark": {"type": "bar", "height": 20}, "encoding": {"y": y, "x": x, "x2": {"field": "to"}, "color": colour}},
        {"transform": [{"calculate": "max(datum.from, datum.to)", "as": "edge"}],
         "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 13},
         "encoding": {"y": y, "x": {**x, "field": "edge"}, "text": {"field": "text"}}},
    ]})  # fmt: skip


def frame(spec: dict[str, Any]) -> dict[str, Any]:
    """What all charts share: a plain ground, letters large enough to read, marks silent for a screen reader.

    A text beside the chart and the table beneath it speak instead of hundreds of marks.
    """
    for layer in spec["layer"]:
        layer["mark"]["aria"] = False
    axis = {"labelFontSize": 12, "titleFontSize": 12, "gridOpacity": 0.5}
    config = {"view": {"stroke": None}, "axis": axis, "legend": {"labelFontSize": 12}}
    padding = {"left": 4, "right": 12, "top": 4, "bottom": 4}
    return spec | {"usermeta": {"embedOptions": {"renderer": "canvas"}}, "config": config, "padding": padding}


def figure(value: float, kind: str = "", sign: str = "") -> str:
    """A value of the model as text, to three figures: more would say what no ensemble knows (output's unit)."""
    return number(value if kind == "share" or value != value else float(f"{value:.3g}"), kind, sign)


def number(value: float, kind: str = "", sign: str = "") -> str:
    """A value as text: per cent for shares, in points of it when signed; else three figures in the output's unit."""
    if value is None or value != value:
        return "–"
    if kind == "share":
        size = abs(100 * value)
        text = f"{100 * value:{sign}.{0 if size >= 99.5 else 1 if size >= 0.95 else 2}f}"
        return text if sign else f"{text} %"
    if abs(value) >= 1e6 and abs(value) < 1e15:
        return f"{value / 1e6:{sign},.2f} M"
    return written(value, sign)

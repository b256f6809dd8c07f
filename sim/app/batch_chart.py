"""Charts of the page on batches: parallel coordinates, bars with intervals, a box of conditions."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..figures.palette import GREY
from .charts import frame, number
from .words import words

SCHEME = "cividis"  # told apart by the colour-blind, and in print


def parallel(rows: Sequence[Mapping[str, Any]], ends: Sequence[Mapping[str, Any]], unit: str) -> dict[str, Any]:
    """Every run as a line across its inputs to its outcome, coloured by it; what a filter drops is grey.

    Parameters
    ----------
    rows : as `studies.lines` gives them
    ends : lowest and highest value of every axis, {axis, at, value}
    unit : of the outcome
    """
    axes = list(dict.fromkeys(str(end["axis"]) for end in ends))
    short = {axis: axis if len(axis) < 30 else axis[:28] + "…" for axis in axes}
    named: list[dict[str, Any]] = [{**row, "axis": short[row["axis"]]} for row in rows]
    labels = [{**end, "axis": short[end["axis"]], "text": number(end["value"])} for end in ends]
    x = {"field": "axis", "type": "nominal", "sort": list(short.values()), "title": None, "scale": {"type": "point"},
         "axis": {"orient": "top", "labelAngle": -18, "labelLimit": 220, "domain": False, "ticks": False}}
    y = {"field": "at", "type": "quantitative", "axis": None, "scale": {"domain": [-0.06, 1.06]}}
    tip = [{"field": "axis", "title": " "},
           {"field": "value", "type": "quantitative", "title": words("evidence.value")},
           {"field": "outcome", "type": "quantitative", "title": unit}]
    colour = {"field": "outcome", "type": "quantitative", "title": unit, "scale": {"scheme": SCHEME},
              "legend": {"orient": "bottom", "gradientLength": 260}}
    layers: list[dict[str, Any]] = [
        {"data": {"values": [{"axis": name, "at": 0, "top": 1} for name in short.values()]},
         "mark": {"type": "rule", "color": GREY}, "encoding": {"x": x, "y": y, "y2": {"field": "top"}}},
        {"transform": [{"filter": "!datum.kept"}], "mark": {"type": "line", "color": "#C8C8C8", "opacity": 0.3},
         "encoding": {"x": x, "y": y, "detail": {"field": "run"}}},
        {"transform": [{"filter": "datum.kept"}], "mark": {"type": "line", "opacity": 0.6, "strokeWidth": 1.3},
         "encoding": {"x": x, "y": y, "detail": {"field": "run"}, "color": colour, "tooltip": tip}},
        {"data": {"values": labels},
         "mark": {"type": "text", "dy": {"expr": "datum.at > 0.5 ? -9 : 11"}, "fontSize": 11},
         "encoding": {"x": x, "y": y, "text": {"field": "text"}}},
    ]  # fmt: skip
    return frame({"data": {"values": named}, "height": 460, "layer": layers})


def bars(rows: Sequence[tuple[str, float, float]], title: str, share: bool) -> dict[str, Any]:
    """Indices of inputs as bars, (name, index, half of its interval), the largest first."""
    data = [{"input": name, "index": size, "low": size - half, "high": size + half} for name, size, half in rows]
    y = {"field": "input", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 320}}
    x = {"field": "index", "type": "quantitative", "title": title, "axis": {"format": ".0%" if share else "~s"}}
    return frame({"data": {"values": data}, "height": 26 * len(data) + 30, "layer": [
        {"mark": {"type": "bar", "height": 13, "color": "#0072B2"}, "encoding": {"y": y, "x": x}},
        {"mark": {"type": "rule", "strokeWidth": 1.6},
         "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}}},
    ]})  # fmt: skip


def box(points: Sequence[Mapping[str, Any]], limits: Sequence[tuple[float | None, float | None]],
        axes: tuple[str, str], sides: tuple[str, str]) -> dict[str, Any]:
    """Runs by two inputs, those where the condition holds filled, and the box of conditions shaded.

    Parameters
    ----------
    points : {x, y (each input's unit), holds (bool), outcome}
    limits : lowest and highest of the box on each of the two axes; None is open
    axes : titles of the two inputs
    sides : names of "holds" and "does not" for the legend
    """
    data = [{**point, "side": sides[0] if point["holds"] else sides[1]} for point in points]
    edges = {}
    for at, (low, high) in zip("xy", limits, strict=True):
        column = [float(point[at]) for point in points]
        edges[at], edges[at + "2"] = min(column) if low is None else low, max(column) if high is None else high
    x, y = ({"field": at, "type": "quantitative", "title": title, "scale": {"zero": False, "nice": True},
             "axis": {"format": "~g"}} for at, title in zip("xy", axes, strict=True))
    look = {"domain": list(sides), "range": ["#D55E00", "#8A8A8A"]}
    return frame({"data": {"values": data}, "height": 340, "layer": [
        {"data": {"values": [edges]}, "mark": {"type": "rect", "opacity": 0.15, "color": "#D55E00"},
         "encoding": {"x": {**x, "field": "x"}, "x2": {"field": "x2"}, "y": {**y, "field": "y"},
                      "y2": {"field": "y2"}}},
        {"mark": {"type": "point", "filled": True, "size": 46, "opacity": 0.75},
         "encoding": {"x": x, "y": y,
                      "color": {"field": "side", "type": "nominal", "title": None, "scale": look,
                                "legend": {"orient": "top", "labelLimit": 300}},
                      "shape": {"field": "side", "type": "nominal", "title": None,
                                "scale": {"domain": list(sides), "range": ["circle", "cross"]},
                                "legend": {"orient": "top", "labelLimit": 300}},
                      "tooltip": [{"field": "x", "title": axes[0]}, {"field": "y", "title": axes[1]},
                                  {"field": "outcome"}]}},
    ]})  # fmt: skip

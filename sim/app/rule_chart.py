"""The chart of the page on rules: products as points, rules as shaded boxes, on logarithmic axes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .charts import frame

COLOURS = {"free": "#009E73", "notify": "#56B4E9", "case by case": "#E69F00", "presumption of denial": "#D55E00",
           "policy of denial": "#000000"}  # fmt: skip
SHAPES = {"free": "circle", "notify": "diamond", "case by case": "square", "presumption of denial": "triangle-up",
          "policy of denial": "cross"}  # fmt: skip
ROOM = (0.14, 0.045)  # what a name takes of the axes, across and up
EDGES = {"tpp": (1000.0, 600_000.0), "density": (1.0, 200.0), "bandwidth": (50.0, 60_000.0)}


def scatter(rows: Sequence[Mapping[str, Any]], boxes: Sequence[Mapping[str, Any]], against: str,
            statuses: Mapping[str, str], axes: Mapping[str, str]) -> dict[str, Any]:
    """Products by TPP and another rating (TPP / mm² or GB/s), with the boxes that rules catch.

    Parameters
    ----------
    rows, boxes : as `rule_data.products` and `rule_data.areas` give them
    against : "density" or "bandwidth"
    statuses, axes : names of licence statuses and of the axes, in the language of the page
    """
    points = [{"product": row["title"], "x": row["tpp"], "y": row[against], "status": statuses[row["status"]],
               "introduced": row["introduced"], "rule": row["rule"] or "–", "bounds": row["bounds"] or "–",
               "out": row["out"]}
              for row in rows if row[against] and row["tpp"] > 0]  # fmt: skip
    _label(points, EDGES["tpp"], EDGES[against])
    areas = []
    for box in boxes:
        (x, x2), (y, y2) = (_edges(box[name], EDGES[name]) for name in ("tpp", "density"))
        areas.append({"x": x, "x2": x2, "y": y, "y2": y2, "rule": box["rule"], "status": statuses[box["status"]]})
    names = list(statuses.values())
    scale = {"domain": names, "range": [COLOURS[s] for s in statuses]}
    legend = {"orient": "top", "title": None, "columns": 3, "labelLimit": 260, "symbolOpacity": 1}
    colour = {"field": "status", "type": "nominal", "scale": scale, "legend": legend}
    shape = {"field": "status", "type": "nominal", "scale": {"domain": names, "range": [SHAPES[s] for s in statuses]},
             "legend": legend}
    x = {"field": "x", "type": "quantitative", "title": axes["tpp"],
         "scale": {"type": "log", "domain": EDGES["tpp"], "clamp": True}, "axis": {"format": "~s", "tickCount": 8}}
    y = {"field": "y", "type": "quantitative", "title": axes[against],
         "scale": {"type": "log", "domain": EDGES[against], "clamp": True}, "axis": {"format": "~g", "tickCount": 8}}
    tip = [{"field": "product", "title": " "}, {"field": "x", "title": "TPP", "type": "quantitative", "format": ",.0f"},
           {"field": "y", "title": axes[against], "type": "quantitative", "format": ",.3~g"},
           {"field": "introduced"}, {"field": "status"}, {"field": "rule"}, {"field": "bounds"}]
    layers: list[dict[str, Any]] = [
        {"data": {"values": areas}, "mark": {"type": "rect", "opacity": 0.16},
         "encoding": {"x": x, "x2": {"field": "x2"}, "y": y, "y2": {"field": "y2"}, "color": colour,
                      "tooltip": [{"field": "rule", "title": axes["caught"]}, {"field": "status"}]}},
        {"mark": {"type": "point", "filled": True, "size": 90},
         "encoding": {"x": x, "y": y, "color": colour, "shape": shape, "tooltip": tip,
                      "opacity": {"condition": {"test": "datum.out", "value": 1}, "value": 0.35}}},
        {"transform": [{"filter": "datum.label"}], "mark": {"type": "text", "dx": 8, "align": "left", "fontSize": 11},
         "encoding": {"x": x, "y": y, "text": {"field": "product"}}},
    ]  # fmt: skip
    return frame({"data": {"values": points}, "height": 460, "layer": layers if areas else layers[1:]})


def _label(points, across, up):
    """Mark the products whose names have room beside their points, the newest first (ratings on log axes)."""
    taken: list[tuple[float, float]] = []
    for point in sorted(points, key=lambda p: p["introduced"], reverse=True):
        x, y = (math.log(v / low) / math.log(high / low) for v, (low, high) in
                ((point["x"], across), (point["y"], up)))  # fmt: skip
        room = all(abs(x - a) > ROOM[0] or abs(y - b) > ROOM[1] for a, b in taken)
        point["label"] = point["out"] and room
        if point["label"]:
            taken.append((x, y))


def _edges(pair, usual):
    return tuple(edge if bound is None else bound for bound, edge in zip(pair, usual, strict=True))

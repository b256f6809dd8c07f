"""Every figure draws, and says what it shows, of which run."""

from importlib import import_module

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from synthetic import synthetic

from sim.figures import FIGURES, draw_all, style
from sim.units import month_number

SAYS = {
    "compute_share": "[owner|all|stock|8bit]",
    "compute_definitions": "by owner",
    "compute_ratio": "[owner|all|flow12|tpp]",
    "ascend_ramp": "packages",
    "what_binds": "first month",
    "two_keys": "Announced",
    "downloads": "[hub_downloads_cumulative_m]",
    "chinese_share": "router",
    "truth_and_observers": "truth: tokens",
    "price": "USD per million tokens",
    "capability": "Epoch Capabilities Index",
}


def texts(figure):
    return " ".join(text.get_text().replace("\n", " ") for text in figure.findobj(Text))


def draw(name, *arguments, **options):
    return getattr(import_module(f"sim.figures.{name}"), name)(*arguments, **options)


@pytest.fixture(scope="module")
def results():
    return synthetic(6)


@pytest.fixture(scope="module")
def observations():
    from sim.evidence.observations import observations

    return observations()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_names_its_definition_unit_and_run(name, results, observations):
    figure = draw(name, results, observations)
    assert isinstance(figure, Figure)
    words = texts(figure)
    assert SAYS[name] in words
    assert f"run {results.run_id}" in words and "6 draws" in words and "P10 to P90" in words


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_draws_a_short_run_without_observations(name):
    draw(name, synthetic(2, end=month_number("2023-06")))


@pytest.mark.parametrize("name", ["compute_share", "compute_ratio", "downloads", "price", "capability"])
def test_a_second_scenario_is_named_where_it_is_drawn(name, results):
    other = synthetic(6, "no_controls", tilt=1.3)
    words = texts(draw(name, results, against=other))
    assert "no_controls" in words and other.run_id in words


def test_labels_of_lines_that_end_together_do_not_overlap(results):
    figure = draw("compute_ratio", results)
    FigureCanvasAgg(figure).draw()
    boxes = [Text.get_window_extent(t) for t in figure.axes[0].texts]  # the words without their leader lines
    assert len(boxes) == 2 and not boxes[0].overlaps(boxes[1])


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_written_outside_the_picture(name, results, observations):
    figure = draw(name, results, observations)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    hidden = set()  # ticks beyond the limits of a log axis are not drawn
    for axis in figure.axes:
        low, high = axis.get_ylim()
        pairs = zip(axis.get_yticks(), axis.get_yticklabels(), strict=False)
        hidden |= {id(label) for y, label in pairs if not min(low, high) <= y <= max(low, high)}
    for text in figure.findobj(Text):
        box = text.get_window_extent()
        if text.get_text() and text.get_visible() and id(text) not in hidden:
            assert box.x0 >= -1 and box.x1 <= width + 1 and box.y0 >= -1 and box.y1 <= height + 1, text.get_text()


def test_an_observation_with_one_bound_is_an_arrow(results):
    axis = Figure().subplots()
    row = {"month": "2025-12", "output": "census_share", "definition": "", "region": "china", "detail": ""}
    table = pd.DataFrame([row | {"value": float("nan"), "low": 0.1, "high": float("nan"), "source": "x"}])
    assert style.observed(axis, table, results, ("census_share", "", "china", "")) == [0.1]
    assert [line.get_marker() for line in axis.lines] == ["^"]


def test_the_united_states_and_china_are_neither_red_nor_blue():
    for region in ("united_states", "china"):
        red, green, blue = (int(style.REGION_COLOURS[region][i : i + 2], 16) for i in (1, 3, 5))
        assert green > blue and green > 0.4 * red  # green and orange: neither pure red nor blue


def test_pictures_are_written_with_the_run_id(results, tmp_path):
    files = draw_all(results, tmp_path)
    assert [file.stem for file in files] == list(FIGURES)
    assert all(file.stat().st_size > 20_000 for file in files)
    assert results.run_id.encode() in files[0].read_bytes()

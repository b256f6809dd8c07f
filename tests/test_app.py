"""The page by hand: it opens, draws four charts, and a moved lever moves them."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[1] / "app.py"


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setenv("AICOMPUTE_APP_DRAWS", "4")
    monkeypatch.setenv("AICOMPUTE_APP_DEVELOPERS", "100")
    return AppTest.from_file(str(APP), default_timeout=120).run()


def lines(page):
    return [chart.proto.SerializeToString() for chart in page.get("vega_lite_chart")]


def test_the_page_opens_and_a_moved_lever_moves_the_charts(page):
    assert not page.exception
    before = lines(page)
    assert len(before) == 4
    page.sidebar.slider(key="diversion.enforcement_budget").set_value(5000.0).run()
    assert not page.exception
    after = lines(page)
    assert len(after) == 4 and before[0] != after[0]  # diverted accelerators are part of the owners' share


def test_every_scenario_of_the_library_can_be_chosen(page):
    box = page.sidebar.selectbox[0]
    assert "no_controls" in box.options and "baseline" in box.options
    box.set_value("no_controls").run()
    assert not page.exception and len(lines(page)) == 4

"""The page on batches: stored studies are opened, filtered and analysed; a small one is carried out or cancelled."""

import sys
import types

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from studies import SMALL, Serial, written

from sim.app import batch_chart, studies
from sim.errors import InputError
from sim.experiments.batch import State, batch
from sim.experiments.catalogue import Catalogue
from sim.experiments.study import read_study

BUDGET = "diversion.enforcement_budget@2027-01"
SHARE = ("compute_share", "owner|all|stock|8bit", "china", "")


@pytest.fixture(autouse=True, scope="module")
def main_stays():
    """AppTest leaves its script as the main module, which the workers of later tests would run."""
    own = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = own


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    place = tmp_path_factory.mktemp("studies")
    batch(written(place, SMALL.replace("points = 3", "points = 12")), place / "small", Serial)
    return place


@pytest.fixture
def folder(made, monkeypatch):
    monkeypatch.setenv(studies.FOLDER, str(made))
    for name, value in (("DRAWS", "4"), ("DEVELOPERS", "60"), ("WORKERS", "0")):
        monkeypatch.setenv(f"AICOMPUTE_APP_{name}", value)
    return made


def page():
    def one():  # run by Streamlit as a script of its own
        from sim.app import state
        from sim.app.pages.batch import batch_page

        state.view()
        batch_page()

    return AppTest.from_function(one, default_timeout=300)


def test_the_page_shows_a_stored_study(folder):
    shown = page().run()
    assert not shown.exception
    assert [text.value for text in shown.text][:2] == ["A small study", "Does it survive?"]
    assert len(shown.get("vega_lite_chart")) >= 2  # every run as a line, what moves the outcome
    assert any("cannot be told apart" in caption.value for caption in shown.caption)  # it has four draws


def test_a_filter_keeps_the_runs_within_its_ranges(folder):
    found = studies.opened("small", SHARE, "2022-12")
    _, low, high = studies.ranges(found, "baseline", 6)[0]
    inside = studies.within(found, "baseline", {0: (low, (low + high) / 2)})
    assert 0 < inside.sum() < len(inside) == 48
    rows = studies.lines(found, "baseline", found.names[:2], inside)
    assert {row["run"] for row in rows if row["kept"]} == set(np.flatnonzero(inside))
    assert all(0 <= row["at"] <= 1 for row in rows) and len(rows) == 3 * len(inside)
    assert len(studies.csv(found, "baseline", inside).splitlines()) == inside.sum() + 1
    spec = batch_chart.parallel(rows, studies.ends(found, "baseline", found.names[:2]), found.unit)
    assert spec["layer"][0]["data"]["values"][0]["axis"] == found.titles[0][:28] + "…"


def test_only_plain_names_with_a_plan_are_studies(folder):
    (folder / "empty").mkdir(exist_ok=True)
    assert studies.stored() == ["small"]
    with pytest.raises(InputError, match="no longer there"):
        studies.opened("../small", SHARE, "2022-12")


def test_a_small_study_is_a_study_file(tmp_path):
    text = studies.study_text("Mine \" ]", ["baseline"], {BUDGET: (50.0, 800.0)}, 32, [SHARE], ["2030-12"])
    study = read_study(written(tmp_path, text))
    assert study.table.title == "Mine \" ]" and study.table.design.own_draw
    assert [factor.name for factor in study.factors] == [BUDGET]


@pytest.mark.slow
def test_a_small_study_is_carried_out_and_the_next_one_cancelled(tmp_path, monkeypatch):
    monkeypatch.setenv(studies.FOLDER, str(tmp_path))
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))  # AppTest leaves its script there
    monkeypatch.setattr(studies, "DEVELOPERS", 50)
    monkeypatch.setattr(studies, "UNIT", 4)
    text = studies.study_text("Mine", ["baseline"], {BUDGET: (50.0, 800.0)}, 8, [SHARE], ["2030-12"])
    first = studies.begin(text)
    with pytest.raises(InputError, match="try again"):
        studies.begin(text)
    assert first.wait(240) and first.whole and not first.told()
    assert studies.stored() == [first.name] and studies.described(first.name)["runs"] == 8
    second = studies.begin(text)
    second.cancel()
    assert second.wait(240) and not second.whole and "cancelled" in second.told()
    assert studies.stored() == [first.name]
    monkeypatch.setenv("AICOMPUTE_APP_STUDIES", "1")
    with pytest.raises(InputError, match="at most 1"):
        studies.begin(text)


def test_a_study_that_cannot_be_read_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv(studies.FOLDER, str(tmp_path))
    wrong = studies.begin("title = 3")
    assert wrong.wait(60) and "not carried out" in wrong.told() and not list(tmp_path.iterdir())


def test_a_study_whose_runs_fail_says_why_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(studies.FOLDER, str(tmp_path))

    def failing(_file, out, *_, **__):
        Catalogue(out, 1).failed(0, "ZeroDivisionError: division by zero", "1")
        return State(units=1, done=0, failed=1, runs_now=0, runs_left=0, seconds=1.0)

    monkeypatch.setattr(studies, "batch", failing)
    doing = studies.begin("title = 'Mine'")
    assert doing.wait(60) and "not carried out" in doing.told() and "division by zero" in doing.told()
    assert not list(tmp_path.iterdir())

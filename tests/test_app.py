"""The pages by hand: they open, levers move them, links lead back, and bad input is refused in one line."""

import ast
import io
import re
import sys
from collections import OrderedDict
from pathlib import Path
from unittest.mock import MagicMock

import pyarrow as pa
import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from sim.app import brief, draw, levers, rule_data, snippets
from sim.app.pages import PAGES as PAGES_BY_NAME
from sim.app.pages import ramp
from sim.app.pictures import PICTURES
from sim.app.runs import Busy, plan, runs
from sim.app.targets import hindcasts
from sim.app.tiles import TILES
from sim.app.view import View, file_of, from_query, to_query, uploaded, value_at
from sim.app.words import LANGUAGES, load
from sim.errors import InputError
from sim.evidence.targets import targets
from sim.outputs import load_outputs
from sim.parameters.register import load_register
from sim.scenario import library

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "sim" / "app"
BUDGET = "diversion.enforcement_budget"


@pytest.fixture(autouse=True, scope="module")
def main_stays():
    """AppTest leaves its script as the main module, which the workers of later tests would run."""
    own = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = own


@pytest.fixture
def small(monkeypatch):
    for name, value in (("DRAWS", "4"), ("DEVELOPERS", "100"), ("WORKERS", "0")):
        monkeypatch.setenv(f"AICOMPUTE_APP_{name}", value)


@pytest.fixture
def page(small):
    return AppTest.from_file(str(PAGES / "script" / "page.py"), default_timeout=300).run()


def whole(view):
    return runs().get(*plan(view.chosen, view.base, view.start))[0]


def one_page(name):  # run by Streamlit as a script of its own, so it imports what it needs
    from sim.app import levers, state
    from sim.app.pages import PAGES

    state.view()
    levers.sidebar()
    PAGES[name]()


@pytest.mark.parametrize("name", [name for name in PAGES_BY_NAME if name != "explore"])
def test_every_page_opens(small, name):
    page = AppTest.from_function(one_page, args=(name,), default_timeout=300)
    page.query_params["v"] = "1"
    page.query_params["c"] = f"{BUDGET}:500.0"
    page.run()
    assert not page.exception and len(page.title) == 1


def test_why_shares_out_the_whole_gap(small):
    page = AppTest.from_function(one_page, args=("why",), default_timeout=300)
    page.query_params["v"] = "1"
    page.query_params["c"] = f"{BUDGET}:800.0,foundry.chinese_build_out:2.0"
    page.run()
    next(b for b in page.main.button if b.label.startswith("Share out")).click().run()
    assert not page.exception
    line = next(t.value for t in page.text if "Gap" in t.value)
    gap, total = re.findall(r": ([-+0-9.e]*[0-9])", line)
    assert gap == total and float(gap) != 0


def test_a_rule_of_ones_own_catches_products_and_can_be_run(small):
    page = AppTest.from_function(one_page, args=("rules",), default_timeout=300).run()
    next(n for n in page.number_input if n.label == "TPP at least").set_value(1000)
    next(b for b in page.main.button if b.label.startswith("See what")).click().run()
    assert not page.exception
    assert not any(t.value.startswith("0 products") for t in page.text)
    next(b for b in page.main.button if b.label == "Run it").click().run()
    assert not page.exception
    assert page.session_state["view"].own.name == "sandbox"


def test_the_lines_of_code_give_the_numbers_shown(small, capsys):
    view = View("tight_controls", start="2027-07", changes={BUDGET: 300.0, "export.cloud_access_rule": True})
    exec(compile(snippets.python(view), "snippet", "exec"), {})
    printed = [float(v) for v in re.findall(r"[0-9.e-]+", capsys.readouterr().out.split("#")[0])]
    shown = whole(view)
    months, q = shown.quantiles("compute_share", view.definition, "china")
    assert printed == pytest.approx(list(q[:, months.index(view.month)]), abs=1e-7)
    assert snippets.terminal(view).count("--set") == 2


def test_the_brief_is_two_pages_and_escapes_what_was_typed(small):
    own = uploaded(GOOD.replace(b"Mine", b"<img src=x onerror=alert(1)> $x$"), "a.toml")
    view = View(own=own, changes={BUDGET: 300.0})
    run, reference = whole(view), whole(View())
    found = brief.brief_of(run, reference, view)
    page = brief.as_html(found)
    assert "<img src=x" not in page and "&lt;img src=x" in page and "<script" not in page
    assert run.run_id in page and "300" in page
    sheets = [" ".join(sheet.extract_text().split()) for sheet in PdfReader(io.BytesIO(brief.as_pdf(found))).pages]
    assert len(sheets) == 2 and run.run_id in " ".join(sheets)
    assert all(row[1] in sheets[0] and row[2] in sheets[0] for row in found.results) and "300" in sheets[0]


def test_the_page_of_evidence_tells_how_forecasts_fared_worst_first(small):
    rows, told = hindcasts()
    ratios = [float(row["ratio"]) for row in rows]
    assert ratios == sorted(ratios, reverse=True) and len(rows) == int(told["series"]) >= 20
    page = AppTest.from_function(one_page, args=("evidence",), default_timeout=300).run()
    assert not page.exception
    line = next(t.value for t in page.text if "naive rival" in t.value)
    assert told["ratio"] in line and told["inside"] in line


def test_a_scenario_file_of_a_view_leads_back_to_the_same_values():
    view = View("no_controls", changes={BUDGET: 321.0})
    again = View(own=uploaded(view.chosen.as_toml("Mine").encode(), "mine.toml"))
    assert again.in_force(BUDGET) == 321.0 and again.in_force("export.importer_approval") == 1.0


def test_an_opened_file_and_a_rule_of_ones_own_lead_back_through_a_file_as_well():
    change = '[[change]]\nparameter = "diversion.enforcement_budget"\nfrom = "2027-01"\nvalue = 500\nwhy = "x"\n'
    text = GOOD.decode() + change
    view = View(own=uploaded(text.encode(), "mine.toml"), text=text, changes={"foundry.chinese_build_out": 2.0})
    again = View(own=uploaded(file_of(view, "T").encode(), "again.toml"))
    assert again.in_force(BUDGET) == 500.0 and again.in_force("foundry.chinese_build_out") == 2.0
    for start in (view, View(changes={BUDGET: 300.0})):
        rule = {"test": ["tpp_min=1000"], "start": "2027-01", "status": "presumption_of_denial"}
        base, ruled = rule_data.sandbox(start.chosen, rule)
        back = uploaded(file_of(start, "T", ruled).encode(), "ruled.toml")
        assert value_at(back, BUDGET, "2027-01") == start.changes.get(BUDGET, 500.0)
        status = [{row["title"]: row["status"] for row in rule_data.products(s, "2027-01")} for s in (ruled, back)]
        assert status[0] == status[1] != {row["title"]: row["status"] for row in rule_data.products(base, "2027-01")}


def charts(page):
    return [chart.proto.SerializeToString() for chart in page.get("vega_lite_chart")]


def slider(page, name):
    return next(s for s in page.sidebar.select_slider if s.key.startswith(name))


def tiles(page):
    return {metric.label: metric.value for metric in page.metric}


def test_the_first_page_opens_and_a_moved_lever_moves_tiles_and_charts(page):
    assert not page.exception
    before, shown = charts(page), tiles(page)
    assert len(before) == 6 and len(shown) == 6
    assert len(page.sidebar.select_slider) + len(page.sidebar.toggle) == 12
    slider(page, BUDGET).set_value(800.0).run()
    assert not page.exception
    assert charts(page)[0] != before[0]  # diverted accelerators are part of the owners' share
    assert any("against baseline" in c.value or "Not distinguishable" in c.value for c in page.caption)
    page.run().sidebar.button[0].click().run()
    assert tiles(page) == shown


def test_a_moved_lever_draws_only_what_depends_on_it(page):
    assert len(page.title) == 1 and len(page.selectbox) > 4
    slider(page, BUDGET).set_value(800.0).run()
    assert not page.exception and len(page.title) == len(page.selectbox) == 0
    assert len(charts(page)) == len(tiles(page)) == 6


def test_visitors_are_drawn_for_in_turn_and_nobody_waits_for_a_run_within(page, monkeypatch):
    turns, gets = [], runs().get
    monkeypatch.setattr("sim.app.parts._TURN", turn := MagicMock())
    turn.__enter__.side_effect = lambda: turns.append("in")
    turn.__exit__.side_effect = lambda *_: turns.append("out")

    def get(*given, **named):
        assert turns[-1:] != ["in"]
        return gets(*given, **named)

    monkeypatch.setattr(runs(), "get", get)
    slider(page, BUDGET).set_value(560.0).run()
    assert not page.exception and len(charts(page)) == 6 and turns and turns == ["in", "out"] * (len(turns) // 2)


def refusing(times, asked):
    """Refuses to begin a run so many times."""
    begins = runs()._started

    def refuse(*given):
        asked.append(given)
        if len(asked) <= times:
            raise Busy("no room")
        return begins(*given)

    return refuse


def test_a_busy_server_keeps_the_picture_says_so_and_asks_again(page, monkeypatch):
    monkeypatch.setattr("sim.app.runs.AGAIN", 0.1)
    monkeypatch.setattr("sim.app.runs.TRIES", 2)
    asked, before = [], tiles(page)
    with monkeypatch.context() as full:
        full.setattr(runs(), "_started", refusing(99, asked))
        slider(page, BUDGET).set_value(440.0).run()
    assert not page.exception and len(charts(page)) == 6 and tiles(page) == before and len(asked) == 3
    assert any("try again" in text.value for text in page.text)
    assert tiles(page.run()) != before and not any("busy" in text.value for text in page.text)
    asked.clear()
    monkeypatch.setattr(runs(), "_started", refusing(2, asked))
    slider(page, BUDGET).set_value(480.0).run()
    assert len(charts(page)) == 6 and tiles(page) != before and len(asked) == 3
    assert not any("busy" in text.value for text in page.text)


def test_a_picture_that_is_kept_bears_its_own_names_and_outlives_its_run(page, monkeypatch):
    monkeypatch.setattr("sim.app.runs.TRIES", 0)
    before = tiles(page)
    monkeypatch.setattr(runs(), "_started", refusing(99, []))
    with monkeypatch.context() as forgotten:
        forgotten.setattr(runs(), "_jobs", OrderedDict())
        slider(page, BUDGET).set_value(800.0).run()
    assert not page.exception and len(charts(page)) == 6 and set(tiles(page)) == set(before)
    reference = next(box for box in page.run().sidebar.selectbox if box.key.startswith("reference"))
    reference.set_value("no_controls").run()
    assert not page.exception and any("busy" in text.value or "try again" in text.value for text in page.text)
    assert not any("against no_controls" in caption.value for caption in page.caption)


def test_another_month_draws_only_what_is_read_at_it(page):
    page.main.select_slider[0].set_value("2028-12").run()
    assert not page.exception and len(page.title) == 0 and len(charts(page)) == 6
    assert sum("2028-12" in caption.value for caption in page.caption) == 6
    assert any("2028-12" in caption.value for caption in page.run().caption)


def test_a_lever_draws_the_whole_page_where_no_part_of_it_follows_levers(small):
    page = AppTest.from_function(one_page, args=("compare",), default_timeout=300).run()
    before = charts(page)
    slider(page, BUDGET).set_value(800.0).run()
    assert not page.exception and len(page.title) == 1 and charts(page) != before


def nested_page():
    import streamlit as st

    from sim.app import parts

    def outer():
        st.text("outer")
        parts.part("inner", st.text, "inner")

    parts.begin()
    parts.part("outer", outer)
    parts.ready()
    st.button("again", on_click=parts.again)


def test_a_part_within_a_part_leaves_waiting_to_it(monkeypatch):
    waited = []
    monkeypatch.setattr("sim.app.parts.settle", waited.append)
    page = AppTest.from_function(nested_page).run()
    assert waited == []  # the whole page waits once it is drawn
    page.button[0].click().run()
    assert [text.value for text in page.text] == ["outer", "inner"] and waited == ["fragment"]


def test_rows_of_a_chart_are_tables_of_their_own():
    spec = {"data": {"values": [{"month": "2026-01", "low": 1.0}]},
            "layer": [{"data": {"name": "seen", "values": [{"low": None}]}}, {"mark": "line"},
                      {"data": {"values": [{"x": 1}]}}]}  # fmt: skip
    sets, plain = draw.prepared(spec)
    assert {name: pa.ipc.open_stream(table).read_all().to_pylist() for name, table in sets.items()} == {
        draw.ROWS: spec["data"]["values"], "seen": [{"low": None}]}
    assert plain["data"] == {"name": draw.ROWS} and plain["layer"][0]["data"] == {"name": "seen"}
    assert plain["layer"][1:] == spec["layer"][1:] and "values" in spec["data"]  # rows without a name stay


def test_the_definition_switch_moves_shares_and_says_why(page):
    before = tiles(page)
    box = next(b for b in page.selectbox if b.key.startswith("definition basis"))
    box.set_value("location").run()
    assert not page.exception
    after = tiles(page)
    moved = {name for name in after if after[name] != before[name]}
    assert moved == {"US : China, compute", "China's share of compute"}
    assert any("where it stands" in c.value for c in page.caption)


def test_a_scenario_of_the_library_can_be_chosen_and_is_compared(page):
    box = next(b for b in page.sidebar.selectbox if b.label == "Scenario")
    box.set_value("no_controls").run()
    assert not page.exception and len(charts(page)) == 6
    assert any("against baseline" in c.value for c in page.caption)


def test_a_link_leads_back_to_the_same_view():
    view = View("tight_controls", "no_controls", "2026-07", {BUDGET: 1 / 3, "export.cloud_access_rule": True},
                "user|tracked|flow12|tpp", "2027-12")  # fmt: skip
    query = to_query(view)
    assert sum(len(key) + len(text) + 2 for key, text in query.items()) < 2000
    assert from_query(query) == (view, [])
    assert set(to_query(View())) == {"v", "h"}  # only differences


@pytest.mark.parametrize(("part", "says"), [
    ({"c": "diversion.enforcement_budget:1e99"}, "enforcement_budget"),
    ({"c": "diversion.enforcment_budget:1"}, "did you mean 'diversion.enforcement_budget'"),
    ({"c": "run.seed:2"}, "setting"),
    ({"s": "../../etc/passwd"}, "scenario: not allowed"),
    ({"s": "<script>alert(1)</script>"}, "scenario: not allowed"),
    ({"d": "owner|all"}, "definition: not allowed"),
    ({"f": "1999-01"}, "start: not allowed"),
    ({"h": "another"}, "another version"),
    ({"v": "9"}, "version '9'"),
])  # fmt: skip
def test_a_link_with_bad_values_says_which_were_refused(part, says):
    view, refused = from_query({"v": "1"} | part)
    assert len(refused) == 1 and says in refused[0]
    assert view == View()


GOOD = b'title = "Mine"\nquestion = "?"\nsources = ["assumption"]\nbased_on = "baseline"\n'


def test_an_uploaded_scenario_is_data_and_nothing_more():
    change = b'[[change]]\nparameter = "diversion.enforcement_budget"\nfrom = "2027-01"\nvalue = 500\nwhy = "x"\n'
    own = uploaded(GOOD + change, "My file.toml")
    assert View(own=own).in_force(BUDGET) == 500.0
    with pytest.raises(InputError, match="share the file"):
        to_query(View(own=own))


@pytest.mark.parametrize(("content", "says"), [
    (b"\xff\xfe", "UTF-8"),
    (b"title = ", "not valid TOML"),
    (b"a = " + b"[" * 5000, "not valid|nested"),
    (b"#" * 70_000, "too large"),
    (GOOD.replace(b"baseline", b"/etc/passwd"), "only scenarios of the library"),
    (GOOD.replace(b"baseline", b"../x.toml"), "only scenarios of the library"),
    (GOOD + b"[[change]]\n" * 300, "too many"),
    (GOOD + b'x = "![](http://example.org/a.png)"\n', "unknown key"),
])  # fmt: skip
def test_a_bad_upload_is_refused_in_one_line(content, says):
    with pytest.raises(InputError, match=says) as caught:
        uploaded(content, "../../evil<b>.toml")
    assert "\n" not in str(caught.value) and "<" not in str(caught.value)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_every_text_with_the_same_placeholders(code):
    def places(texts):
        return {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in texts.items()}

    own, english = places(load(code)), places(load("en"))
    optional = ("lever.", "level.", "unit.", "scenario.name.", "scenario.question.", "target.", "target_part.", "how.",
                "rival.")  # register, library and evidence are English
    assert {k: v for k, v in own.items() if not k.startswith(optional)} == english


def test_in_chinese_no_axis_tile_or_scenario_is_left_in_english():
    texts = load("zh")
    shown = {key[0] for picture in PICTURES.values() for _, key, _ in picture.lines} | {tile.output for tile in TILES}
    shown |= {row[1] for row in (*ramp.FLOW, *ramp.STOCKS)}
    assert all(f"unit.{load_outputs()[name].unit}" in texts for name in shown)
    assert all(f"unit.{entry.unit}" in texts for entry in levers.front(load_register()))
    assert all(f"target.{name}" in texts for name in targets())
    parts = [part for target in targets().values() for part in target["part"]]
    assert all(f"target_part.{part['name']}" in texts for part in parts)
    assert all(f"scenario.{what}.{name}" in texts for name in library() for what in ("name", "question"))


def test_every_text_that_code_names_exists_and_every_text_is_named():
    sources = "".join(path.read_text(encoding="utf-8") for path in PAGES.rglob("*.py"))
    named = set(re.findall(r'words\(\s*"([\w.]+)"', sources)) | set(re.findall(r"words\('([\w.]+)'", sources))
    english = load("en")
    assert not {name for name in named if name not in english}
    patterns = [re.escape(text).replace(r"\{", "{").replace(r"\}", "}")
                for text in re.findall(r"f[\"']([\w.{}'\[\]]*\.[^\"' ]*\{[^\"' ]*)[\"']", sources)]  # fmt: skip
    made = [re.compile(re.sub(r"\{[^}]*\}", ".+", pattern)) for pattern in patterns]
    assert not [key for key in english if key not in named and not any(m.fullmatch(key) for m in made)]


MAY_IMPORT = {"", "app", "errors", "figures", "outputs", "parameters", "results", "scenario", "units"}


@pytest.mark.parametrize("path", sorted((PAGES / "pages").glob("*.py")), ids=lambda path: path.stem)
def test_pages_import_the_public_interface_figures_and_register_alone(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            package = ["sim", "app", "pages"][: 4 - node.level]
            full = [*package, *(node.module or "").split(".")]
            assert (full[1:2] or [""])[0] in MAY_IMPORT, f"{path}:{node.lineno}"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
            assert not [n for n in names if n.startswith("sim.") and n.split(".")[1] not in MAY_IMPORT]
            assert not {n.split(".")[0] for n in names} & {"numpy", "mesa", "numba", "matplotlib", "pickle"}


def test_nothing_on_a_page_is_html():
    for path in PAGES.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "unsafe_allow_html" not in text and "st.html" not in text and "components" not in text, path

"""The pages by hand: they open, levers move them, links lead back, and bad input is refused in one line."""

import ast
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from sim.app.runs import Runs
from sim.app.view import View, from_query, to_query, uploaded
from sim.app.words import LANGUAGES, load
from sim.errors import InputError

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "sim" / "app"
BUDGET = "diversion.enforcement_budget"


@pytest.fixture
def page(monkeypatch):
    for name, value in (("DRAWS", "4"), ("DEVELOPERS", "100"), ("WORKERS", "0")):
        monkeypatch.setenv(f"AICOMPUTE_APP_{name}", value)
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=300).run()


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
    page.sidebar.button[0].click().run()
    assert tiles(page) == shown


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


def test_thirty_sessions_that_ask_the_same_cause_one_computation():
    begin = threading.Event()
    runs = Runs(ThreadPoolExecutor(1), queue=20, kept=4)
    with ThreadPoolExecutor(30) as people:
        asked = [people.submit(runs.get, "same", lambda: begin.wait(5) and object()) for _ in range(30)]
        begin.set()
        assert len({id(each.result()) for each in asked}) == 1
    assert runs.computed == 1


def test_the_queue_is_bounded_and_refuses_politely():
    held = threading.Event()
    runs = Runs(ThreadPoolExecutor(1), queue=1, kept=4)
    with ThreadPoolExecutor(1) as person:
        first = person.submit(runs.get, "a", held.wait)
        while not runs.computed:
            pass
        with pytest.raises(InputError, match="try again"):
            runs.get("b", int)
        held.set()
        assert first.result() is True


def test_only_a_bounded_number_of_results_is_kept():
    runs = Runs(ThreadPoolExecutor(1), queue=5, kept=2)
    for key in "abcda":
        runs.get(key, str)
    assert runs.computed == 5  # a was forgotten and computed again


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_every_text_with_the_same_placeholders(code):
    def places(texts):
        return {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in texts.items()}

    own, english = places(load(code)), places(load("en"))
    optional = ("lever.", "level.", "unit.", "scenario.name.")  # the register's and the library's own are English
    assert {k: v for k, v in own.items() if not k.startswith(optional)} == english


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

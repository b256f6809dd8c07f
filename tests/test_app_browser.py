"""The pages in a real browser, as each kind of user would drive them. Skipped where there is no Chromium."""

import os
import re
import shutil
from pathlib import Path

import pytest
from app_server import served
from pypdf import PdfReader

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = os.environ.get("AICOMPUTE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--no-first-run"]  # fmt: skip
SMALL = {"AICOMPUTE_APP_DRAWS": "4", "AICOMPUTE_APP_DEVELOPERS": "100", "AICOMPUTE_APP_WORKERS": "1"}
IDLE = """() => document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning'
          && document.querySelector('h1') && !document.querySelector('[data-testid=stSkeleton]')"""
LONG = 240_000  # milliseconds: the first run compiles
GOOD = 'title = "Mine"\nquestion = "What if?"\nsources = ["assumption"]\nbased_on = "no_controls"\n'


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(SMALL | {"AICOMPUTE_APP_FOLDER": str(tmp_path_factory.mktemp("studies"))}) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, address):
    """A fresh visitor for every call: opens a page and waits until it is drawn."""
    contexts = []

    def go(path="", width=1300):
        context = chromium.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.goto(path if path.startswith("http") else address + path)
        return idle(page)

    yield go
    for context in contexts:
        context.close()


def idle(page):
    page.wait_for_timeout(400)
    page.wait_for_function(IDLE, timeout=LONG)
    return page


def tiles(page):
    return dict(zip(page.get_by_test_id("stMetricLabel").all_inner_texts(),
                    page.get_by_test_id("stMetricValue").all_inner_texts(), strict=True))  # fmt: skip


def press(page, name, keys):
    """Move a slider with the keyboard alone."""
    page.get_by_role("slider", name=re.compile(name)).first.focus()
    for key in keys:
        page.keyboard.press(key)
    return idle(page)


def axe(page):
    """What axe-core calls serious or critical on a page."""
    package = pytest.importorskip("axe_playwright_python")
    source = Path(package.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    page.evaluate(source)
    found = page.evaluate("() => axe.run()")["violations"]
    return [(rule["id"], rule["nodes"][0]["html"][:120]) for rule in found if rule["impact"] in ("serious", "critical")]


def choose(page, label, option):
    page.get_by_role("combobox", name=label, exact=True).first.click()
    page.get_by_role("option", name=option).first.click()
    return idle(page)


def test_three_levers_move_tiles_and_a_link_leads_a_second_visitor_to_the_same_numbers(visit):
    page = visit()
    before = tiles(page)
    press(page, "Enforcement budget", ["End"])
    press(page, "Imports that China lets in", ["End"])
    press(page, "Licensed volume", ["End"])
    after = tiles(page)
    assert len(after) == 6 and after["China's share of compute"] != before["China's share of compute"]
    assert page.get_by_text(re.compile("against baseline|Not distinguishable")).count() >= 6
    page.get_by_role("link", name="Share").click()
    idle(page)
    link = page.get_by_test_id("stCode").first.inner_text().strip()
    assert len(link) < 2000 and "c=" in link
    assert tiles(visit(link)) == after


def test_the_definition_switch_moves_the_share_and_says_why(visit):
    page = visit()
    before = tiles(page)
    choose(page, "Compute counted", "by location")
    after = tiles(page)
    assert after["China's share of compute"] != before["China's share of compute"]
    assert after["Huawei packages a year"] == before["Huawei packages a year"]
    assert page.get_by_text("counts where it stands").count() == 1


def test_two_runs_are_compared_and_the_difference_is_shared_out(visit):
    page = visit("compare?v=1&s=no_controls")
    assert page.get_by_test_id("stDataFrame").count() == 2
    page.get_by_role("link", name="Why").click()
    idle(page)
    page.get_by_role("button", name="Share out the difference").click()
    page.get_by_text("Sum of the shares").wait_for(timeout=LONG)


def test_a_rule_is_written_and_run(visit):
    page = visit("rules")
    page.get_by_role("button", name="See what it catches").click()
    idle(page)
    assert page.get_by_text(re.compile(r"^[1-9]\d* products change")).count() == 1
    page.get_by_role("button", name="Run it").click()
    idle(page)
    page.get_by_role("link", name="Explore").click()
    idle(page)
    assert page.get_by_text("Not distinguishable").count() + page.get_by_text("against baseline").count() == 6


@pytest.mark.parametrize(("text", "says"), [
    (GOOD, "What if?"),
    (GOOD.replace("no_controls", "no_control"), "only scenarios of the library"),
    (GOOD + "x = [", "not valid TOML"),
])  # fmt: skip
def test_a_file_is_opened_or_refused_in_one_line(visit, tmp_path, text, says):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    page = visit("learn")
    page.get_by_text("Open a scenario file").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    page.get_by_text(says).first.wait_for(timeout=LONG)


def test_a_hostile_file_is_shown_as_text_and_fetches_nothing(visit, tmp_path):
    asked = []
    page = visit("learn")
    page.on("request", lambda request: asked.append(request.url))
    file = tmp_path / "evil.toml"
    file.write_text(GOOD.replace("What if?", "![x](http://127.0.0.1:9/a.png) <img src=http://127.0.0.1:9/b> $x$"))
    page.get_by_text("Open a scenario file").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    page.get_by_text("![x](http://127.0.0.1:9/a.png)").first.wait_for(timeout=LONG)
    idle(page)
    assert not [url for url in asked if ":9/" in url]


def test_a_link_with_bad_values_says_which(visit):
    page = visit("learn?v=1&s=nowhere&c=diversion.enforcement_budget:-5")
    assert page.get_by_text("Not taken over:").count() == 2


def test_files_can_be_downloaded(visit):
    page = visit("share?v=1&c=diversion.enforcement_budget:500.0")
    for name, start in (("Scenario file", b"title"), ("Results (JSON)", b"{"), ("Brief (HTML)", b"<!doctype html>"),
                        ("Brief (PDF)", b"%PDF")):  # fmt: skip
        with page.expect_download(timeout=LONG) as found:
            page.get_by_role("button", name=name, exact=True).click()
        assert Path(found.value.path()).read_bytes().startswith(start), name
    brief = " ".join(sheet.extract_text() for sheet in PdfReader(found.value.path()).pages)
    assert "500" in brief and len(PdfReader(found.value.path()).pages) == 2


def test_numbers_and_picture_of_a_chart_can_be_downloaded(visit):
    page = visit()
    page.get_by_text("Table, data and picture").first.click()
    idle(page)
    for name, start in (("CSV", b"scenario,run_id"), ("PNG", b"\x89PNG"), ("SVG", b"<?xml")):
        with page.expect_download(timeout=LONG) as found:
            page.get_by_role("button", name=name, exact=True).first.click()
        assert Path(found.value.path()).read_bytes().startswith(start), name


def test_what_is_folded_open_follows_a_lever(visit):
    page = visit()
    page.get_by_text("Table, data and picture").first.click()
    told = idle(page).get_by_text(re.compile("scenario baseline, run ")).first
    before = told.inner_text()
    press(page, "Enforcement budget", ["End"])
    assert told.inner_text() != before and page.get_by_test_id("stDataFrame").count() == 1


def test_a_small_study_is_run_and_opened(visit):
    page = visit("batch")
    page.get_by_role("button", name="Begin", exact=True).click()
    page.get_by_role("button", name="Cancel", exact=True).wait_for(timeout=LONG)
    page.get_by_role("heading", name="What moves the outcome").wait_for(timeout=LONG)
    page.get_by_text("First-order indices").wait_for(timeout=LONG)
    assert page.get_by_role("button", name="Cancel", exact=True).count() == 0
    assert axe(idle(page)) == []


def test_the_keyboard_alone_moves_a_lever_and_opens_a_page(visit):
    page = visit()
    before = tiles(page)
    lever = page.get_by_role("slider", name=re.compile("Enforcement budget")).first
    for _ in range(60):  # from the top of the page, without a mouse
        page.keyboard.press("Tab")
        if lever.evaluate("each => each === document.activeElement"):
            break
    page.keyboard.press("End")
    assert tiles(idle(page)) != before
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.textContent.trim()") == "Compare":
            break
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Compare runs").wait_for(timeout=LONG)


def test_a_dark_page_has_enough_contrast(chromium, address):
    context = chromium.new_context(color_scheme="dark", viewport={"width": 1300, "height": 900})
    page = context.new_page()
    page.goto(address)
    dark = "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    assert idle(page).evaluate(dark) == "rgb(20, 24, 29)"
    assert axe(page) == []
    context.close()


def test_a_browser_finds_nothing_that_the_policy_forbids(visit):
    page = visit("learn")
    told = []
    page.on("console", lambda message: told.append(message.text))
    page.get_by_role("link", name="Explore").click()
    idle(page)
    assert not [text for text in told if "Content Security Policy" in text]


def test_the_pages_speak_chinese_and_a_link_keeps_the_language(visit):
    page = visit()
    choose(page, "Language · 语言", "简体中文")
    assert page.get_by_role("heading", name="谁拥有 AI 算力").count() == 1
    assert "中国的算力占比" in tiles(page)
    page.get_by_role("link", name="分享").click()
    link = idle(page).get_by_test_id("stCode").first.inner_text().strip()
    assert visit(link).get_by_role("heading", name="谁拥有 AI 算力").count() == 1


@pytest.mark.parametrize("path", ["", "compare", "why", "rules", "ramp", "evidence", "batch", "learn", "share"])
def test_a_narrow_screen_needs_no_sideways_scroll(visit, path):
    page = visit(path, width=390)
    wide = "() => document.querySelector('[data-testid=stMain]').scrollWidth"
    assert page.evaluate(wide) <= 390
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("path", ["", "compare", "why", "rules", "ramp", "evidence", "batch", "learn", "share"])
def test_axe_finds_nothing_serious(visit, path):
    assert axe(visit(path)) == []

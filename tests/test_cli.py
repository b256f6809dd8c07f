"""By command: one JSON document, one table, and one clear line for every mistake."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from commands import call
from synthetic import synthetic

import sim
from sim import run
from sim.cli_run import headline_rows
from sim.outputs import load_headline

SMALL = ["--draws", "3", "--developers", "60", "--end", "2023-03"]
HEAVY = ("mesa", "pandas", "scipy", "numba", "matplotlib", "pyarrow")


def test_json_is_one_document_with_every_headline_output(capsys):
    code, out, err = call(capsys, "run", "baseline", *SMALL, "--format", "json")
    assert code == 0 and err == ""
    document = json.loads(out)
    assert list(document) == ["scenario", "seed", "draws", "run_id", "headline", "why_definitions_differ"]
    assert (document["scenario"], document["seed"], document["draws"]) == ("baseline", 1, 3)
    assert list(document["headline"]) == [entry.name for entry in load_headline()[1]]
    for name, entry in document["headline"].items():
        assert list(entry) == ["title", "unit", "definition", "values"], name
        for month, values in entry["values"].items():
            assert month == "2023-03"  # the run ends before the first headline month, so its last one stands in
            assert list(values) == ["p10", "p50", "p90", "error"]
            assert all(v is None or isinstance(v, float) for v in values.values())


def test_a_table_names_every_output_and_its_unit(capsys):
    code, out, _ = call(capsys, "run", "baseline", *SMALL)
    assert code == 0
    for entry in load_headline()[1]:
        assert entry.title.split()[0] in out


def test_an_output_folder_holds_data_and_manifest(capsys, tmp_path):
    code, _, _ = call(capsys, "run", "baseline", *SMALL, "--out", str(tmp_path / "a" / "b"), "--no-figures")
    assert code == 0
    folder = tmp_path / "a" / "b"
    notes = json.loads((folder / "manifest.json").read_text())
    expected = "run_id version commit resolved seed draws developers start end as_of evidence platform libraries"
    assert set(expected.split()) <= set(notes)
    assert notes["resolved"]["name"] == "baseline"
    assert (folder / "results.parquet").stat().st_size > 1000


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "nowhere"], ["run", "missing.toml"], ["run", "baseline", "--draws", "0"],
        ["run", "baseline", "--draws", "many"], ["run", "baseline", "--draws", "100000000"],
        ["run", "baseline", "--developers", "-1"], ["run", "baseline", "--end", "2021-01"],
        ["run", "baseline", "--end", "2099-01"], ["run", "baseline", "--start", "January"],
        ["run", "baseline", "--start", "2025-01", "--end", "2025-01"], ["run", "baseline", "--as-of", "2024-13"],
        ["run", "baseline", "--seed", "-1"], ["run", "baseline", "--set", "nothing.here=1"],
        ["run", "baseline", "--set", "no_equals"], ["run", "baseline", "--out", "/proc/nowhere"],
        ["run", "baseline", "--format", "xml"], ["run", "baseline", "--drawz", "3"], ["walk"], ["run", "a", "b"],
        ["headline", "--out", "/proc/nowhere"], ["show", "nowhere"], ["check", "missing.toml"],
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_exit_code_two(capsys, arguments):
    code, out, err = call(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1 and "Traceback" not in err


def test_help_is_quick_because_it_imports_nothing_heavy():
    script = (
        "import sys; sys.argv = ['aicompute', '--help']\n"
        "from sim.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.strip().endswith("[]")
    assert "run" in out and "headline" in out


def test_importing_run_is_cheap():
    script = f"import sys; from sim import run; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "[]"


def test_python_m_sim_is_aicompute():
    def output(*command):
        done = subprocess.run([*command, "run", "nowhere"], capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    module = output(sys.executable, "-m", "sim")
    script = output(sys.executable, "-c", "from sim.cli import main; main()")
    assert module == script and module[0] == 2


def test_headline_rows_pair_each_scenario_with_the_first():
    base, tight = synthetic(8), synthetic(8, "tight", tilt=0.9)
    rows = headline_rows({"baseline": base, "tight": tight})
    china = [r for r in rows if r["output"] == "compute_share_china_owner_all" and r["month"] == "2030-12"]
    assert [(r["scenario"], r["what"]) for r in china] == [
        ("baseline", "level"), ("tight", "level"), ("tight", "difference"),
    ]  # fmt: skip
    assert china[2]["p90"] < 0  # a lower tilt gives China less in every draw
    kinds = [r for r in rows if r["output"] == "binding_constraint_china_hbm" and r["what"] == "level"]
    assert all(0 <= r["p50"] <= 1 for r in kinds)


def test_a_copy_of_an_evidence_table_can_be_checked(capsys, tmp_path):
    table = tmp_path / "chips.csv"
    good = (Path(sim.__file__).parent / "evidence" / "data" / "chips.csv").read_text(encoding="utf-8")
    table.write_text(good, encoding="utf-8")
    assert call(capsys, "check", str(table))[0] == 0
    table.write_text(good.replace("2020-11-16", "16 Nov 2020", 1), encoding="utf-8")
    code, _, err = call(capsys, "check", str(table))
    assert code == 2 and "release_date" in err and "16 Nov 2020" in err and "line" in err


def test_a_later_start_is_a_window_on_the_same_world(capsys):
    whole = run("baseline", draws=2, developers=60, end="2023-06")
    window = run("baseline", draws=2, developers=60, start="2023-01", end="2023-06")
    for key in window.keys():
        assert window.series(*key)[1].tobytes() == whole.series(*key)[1][:, -6:].tobytes(), key


def test_an_early_as_of_month_runs_and_one_before_the_clock_is_refused(capsys):
    assert call(capsys, "run", "baseline", *SMALL, "--as-of", "2022-05")[0] == 0
    code, _, err = call(capsys, "run", "baseline", *SMALL, "--as-of", "2021-12")
    assert code == 2 and "--as-of" in err and "2022-01" in err

"""The evidence tables are what they say they are, and a wrong cell is named exactly."""

import shutil

import pytest

from sim.errors import InputError
from sim.evidence import loader
from sim.evidence.observations import AXES, COLUMNS, RESULT_COLUMNS, mapping, observations


def test_seventeen_tables_without_a_problem():
    assert len(loader.tables()) == 17
    assert [str(problem) for problem in loader.check_all()] == []


def test_numbers_load_as_numbers_and_dates_as_text():
    frame = loader.load("downloads")
    llama = frame[(frame.family == "Llama") & (frame.platform == "Hugging Face")]
    assert sorted(llama.central) == [10_600_000, 346_200_000]
    assert sorted(llama.period_end) == ["2024-01-31", "2025-10-31"]
    frame["central"] = 0.0  # a copy: what one reader does to it, the next does not see
    assert loader.load("downloads").central.max() == 1e9


def test_every_table_may_be_cited_as_a_source():
    assert set(loader.tables()) <= set(loader.sources())
    for key, source in loader.sources().items():
        assert {"title", "url", "date", "licence"} <= set(source), key


def test_every_column_is_fully_declared():
    for table in loader.tables():
        declared = loader.describe(table)
        assert {"title", "role", "row"} <= set(declared)
        assert {"source", "source_url", "source_date", "confidence", "note"} <= set(declared["columns"])
        for name, column in declared["columns"].items():
            assert column["type"] in ("date", "number", "text", "choice"), (table, name)
            if column["type"] == "number" and name not in ("low", "central", "high"):
                assert column["unit"] and len(column["range"]) == 2, (table, name)


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(loader.DATA, tmp_path / "data")
    return tmp_path / "data"


def break_cell(folder, table, line, column, value):
    """Overwrite one cell of a copy, in a line without quoted commas before it."""
    path = folder / f"{table}.csv"
    lines = path.read_text(encoding="utf-8").split("\n")
    cells = lines[line - 1].split(",")
    cells[lines[0].split(",").index(column)] = value
    lines[line - 1] = ",".join(cells)
    path.write_text("\n".join(lines), encoding="utf-8")


BROKEN = [
    ("derivatives", 12, "period_end", "31.01.2024", "a date YYYY-MM-DD"),
    ("derivatives", 12, "period_end", "2024-02-30", "a date YYYY-MM-DD"),
    ("derivatives", 12, "central", "about 10", "a number"),
    ("derivatives", 12, "central", "inf", "a number"),
    ("derivatives", 12, "central", "110", "a number from 0 to 100 (percent)"),
    ("derivatives", 12, "central", "-1", "a number from 0 to 100 (percent)"),
    ("derivatives", 12, "unit", "shares", "one of count, models"),
    ("derivatives", 12, "confidence", "certain", "one of high, medium, low"),
    ("derivatives", 12, "confidence", "", "one of high, medium, low"),
    ("derivatives", 12, "source", "", "some text"),
    ("derivatives", 12, "source", "  ", "some text"),
    ("capex", 2, "central", "-3", "a number from 0 to 1e+30 (usd_billion)"),
    ("chips", 2, "tpp", "9e9", "a number from 0 to 1e+06 (TPP)"),
    ("chips", 2, "die_area_mm2", "0", "a number from 1 to 4000 (mm2 of logic)"),
    ("chips", 2, "release_date", "2017-13", "a date YYYY-MM-DD, YYYY-MM or YYYY"),
    ("models", 2, "source_url", "www.example.org", "an address that starts with http"),
]


@pytest.mark.parametrize(("table", "line", "column", "value", "expected"), BROKEN)
def test_a_broken_cell_is_named_by_file_line_and_column(folder, table, line, column, value, expected):
    break_cell(folder, table, line, column, value)
    problems = loader.check_all(folder)
    assert len(problems) == 1
    text = str(problems[0])
    assert f"{table}.csv, line {line}, column {column}: " in text and "\n" not in text
    assert expected in text
    assert (repr(value) if value else "blank") in text


def test_low_above_central_is_named(folder):
    break_cell(folder, "derivatives", 13, "low", "35")  # central is 32
    (problem,) = loader.check_all(folder)
    assert (problem.line, problem.column, problem.value) == (13, "central", "32")
    assert problem.expected == "at least low, which is 35"


def test_lines_are_counted_through_a_quoted_line_break(folder):
    path = folder / "derivatives.csv"
    text = path.read_text(encoding="utf-8").rstrip("\n")
    path.write_text(text.replace("more than 90k", '"more than\n90k"', 1), encoding="utf-8")
    break_cell(folder, "derivatives", 13, "central", "x")  # the row that stood in line 12
    (problem,) = loader.check_all(folder)
    assert problem.line == 13


def test_wrong_columns_missing_tables_and_strange_files(folder):
    path = folder / "power.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("region,metric", "metric,region", 1), encoding="utf-8")
    (folder / "capex.csv").unlink()
    (folder / "rumours.csv").write_text("a,b\n", encoding="utf-8")
    (folder / "labs.csv").write_bytes(b"\xff\xfe\x00")
    text = "\n".join(str(problem) for problem in loader.check_all(folder))
    assert "power.csv, line 1, column metric: 'metric', expected column 'region' here" in text
    assert "capex.csv" in text and "rumours.csv" in text
    assert "labs.csv, line 0, column file: 'UnicodeDecodeError', expected a readable file in UTF-8" in text


def test_a_short_row_and_broken_quotes(folder):
    with open(folder / "derivatives.csv", "a", encoding="utf-8") as file:
        file.write("Qwen,China\n")
    with open(folder / "perception.csv", "a", encoding="utf-8") as file:
        file.write('"open,,,\n')
    short, quotes = loader.check_all(folder)
    assert "2 cells" in str(short) and "expected 14 cells" in str(short)
    assert "perception.csv" in str(quotes) and "well-formed CSV" in str(quotes)


def test_an_unknown_table_is_refused():
    with pytest.raises(InputError, match="'chipz' is not an evidence table; there are: algorithmic_progress"):
        loader.load("chipz")


def test_observations_share_the_columns_of_results():
    frame = observations()
    assert list(frame.columns) == COLUMNS and COLUMNS[:9] == RESULT_COLUMNS
    assert len(frame) > 300
    assert set(frame.scenario) == {"observed"} and set(frame.draw) == {-1}
    assert frame.month.str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])").all()
    assert (frame[["value", "low", "high"]].notna().any(axis=1)).all()
    assert (frame.low.fillna(0) <= frame.high.fillna(float("inf"))).all()
    assert frame.source.ne("").all()
    assert (frame[frame.unit == "share"][["value", "low", "high"]].fillna(0) <= 1).all().all()


def test_every_entry_of_the_map_finds_rows():
    from sim.evidence.observations import _observe

    for entry in mapping():
        assert len(_observe(entry)), entry


@pytest.mark.parametrize(
    ("output", "axes", "month", "value"),
    [  # read off the tables by eye
        ("census_share", {"region": "united_states"}, "2025-12", 0.756),
        ("licensed_stock_china_h100e", {}, "2023-12", 177_662),
        ("hub_downloads_cumulative_m", {"detail": "qwen"}, "2025-10", 385.3),
        ("huawei_packages_per_year", {"detail": "910b", "definition": ""}, "2024-12", 400_000),
        ("accelerators_delivered", {"detail": "h20"}, "2024-03", 138_719 / 3),
        ("diverted_h100e_per_year", {}, "2025-12", 481_000),
        ("capex_gap_china_us", {}, "2025-12", 0.82),
        ("frontier_capability", {"region": "united_states", "detail": "all"}, "2025-12", 153.8),
        ("enterprise_spend_share", {"detail": "anthropic"}, "2025-12", 0.40),
        ("countries_saying_china_leads", {}, "2026-05", 11),
    ],
)
def test_an_observation_by_hand(output, axes, month, value):
    frame = observations(output)
    for axis in AXES:
        if axis in axes:
            frame = frame[frame[axis] == axes[axis]]
    assert frame[frame.month == month].value.iloc[0] == pytest.approx(value)


def test_the_sales_ledger_adds_up_quarter_by_quarter():
    # Epoch's quarterly medians summed over all vendors: 6.69 M at the end of 2024.
    ledger = observations("sales_ledger_stock_mh100e")
    assert ledger[ledger.month == "2024-12"].value.iloc[0] == pytest.approx(6.687, abs=0.001)


def test_plans_are_kept_apart_from_what_happened():
    packages = observations("huawei_packages_per_year")
    assert set(packages[packages.month >= "2026-01"].definition) == {"plan"}

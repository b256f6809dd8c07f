"""One end-2025 state, three published shares of China, and the sentence that says why they differ."""

import json

import numpy as np
import pytest
from commands import call, refused

from sim import run
from sim.outputs.accounting import WAYS, views, ways, why_they_differ


@pytest.fixture(scope="module")
def state():
    return run("baseline", draws=64, developers=100, end="2025-12", progress=False)


def test_one_state_gives_three_shares_of_china_and_the_census_is_the_highest(state):
    china = {row["definition"]: row["china"][1] for row in views(state, "2025-12")}
    tracked, owned, census = (china[name] for name in ("owner, without diverted", "owner, diverted included",
                                                       "census of known clusters"))
    assert 0.04 <= tracked <= 0.07 and 0.05 <= owned <= 0.13 and 0.07 <= census <= 0.15
    assert tracked < owned < census


def test_the_sentence_is_made_of_the_numbers_of_the_run(state):
    text = why_they_differ(state, "2025-12")
    at = state.months.index("2025-12")
    diverted = np.median(state.series("china_stock_by_way_h100e", "", "", "diverted")[1][:, at]) / 1e6
    owned = np.median(state.series("compute_share", "owner|all|stock|8bit", "china")[1][:, at])
    assert f"{diverted:.2f} M H100e" in text and f"{100 * owned:.1f} %" in text
    sold = np.median(state.series("sales_ledger_share", "", "china")[1][:, at])
    assert f"{100 * sold:.1f} % in the ledger of chip sales" in text and sold < owned
    assert text.count(".") - sum(text.count(f".{digit}") for digit in range(10)) == 1  # one sentence
    assert why_they_differ(state, "2024-12") != text


def test_ways_add_up_to_what_china_owns_and_rents(state):
    at = state.months.index("2025-12")
    stock = {way: state.series("china_stock_by_way_h100e", "", "", way)[1][:, at] for way in WAYS}
    owned = sum(stock.values()) - stock["rented"]
    share = state.series("compute_share", "owner|all|stock|8bit", "china")[1][:, at]
    world = state.series("world_stock_h100e", "all")[1][:, at]
    assert owned == pytest.approx(share * world, rel=1e-9)
    shares = [state.series("china_share_by_way", "", "", way)[1][:, at] for way in WAYS]
    assert np.sum(shares, axis=0) == pytest.approx(1.0)
    assert [row["way"] for row in ways(state, "2025-12")] == list(WAYS)


def test_the_commands_print_tables_and_json_and_refuse_bad_input_in_one_line(capsys, tmp_path):
    code, out, _ = call(capsys, "definitions", "--draws", "4", "--format", "json")
    found = json.loads(out)
    assert code == 0 and found["month"] == "2025-12" and "census" in found["why"]
    code, out, _ = call(capsys, "leakage", "--draws", "500", "--year", "2024", "--format", "json")
    assert code == 0 and json.loads(out)["years"]["2024"]["shipping"]["p50"] > 0
    folder = tmp_path / "kept"
    run("baseline", draws=2, developers=50, end="2024-03", progress=False).save(folder)
    code, out, _ = call(capsys, "definitions", str(folder), "--date", "2024-02")
    assert code == 0 and "bought abroad" in out
    for words in (["definitions", str(folder)], ["definitions", "--date", "2025"], ["leakage", "--year", "1999"],
                  ["leakage", "--draws", "0"], ["leakage", "--year", "2024", "--year", "2024"],
                  ["definitions", str(folder), "--set", "diversion.rack=0.1"], ["leakage", "nothing_like_it"]):
        assert refused(capsys, "", *words), words

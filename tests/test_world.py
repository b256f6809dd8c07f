"""The whole world at once: reproducibility, conservation, and laws that must hold whatever the parameters."""

import numpy as np
import pytest

from sim import run
from sim.experiments.golden import moved, rows_of, stored
from sim.numerics import total
from sim.scenario import library

SMALL = {"developers": 150, "end": "2025-12"}


@pytest.fixture(scope="module")
def base():
    return run("baseline", draws=18, **SMALL)


def everything(results):
    return {key: results.series(*key)[1] for key in results.keys()}


def test_draw_17_is_the_same_alone_in_a_longer_run_and_in_blocks(base):
    longer = everything(run("baseline", draws=24, block=24, **SMALL))
    blocks = everything(run("baseline", draws=18, block=7, **SMALL))
    for key, values in everything(base).items():
        assert values[17].tobytes() == longer[key][17].tobytes(), key
        assert values.tobytes() == blocks[key].tobytes(), key


def test_the_same_seed_gives_the_same_bytes_twice(base, tmp_path):
    base.save(tmp_path / "a")
    run("baseline", draws=18, **SMALL).save(tmp_path / "b")
    assert (tmp_path / "a/results.parquet").read_bytes() == (tmp_path / "b/results.parquet").read_bytes()


def test_another_seed_gives_other_numbers(base):
    other = run("baseline", draws=18, seed=2, **SMALL)
    key = ("world_stock_h100e", "all", "", "")
    assert (base.series(*key)[1][:, -1] != other.series(*key)[1][:, -1]).any()


def test_compute_shares_sum_to_one_under_every_definition(base):
    keys = base.keys("compute_share")
    definitions = sorted({key[1] for key in keys})
    assert len(definitions) == 60
    for definition in definitions:
        regions = np.stack([base.series(*key)[1] for key in keys if key[1] == definition], axis=-1)
        last = total(regions)[:, -1]
        assert last == pytest.approx(1.0, abs=1e-9), definition


def test_shares_lie_between_zero_and_one_and_no_stock_or_flow_is_negative(base):
    for key, values in everything(base).items():
        kind = base.output(key[0]).kind
        present = values[~np.isnan(values)]
        if kind == "share":
            assert (present >= -1e-12).all() and (present <= 1 + 1e-9).all(), key
        elif kind in ("stock", "flow", "price"):
            assert (present >= 0).all(), key


def test_scenarios_share_random_numbers():
    settings = {"draws": 64, "developers": 100, "end": "2028-12"}
    key = ("compute_ratio_us_china", "owner|all|stock|8bit", "", "")
    a = np.log(run("baseline", **settings).series(*key)[1][:, -1])
    b = np.log(run("tight_controls", **settings).series(*key)[1][:, -1])
    paired = np.std(a - b)
    unpaired = np.std(a - np.roll(b, 1))
    assert paired <= unpaired / 3


def test_a_scenario_changes_nothing_before_its_first_date():
    tight = run("tight_controls", draws=4, developers=100, end="2025-12")
    base = run("baseline", draws=4, developers=100, end="2025-12")
    for key, values in everything(base).items():
        assert values.tobytes() == tight.series(*key)[1].tobytes(), key


def last(results, output, definition="", region="", detail=""):
    return results.series(output, definition, region, detail)[1][:, -1]


def summed(results, output, **where):
    return total(results.series(output, **where)[1])


@pytest.mark.parametrize("scenario", sorted(library()))
def test_every_scenario_keeps_its_golden_row(scenario):
    kept = {key: row for key, row in stored().items() if key[0] == scenario}
    assert kept, f"{scenario} has no golden row; run `make golden` and say in the commit what it shows"
    assert not moved(kept, rows_of(scenario)), "run `make golden` and say in the commit by how much results moved"

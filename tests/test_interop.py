"""Formats of other tools: each value is where it should be, and the same as in the results it came from."""

import csv
import json

import numpy as np
import pytest
from studies import SMALL, Serial, written

from sim import run
from sim.cli import main
from sim.errors import InputError
from sim.experiments import outcomes
from sim.experiments.batch import batch
from sim.experiments.verify import verify
from sim.interop import cube, datapackage, iamc, salib, workbench
from sim.interop.function import ModelFunction
from sim.interop.stored import stored

SHARE = ("compute_share", "owner|all|stock|8bit")
ASKED = [(*SHARE, "china", "2022-09")]
SMALL_MODEL = {"outcomes": ASKED, "developers": 50}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("interop")
    batch(written(place, SMALL), place / "out", Serial)
    return place / "out"


@pytest.fixture(scope="module")
def results():
    return run("baseline", draws=3, developers=50, end="2022-12", progress=False)


def table(source, path, **more):
    iamc.write_iamc(source, path, **more)
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_an_iamc_table_holds_percentiles_of_the_same_draws(folder, results, tmp_path):
    found = outcomes.outcome(folder, "compute_share", "2022-12", SHARE[1], "china")
    rows = table(folder, tmp_path / "a.csv")
    name = "Share of compute|owner|all|stock|8bit|50.0th Percentile"
    mine = {row["scenario"]: row for row in rows if row["variable"] == name and row["region"] == "China"}
    assert set(mine) == {f"{policy} point {point}" for policy in found.policies for point in range(3)}
    row = mine["tight_controls point 2"]
    assert float(row["value"]) == np.median(found.values[1, 2])
    assert (row["model"], row["unit"], row["year"]) == ("aicompute 0.1.0", "share", "2022")
    assert [float(r["value"]) for r in table(results, tmp_path / "b.csv", outputs=["compute_share"])
            if r["variable"] == name and r["region"] == "China"] == [
        np.median(results.series(*SHARE, "china")[1][:, -1])]  # fmt: skip


def test_every_draw_and_month_can_be_had(results, tmp_path):
    rows = table(results, tmp_path / "a.csv", outputs=["compute_share"], monthly=True, each_draw=True)
    mine = [r for r in rows if r["variable"] == "Share of compute|owner|all|stock|8bit" and r["region"] == "China"]
    assert len(mine) == 3 * 12 and {r["time"] for r in mine} >= {"2022-02-28", "2022-12-31"}
    values = {(r["draw"], r["time"]): float(r["value"]) for r in mine}
    assert values["2", "2022-02-28"] == results.series(*SHARE, "china")[1][2, 1]


def test_variables_of_the_template_are_those_of_series_one_to_one(results):
    keys = results.keys()
    names = {(iamc.variable(key), iamc.region(key)) for key in keys}
    assert len(names) == len(keys)  # no two series share a variable and a region
    rows = iamc.template(keys)
    assert len({row["variable"] for row in rows}) == len(rows)
    assert all(row["unit"] and row["description"] and row["regions"] for row in rows)
    assert not any(c in row["variable"] for row in rows for c in '*;"')


def test_an_xarray_dataset_is_the_same_numbers_with_names(folder, results, tmp_path):
    found = cube.to_xarray(folder)
    share = found["compute_share"]
    assert share.dims == ("scenario", "point", "definition", "region", "draw", "month")
    picked = share.sel(scenario="tight_controls", point=1, definition=SHARE[1], region="china", month="2022-12-01")
    same = outcomes.outcome(folder, "compute_share", "2022-12", SHARE[1], "china").values[1, 1]
    assert np.array_equal(picked.values, same)
    assert list(found.coords["export.licence_denial_share@2022-02"].dims) == ["point"]
    assert found["compute_share"].attrs["units"] == "share"
    single = cube.to_xarray(results, ["world_stock_h100e"])["world_stock_h100e"]
    assert single.dims == ("draw", "month") and single.attrs["definition"] == "all"
    assert cube.write_netcdf(folder, tmp_path / "a.nc") == 2
    import xarray

    with xarray.open_dataset(tmp_path / "a.nc", engine="scipy") as again:
        assert np.array_equal(again["compute_share"].values, share.values, equal_nan=True)


def test_a_data_package_names_every_column_and_file(folder, results, tmp_path):
    import pyarrow.parquet as pq

    path = datapackage.describe(folder)
    package = json.loads(path.read_text(encoding="utf-8"))
    assert path.read_text(encoding="utf-8") == datapackage.package_text(folder)
    listed = []
    for resource in package["resources"]:
        places = resource["path"] if isinstance(resource["path"], list) else [resource["path"]]
        for place in places:
            listed.append(place)
            if resource["format"] == "parquet":
                names = [field["name"] for field in resource["schema"]["fields"]]
                assert sorted(names) == sorted(pq.ParquetFile(folder / place).schema_arrow.names), place
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert set(listed) == there - {"catalogue.sqlite", ".lock", "datapackage.json"}
    points = next(r for r in package["resources"] if r["name"] == "points")["schema"]["fields"]
    assert next(f for f in points if f["name"].startswith("export."))["unit"] == "share"
    results.save(tmp_path / "run")
    one = json.loads(datapackage.describe(tmp_path / "run").read_text(encoding="utf-8"))
    assert [field["name"] for field in one["resources"][0]["schema"]["fields"]] == list(
        pq.read_schema(tmp_path / "run" / "results.parquet").names)  # fmt: skip
    assert verify(tmp_path / "run", say=lambda _: None) == []
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Identity", "Identiti"), encoding="utf-8")
    assert ["datapackage.json" in line for line in verify(folder, say=lambda _: None)] == [True]
    path.write_text(text, encoding="utf-8")


def test_a_function_of_inputs_is_the_run_with_those_values():
    both = ModelFunction(inputs={"export.licence_denial_share@2022-02": (0.0, 1.0),
                                 "foundry.yield_form": ["murphy_1964", "poisson"]}, **SMALL_MODEL)
    rows = {"export.licence_denial_share@2022-02": [0.2, 0.8, 0.2],
            "foundry.yield_form": ["poisson", "murphy_1964", "murphy_1964"]}
    found = both(rows)
    assert found.shape == (3, 1)
    for at in range(3):
        sets = {name: values[at] for name, values in rows.items()}
        alone = run("baseline", draws=1, developers=50, end="2022-09", uncertainty="none", set=sets, progress=False)
        assert found[at, 0] == alone.series(*SHARE, "china")[1][0, -1]
    with pytest.raises(InputError, match="foundry.yield_form is missing"):
        both({"export.licence_denial_share@2022-02": [0.1]})
    with pytest.raises(InputError, match="did you mean"):
        ModelFunction(inputs=["foundry.chinese_defect_densit"])


def test_a_salib_problem_has_the_register_s_priors_and_is_evaluated():
    from SALib.sample import latin

    from sim.parameters.register import load_register

    problem, evaluate = salib.problem(
        inputs={"foundry.chinese_defect_density": None, "export.licence_denial_share@2022-02": (0.1, 0.9),
                "foundry.yield_form": ["murphy_1964", "poisson"]}, **SMALL_MODEL)  # fmt: skip
    sample = latin.sample(problem, 2000, seed=1)
    prior = load_register().entries["foundry.chinese_defect_density"].prior
    assert np.quantile(sample[:, 0], [0.05, 0.5, 0.95]) == pytest.approx(prior.ppf([0.05, 0.5, 0.95]), rel=0.01)
    assert (sample[:, 1].min(), sample[:, 1].max()) == pytest.approx((0.1, 0.9), abs=0.001)
    y = evaluate(sample[:3])
    assert y.shape == (3,) and np.isfinite(y).all() and len(set(y)) > 1
    with pytest.raises(InputError, match="one column for each of 3 inputs"):
        evaluate(sample[:, :2])


@pytest.mark.parametrize("dist", ["uniform", "loguniform", "normal", "lognormal", "triangular"])
def test_each_kind_of_prior_is_the_same_in_salib(dist):
    from SALib.sample import latin

    from sim.experiments.designs import Factor
    from sim.parameters.priors import Prior

    prior = Prior(dist, (1.0, 2.0, 4.0) if dist == "triangular" else (1.0, 4.0))
    kind, bounds = salib._shape(Factor("x", "x", prior=prior))
    sample = latin.sample({"num_vars": 1, "names": ["x"], "bounds": [bounds], "dists": [kind]}, 4000, seed=1)
    q = [0.05, 0.25, 0.5, 0.75, 0.95]
    assert np.quantile(sample, q) == pytest.approx(prior.ppf(np.array(q)), rel=0.01)


def test_an_uncertain_entry_s_whole_register_is_a_problem():
    from sim.parameters.register import load_register

    problem, _ = salib.problem(**SMALL_MODEL)
    assert problem["names"] == [entry.name for entry in load_register().uncertain()]
    assert len(problem["bounds"]) == len(problem["dists"]) == problem["num_vars"]


@pytest.mark.filterwarnings("ignore")
def test_an_ema_workbench_model_runs_experiments():
    from ema_workbench import perform_experiments

    model = workbench.model(uncertainties=["foundry.chinese_defect_density"],
                            levers={"export.licence_denial_share@2022-02": (0.1, 0.9),
                                    "foundry.yield_form": ["murphy_1964", "poisson"]}, **SMALL_MODEL)  # fmt: skip
    experiments, found = perform_experiments(model, scenarios=2, policies=2)
    values = found["compute_share_owner_all_stock_8bit_china_2022_09"]
    assert len(experiments) == len(values) == 4 and np.isfinite(values).all()
    row = experiments.iloc[3]
    alone = run("baseline", draws=1, developers=50, end="2022-09", progress=False, uncertainty="none", set={
        "export.licence_denial_share@2022-02": row["export_licence_denial_share_2022_02"],
        "foundry.yield_form": row["foundry_yield_form"],
        "foundry.chinese_defect_density": row["foundry_chinese_defect_density"]})  # fmt: skip
    assert values[3] == pytest.approx(alone.series(*SHARE, "china")[1][0, -1], rel=1e-12)


def test_the_command_writes_each_format_and_refuses_in_one_line(folder, tmp_path, capsys):
    def call(*arguments):
        with pytest.raises(SystemExit) as done:
            main(["export", *map(str, arguments)])
        return done.value.code, capsys.readouterr().err

    for form, name in (("iamc", "a.csv"), ("netcdf", "a.nc")):
        code, err = call(folder, "--format", form, "--out", tmp_path / name)
        assert code == 0 and name in err and (tmp_path / name).stat().st_size > 500
    assert call(folder, "--format", "datapackage")[0] == 0
    for words, wanted in (
        ((tmp_path,), "holds neither"), ((folder, "--output", "compute_shar"), "did you mean 'compute_share'?"),
        ((folder, "--format", "netcdf", "--monthly"), "--monthly: only with"), ((folder, "--format", "xls"), "xls"),
        ((folder, "--out", "/proc/a.csv"), "cannot write"),
        ((folder, "--format", "datapackage", "--out", "a"), "not with"),
    ):  # fmt: skip
        code, err = call(*words)
        assert code == 2 and wanted in err and len(err.strip().splitlines()) == 1, words


def test_a_batch_that_is_not_whole_is_not_exported(folder, tmp_path):
    import shutil

    from sim.experiments.catalogue import Catalogue

    shutil.copytree(folder, tmp_path / "part")
    catalogue = Catalogue(tmp_path / "part")
    catalogue.pending(0)
    catalogue.close()
    with pytest.raises(InputError, match="1 of 6 units are missing"):
        stored(tmp_path / "part")

"""Batches: same bytes however they are carried out, nothing lost and nothing twice, and every failure recorded."""

import errno
import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from studies import HEAD, SMALL, Serial, files, written

from sim.errors import InputError
from sim.experiments import batch as module
from sim.experiments import durable
from sim.experiments.batch import BatchStopped, batch
from sim.experiments.catalogue import Catalogue
from sim.experiments.plan import make_plan
from sim.experiments.stored_plan import read_plan
from sim.experiments.study import read_study
from sim.experiments.verify import verify

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return written(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def reference(study, tmp_path_factory):
    """The study carried out without interruption, in this process."""
    out = tmp_path_factory.mktemp("reference") / "out"
    state = batch(study, out, Serial)
    assert (state.done, state.failed) == (state.units, 0)
    return out


def rows(out):
    catalogue = Catalogue(out)
    try:
        return list(catalogue.rows())
    finally:
        catalogue.close()


def quiet(_):
    return None


def test_a_unit_is_a_block_of_runs_and_every_run_is_there_once(reference):
    plan = read_plan(reference)
    assert plan.runs == 2 * 3 * 4
    seen = []
    for unit in range(plan.units):
        task = plan.task(unit)
        assert len(task.points) <= plan.block
        seen += [(plan.policy_of(unit), p, d) for p, d in zip(task.points, task.draws, strict=True)]
    assert len(seen) == len(set(seen)) == plan.runs
    assert {row["status"] for row in rows(reference)} == {"done"}
    assert len(files(reference)) == plan.units


def test_the_luck_of_a_posterior_is_no_input_that_could_explain_an_outcome(tmp_path):
    """Its columns are keys of random numbers: an index of one would mean nothing."""
    import pyarrow.parquet as pq

    from sim.experiments.stored_plan import write_plan
    from sim.parameters.posterior import shipped
    from sim.parameters.register import load_register

    plan = make_plan(read_study(written(tmp_path)))
    assert plan.settings["uncertainty"] == "posterior"
    write_plan(plan, tmp_path)
    assert any(name.startswith("luck.") for name in shipped(None).names)
    names = pq.read_schema(tmp_path / "inputs.parquet").names
    assert names == ["draw", *(entry.name for entry in load_register().uncertain())]


def test_the_numbers_are_those_of_a_single_run(reference, study):
    """A run of a batch, in a block with others and with its lever as an array, equals ``run`` with ``--set``."""
    import pyarrow.parquet as pq

    from sim import run

    plan = read_plan(reference)
    table = pq.read_table(reference / "results").to_pandas()
    for point in (0, 2):
        sets = {name: value[point].item() if hasattr(value[point], "item") else value[point]
                for name, value in plan.points.items() if not name.startswith("u:")}
        alone = run("tight_controls", draws=2, developers=60, end="2022-12", set=sets, progress=False)
        for draw in (0, 1):
            mine = table[(table.scenario == "tight_controls") & (table.point == point) & (table.draw == draw)]
            mine = mine[(mine.output == "compute_share") & (mine.region == "china") & (mine.month == "2022-12")]
            for row in mine.itertuples():
                values = alone.series("compute_share", row.definition, "china")[1]
                assert row.value == values[draw, -1]


def test_pandas_polars_and_duckdb_read_the_data_set(reference):
    import duckdb
    import pandas
    import polars

    plan, place = read_plan(reference), reference / "results"
    frame = pandas.read_parquet(place)
    assert len(frame) == polars.scan_parquet(place / "**/*.parquet", hive_partitioning=True).collect().height
    query = f"SELECT scenario, count(*) FROM read_parquet('{place}/**/*.parquet', hive_partitioning=true) GROUP BY 1"
    assert dict(duckdb.sql(query).fetchall()) == frame.groupby("scenario", observed=True).size().to_dict()
    assert set(frame["scenario"].astype(str)) == set(plan.policies)
    key = ["scenario", "point", "draw", "month", "output", "definition", "region", "detail"]
    assert not frame.duplicated(key).any()


def test_an_order_of_units_and_a_pool_of_processes_change_no_byte(study, reference, tmp_path):
    command = [sys.executable, "-m", "sim", "batch", str(study), "--workers", "2", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "out") == files(reference)


@pytest.mark.slow
def test_a_dask_cluster_that_loses_a_worker_gives_the_same_bytes(study, reference, tmp_path):
    """A scheduler and two worker processes, as a user starts them; one is killed while it works."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}

    def start(*words):
        return subprocess.Popen([sys.executable, "-m", "distributed.cli." + words[0], *words[1:]], cwd=tmp_path,
                                env=environment, stderr=subprocess.DEVNULL, start_new_session=True)

    host, port = address.removeprefix("tcp://").split(":")
    worker = ("dask_worker", address, "--nthreads", "1", "--no-dashboard", "--host", host)
    cluster = [start("dask_scheduler", "--host", host, "--port", port, "--no-dashboard")]
    try:
        cluster += [start(*worker), start(*worker)]
        out = tmp_path / "out"
        command = [sys.executable, "-m", "sim", "batch", str(study), "--executor", "dask", "--address", address,
                   "--workers", "2", "--out", str(out)]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None and not files(out):
            time.sleep(0.02)
        os.killpg(cluster[1].pid, signal.SIGKILL)
        assert process.wait(timeout=180) == 0, process.stderr.read()
    finally:
        for member in cluster:
            if member.poll() is None:
                os.killpg(member.pid, signal.SIGKILL)
            member.wait()
    assert files(out) == files(reference)


def test_a_failure_is_recorded_the_study_goes_on_and_resume_repairs_it(study, reference, tmp_path, monkeypatch):
    honest = module.compute

    def failing(task, version):
        if task.unit == 2:
            raise ArithmeticError("the world ended\nearly")
        return honest(task, version)

    monkeypatch.setattr(module, "compute", failing)
    state = batch(study, tmp_path, Serial)
    assert (state.done, state.failed) == (state.units - 1, 1)
    broken = rows(tmp_path)[2]
    assert broken["status"] == "failed" and broken["error"].startswith("ArithmeticError: the world ended early (")
    monkeypatch.setattr(module, "compute", honest)
    pool = Serial()
    state = batch(study, tmp_path, lambda: pool, resume=True)
    assert pool.given == [2] and (state.done, state.failed) == (state.units, 0)
    assert rows(tmp_path)[2]["attempts"] == 2
    assert files(tmp_path) == files(reference)


def test_resume_repeats_only_what_is_missing_damaged_or_half_written(study, reference, tmp_path):
    batch(study, tmp_path, Serial)
    plan = read_plan(tmp_path)
    (tmp_path / plan.file_of(1)).unlink()
    damaged = tmp_path / plan.file_of(3)
    damaged.write_bytes(damaged.read_bytes()[:-7])
    (tmp_path / (plan.file_of(0) + durable.PARTIAL)).write_bytes(b"half")
    pool = Serial()
    batch(None, tmp_path, lambda: pool, resume=True)
    assert sorted(pool.given) == [1, 3]
    assert files(tmp_path) == files(reference)
    assert not list(tmp_path.rglob(f"*{durable.PARTIAL}"))


def test_a_lost_catalogue_is_made_again_from_the_files(study, reference, tmp_path):
    batch(study, tmp_path, Serial)
    before = [{k: v for k, v in row.items() if k not in ("attempts", "checksum")} for row in rows(tmp_path)]
    (tmp_path / "catalogue.sqlite").unlink()
    pool = Serial()
    batch(None, tmp_path, lambda: pool, resume=True)
    assert pool.given == []
    assert [{k: v for k, v in row.items() if k not in ("attempts", "checksum")} for row in rows(tmp_path)] == before


def test_a_study_is_not_begun_twice_nor_mixed_with_another(study, reference, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="already holds a study; add --resume"):
        batch(study, reference, Serial)
    other = written(tmp_path, SMALL.replace("draws = 4", "draws = 5"))
    with pytest.raises(InputError, match="holds another study"):
        batch(other, reference, Serial, resume=True)
    moved = {**module.engine(), "code": "another"}
    monkeypatch.setattr(module, "engine", lambda: moved)
    with pytest.raises(InputError, match=r"begun by another version \(code .* → another\).*--other-version"):
        batch(study, reference, Serial, resume=True)
    assert batch(study, reference, Serial, resume=True, other_version=True).failed == 0


def test_an_executor_that_gives_up_leaves_a_state_to_go_on_from(study, reference, tmp_path):
    class Lost(Serial):
        def submit(self, function, /, *arguments, **named):
            future = super().submit(function, *arguments, **named)
            if len(self.given) < 4:
                return future
            lost = type(future)()
            lost.cancel()
            lost.set_running_or_notify_cancel()
            return lost

    with pytest.raises(BatchStopped, match="is the scheduler gone"):
        batch(study, tmp_path, Lost)
    done = {row["unit"] for row in rows(tmp_path) if row["status"] == "done"}
    pool = Serial()
    batch(study, tmp_path, lambda: pool, resume=True)
    assert done and not done & set(pool.given) and files(tmp_path) == files(reference)


def test_factors_keep_the_order_of_the_design(tmp_path):
    """Saltelli's rows mean nothing without it, so it must survive the folder."""
    text = HEAD + 'scenarios = ["baseline"]\ndraws = 1\nblock = 64\ndevelopers = 50\nend = "2022-03"\n'
    text += '[design]\nkind = "sobol"\npoints = 2\n'
    names = [f"{n}@2022-02" for n in ("foundry.chinese_build_out", "export.fee_share", "memory.cxmt_build_out")]
    text += "".join(f'[[factor]]\nparameter = "{name}"\nrange = [0.1, 0.9]\n' for name in names)
    made = make_plan(read_study(written(tmp_path, text)))
    batch(written(tmp_path, text), tmp_path / "out", Serial)
    plan = read_plan(tmp_path / "out")
    assert list(made.factors) == list(plan.factors) == names
    from sim.experiments.outcomes import unit_cube

    first, crossed = unit_cube(plan)[0], unit_cube(plan)[1:4]  # row 0 is A; row i differs from it in factor i alone
    assert (crossed != first).tolist() == [[True, False, False], [False, True, False], [False, False, True]]


def test_a_table_that_changed_is_another_study(tmp_path):
    text = HEAD + 'scenarios = ["baseline"]\ndraws = 1\ndevelopers = 50\nend = "2022-03"\n'
    path = written(tmp_path, text + '[design]\nkind = "table"\nfile = "points.csv"\n')
    (tmp_path / "points.csv").write_text("export.fee_share,foundry.yield_form\n0.2,poisson\n0.4,murphy_1964\n")
    assert batch(path, tmp_path / "out", Serial).units == 2
    assert batch(path, tmp_path / "out", Serial, resume=True).done == 2
    (tmp_path / "points.csv").write_text("export.fee_share,foundry.yield_form\n0.3,poisson\n0.4,murphy_1964\n")
    with pytest.raises(InputError, match="holds another study .points differ"):
        batch(path, tmp_path / "out", Serial, resume=True)


def test_two_processes_cannot_work_on_one_study(study, reference):
    with module.locked(reference), pytest.raises(InputError, match="another process is working on"):
        batch(study, reference, Serial, resume=True)


def test_a_full_disk_ends_with_a_message_and_a_state_to_go_on_from(study, reference, tmp_path, monkeypatch):
    """The first, the second, the third … flush or rename fails in turn; after each the study is completed."""
    steps = {"fsync": os.fsync, "replace": os.replace}
    honest, known = module.compute, {}
    monkeypatch.setattr(module, "compute", lambda task, version: known.setdefault(task.unit, None)
                        or known.update({task.unit: honest(task, version)}) or known[task.unit])
    for fail_at in itertools.count(1):
        out, calls = tmp_path / f"at{fail_at}", itertools.count(1)
        code = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)[fail_at % 3]

        def failing(name, calls=calls, fail_at=fail_at, code=code):
            def step(*arguments):
                if next(calls) == fail_at:
                    raise OSError(code, os.strerror(code))
                return steps[name](*arguments)

            return step

        with monkeypatch.context() as patch:
            for name in steps:
                patch.setattr(durable.os, name, failing(name))
            try:
                batch(study, out, Serial)
                break
            except BatchStopped as stopped:
                assert "no room left for" in str(stopped) and "--resume" in str(stopped)
            assert not list(out.rglob(f"*{durable.PARTIAL}"))
        batch(study, out, Serial, resume=True)
        assert files(out) == files(reference)
    assert fail_at > 15


def test_a_real_limit_on_the_size_of_files_stops_the_command_with_one_line(study, tmp_path):
    """RLIMIT_FSIZE is a full disk without being root: the plan is written, the first catalogue page is not."""
    code = ("import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
            "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)); from sim.cli import main; main(sys.argv[1:])")
    command = [sys.executable, "-c", code, "batch", str(study), "--workers", "1", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1 and "no room left for" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert batch(study, tmp_path / "out", Serial, resume=True).failed == 0


def test_a_full_file_system_stops_the_study_and_it_goes_on_when_there_is_room(study, reference, tmp_path):
    """A real one, filled to the last byte after two units: no failing call is made up here."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a file system; RLIMIT_FSIZE and failing flushes are tried by the tests beside")

    def fill(state):
        if state.done == 2:
            with pytest.raises(OSError, match="No space left"), open(place / "ballast", "wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))

    try:
        with pytest.raises(BatchStopped, match="no room left for .*--resume"):
            batch(study, place / "out", Serial, report=fill)
        whole = files(place / "out")
        assert len(whole) == 2 and not list((place / "out").rglob(f"*{durable.PARTIAL}"))
        with pytest.raises(BatchStopped, match="no room left for"):  # as long as there is none
            batch(study, place / "out", Serial, resume=True)
        (place / "ballast").unlink()
        pool = Serial()
        state = batch(study, place / "out", lambda: pool, resume=True)
        assert (state.done, state.failed) == (state.units, 0) and len(pool.given) == state.units - 2
        assert files(place / "out") == files(reference)
    finally:
        subprocess.run(["umount", str(place)], check=False)


@pytest.mark.slow
def test_ten_kills_change_no_byte():
    """The small form of benchmarks/survival.py: two workers, ten kills, the data set compared, two units repeated."""
    small = ["--draws", "80", "--block", "4", "--developers", "50", "--end", "2022-04"]
    done = subprocess.run([sys.executable, "benchmarks/survival.py", *small], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "80 draws in 20 units" in done.stdout and "byte for byte the same" in done.stdout
    assert done.stdout.count("  kill ") == 10


def test_a_unit_leaves_no_world_behind(study):
    """Memory is bounded whatever the number of units: nothing keeps a world, and most of its arrays go at once."""
    import gc
    import tracemalloc

    from sim.experiments.unit import simulate
    from sim.model import World

    task = make_plan(read_study(study)).task(0)
    simulate(task)
    gc.collect()
    before = sum(type(thing) is World for thing in gc.get_objects())
    gc.disable()
    tracemalloc.start()
    try:
        simulate(task)
        now, most = tracemalloc.get_traced_memory()
        assert now < 0.5 * most
    finally:
        tracemalloc.stop()
        gc.enable()
    gc.collect()
    assert sum(type(thing) is World for thing in gc.get_objects()) == before


def test_killed_at_random_moments_and_resumed_it_loses_and_repeats_nothing(study, reference, tmp_path):
    """SIGKILL to the whole process group, so that neither parent nor workers can tidy up."""
    out, rng = tmp_path / "out", np.random.default_rng(7)
    begin = [sys.executable, "-m", "sim", "batch", str(study), "--workers", "1", "--out", str(out), "--resume"]
    done_before: set[str] = set()
    for _ in range(3):
        process = subprocess.Popen(begin, cwd=ROOT, start_new_session=True, stderr=subprocess.PIPE)
        deadline, wanted = time.monotonic() + 60, len(done_before) + 1
        while time.monotonic() < deadline and process.poll() is None and len(files(out)) < wanted:
            time.sleep(0.02)
        time.sleep(rng.random() * 0.3)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        stamps = {name: (out / name).stat().st_mtime_ns for name in files(out)}
        assert done_before <= set(stamps)
        done_before = set(stamps)
    pool = Serial()
    state = batch(study, out, lambda: pool, resume=True)
    assert (state.done, state.failed) == (state.units, 0)
    assert len(pool.given) == state.units - len(done_before)
    assert files(out) == files(reference)


def test_an_interrupted_batch_ends_at_once_and_says_how_to_go_on(tmp_path):
    """Ctrl-C twice, as impatient people press it."""
    slow = SMALL.replace("developers = 60", "developers = 20000").replace('end = "2022-12"', 'end = "2030-12"')
    out = tmp_path / "out"
    command = [sys.executable, "-c", "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
               "from sim.cli import main; main(sys.argv[1:])", "batch", str(written(tmp_path, slow)), "--workers", "1",
               "--out", str(out)]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (out / "catalogue.sqlite").exists():
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    try:
        _, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode != 0 and "--resume" in err


def test_workers_end_with_the_process_that_started_them(tmp_path):
    code = ("import os, time\nfrom sim.experiments.executors import local_pool\n"
            "if __name__ == '__main__':\n    pool = local_pool(1)\n"
            "    print(pool.submit(os.getpid).result(), flush=True)\n    time.sleep(60)\n")
    script = tmp_path / "start.py"
    script.write_text(code)
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, cwd=ROOT,
                               env={**os.environ, "PYTHONPATH": str(ROOT)})
    worker = int(process.stdout.readline())
    process.kill()
    process.wait()
    for _ in range(100):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
    pytest.fail("a worker outlived its parent")


def test_every_flipped_byte_is_found(study, reference, tmp_path):
    import shutil

    assert verify(reference, rerun=1, say=quiet) == []
    rng = np.random.default_rng(3)
    names = [p.relative_to(reference) for p in sorted(reference.rglob("*.parquet"))] + [Path("plan.json")]
    copy = tmp_path / "copy"
    shutil.copytree(reference, copy)
    for name in names:
        whole = (copy / name).read_bytes()
        for at in rng.integers(0, len(whole), 3):
            flipped = bytearray(whole)
            flipped[at] ^= 1 << int(rng.integers(8))
            (copy / name).write_bytes(bytes(flipped))
            found = verify(copy, say=quiet)
            assert found and str(name.name) in " ".join(found), f"{name}, byte {at}"
        (copy / name).write_bytes(whole)
    base = sqlite3.connect(copy / "catalogue.sqlite")
    base.execute("UPDATE units SET error = 'x' WHERE unit = 1")
    base.commit()
    base.close()
    assert verify(copy, say=quiet) == [f"{copy / 'catalogue.sqlite'}: the row of unit 1 was altered"]


def test_verify_repeats_a_single_run_from_its_stored_inputs(tmp_path):
    from sim import run

    for number, name in enumerate(("tight_controls", "taiwan_disruption")):
        results = run(name, draws=2, developers=50, end="2022-06", set={"export.licence_denial_share@2022-03": 0.5},
                      progress=False)
        results.save(tmp_path / str(number))
        assert verify(tmp_path / str(number), rerun=1, say=quiet) == []
    table = tmp_path / "0" / "results.parquet"
    table.write_bytes(table.read_bytes()[:2000] + b"!" + table.read_bytes()[2001:])
    assert len(verify(tmp_path / "0", say=quiet)) == 1
    with pytest.raises(InputError, match="holds neither a batch"):
        verify(tmp_path)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_numeric_lever_may_differ_from_run_to_run(seed, tmp_path):
    """Runs of different levers in one block give the bytes of each alone: what lets a unit hold many points."""
    from sim.experiments.unit import simulate
    from sim.scenario import load_scenario

    levers = [e for e in load_scenario().register.entries.values()
              if e.role == "lever" and e.domain.type == "number" and e.choices is None]
    rng, lines = np.random.default_rng(seed), []
    for entry in levers:
        low, high = entry.range
        high = min(high, low + 5 * max(1.0, float(np.max([d.value for d in entry.values]))))
        values = low + (high - low) * 0.7 * rng.random(2)
        both = [round(float(v), 6) for v in values]
        lines.append(f'[[factor]]\nparameter = "{entry.name}@2022-10"\nvalues = {both}\n')
    text = HEAD + 'scenarios = ["baseline"]\ndraws = 1\nblock = 3\ndevelopers = 60\nend = "2027-12"\n'
    text += '[design]\nkind = "latin_hypercube"\npoints = 3\n' + "".join(lines)
    text += "[keep]\nmonths = ['2026-06', '2027-12']\n[[keep.series]]\n"
    text += "output = ['compute_share', 'router_token_share', 'flagship_price_usd_per_mtok']\n"
    together = simulate(make_plan(read_study(written(tmp_path, text))).task(0))
    alone = make_plan(read_study(written(tmp_path, text.replace("block = 3", "block = 1"))))
    for unit in range(3):
        for key, values in simulate(alone.task(unit)).items():
            assert np.array_equal(values[0], together[key][unit], equal_nan=True), key


def test_progress_tells_rate_and_time_left(study, tmp_path):
    seen = []
    batch(study, tmp_path, Serial, report=lambda s: seen.append((s.done, s.runs_left, s.rate, s.seconds_left)))
    assert [done for done, *_ in seen] == list(range(1, len(seen) + 1))
    assert seen[-1][1] == 0 and seen[-1][3] == 0 and all(rate > 0 for _, _, rate, _ in seen)


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios" / "studies").glob("*.toml")), ids=lambda p: p.stem)
def test_every_shipped_study_makes_a_plan(path):
    plan = make_plan(read_study(path))
    assert plan.units >= 2 and plan.series and plan.months and len(plan.task(plan.units - 1).points) <= plan.block


def test_a_point_may_be_one_sample_of_everything_uncertain(tmp_path):
    # Draws 0 and 1 of point 2 then share sample 2 and differ by chance: as in an ensemble that is given that sample.
    from sim.experiments.ensemble import run
    from sim.experiments.outcomes import inputs, outcome
    from sim.parameters.register import load_register

    text = (HEAD + 'scenarios = ["baseline"]\ndraws = 2\nblock = 4\ndevelopers = 60\nend = "2022-06"\n'
            'uncertainty = "prior"\n'
            '[design]\nkind = "samples"\npoints = 3\n[keep]\nmonths = ["2022-06"]\n'
            '[[keep.series]]\noutput = "hub_downloads_cumulative_m"\ndetail = "llama"\n')  # fmt: skip
    batch(written(tmp_path, text), tmp_path, Serial)
    found = outcome(tmp_path, "hub_downloads_cumulative_m", "2022-06", detail="llama")
    register = load_register()
    samples = register.sample([entry.name for entry in register.uncertain()], np.arange(3), 1)
    told = run(uncertainty={name: np.repeat(values[2], 2) for name, values in samples.items()}, draws=2, developers=60,
               end="2022-06", progress=False)  # fmt: skip
    assert np.array_equal(found.values[0, 2], told.series("hub_downloads_cumulative_m", detail="llama")[1][:, -1])
    names, x = inputs(tmp_path, found.plan)
    assert np.array_equal(x[:, 0], np.repeat(samples[names[0]], 2))


def test_every_file_that_carries_out_a_run_counts_as_version():
    from sim.archive import RUN_BY

    assert all((ROOT / "sim" / "experiments" / name).is_file() for name in RUN_BY)


@pytest.mark.parametrize("told, apart", [("true", 5), ("2", 2)])
def test_points_may_each_run_a_draw_of_their_own(tmp_path, told, apart):
    # Point 3 is then draw 3 of an ensemble that is given the same samples: other noise, not the noise of draw 0; or,
    # of points two apart that share a draw, draw 1.
    from sim.experiments.ensemble import run
    from sim.experiments.outcomes import outcome

    name, values = "foundry.chinese_defect_density", [0.22, 0.25, 0.28, 0.31, 0.34]
    (tmp_path / "points.csv").write_text("\n".join([name, *map(str, values)]))
    text = (HEAD + 'scenarios = ["baseline"]\ndraws = 1\nblock = 2\ndevelopers = 60\nend = "2022-12"\n'
            'uncertainty = "prior"\n'
            f'[design]\nkind = "table"\nfile = "points.csv"\nown_draw = {told}\n[keep]\nmonths = ["2022-12"]\n'
            '[[keep.series]]\noutput = "hub_downloads_cumulative_m"\ndetail = "llama"\n')  # fmt: skip
    out = tmp_path / "out"
    batch(written(tmp_path, text), out, Serial)
    found = outcome(out, "hub_downloads_cumulative_m", "2022-12", detail="llama").values[0, :, 0]
    alone = []
    for point, value in enumerate(values):
        several = run(uncertainty={name: np.full(5, value)}, draws=5, developers=60, end="2022-12", progress=False)
        alone.append(several.series("hub_downloads_cumulative_m", detail="llama")[1][point % apart, -1])
    assert np.array_equal(found, alone) and len(set(alone)) >= apart

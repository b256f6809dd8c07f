"""Carries out a study: hands its units to an executor, stores what comes back, goes on wherever it was stopped."""

import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from ..archive import canonical, engine
from ..errors import InputError
from .catalogue import DONE, FAILED, PENDING, Catalogue
from .durable import sha256_of, sweep, sync_folder, write_whole
from .folder import BatchStopped, disk_errors, locked, prepare
from .plan import PLAN, RESULTS, Plan, make_plan
from .pool import Pool
from .stored_plan import read_plan, write_plan
from .study import read_study
from .unit import Product, compute

AHEAD = 2  # units handed out a worker, so that none waits for the next; memory grows with it
HOPELESS = 20  # failures before the first success after which a study stops


@dataclass
class State:
    """How far a batch is: counts of units and runs (dimensionless), and seconds since it (re)started."""

    units: int
    done: int
    failed: int
    runs_now: int
    runs_left: int
    seconds: float

    @property
    def rate(self) -> float:
        """Runs a second since the (re)start."""
        return self.runs_now / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the rest takes at this rate, or None while nothing is done."""
        return self.runs_left / self.rate if self.rate > 0 else None


def batch(
    study,
    out,
    make_executor: Callable[[], Executor],
    workers: int = 1,
    resume: bool = False,
    other_version: bool = False,
    report: Callable[[State], None] | None = None,
    uncertainty: str | None = None,
) -> State:
    """Carry out a study, or go on with it.

    Parameters
    ----------
    study : path of a study file, or None to go on with the one in ``out``
    out : folder of its results, made if needed
    make_executor : returns a `concurrent.futures.Executor`; called again if its processes die
    workers : int, how many units run at once, for the number handed out
    resume : go on with what is there; without it a folder that holds a study is refused
    other_version : go on although another version of the program made what is there
    report : called with the state after every unit (dimensionless counts, seconds)
    uncertainty : "prior", "posterior" or "none", instead of what the study says

    Returns
    -------
    State at the end

    Raises
    ------
    InputError : if the study or the folder cannot be used
    BatchStopped : if the disk is full or every unit fails; what is whole stays
    """
    out = Path(out)
    if study is None and not (out / PLAN).exists():
        raise InputError(f"{out}: holds no study to go on with")
    asked = make_plan(read_study(study, uncertainty)) if study is not None else None
    prepare(out)
    with locked(out):
        with disk_errors(out):
            plan = opened(asked, out, resume, other_version)
            catalogue = Catalogue(out, plan.units)
        try:
            with disk_errors(out):
                sweep(out)
                reconcile(plan, catalogue, out)
                return _carry_out(plan, catalogue, out, make_executor, workers, report)
        finally:
            catalogue.close()


def opened(asked: Plan | None, out: Path, resume: bool, other_version: bool) -> Plan:
    """The plan to carry out: the stored one if it is the study asked for, else the new one, then stored.

    Raises
    ------
    InputError : if the folder holds another study, another version's, or any while ``resume`` is false
    """
    if not (out / PLAN).exists():
        assert asked is not None
        if any((out / RESULTS).rglob("*.parquet")):
            raise InputError(f"--out: {out} holds results but no {PLAN}; choose another folder")
        with disk_errors(out):
            write_plan(asked, out)
        return read_plan(out)
    if not resume:
        raise InputError(f"--out: {out} already holds a study; add --resume to go on with it, or choose another folder")
    stored = read_plan(out)
    now, then = engine(), stored.notes["engine"]
    moved = [f"{key} {then.get(key)} → {now[key]}" for key in now if then.get(key) != now[key]]
    if moved and not other_version:
        raise InputError(f"--resume: {out} was begun by another version ({'; '.join(moved)}), whose numbers may "
                         "differ; add --other-version to go on all the same")  # fmt: skip
    if asked is not None and asked.identity != stored.identity:
        changed = [key for key in asked.notes if asked.notes[key] != stored.notes.get(key) and key != "engine"]
        if changed or not moved:
            what = ", ".join(changed) or "its points"
            raise InputError(f"--resume: {out} holds another study ({what} differ); choose another folder")
    return stored


def reconcile(plan: Plan, catalogue: Catalogue, out: Path) -> None:
    """Make the catalogue say what the files say: a whole file is done, a missing or damaged one is to be done again."""
    adopted: list[tuple[int, dict]] = []
    again: list[int] = []
    for row in catalogue.rows():
        path = out / plan.file_of(row["unit"])
        there = path.exists()
        if row["status"] == DONE and not (there and path.stat().st_size == row["bytes"]
                                          and sha256_of(path) == row["sha256"]):  # fmt: skip
            again.append(row["unit"])
        elif row["status"] != DONE and there:
            notes = whole(path, plan.task(row["unit"]).inputs_hash)
            if notes is not None:
                adopted.append((row["unit"], notes))
    for unit, notes in adopted:
        catalogue.done(unit, plan.file_of(unit), **notes)
    for unit in again:
        catalogue.pending(unit)


def whole(path: Path, inputs_hash: str) -> dict | None:
    """What the catalogue should say of a result file that is whole and belongs to these inputs, else None (counts)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        notes = {key.decode(): value.decode() for key, value in (file.schema_arrow.metadata or {}).items()}
        if notes.get("inputs") != inputs_hash:
            return None
        rows = sum(file.read_row_group(group).num_rows for group in range(file.num_row_groups))
    except (OSError, ValueError, pa.ArrowException):
        return None
    return {"sha256": sha256_of(path), "size": path.stat().st_size, "rows": rows, "runs": int(notes["runs"]),
            "version": notes["engine"]}  # fmt: skip


def _carry_out(plan, catalogue, out, make_executor, workers, report) -> State:
    version, made_by = engine(), canonical(engine())
    counts = catalogue.counts()
    state = State(plan.units, counts[DONE], 0, 0, 0, 0.0)
    state.runs_left = plan.runs - _runs_done(catalogue)
    todo = _todo(catalogue)
    for name in plan.policies:
        (out / RESULTS / f"scenario={name}").mkdir(parents=True, exist_ok=True)
    sync_folder(out / RESULTS)
    began = time.monotonic()

    def settle(unit, future):
        try:
            product: Product = future.result()
        except (BrokenProcessPool, CancelledError):
            raise
        except Exception as error:
            catalogue.failed(unit, _told(error), made_by)
            state.failed += 1
            state.runs_left -= _runs_of(plan, unit)
            if state.failed >= HOPELESS and state.done == 0:
                raise BatchStopped(f"the first {state.failed} units all failed; the last: {_told(error)}") from None
        else:
            path = out / plan.file_of(unit)
            write_whole(path, product.data)
            catalogue.done(unit, plan.file_of(unit), product.sha256, len(product.data), product.rows, product.runs,
                           made_by)  # fmt: skip
            state.done += 1
            state.runs_now += product.runs
            state.runs_left -= product.runs
        state.seconds = time.monotonic() - began
        if report is not None:
            report(state)

    pool = Pool(make_executor, workers * AHEAD)
    try:
        pool.run(todo, lambda unit: (compute, plan.task(unit), version), settle)
    except CancelledError:
        pool.close(at_once=True)
        raise BatchStopped("the executor gave its work up (is the scheduler gone?). Every unit already done is whole; "
                           "add --resume to the same command") from None  # fmt: skip
    except BaseException:
        pool.close(at_once=True)
        raise
    pool.close()
    state.seconds = time.monotonic() - began
    return state


def _todo(catalogue: Catalogue) -> Iterator[int]:
    """Units to do, in order: those never done, then those that failed before; read a few at a time."""
    failed, after = [row["unit"] for row in catalogue.rows(FAILED)], -1
    while units := catalogue.after(PENDING, after):
        yield from units
        after = units[-1]
    yield from failed


def _runs_done(catalogue) -> int:
    return sum(row["runs"] or 0 for row in catalogue.rows(DONE))


def _runs_of(plan, unit) -> int:
    return len(plan.task(unit).points)


def _told(error: BaseException) -> str:
    """An exception in one line, with the place in our code where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    mine = [frame for frame in frames if "/sim/" in frame.filename.replace("\\", "/")] or frames
    place = f" ({Path(mine[-1].filename).name}:{mine[-1].lineno})" if mine else ""
    return " ".join(f"{type(error).__name__}: {error}{place}".split())[:1000]

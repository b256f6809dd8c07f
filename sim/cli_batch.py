"""``aicompute batch``: carry out a study, with its progress on standard error."""

import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

from .cli_progress import Progress
from .errors import InputError

INCOMPLETE = 1  # exit code of a study that stopped, or some of whose units failed


def batch_command(study: str | None, where: str, address: str | None, workers: int | None, out: Path | None,
                  resume: bool, other_version: bool, only_plan: bool, uncertainty: str | None = None) -> int:
    """Carry out a study and say what there is; the exit code (dimensionless) is 0 if every unit is done.

    Raises
    ------
    InputError : if the study, the folder or the cluster cannot be used
    """
    from .experiments.batch import BatchStopped, batch, disk_errors
    from .interop.datapackage import describe

    if study is None and not (resume and out is not None):
        raise InputError("batch: name a study file, or give --resume and --out to go on with a stored one")
    if other_version and not resume:
        raise InputError("--other-version: only with --resume")
    if study is not None and only_plan:
        return _say_plan(study, uncertainty)
    folder = out if out is not None else Path("out") / Path(str(study)).stem
    progress = Progress()
    progress.say("reading the study and starting the workers")
    try:
        with pools(where, address, workers) as (make, number):
            state = batch(study, folder, make, number, resume, other_version, progress, uncertainty)
        with disk_errors(folder):
            describe(folder)
    except BatchStopped as stopped:
        progress.end()
        print(f"aicompute: stopped: {stopped}", file=sys.stderr)
        return INCOMPLETE
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would only spoil the message
        progress.end()
        again = f"aicompute batch {study or ''} --out {folder} --resume"
        print(f"interrupted; every unit already done is whole. Go on with: {' '.join(again.split())}", file=sys.stderr)
        return 130
    progress.end()
    failed = f"; {state.failed:,} failed, see the column error of {folder / 'catalogue.sqlite'}" if state.failed else ""
    print(f"{state.done:,} of {state.units:,} units are done in {folder}{failed}")
    if state.failed:
        return INCOMPLETE
    _report(folder)
    return 0


@contextmanager
def pools(where: str, address: str | None, workers: int | None) -> "Iterator[tuple[Callable[[], Executor], int]]":
    """What makes executors for a batch, and how many units they work on at once (dimensionless).

    Raises
    ------
    InputError : if there cannot be such an executor
    """
    from .experiments.executors import cores, dask_pool, local_pool

    if address is not None and where != "dask":
        raise InputError("--address: only with --executor dask")
    number = workers if workers is not None else cores()
    if where == "local":
        local_pool(number).shutdown()  # a wrong number of workers is refused before anything is written
        yield lambda: local_pool(number), number
    else:
        with dask_pool(address, number) as pool:
            yield lambda: pool, number


def _report(folder: Path) -> None:
    """Write the report, if the study asks for one, and say where it is."""
    from .experiments.report import write_report
    from .experiments.stored_plan import read_plan

    if read_plan(folder).notes.get("report"):
        print("Writing the report ...", file=sys.stderr)
        try:
            print(f"The report is {write_report(folder)}.")
        except ImportError as error:
            raise InputError(f"report: {error.name} is not installed; use pip install 'aicompute[analysis]', then the "
                             "same command with --resume") from None


def _say_plan(study: str, uncertainty: str | None) -> int:
    from .experiments.plan import make_plan
    from .experiments.study import read_study

    plan = make_plan(read_study(study, uncertainty))
    runs = " × ".join((_count(len(plan.policies), "policy"), _count(plan.count, "point"), _count(plan.draws, "draw")))
    kept = " × ".join((_count(len(plan.series), "series"), _count(len(plan.months), "month")))
    rows = plan.runs * len(plan.series) * len(plan.months)
    print(f"{plan.notes['title']}: {_count(plan.runs, 'run')} ({runs}) in {_count(plan.units, 'unit')}, uncertainty: "
          f"{plan.settings['uncertainty']}; {kept} kept, about {_count(rows, 'row')}")
    return 0


def _count(number: int, noun: str) -> str:
    plural = noun if noun.endswith("s") else f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"

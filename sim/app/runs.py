"""Runs behind the pages: computed once whoever asks, in processes of their own, the oldest forgotten first."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import streamlit as st

from .. import explain, run
from ..archive import canonical
from ..errors import InputError
from ..evidence.targets import targets
from ..experiments.executors import local_pool
from ..experiments.mixtures import differences
from ..experiments.rebuild import packed, unpacked
from ..outputs import load_headline
from ..results import Results
from ..scenario import Scenario
from .limits import limit
from .words import words

CHINESE_MAKERS = ("huawei", "cambricon", "other_chinese")
SHOWN = {  # outputs that a page shows beyond headline and targets; the rest of a run is not kept
    "compute_share", "compute_ratio_us_china", "census_share", "census_lag_months", "census_seen_h100e",
    "region_stock_h100e", "huawei_packages_per_year", "binding_constraint", "binding_first_year", "binding_last_year",
    "router_token_share", "enterprise_workload_share", "hub_download_share_12m", "open_weight_token_share",
    "chinese_token_share", "flagship_price_ratio_china_us", "flagship_price_usd_per_mtok", "capability_lag_months",
    "frontier_capability", "china_stock_by_way_h100e", "china_share_by_way", "two_key_h100e", "wafers_started",
    "dies_used", "die_stock", "hbm_stock", "hbm_used", "hbm_made", "chinese_die_yield", "sales_ledger_share",
}  # fmt: skip
EXPLAIN_DRAWS, EXPLAIN_DEVELOPERS = 16, 200  # a group more doubles the runs
REMEMBERED = 200  # charts and sentences kept beside a run
BY_REGION = ("compute_share", "census_share")


@dataclass
class Job:
    """One computation and how many sessions wait for it."""

    future: Future
    waiting: int = 0


class Runs:
    """Computations by what decides them.

    Parameters
    ----------
    executor : where they run
    queue : int, computations that may be unfinished at once
    kept : int, finished computations kept
    """

    def __init__(self, executor: Executor, queue: int, kept: int):
        self.executor, self.queue, self.kept = executor, queue, kept
        self.computed = 0
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, task, *arguments, show=None):
        """The result for a key, from memory, from a computation under way, or from a new one.

        Parameters
        ----------
        key : str, everything that decides the result
        task, arguments : what to call in a process of its own
        show : called with the seconds waited so far, a few times a second

        Raises
        ------
        InputError : if too many computations wait, or the task finds its input wrong
        """
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.future.cancelled():
                if sum(not j.future.done() for j in self._jobs.values()) >= self.queue:
                    raise InputError(words("runs.full"))
                job = self._jobs[key] = Job(self.executor.submit(task, *arguments))
                self.computed += 1
            self._jobs.move_to_end(key)
            self._forget()
            job.waiting += 1
        started = time.monotonic()
        try:
            while not job.future.done():
                if show is not None:
                    show(time.monotonic() - started)  # also lets a session leave that has moved on
                wait([job.future], timeout=0.25)
            return job.future.result()
        except CancelledError:
            raise InputError(words("runs.stopped")) from None
        except InputError:
            with self._lock:
                self._jobs.pop(key, None)
            raise
        finally:
            with self._lock:
                job.waiting -= 1
                if job.waiting == 0 and not job.future.done() and job.future.cancel():
                    self._jobs.pop(key, None)  # nobody wants it any more, and it had not begun

    def _forget(self):
        done = [key for key, job in self._jobs.items() if job.future.done()]
        for key in done[: max(0, len(done) - self.kept)]:
            del self._jobs[key]


@st.cache_resource
def runs() -> Runs:
    """The computations of this server, shared by all sessions."""
    workers = limit("workers")
    executor = local_pool(workers) if workers else ThreadPoolExecutor(1, "runs")
    return Runs(executor, limit("queue"), limit("kept"))


def results_of(scenario: Scenario) -> Results:
    """The run of a scenario with the server's number of draws (every output in the unit of its register)."""
    plain, settings = packed(scenario), (limit("draws"), limit("developers"))
    return _waited("run", simulate, plain, *settings)


def explained(a: Scenario, b: Scenario, series: tuple[str, str, str, str], month: str, by: str | None):
    """Why two scenarios differ in a month (YYYY-MM), shared out over what they assume (output's unit)."""
    return _waited("explain", attribute, packed(a), packed(b), series, month, by, min(EXPLAIN_DRAWS, limit("draws")),
                   min(EXPLAIN_DEVELOPERS, limit("developers")))  # fmt: skip


def remembered(results: Results, key: tuple, make: Callable[[], Any]) -> Any:
    """What was made of a run for a page before, or made now; it lives as long as the run and is bounded.

    Parameters
    ----------
    key : everything but the run that decides what is made (dimensionless)
    """
    notes = results.__dict__.setdefault("_of_pages", {})
    if key not in notes:
        if len(notes) >= REMEMBERED:
            notes.clear()
        notes[key] = make()
    return notes[key]


def changed_names(a: Scenario, b: Scenario) -> list[str]:
    """The parameters that two scenarios set differently (names)."""
    return differences(a, b)


def _waited(kind, task, *arguments):
    key = kind + hashlib.sha256(canonical(list(arguments)).encode()).hexdigest()
    place = st.empty()
    try:
        return runs().get(key, task, *arguments, show=lambda s: place.caption(words("runs.busy", seconds=int(s))))
    except BrokenExecutor:  # a worker was killed, for want of memory perhaps: start anew at the next request
        runs.clear()
        raise InputError(words("runs.stopped")) from None
    finally:
        place.empty()


def simulate(plain: dict, draws: int, developers: int) -> Results:
    """Run a packed scenario and keep the series that pages show (called in a worker; units of the outputs)."""
    found = run(unpacked(plain), draws=draws, developers=developers, progress=False)
    kept = {key: np.ascontiguousarray(series) for key, series in found._series.items() if _shown(key)}
    return Results(kept, found.manifest, found.draw_ids, found.outputs)


def attribute(a: dict, b: dict, series, month: str, by: str | None, draws: int, developers: int):
    """An explanation of two packed scenarios (called in a worker; output's unit)."""
    output, definition, region, detail = series
    return explain(unpacked(a), unpacked(b), output, month, definition, region, detail, groups=by, draws=draws,
                   developers=developers)  # fmt: skip


@cache
def _outputs() -> frozenset[str]:
    wanted = {entry.output for entry in load_headline()[1]} | SHOWN
    for target in targets().values():
        wanted |= {part["output"] for part in target["part"]}
    return frozenset(wanted)


def _shown(key):
    output, definition, region, _ = key
    if output not in _outputs() or (output in BY_REGION and region not in ("united_states", "china")):
        return False
    return not output.startswith("binding") or definition in CHINESE_MAKERS

"""Runs behind the pages: computed once whoever asks, in processes of their own, the oldest forgotten first.

The draws of a run are split. The first few come from one process and make a first picture; the rest follow from the
others, and the page is drawn again.
"""

import hashlib
import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import streamlit as st

from ..archive import canonical
from ..errors import InputError
from ..experiments.branches import USUAL
from ..experiments.ensemble import joined, with_manifest
from ..experiments.executors import local_pool
from ..experiments.mixtures import differences
from ..experiments.rebuild import packed
from ..results import Results
from ..scenario import Scenario
from .limits import limit
from .studies import analysed, changed_at
from .view import REFERENCE, START, scenario_named
from .words import words
from .work import attribute, give_way, simulate

EXPLAIN_DRAWS, EXPLAIN_DEVELOPERS = 16, 200  # a group more doubles the runs
REMEMBERED = 200  # charts and sentences kept beside a run
FIRST_DRAWS = 8  # of the first picture of a run
AGAIN, TRIES = 2.0, 10  # seconds, about, until a run that was refused is asked for again, and how often
PATIENCE = 2.0  # seconds without a word on how long it takes, so that a page does not jump at every move
Task = tuple[int, Callable, tuple]  # lane, function, arguments


class Busy(InputError):
    """Too many computations wait for another one to begin."""


@dataclass
class Job:
    """One computation: its parts in order, how they make an answer, and how many sessions wait for it."""

    parts: list[Future]
    join: Callable[[list], Any]
    waiting: int = 0
    made: dict[bool, Any] = field(default_factory=dict)  # by whether it is the whole answer
    lock: threading.Lock = field(default_factory=threading.Lock)

    def pending(self) -> list[Future]:
        """The parts that are not there yet."""
        return [part for part in self.parts if not part.done()]

    def lost(self) -> bool:
        """Whether a part was given up or failed, so that this job will have no answer."""
        return any(part.cancelled() or (part.done() and part.exception() is not None) for part in self.parts)

    def answer(self, whole: bool) -> Any:
        """What the first part makes, or all of them; made once."""
        with self.lock:
            if whole not in self.made:
                made = self.join([part.result() for part in (self.parts if whole else self.parts[:1])])
                if whole:
                    self.made.clear()
                    self.parts = []
                self.made[whole] = made
            return self.made[whole]


class Runs:
    """Computations by what decides them.

    Parameters
    ----------
    lanes : where they run, one part of a computation each; a part of a run always meets the same worlds there
    queue : int, computations that may be unfinished at once
    kept : int, finished computations kept
    """

    def __init__(self, lanes: Sequence[Executor], queue: int, kept: int):
        self.lanes, self.queue, self.kept = list(lanes), queue, kept
        self.computed = 0
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, tasks: Sequence[Task], join=lambda parts: parts[0], whole=True, show=None):
        """The answer for a key, from memory, from a computation under way, or from a new one.

        Parameters
        ----------
        key : str, everything that decides the answer
        tasks : what to call, in which lane
        join : makes an answer of a list of what the tasks return
        whole : bool, whether all parts are waited for; else the first is enough
        show : called with the seconds waited so far, a few times a second

        Returns
        -------
        (answer, bool: whether it is the whole one)

        Raises
        ------
        Busy : if too many computations wait
        InputError : if a task finds its input wrong
        """
        job = self._join(key, tasks, join)
        started = time.monotonic()
        try:
            while (pending := job.pending()) and (whole or job.parts[0] in pending):
                if show is not None:
                    show(time.monotonic() - started)  # also lets a session leave that has moved on
                wait_for(pending if whole else job.parts[:1], 0.25, FIRST_COMPLETED)
            full = not job.pending()
            answer = job.answer(full), full
        except CancelledError:
            self._leave(key, job)
            raise InputError(words("runs.stopped")) from None
        except BaseException:
            self._leave(key, job)
            raise
        self._leave(key, job, stays=not full)
        return answer

    def ask(self, key: str, tasks: Sequence[Task], join=lambda parts: parts[0]) -> None:
        """Begin a computation that `get` will want in a moment; a full queue is left for `get` to tell.

        Parameters
        ----------
        key, tasks, join : as for `get`
        """
        try:
            job = self._join(key, tasks, join)
        except Busy:
            return
        with self._lock:
            job.waiting -= 1

    def _join(self, key, tasks, join):
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.lost():
                job = self._started(tasks, join)
                self._jobs[key] = job
            self._jobs.move_to_end(key)
            job.waiting += 1
            done = [name for name, other in self._jobs.items() if not other.pending()]
            for name in done[: max(0, len(done) - self.kept)]:
                del self._jobs[name]
            return job

    def _started(self, tasks, join) -> Job:
        if sum(bool(job.pending()) for job in self._jobs.values()) >= self.queue:
            raise Busy(words("runs.full"))
        self.computed += 1
        return Job([self.lanes[lane % len(self.lanes)].submit(task, *given) for lane, task, given in tasks], join)

    def _leave(self, key, job, stays=False):
        """Wait no more; ``stays``: the rest of the answer will be wanted in a moment."""
        with self._lock:
            job.waiting -= 1
            if job.waiting == 0 and not stays:  # nobody wants it any more: what has not begun need not
                for part in job.pending():
                    part.cancel()
            if not job.waiting and job.lost() and self._jobs.get(key) is job:
                del self._jobs[key]


@cache
def runs() -> Runs:
    """The computations of this server, shared by all sessions."""
    workers = limit("workers")
    lanes: list[Executor] = [local_pool(1) for _ in range(workers)] or [ThreadPoolExecutor(1, "runs")]
    for lane in lanes[1:]:  # the first has the first draws
        lane.submit(give_way)
    return Runs(lanes, limit("queue"), limit("kept"))


@cache
def aside() -> Runs:
    """Computations that take long, in a process of their own: they wait for each other, runs do not wait for them."""
    return Runs([local_pool(1) if limit("workers") else ThreadPoolExecutor(1, "aside")], limit("queue"), limit("kept"))


def results_of(scenario: Scenario, base: Scenario | None = None, start: str = START, whole: bool = True) -> Results:
    """The run of a scenario with the server's number of draws (every output in the unit of its register).

    Parameters
    ----------
    scenario : Scenario
    base : the scenario it was made of by changes that hold from ``start`` (YYYY-MM) on
    whole : bool; else the first draws will do where the others are not there yet, and `settle` waits for them
    """
    key, tasks, join = plan(scenario, base or scenario, start)
    found, full = _waited(runs, key, tasks, join, whole)
    if not full:
        st.session_state["unfinished"] = (key, tasks, join)
    return found


def begin() -> None:
    """Begin the run that the first page shows, before anybody asks for it."""
    base = scenario_named(REFERENCE)
    ask(base, base, START)


def ask(scenario: Scenario, base: Scenario, start: str) -> None:
    """Begin a run that the page will want when its levers are drawn (arguments as of `results_of`)."""
    with suppress(BrokenExecutor):
        runs().ask(*plan(scenario, base, start))


def settle(scope: str = "app") -> None:
    """If something was drawn from the first draws alone, wait for the others and draw it again.

    What was refused because too many runs wait is asked for again by itself, a few times.

    Parameters
    ----------
    scope : what is drawn again, "app" for the whole page or "fragment" for the part that is being drawn
    """
    unfinished = st.session_state.pop("unfinished", None)
    if unfinished is not None:
        _waited(runs, *unfinished, True)
        st.rerun(scope)
    if st.session_state.pop("again", False):
        wanted, times = st.session_state["refused"]
        st.session_state["refused"] = (wanted, times + 1)
        until = time.monotonic() + AGAIN * random.uniform(0.75, 1.25)  # who was refused together need not meet again
        while time.monotonic() < until:
            time.sleep(0.1)
            st.session_state.get("view")  # asking lets a session leave that has moved on
        st.rerun(scope)


def refused(wanted: Any) -> bool:
    """Note that a run was refused, so that `settle` asks for it again; False if that was done often enough.

    Parameters
    ----------
    wanted : what tells it from other runs of the session (dimensionless)
    """
    before, times = st.session_state.get("refused", (None, 0))
    if before != wanted:
        times = 0
    st.session_state["refused"], st.session_state["again"] = (wanted, times), times < TRIES
    return times < TRIES


def plan(scenario: Scenario, base: Scenario, start: str) -> tuple[str, list[Task], Callable[[list], Results]]:
    """What decides a run, its parts for the lanes, and how they make one."""
    draws, developers = limit("draws"), limit("developers")
    plain, trunk = packed(scenario), packed(base)
    ids = shares(draws, max(limit("workers"), 1))
    tasks = [(lane, simulate, (plain, trunk, start, part, developers)) for lane, part in enumerate(ids)]
    key = canonical([plain, draws, developers])
    return "run" + hashlib.sha256(key.encode()).hexdigest(), tasks, partial(_results, scenario, developers)


def shares(draws: int, workers: int) -> list[list[int]]:
    """The draws of each part of a run: the first few, then the rest over the other workers (their identities)."""
    first, rest, parts = min(draws, FIRST_DRAWS), max(draws - FIRST_DRAWS, 0), max(workers - 1, 1)
    edges = [0, *(first + rest * at // parts for at in range(parts + 1))]
    return [list(range(low, high)) for low, high in zip(edges, edges[1:], strict=False) if high > low]


def _results(scenario, developers, parts):
    series = joined(parts)
    settings = USUAL | {"draws": len(next(iter(series.values()))), "developers": developers}
    names = ("seed", "draws", "developers", "start", "end", "as_of", "uncertainty")
    return with_manifest(scenario, series, {name: settings[name] for name in names})


def first_draws(results: Results, draws: int) -> Results:
    """The first draws of a run as a run (units of the outputs), for a pair with one that has no more yet."""
    if draws >= results.draws:
        return results

    def make():  # copies, so that who keeps it does not keep the whole run
        series = {key: values[:draws].copy() for key, values in results._series.items()}
        return Results(series, results.manifest | {"draws": draws}, results.draw_ids[:draws], results.outputs)

    return remembered(results, ("first draws", draws), make)


def explained(a: Scenario, b: Scenario, series: tuple[str, str, str, str], month: str, by: str | None):
    """Why two scenarios differ in a month (YYYY-MM), shared out over what they assume (output's unit)."""
    given = (packed(a), packed(b), series, month, by, min(EXPLAIN_DRAWS, limit("draws")),
             min(EXPLAIN_DEVELOPERS, limit("developers")))  # fmt: skip
    key = "explain" + hashlib.sha256(canonical(list(given)).encode()).hexdigest()
    return _waited(aside, key, [(0, attribute, given)])[0]


def finding_of(path: str, series: tuple[str, str, str, str], month: str, policy: str, bound: tuple[str, float] | None):
    """What moves an outcome of a stored study, or where it holds; see `studies.analysed` (outcome's unit)."""
    given = (path, series, month, policy, bound)
    key = "finding" + hashlib.sha256(canonical([*given, changed_at(path)]).encode()).hexdigest()
    return _waited(aside, key, [(0, analysed, given)])[0]


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


def _waited(which, *arguments):
    place = None  # made when there is something to say: whatever is sent costs

    def show(seconds):
        nonlocal place
        if seconds < PATIENCE:
            st.session_state.get("view")  # asking lets a session leave that has moved on
        else:
            place = place or st.empty()
            place.caption(words("runs.busy", seconds=int(seconds)))

    try:
        return which().get(*arguments, show=show)
    except BrokenExecutor:  # a worker was killed, for want of memory perhaps: start anew at the next request
        which.cache_clear()
        raise InputError(words("runs.stopped")) from None
    finally:
        if place is not None:
            place.empty()

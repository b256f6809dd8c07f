"""Units handed to an executor a few at a time, with an eye on those that kill their worker."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool

TRIES = 3  # times a unit may kill its worker before it counts as failed


class Pool:
    """Keeps an executor busy with a bounded number of units, and starts a new one when its processes were killed.

    Parameters
    ----------
    make_executor : returns a `concurrent.futures.Executor`
    ahead : int, units handed out at once (dimensionless)
    """

    def __init__(self, make_executor: Callable[[], Executor], ahead: int):
        self.make, self.ahead, self.executor = make_executor, ahead, make_executor()
        self.kills: dict[int, int] = {}

    def run(self, todo: Iterator[int], call, settle) -> None:
        """Do every unit: ``call(unit)`` is a function and its arguments, ``settle(unit, future)`` takes what came."""
        suspects: deque[int] = deque()  # units in flight when a worker died: tried again one at a time
        flying: dict[Future, int] = {}
        more = True
        while more or flying or suspects:
            if suspects and not flying:
                self._submit(flying, suspects.popleft(), call)
            while more and not suspects and len(flying) < self.ahead and not self.kills_now(flying):
                unit = next(todo, None)
                more = unit is not None
                if unit is not None:
                    self._submit(flying, unit, call)
            if not flying:
                continue
            ready, _ = wait(flying, return_when=FIRST_COMPLETED)
            broken = []
            for future in ready:
                unit = flying.pop(future)
                try:
                    settle(unit, future)
                    self.kills.pop(unit, None)
                except BrokenProcessPool as error:
                    broken.append((unit, error))
            if broken:
                lost = [unit for unit, _ in broken] + list(flying.values())
                flying.clear()
                self._restart()
                for unit in sorted(lost):
                    if len(lost) == 1:
                        self.kills[unit] = self.kills.get(unit, 0) + 1
                    if self.kills.get(unit, 0) >= TRIES:
                        killed: Future = Future()
                        killed.set_exception(RuntimeError(f"the worker was killed {TRIES} times (out of memory?)"))
                        settle(unit, killed)
                    else:
                        suspects.append(unit)

    def kills_now(self, flying) -> bool:
        """Whether a unit that killed its worker is on trial, alone."""
        return any(unit in self.kills for unit in flying.values())

    def _submit(self, flying, unit, call):
        try:
            flying[self.executor.submit(*call(unit))] = unit
        except BrokenProcessPool:
            self._restart()
            flying[self.executor.submit(*call(unit))] = unit

    def _restart(self):
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.executor = self.make()

    def close(self, at_once=False):
        """Let the workers go; ``at_once`` also ends what they are at, which loses nothing: they write nothing."""
        workers = list((getattr(self.executor, "_processes", None) or {}).values())
        try:
            self.executor.shutdown(wait=False, cancel_futures=True)
        except TypeError:  # Dask's executor knows no cancel_futures
            self.executor.shutdown(wait=False)
        for worker in workers if at_once else ():
            worker.terminate()

"""Runs that share a beginning: the world is stepped once to where they part, and each goes on from there.

A person who moves a lever from 2027 on asks for a world whose years before are known. The world waits, in a process
of its own, before the month in which the first change acts; each question is answered by a copy of that process,
which steps the rest with the new values. Numbers are those of a run from the beginning, byte for byte.
"""

import gc
import os
import pickle
import sys
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

from ..errors import InputError
from ..outputs import load_outputs
from ..recorder import Recorder
from ..scenario import Scenario
from ..units import month_number
from ..values import Values
from .ensemble import run
from .rebuild import packed

COPIES = sys.platform == "linux"  # elsewhere a copied process is not safe, and every run starts at the beginning
USUAL = {name: parameter.default for name, parameter in signature(run).parameters.items()}
Key = tuple[str, str, str, str]


class Trunk:
    """The world of a scenario over a block of draws, waiting before a month.

    Parameters
    ----------
    scenario : Scenario
    draw_ids : int array (draws,)
    month : YYYY-MM, before which the world waits; earlier where a change from then on is announced ahead
    developers : int, simulated developers a draw
    lasts : bool, whether the world may be asked more than once, which takes copies of this process; else the first
        run starts at the beginning and uses the world up
    """

    def __init__(self, scenario: Scenario, draw_ids, month: str, developers: int, lasts: bool = COPIES):
        from ..model import World

        self.scenario, self.draw_ids = scenario, np.asarray(draw_ids, dtype=np.int64)
        origin, self.last = (month_number(USUAL[name]) for name in ("start", "end"))
        values = self._values(scenario)
        self.month = min(max(month_number(month) - announced(values, origin, month_number(month)), origin), self.last)
        recorder = Recorder(load_outputs(), len(self.draw_ids), (origin, self.last))
        self.world = World(values, self.draw_ids, USUAL["seed"], origin, self.last, developers, recorder)
        self.lasts = lasts
        if lasts:
            while self.world.month < self.month:
                self.world.step()
            gc.collect()
            gc.freeze()  # a collection in a copy would touch, and so copy, every page

    def serves(self, scenario: Scenario) -> bool:
        """Whether a scenario is the trunk's own until the month before which the world waits."""
        own, asked, count = packed(self.scenario), packed(scenario), len(self.scenario.layers)
        moves = [move for layer in scenario.layers[count:] for move in (*layer.changes, *layer.shocks)]
        return (asked["layers"][:count] == own["layers"] and asked["rows"] == own["rows"]
                and all((move.start or 0) >= self.month for move in moves))  # fmt: skip

    def series(self, scenario: Scenario, wanted: Callable[[Key], bool]) -> dict[Key, np.ndarray]:
        """The wanted series of a scenario that the trunk serves, arrays (draws, months), each in its output's unit.

        Parameters
        ----------
        wanted : says of (output, definition, region, detail) whether it is kept
        """
        if not self.serves(scenario):
            raise ValueError(f"{scenario.name} differs from {self.scenario.name} before the world waits")
        return in_a_copy(lambda: self._grown(scenario, wanted)) if self.lasts else self._grown(scenario, wanted)

    def _grown(self, scenario, wanted):
        world = self.world
        world.values = self._values(scenario)
        world.run()
        world.recorder.check()
        return {key: np.ascontiguousarray(series) for key, series in world.recorder.series().items() if wanted(key)}

    def _values(self, scenario):
        return scenario.resolve(self.draw_ids, seed=USUAL["seed"], uncertainty=USUAL["uncertainty"])


def announced(values: Values, origin: int, month: int) -> int:
    """How many months before a month (number) a dated change of then may be foreseen (whole months)."""
    ahead = [np.max(values.value("export.announcement_months", m)) for m in range(origin, month)]
    return int(np.ceil(max(ahead, default=0.0)))


def in_a_copy(work: Callable[[], Any]) -> Any:
    """What a function returns when a copy of this process calls it; this process stays as it was (any unit).

    Raises
    ------
    InputError : if the function raises one
    RuntimeError : if it fails otherwise, or the copy dies
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            try:
                answer = (True, work())
            except InputError as error:
                answer = (False, str(error))
            with os.fdopen(write, "wb") as out:
                pickle.dump(answer, out, protocol=5)
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise RuntimeError(f"a run ended with status {os.waitstatus_to_exitcode(status)}")
    right, answer = pickle.loads(told)  # bytes of our own copy, over a pipe nobody else holds
    if not right:
        raise InputError(answer)
    return answer

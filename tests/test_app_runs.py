"""Runs behind the pages: one computation whoever asks, a first picture before the whole, bounded in number."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sim import run
from sim.app import runs as module
from sim.app.runs import Runs, first_draws, plan, shares
from sim.app.view import View
from sim.errors import InputError

BUDGET = "diversion.enforcement_budget"


def one(task, *given):
    return [(0, task, given)]


def test_thirty_sessions_that_ask_the_same_cause_one_computation():
    begin = threading.Event()
    runs = Runs([ThreadPoolExecutor(1)], queue=20, kept=4)
    with ThreadPoolExecutor(30) as people:
        asked = [people.submit(runs.get, "same", one(lambda: begin.wait(5) and object())) for _ in range(30)]
        begin.set()
        assert len({id(each.result()[0]) for each in asked}) == 1
    assert runs.computed == 1


def test_the_queue_is_bounded_and_refuses_politely():
    held = threading.Event()
    runs = Runs([ThreadPoolExecutor(1)], queue=1, kept=4)
    with ThreadPoolExecutor(1) as person:
        first = person.submit(runs.get, "a", one(held.wait))
        while not runs.computed:
            pass
        with pytest.raises(InputError, match="try again"):
            runs.get("b", one(int))
        held.set()
        assert first.result() == (True, True)


def test_only_a_bounded_number_of_results_is_kept():
    runs = Runs([ThreadPoolExecutor(1)], queue=5, kept=2)
    for key in "abcda":
        runs.get(key, one(str))
    assert runs.computed == 5  # a was forgotten and computed again


def test_the_first_part_is_an_answer_until_the_whole_is_there():
    held = threading.Event()
    runs = Runs([ThreadPoolExecutor(1), ThreadPoolExecutor(1)], queue=5, kept=2)
    tasks = [(0, lambda: 1, ()), (1, lambda: held.wait(5) and 2, ())]
    assert runs.get("a", tasks, sum, whole=False) == (1, False)
    held.set()
    assert runs.get("a", tasks, sum) == (3, True)
    assert runs.get("a", tasks, sum, whole=False) == (3, True) and runs.computed == 1


def test_what_nobody_waits_for_any_more_is_not_begun():
    held, begun = threading.Event(), []
    runs = Runs([ThreadPoolExecutor(1)], queue=5, kept=2)

    class Gone(Exception):
        pass

    def leave(_):
        raise Gone

    with ThreadPoolExecutor(1) as person:
        first = person.submit(runs.get, "a", one(held.wait))
        while not runs.computed:
            pass
        with pytest.raises(Gone):
            runs.get("b", one(begun.append, "b"), show=leave)
        held.set()
        first.result()
    assert not begun
    assert runs.get("b", one(lambda: 7)) == (7, True)  # asked again, it is computed


def test_the_rest_of_what_a_page_shows_in_part_is_not_given_up():
    held, begun = threading.Event(), threading.Event()
    lanes = [ThreadPoolExecutor(1), ThreadPoolExecutor(1)]
    lanes[1].submit(lambda: begun.set() or held.wait(5))
    begun.wait(5)
    runs = Runs(lanes, queue=5, kept=2)
    tasks = [(0, lambda: 1, ()), (1, lambda: 2, ())]
    assert runs.get("a", tasks, sum, whole=False) == (1, False)  # the other part has not begun
    held.set()
    assert runs.get("a", tasks, sum) == (3, True) and runs.computed == 1


def test_an_error_is_told_to_everyone_and_kept_from_no_later_question():
    def wrong():
        raise InputError("not allowed")

    runs = Runs([ThreadPoolExecutor(1)], queue=5, kept=2)
    with pytest.raises(InputError, match="not allowed"):
        runs.get("a", one(wrong))
    assert runs.get("a", one(lambda: 1)) == (1, True)


@pytest.mark.parametrize(("draws", "workers", "sizes"), [
    (64, 2, [8, 56]), (65, 4, [8, 19, 19, 19]), (64, 1, [8, 56]), (4, 2, [4]), (9, 4, [8, 1]),
])  # fmt: skip
def test_every_draw_is_in_one_part(draws, workers, sizes):
    parts = shares(draws, workers)
    assert [len(part) for part in parts] == sizes and sum(parts, []) == list(range(draws))


def test_a_run_in_parts_is_the_run_that_everybody_else_gets(monkeypatch):
    for name, value in (("DRAWS", "6"), ("DEVELOPERS", "50"), ("WORKERS", "0")):
        monkeypatch.setenv(f"AICOMPUTE_APP_{name}", value)
    monkeypatch.setattr(module, "FIRST_DRAWS", 2)
    view = View("no_controls", changes={BUDGET: 500.0})
    key, tasks, join = plan(view.chosen, view.base, view.start)
    parts = [task(*given) for _, task, given in tasks]
    found, first = join(parts), join(parts[:1])
    same = run("no_controls", draws=6, developers=50, set={f"{BUDGET}@{view.start}": 500.0}, progress=False)
    assert (len(parts), first.draws, found.draws) == (2, 2, 6)
    assert found.manifest["uncertainty"] == same.manifest["uncertainty"]
    for key, series in found._series.items():
        assert np.array_equal(series, same._series[key], equal_nan=True), key
        assert np.array_equal(first_draws(found, 2)._series[key], first._series[key], equal_nan=True), key
    assert first_draws(found, 99) is found and first_draws(found, 2).manifest["draws"] == 2


def test_a_worker_that_gives_way_is_behind_the_others():
    from sim.app.work import give_way
    from sim.experiments.executors import local_pool

    with local_pool(1) as lane:
        before = lane.submit(os.nice, 0).result()
        lane.submit(give_way).result()
        assert lane.submit(os.nice, 0).result() == min(before + 10, 19)

"""Speed and memory of the engine, as ratios taken in one call. Reported, never asserted in a test.

    python benchmarks/engine.py            # everything, about a minute
    python benchmarks/engine.py actors     # one part: actors kernel million whole start rival, or plenty of million

Machines are shared and noisy: read the ratios, not the seconds.
"""

import os
import subprocess
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
REPEATS = 3


def world(draws, developers, first="2022-01", last="2030-12"):
    from sim.model import World
    from sim.outputs import load_outputs
    from sim.recorder import Recorder
    from sim.scenario import load_scenario
    from sim.units import month_number

    start, end = month_number(first), month_number(last)
    values = load_scenario("baseline").resolve(range(draws), 1)
    recorder = Recorder(load_outputs(), draws, (start, end))
    return World(values, range(draws), 1, start, end, developers, recorder)


def seconds(action, repeats=REPEATS):
    """Best of a few wall-clock timings of ``action()``, seconds."""
    best = float("inf")
    for _ in range(repeats):
        begin = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - begin)
    return best


MEMORY = "print(next(x for x in open('/proc/self/status') if x.startswith('VmHWM')).split()[1])"


def child(code):
    """Run ``code`` in a fresh process: (wall seconds, what it printed, peak memory in MB)."""
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", f"{code}\n{MEMORY}"], capture_output=True, text=True, check=True)
    *printed, peak = done.stdout.split()
    return time.perf_counter() - begin, printed, float(peak) / 1024


class Clock:
    """CPU seconds spent inside chosen methods of a world."""

    def __init__(self, simulated, **methods):
        self.spent = dict.fromkeys(methods, 0.0)
        for name, (owner, method) in methods.items():
            setattr(owner, method, self._timed(name, getattr(owner, method)))
        begin = time.process_time()
        simulated.run()
        self.total = time.process_time() - begin

    def _timed(self, name, inner):
        def outer(*arguments):
            begin = time.process_time()
            result = inner(*arguments)
            self.spent[name] += time.process_time() - begin
            return result

        return outer


def actors():
    """What 256 draws cost against one: strategic actors with their markets; developers and their use; recording."""
    world(1, 8, last="2022-03").run()
    print("108 months, CPU seconds (population of 8 a draw; best of a few runs)")
    print("  draws   actors, markets    people and use   recording         all")
    base = None
    for draws in (1, 64, 256):
        best = None
        for _ in range(REPEATS):
            simulated = world(draws, 8)
            clock = Clock(simulated, choices=(simulated.population, "choose_models"), use=(simulated.usage, "settle"),
                          record=(simulated, "record"))  # fmt: skip
            if best is None or clock.total < best.total:
                best = clock
        rest = best.spent["choices"] + best.spent["use"], best.spent["record"]
        row = (best.total - sum(rest), *rest, best.total)
        base = base or row
        print(f"  {draws:5d}" + "".join(f"   {x:6.2f} ({x / one:4.2f} x)" for x, one in zip(row, base, strict=True)))
    print("  goal: actors at 256 draws at most 4 x one draw")


def kernel():
    """The compiled kernel: nanoseconds a developer-month, by draws and developers."""
    from sim.mechanisms import model_choice as module

    print("developers' kernel, nanoseconds a developer-month (goal: flat)")
    base, compiled = None, module.choose_month
    world(1, 100, last="2022-03").run()  # compiled, or read from disk
    for draws, developers in ((1, 2_000), (16, 2_000), (64, 2_000), (1, 32_000), (1, 128_000), (16, 8_000)):
        clock = Clock(world(draws, developers, first="2022-01", last="2025-12"), kernel=(module, "choose_month"))
        module.choose_month = compiled
        rate = clock.spent["kernel"] / (draws * developers * 48) * 1e9
        base = base or rate
        print(f"  {draws:3d} draws x {developers:7,d} developers  {rate:7.1f} ns   {rate / base:4.2f} x the first row")


def considered(simulated, number=100_000):
    """How many alternatives (vintage × host) the first developers consider this month, own accelerators left out.

    Returns the mean over those who reconsider, the smallest number of anybody, and the share who have 25 or more.
    """
    import numpy as np

    people, catalogue = simulated.population, simulated.catalogue
    number = min(number, people.developers)
    legal, looks, group = people.legal[0, :number], people.looks[0, :number], people.group[0, :number]
    classes = people.alternatives.by_host(np.where(catalogue.available, people.legal_class, 0))[0]
    rented = people.alternatives.kind_of_host != people.alternatives.kind_of_host.max()
    found = np.zeros(number, int)
    for host in np.flatnonzero(rented):
        for former in (0, 1):
            kinds, counts = np.unique(classes[host, catalogue.newest[0] != former], return_counts=True)
            at = (looks >> host & 1) * ((looks >> len(classes) & 1) if former else 1)
            for kind, count in zip(kinds, counts, strict=True):
                found += np.where(legal & kind, at * count, 0)
    active = people.entry[0, :number] < people.adoption[0, group]
    weight = np.where(active, people.reconsider.sum(axis=1)[group], 0.0)
    return (found * weight).sum() / weight.sum(), found[active].min(), weight[found >= 25].sum() / weight.sum()


def plenty(developers=1_000_000, months=108):
    """The choices of 2022 to 2030, each month with what is on offer in June 2027 and nobody barred from any class.

    So everybody has 25 alternatives or more from the first month on, while as many build on models as did in that
    month. Returns CPU seconds, and as `considered` the mean and the smallest number of everybody.
    """
    from sim.mechanisms import model_choice as kernel

    simulated = world(1, developers, last="2027-06")
    simulated.run()
    people = simulated.population
    p = simulated.values.at(simulated.month - 1)
    people.legal[:] = 63  # each of the six classes
    people.portfolio[:], people.changed[:] = kernel.EMPTY, -1
    found = considered(simulated, developers)[:2]
    simulated.month = simulated.start
    begin = time.process_time()
    for _ in range(months):  # what is on offer, and what is succeeded in a month, stay as they were in June
        people.choose_models(p)
        simulated.month += 1
    return time.process_time() - begin, *found


def million():
    """A million developers in one draw: CPU seconds, memory, and how many alternatives they consider."""
    start = "import sys; sys.path.insert(0, 'benchmarks'); import engine\nengine.world(1, 100, last='2022-03').run()\n"
    code = (
        "w = engine.world(1, 1_000_000); clock = engine.Clock(w, choices=(w.population, 'choose_models'))\n"
        "print(clock.spent['choices'], clock.total, w.catalogue.available.sum())"
    )
    _, (choices, whole_run, offered), memory = child(start + code)
    print("1,000,000 developers x 108 months x 1 draw, one core   (goals: about 8 s, under 1,000 MB)")
    print("  2022 to 2030:")
    print(f"    {float(choices):5.2f} CPU s in choices of {float(whole_run):5.2f}, peak memory {memory:5.0f} MB,")
    print(f"    {offered} alternatives (vintage x host) at the end; considered, own accelerators left out:")
    counted = world(1, 100_000)
    for number in range(108):
        counted.step()
        if number % 12 == 6:
            mean, least, many = considered(counted)
            year = 2022 + number // 12
            print(f"    July {year}: {mean:4.0f} in the mean, {least:2d} at least, {many:6.1%} have 25 or more")
    million_with_plenty()
    theirs, ours, alternatives = against_plain_agents()
    print(f"  one Mesa agent per developer, at {theirs * 1e9:.0f} ns, would take {theirs * 108e6:,.0f} s:"
          f" {theirs * 108e6 / float(whole_run):,.0f} x")  # fmt: skip


def million_with_plenty():
    """The same with at least 25 alternatives for each who reconsiders."""
    code = "import sys; sys.path.insert(0, 'benchmarks'); import engine\nengine.world(1, 100, last='2022-03').run()\n"
    _, (spent, mean, least), memory = child(code + "print(*engine.plenty())")
    print("  2022 to 2030 with the offer of June 2027, nobody barred by law or rules:")
    print(f"    {float(spent):5.2f} CPU s in choices, peak memory {memory:5.0f} MB,")
    print(f"    considered: {float(mean):4.0f} in the mean, {least} at least")


def whole():
    """64 draws x 2,000 developers x 108 months in a fresh process, compiled code on disk."""
    code = (
        "import sys; sys.path.insert(0, 'benchmarks'); import engine, time\n"
        "engine.world(1, 100, last='2022-03').run()\n"
        "begin = time.perf_counter(); engine.world(64, 2000).run(); print(time.perf_counter() - begin)"
    )
    walls = [child(code) for _ in range(REPEATS)]
    print("64 draws x 2,000 developers x 108 months, one process, after compilation")
    best = min(float(printed[0]) for _, printed, _ in walls)
    print(f"  {best:5.2f} s   peak memory {walls[0][2]:5.0f} MB   (goals: about 2 s, under 700 MB)")
    wall, _, memory = child("from sim import run; import tempfile; run('baseline').save(tempfile.mkdtemp())")
    print(f"  the same through sim.run and saved to Parquet: {wall:5.2f} s with start-up, peak memory {memory:5.0f} MB")


def start():
    """A second process running one draw, against importing mesa, numba and pandas alone."""
    one = "from sim import run; run('baseline', draws=1)"
    child(one)
    pairs = [(child(one)[0], child("import mesa, numba, pandas")[0]) for _ in range(REPEATS)]
    extra = min(full - bare for full, bare in pairs)
    print("second process, --draws 1, 2,000 developers, 108 months")
    print(
        f"  {min(f for f, _ in pairs):5.2f} s against {min(b for _, b in pairs):5.2f} s for the imports alone: "
        f"{extra:4.2f} s more   (goal: at most 2 s)"
    )


def against_plain_agents():
    """Seconds a developer-month of a like choice by one Mesa agent each, in plain Python; ours; alternatives."""
    import random

    import mesa
    from mesa_developer import Developer

    class Plain(mesa.Model):
        def __init__(self, developers, alternatives):
            super().__init__(rng=1)
            self.features = [[random.random() for _ in range(4)] for _ in range(alternatives)]
            for _ in range(developers):
                Developer(self)

        def step(self):
            self.agents.do("step")

    simulated = world(1, 2_000, first="2025-01", last="2025-12")
    simulated.step()
    alternatives = int(simulated.catalogue.available[0].sum())
    plain = Plain(2_000, alternatives)
    rival_rate = seconds(plain.step) / 2_000
    p = simulated.values.at(simulated.month)
    ours = seconds(lambda: simulated.population.choose_models(p)) / 2_000
    return rival_rate, ours, alternatives


def rival():
    """The same kind of choice by one Mesa agent per developer, in plain Python."""
    theirs, ours, alternatives = against_plain_agents()
    print(f"one Mesa agent per developer, same month, {alternatives} alternatives on offer")
    print(f"  {theirs * 1e9:8.0f} ns against {ours * 1e9:6.0f} ns a developer-month: {theirs / ours:5.0f} x")


PARTS = {"actors": actors, "kernel": kernel, "million": million, "whole": whole, "start": start, "rival": rival}
ALONE = {"plenty": million_with_plenty}  # a part of a part

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        {**PARTS, **ALONE}[name]()

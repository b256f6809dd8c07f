"""Throughput of batches, as ratios taken in one call. Reported, never asserted in a test.

    python benchmarks/batch.py              # everything, some minutes
    python benchmarks/batch.py mesa         # one part: mesa parallel

Machines are shared and noisy: read the ratios, not the seconds. Ratios of processor time hold on a busy machine too,
those of wall time only on one with nothing else to do; both are printed.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")
import numpy as np  # noqa: E402  (after the numbers of threads)

ROOT = Path(__file__).resolve().parents[1]
DEVELOPERS, MONTHS = 1_000, 108
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))

from survival import tree  # noqa: E402


def study(folder, draws, block=64):
    """A study of one scenario and so many draws, with the headline series kept."""
    path = Path(folder) / "study.toml"
    path.write_text(f'title = "Benchmark"\nquestion = "How fast?"\nscenarios = ["baseline"]\ndraws = {draws}\n'
                    f"block = {block}\ndevelopers = {DEVELOPERS}\n", encoding="utf-8")  # fmt: skip
    return path


def batch_seconds(draws, workers):
    """Seconds of a whole ``aicompute batch``, start-up included: wall, processor of all, processor of the parent."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sim", "batch", str(study(folder, draws)), "--workers", str(workers), "--out",
                   str(Path(folder) / "out")]  # fmt: skip
        begin, spent = time.perf_counter(), {}
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None:
            for one in tree(process.pid):  # workers are not waited for: only /proc knows what they took
                spent[one] = max(spent.get(one, 0.0), processor_seconds(one))
            time.sleep(0.05)
        assert process.returncode == 0
        return np.array([time.perf_counter() - begin, sum(spent.values()), spent[process.pid]])


def processor_seconds(pid):
    """Processor seconds of one process so far, without its children; 0 where /proc does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def object_model():
    """The same world for one draw, its developers being one Mesa agent each in plain Python, as Mesa teaches it."""
    import random

    import mesa
    from engine import world
    from mesa_developer import Developer

    class Objects(mesa.Model):
        """Actors and markets of one draw, with a population of 50 beside a thousand objects who choose."""

        def __init__(self, seed=None, run=0):
            super().__init__(seed=seed)
            self.world = world(1, 50)
            self.people = [Developer(self) for _ in range(DEVELOPERS)]
            self.datacollector = mesa.DataCollector({"month": lambda model: model.world.month})

        def step(self):
            self.world.step()
            on_offer = max(1, int(self.world.catalogue.available[0].sum()))
            self.features = [[random.random() for _ in range(4)] for _ in range(on_offer)]
            for person in self.people:
                person.step()
            self.datacollector.collect(self)

    return Objects


def mesa():
    """Runs a second: a batch with one worker, against Mesa's batch_run with one process."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from mesa.batchrunner import batch_run

    batch_seconds(8, 1)  # compiled code on disk
    runs = 2
    begin, spent = time.perf_counter(), time.process_time()
    batch_run(object_model(), {"run": list(range(runs))}, number_processes=1, max_steps=MONTHS - 1,
              display_progress=False)  # fmt: skip
    theirs = np.array([time.perf_counter() - begin, time.process_time() - spent]) / runs
    draws = 512
    ours = batch_seconds(draws, 1)[:2] / draws
    print(f"{DEVELOPERS:,} developers, {MONTHS} months, one process, start-up included")
    for what, a, b in zip(("wall", "processor"), theirs, ours, strict=True):
        print(f"  {what:9}  {a:6.2f} s a run with batch_run, {b * 1000:6.1f} ms a run in a batch: {a / b:5.0f} x"
              "   (goal: at least 20 x)")  # fmt: skip


def parallel():
    """Time of one worker over twice the time of two, start-up taken off with a study of almost nothing.

    By processor time: what one worker spends, over what two and their parent, who share two processors, spend.
    """
    batch_seconds(8, 2)
    draws = 1024
    one = batch_seconds(draws, 1) - batch_seconds(1, 1)
    two = batch_seconds(draws, 2) - batch_seconds(1, 2)
    print(f"{draws} draws in blocks of 64, less the time of a study of one draw")
    print(f"  wall       one worker {one[0]:6.1f} s, two {two[0]:6.1f} s: efficiency {one[0] / (2 * two[0]):4.0%}"
          "   (goal: at least 85 %)")  # fmt: skip
    print(f"  processor  one worker {one[1] - one[2]:6.1f} s, two and parent {two[1]:6.1f} s: efficiency "
          f"{(one[1] - one[2]) / two[1]:4.0%}   (goal: at least 85 %)")  # fmt: skip


PARTS = {"mesa": mesa, "parallel": parallel}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()

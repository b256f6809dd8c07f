"""A large batch, killed again and again: same bytes, nothing missing, nothing twice, and how much memory it took.

    python benchmarks/survival.py                        # 10,000 draws in 157 blocks, ten kills, two workers
    python benchmarks/survival.py --draws 64 --block 8 --kills 3
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def tree(pid):
    """A process and everything below it (ids)."""
    todo = [pid]
    while todo:
        one = todo.pop()
        yield one
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children") as file:
                    todo += [int(child) for child in file.read().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue


def tree_megabytes(pid):
    """Resident memory of a process and everything below it, shared pages counted in each."""
    total = 0.0
    for one in tree(pid):
        try:
            with open(f"/proc/{one}/status") as file:
                total += sum(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def carry_out(study, out, workers, kill_at=None, delay=0.0):
    """Run or go on with the batch; kill its whole group some seconds after so many units are whole.

    Returns (exit code, peak MB, seconds).
    """
    command = [sys.executable, "-m", "sim", "batch", str(study), "--workers", str(workers), "--out", str(out),
               "--resume"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
    begin, peak = time.monotonic(), 0.0
    while process.poll() is None:
        peak = max(peak, tree_megabytes(process.pid))
        if kill_at is not None and count(out) >= kill_at:
            time.sleep(delay)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        time.sleep(0.1 if kill_at is None else 0.02)
    return process.returncode, peak, time.monotonic() - begin


def count(out):
    """Number of files of results that are there."""
    return sum(1 for _ in (out / "results").rglob("*.parquet"))


def files(out):
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted((out / "results").rglob("*.parquet"))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, value in (("draws", 10_000), ("block", 64), ("kills", 10), ("developers", 100), ("workers", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--end", default="2030-12")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study.toml"
        study.write_text(
            'title = "Survival"\nquestion = "Does it survive?"\nscenarios = ["baseline"]\n'
            f"draws = {asked.draws}\nblock = {asked.block}\ndevelopers = {asked.developers}\n"
            f'end = "{asked.end}"\n'
        )
        code, peak, whole = carry_out(study, Path(folder) / "reference", asked.workers)
        assert code == 0
        units = len(files(Path(folder) / "reference"))
        print(f"{asked.draws:,} draws in {units} units: {whole:.0f} s, {asked.draws / whole:.1f} runs/s, peak memory "
              f"of the whole tree {peak:.0f} MB (goal: under 2,000 MB)")  # fmt: skip
        rng, out, kept = np.random.default_rng(1), Path(folder) / "killed", 0
        for number in range(asked.kills):
            more = int(rng.integers(0, 2 * units // (asked.kills + 1) + 1))
            at, delay = min(kept + more, units - 1), float(rng.uniform(0.0, 2.0 * whole / units))
            code, _, _ = carry_out(study, out, asked.workers, at, delay)
            have = count(out)
            assert have >= kept, "a unit was lost"
            kept = have
            print(f"  kill {number + 1}: {have} of {units} units are whole" + (", complete" if code == 0 else ""))
        code, _, _ = carry_out(study, out, asked.workers)
        assert code == 0
        same = files(out) == files(Path(folder) / "reference")
        check = subprocess.run([sys.executable, "-m", "sim", "verify", str(out), "--rerun", "2"], cwd=ROOT)
        print("byte for byte the same" if same else "NOT the same")
        return 0 if same and check.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())

"""``aicompute verify``: say whether stored results are what they were."""

import sys
from pathlib import Path

FAULTY = 1  # exit code when something is wrong


def verify_command(folder: Path, rerun: int) -> int:
    """Check a folder, print what was checked and every fault; the exit code (dimensionless) is 0 if there is none."""
    from .experiments.verify import verify

    faults = verify(folder, rerun)
    for line in faults:
        print(f"aicompute: {line}", file=sys.stderr)
    print("Nothing is wrong." if not faults else f"{len(faults):,} faults.")
    return FAULTY if faults else 0

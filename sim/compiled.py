"""Compiled functions of rows, made by one process at a time.

Numba keeps such a function in two files, and the one calls the other by a number that each process counts for itself.
Two processes that compile at once, as when two runs follow an installation, would leave halves of two, and every later
call would end in a crash.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numba

try:
    import fcntl
except ImportError:  # Windows, where processes do not wait for each other
    fcntl = None  # type: ignore[assignment]


def guvectorize(signatures: Sequence[str], layout: str):
    """`numba.guvectorize`, kept on disk; for a function that writes into its last arguments (any units)."""
    def compiled(function):
        with alone():
            return numba.guvectorize(signatures, layout, nopython=True, cache=True)(function)

    return compiled


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other process compiles; where files cannot be locked, do not wait."""
    if fcntl is None:
        yield
        return
    here = Path(__file__)  # any file will do that all of them see
    with here.open("r+b" if os.access(here, os.W_OK) else "rb") as file:  # NFS wants to write what it locks
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield

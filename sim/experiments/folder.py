"""The folder of a study: held by one process, and what is said when the disk is full."""

import os
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError
from .catalogue import no_space
from .durable import NO_SPACE

LOCK = ".lock"


class BatchStopped(RuntimeError):
    """A batch that had to stop, in a state from which it can go on; the message says why and how."""


@contextmanager
def disk_errors(out: Path):
    """Turn a full disk into a message that says what is safe and how to go on (counts of units, dimensionless)."""
    import sqlite3

    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        if isinstance(error, OSError) and error.errno not in NO_SPACE:
            raise InputError(f"--out: cannot write into '{out}': {error.strerror or error}") from None
        if isinstance(error, sqlite3.OperationalError) and not no_space(error):
            raise
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BatchStopped(f"no room left for {out} ({reason}). Every unit already done is whole; make room, then add "
                           "--resume to the same command") from None  # fmt: skip


@contextmanager
def locked(out: Path):
    """Hold the folder of a study; a second process is refused (a lock that ends with its process, however it ends)."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield
        return
    handle = os.open(out / LOCK, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise InputError(f"--out: another process is working on {out}") from None
    try:
        yield
    finally:
        os.close(handle)


def prepare(out: Path) -> None:
    """Make the folder of a study and see that it can be written to (no unit).

    Raises
    ------
    InputError : if it cannot
    BatchStopped : if the disk is full
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f"{LOCK}.probe.partial"
        probe.touch()
        probe.unlink()
    except OSError as error:
        if error.errno in NO_SPACE:
            raise BatchStopped(f"no room left for {out} ({error.strerror})") from None
        raise InputError(f"--out: cannot write into '{out}': {error.strerror or error}") from None

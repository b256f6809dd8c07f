"""Files that are either whole or absent: written beside, flushed to the disk, then renamed into place."""

import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path

PARTIAL = ".partial"  # suffix of a file being written; whatever bears it is rubbish
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the disk, a quota, or the largest file allowed


def write_whole(path: Path, data: bytes) -> None:
    """Write bytes so that ``path`` holds all of them or is as it was, even after a power cut (dimensionless).

    Raises
    ------
    OSError : if the disk is full or refuses; nothing is left behind
    """
    partial = path.with_name(f"{path.name}{PARTIAL}")
    try:
        with open(partial, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder last through a power cut (dimensionless)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # a system that cannot open folders
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno in (*NO_SPACE, errno.EIO):
            raise
    finally:
        os.close(handle)


def sweep(folder: Path) -> int:
    """Delete what a killed writer left half-written; returns how many files (dimensionless)."""
    rubbish = [path for path in folder.rglob(f"*{PARTIAL}") if path.is_file()]
    for path in rubbish:
        path.unlink(missing_ok=True)
    return len(rubbish)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file (hexadecimal text), read a megabyte at a time."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()

"""The catalogue of a batch: one row a unit of work, pending, done or failed; an SQLite file that anyone can query."""

import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError

FILE = "catalogue.sqlite"
CHUNK = 10_000  # rows added at once
PENDING, DONE, FAILED = "pending", "done", "failed"
_TABLE = """CREATE TABLE IF NOT EXISTS units (
    unit INTEGER PRIMARY KEY, status TEXT NOT NULL, file TEXT, sha256 TEXT, bytes INTEGER, rows INTEGER,
    runs INTEGER, version TEXT, error TEXT, attempts INTEGER NOT NULL DEFAULT 0, checksum INTEGER)"""
_CHECKED = "unit, status, file, sha256, bytes, rows, runs, version, error, attempts"


class Catalogue:
    """Every unit's state, committed to the disk one unit at a time, so that a killed batch knows where it was.

    Parameters
    ----------
    folder : Path of the batch
    units : int, how many there are (dimensionless); rows are made as needed
    """

    def __init__(self, folder: Path, units: int | None = None):
        self.path = Path(folder) / FILE
        try:
            self._base = sqlite3.connect(self.path, isolation_level=None)
            self._base.execute("PRAGMA synchronous = FULL")
            if units is not None:
                self._base.execute(_TABLE)
                self._fill(units)
            self._base.execute("SELECT count(*) FROM units").fetchone()
        except sqlite3.DatabaseError as error:
            if no_space(error):
                raise
            raise InputError(f"{self.path}: the catalogue cannot be read ({error}); delete it and use --resume: "
                             "it is made again from the files of results") from None

    def _fill(self, units):
        have = self._base.execute("SELECT count(*) FROM units").fetchone()[0]
        for at in range(have, units, CHUNK):
            rows = [_row(unit, PENDING) for unit in range(at, min(units, at + CHUNK))]
            self._write(rows)

    def _write(self, rows):
        self._base.execute("BEGIN")
        try:
            self._base.executemany(f"INSERT OR REPLACE INTO units ({_CHECKED}, checksum) VALUES "
                                   "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)  # fmt: skip
            self._base.execute("COMMIT")
        except BaseException:
            if self._base.in_transaction:
                self._base.execute("ROLLBACK")
            raise

    def done(self, unit: int, file: str, sha256: str, size: int, rows: int, runs: int, version: str) -> None:
        """Record a unit whose file is whole: its size in bytes, rows of results and runs (dimensionless counts)."""
        attempts = self.get(unit)["attempts"] + 1
        self._write([_row(unit, DONE, file, sha256, size, rows, runs, version, None, attempts)])

    def failed(self, unit: int, error: str, version: str) -> None:
        """Record a unit that raised, with its error (text); the study goes on."""
        attempts = self.get(unit)["attempts"] + 1
        self._write([_row(unit, FAILED, None, None, None, None, None, version, error[:2000], attempts)])

    def pending(self, unit: int) -> None:
        """Put a unit back to be done (dimensionless)."""
        self._write([_row(unit, PENDING, attempts=self.get(unit)["attempts"])])

    def get(self, unit: int) -> dict:
        """One unit's row as a dictionary (counts are dimensionless)."""
        return next(self._rows("WHERE unit = ?", (unit,)))

    def rows(self, status: str | None = None) -> Iterator[dict]:
        """Every row, or those of one status, in order of unit (counts are dimensionless)."""
        yield from self._rows("WHERE status = ?" if status else "", (status,) if status else ())

    def _rows(self, where, values):
        found = self._base.execute(f"SELECT {_CHECKED}, checksum FROM units {where} ORDER BY unit", values)
        names = [column[0] for column in found.description]
        while rows := found.fetchmany(CHUNK):
            for row in rows:
                yield dict(zip(names, row, strict=True))

    def after(self, status: str, unit: int, most: int = 1000) -> list[int]:
        """Up to ``most`` units of a status with numbers above ``unit`` (dimensionless)."""
        query = "SELECT unit FROM units WHERE status = ? AND unit > ? ORDER BY unit LIMIT ?"
        return [row[0] for row in self._base.execute(query, (status, unit, most))]

    def counts(self) -> dict[str, int]:
        """How many units are pending, done and failed (dimensionless)."""
        found = dict(self._base.execute("SELECT status, count(*) FROM units GROUP BY status"))
        return {status: found.get(status, 0) for status in (PENDING, DONE, FAILED)}

    def versions(self) -> set[str]:
        """The versions that made what is done (text)."""
        query = "SELECT DISTINCT version FROM units WHERE status = ?"
        return {row[0] for row in self._base.execute(query, (DONE,))}

    def faults(self) -> list[str]:
        """What is wrong with the catalogue itself, a line each (text): damaged pages, rows that were altered."""
        try:
            told = [row[0] for row in self._base.execute("PRAGMA integrity_check")]
            lines = [] if told == ["ok"] else told
            for row in self.rows():
                if row.pop("checksum") != _checksum(tuple(row.values())):
                    lines.append(f"the row of unit {row['unit']} was altered")
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            lines = [str(error)]
        return lines

    def close(self) -> None:
        """Let go of the file (dimensionless)."""
        self._base.close()


def first_error(folder: Path) -> str:
    """What the first failed unit of a batch's folder told, or "" (text)."""
    catalogue = Catalogue(folder)
    try:
        return next((str(row["error"]) for row in catalogue.rows(FAILED)), "")
    finally:
        catalogue.close()


def no_space(error: Exception) -> bool:
    """Whether an error of the database means a full disk (dimensionless)."""
    return isinstance(error, sqlite3.OperationalError) and ("full" in str(error) or "disk I/O" in str(error))


def _row(unit, status, file=None, sha256=None, size=None, rows=None, runs=None, version=None, error=None, attempts=0):
    values = (unit, status, file, sha256, size, rows, runs, version, error, attempts)
    return (*values, _checksum(values))


def _checksum(values) -> int:
    return zlib.crc32("\x1f".join("" if v is None else str(v) for v in values).encode("utf-8", "replace"))

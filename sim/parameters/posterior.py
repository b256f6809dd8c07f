"""Posterior ensembles: what is believed of the uncertain entries after a calibration, as rows of a small CSV file.

Columns are register names, one row is one joint draw, each number in its parameter's unit (or a plain factor); columns
``luck.YYYY-MM`` hold whole numbers from which the chance of half a year follows (`sim.randomness`): what chance did in
years that were observed is part of what was learnt, and a draw that takes a row takes its history with it. A manifest
beside the file says how it came to be. Which row a draw takes is keyed by the seed, so that the first 2^k draws visit
the rows evenly and scenarios of one seed share their rows; of more draws than rows some share a row, and differ by what
chance does after the history ends and by their developers.
"""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .domain import read_month
from .priors import prior_uniforms
from .reading import read_text, shown

FOLDER = Path(__file__).parent / "posterior"
DIGITS = 6  # significant digits kept: far below what any observation tells
MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class Posterior:
    """Joint draws of uncertain entries.

    Parameters
    ----------
    names : register names and ``luck.YYYY-MM``, in the order of the columns
    table : array (rows, names), each column in its parameter's unit, or a plain factor
    notes : the manifest: observed until which month, inputs known as of which, how it was made
    sha256 : str, of the file
    """

    names: tuple[str, ...]
    table: np.ndarray
    notes: Mapping[str, Any]
    sha256: str

    def rows(self, draw_ids, seed: int) -> np.ndarray:
        """Which row each draw takes: int array (draws,); draws 0 to rows − 1 take every row once if rows = 2^k."""
        place = prior_uniforms(["posterior"], draw_ids, seed)[0]
        return np.minimum((place * len(self.table)).astype(np.int64), len(self.table) - 1)

    def samples(self, draw_ids, seed: int) -> dict[str, np.ndarray]:
        """{register name: array (draws,)}, each in its unit or as a factor."""
        rows = self.rows(draw_ids, seed)
        return {name: self.table[rows, at] for at, name in enumerate(self.names)}


def read_posterior(path: "str | Path") -> Posterior:
    """A posterior file and its manifest (numbers in the units of the register).

    Raises
    ------
    InputError : naming the file and what is wrong with it
    """
    path, file = Path(path), shown(path)
    text = read_text(path, MOST_BYTES)
    digest = hashlib.sha256(text.encode()).hexdigest()
    try:
        notes = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{file}: its manifest {path.with_suffix('.json').name} is missing") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{shown(path.with_suffix('.json'))}: not readable: {error}") from None
    if notes.get("sha256") != digest:
        raise InputError(f"{file}: is not the file its manifest describes (another SHA-256)")
    header, *rows = list(csv.reader(io.StringIO(text)))
    try:
        table = np.array(rows, dtype=float)
    except ValueError as error:
        raise InputError(f"{file}: {error}") from None
    if table.ndim != 2 or table.shape[1] != len(header) or not np.isfinite(table).all():
        raise InputError(f"{file}: expected a number in each of {len(header)} columns")
    table.flags.writeable = False
    return Posterior(tuple(header), table, notes, digest)


def write_posterior(path: Path, names, table: np.ndarray, notes: Mapping[str, Any]) -> Posterior:
    """Write draws, array (rows, names) in the parameters' units, and their manifest; returns them as read back."""
    lines = [",".join(names), *(",".join(f"{x:.{DIGITS}g}" for x in row) for row in table)]
    text = "\n".join(lines) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    full = {**notes, "rows": len(table), "sha256": hashlib.sha256(text.encode()).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(full, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return read_posterior(path)


@lru_cache(maxsize=8)
def shipped(as_of: int | None = None, folder: Path = FOLDER) -> Posterior | None:
    """The shipped posterior that a run may use, or None.

    Parameters
    ----------
    as_of : month number or None; a run as of a month takes the latest posterior fitted with nothing later, a run
        without one the latest of all
    """
    found = []
    for path in sorted(folder.glob("*.csv")):
        posterior = read_posterior(path)
        known = posterior.notes["as_of"]
        until = read_month(posterior.notes["until"], f"{shown(path)}: until")
        if as_of is None:
            found.append((known is None, until, posterior))
        elif known is not None and max(read_month(known, f"{shown(path)}: as_of"), until) <= as_of:
            found.append((True, until, posterior))
    return max(found, key=lambda row: row[:2])[2] if found else None

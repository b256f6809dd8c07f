"""Random numbers keyed by (seed, stream, draw, entity, month): draw 17 is the same alone or among 256.

One counter-based Philox generator per stream and draw fills a whole table (entities × months) at the start; it is
NumPy's, compiled here, since NumPy cannot leave out the months that nobody asks for. An entity's row is as wide as the
longest horizon, so neither the horizon nor the block of draws moves a number, and scenarios that share a seed share
every number (common random numbers).

What chance did in the past is history, and a calibration learns about it as it learns about parameters. So the numbers
of half a year can be keyed by a draw's luck in it instead: `luck.2024-07` is a whole number, and every stream follows
from it from July to December 2024, but for actors with a luck of their own: `luck.2024-07.qwen` is that of Qwen. Who
else is in a run moves nobody's luck.
"""

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import types
from numba.extending import intrinsic

from .luck import LUCK, SPELL
from .numerics import mix, normal_quantile
from .units import month_number

FIRST_MONTH = month_number("2022-01")
LAST_MONTH = month_number("2040-12")
_WIDTH = LAST_MONTH - FIRST_MONTH + 1
Entities = int | tuple[str, ...]


_MULTIPLY = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)  # Salmon and others (2011), as in NumPy
_STEP = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_ROUNDS, _BLOCK, _DISCARDED = 10, 4, np.uint64(11)  # numbers a block; bits that a float has no room for


def _compiled(operation) -> Any:
    """What `intrinsic` makes of a function that writes code: called without its first argument."""
    return intrinsic(operation)


@_compiled
def _upper_half(typingctx, a, b):
    """The upper 64 bits of a product of two uint64."""

    def codegen(context, builder, signature, values):
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(value, wide) for value in values))
        return builder.trunc(builder.lshr(product, wide(64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), codegen


@njit(inline="always")
def _four_months(seed, stream, draw_id, entity, block):
    """Whole numbers of four months; an entity has a row of `_WIDTH` in the generator of its draw."""
    a, b = np.uint64(1 + entity * (_WIDTH // _BLOCK) + block), np.uint64(0)
    c, d = np.uint64(0), np.uint64(draw_id)
    for _ in range(_ROUNDS):
        a, b, c, d = (_upper_half(_MULTIPLY[1], c) ^ b ^ seed, _MULTIPLY[1] * c,
                      _upper_half(_MULTIPLY[0], a) ^ d ^ stream, _MULTIPLY[0] * a)  # fmt: skip
        seed, stream = seed + _STEP[0], stream + _STEP[1]
    return a, b, c, d


@njit("void(uint64, uint64, int64[::1], float64[:, :, ::1])", cache=True)
def _fill(seed, stream, draw_ids, table):
    """Fill a table (months, draws, entities) with uniform numbers."""
    months, draws, entities = table.shape
    for draw in range(draws):
        for block in range((months + _BLOCK - 1) // _BLOCK):
            for entity in range(entities):
                month = block * _BLOCK
                for at, number in enumerate(_four_months(seed, stream, draw_ids[draw], entity, block)):
                    if month + at < months:
                        table[month + at, draw, entity] = (number >> _DISCARDED) * 2.0**-53


@njit("void(uint64, uint64, int64[::1], int64, int64[::1], int64[:, ::1], float64[:, ::1])", cache=True)
def _fill_some(seed, stream, draw_ids, month, draws, rows, found):
    """Put down the uniform numbers of one month for some rows of some draws, as they would be in a table."""
    block, at = month // _BLOCK, month % _BLOCK
    for one in range(len(draws)):
        for row in range(rows.shape[1]):
            four = _four_months(seed, stream, draw_ids[draws[one]], rows[one, row], block)
            found[one, row] = (four[at] >> _DISCARDED) * 2.0**-53


class Streams:
    """Named tables of uniform numbers for a block of draws.

    Parameters
    ----------
    seed : int, 0 ≤ seed < 2**63
    draw_ids : int array (draws,), the identity of each draw, whatever block it is computed in
    last : int, month number of the last month asked for; earlier ones save memory and change no number
    luck : {"luck.YYYY-MM" or "luck.YYYY-MM.actor": array (draws,) of whole numbers}, half-years in which it decides
        instead of seed and draw, for everybody or for one actor
    """

    def __init__(self, seed, draw_ids, last=LAST_MONTH, luck: Mapping[str, np.ndarray] | None = None):
        self.seed = int(seed)
        self._luck: dict[int, dict[str, np.ndarray]] = {}  # by half-year and actor, "" for everybody else
        for name, keys in (luck or {}).items():
            month, _, actor = name.removeprefix(LUCK).partition(".")
            self._luck.setdefault(month_number(month), {})[actor] = np.asarray(keys).astype(np.uint64)
        self.draw_ids = np.asarray(draw_ids, dtype=np.int64)
        self._months = last - FIRST_MONTH + 1
        self._tables: dict[tuple[str, Entities], np.ndarray] = {}

    def generator(self, stream, draw_id):
        """NumPy's Philox generator of one stream and one draw, at its start."""
        key = np.array([self.seed, zlib.crc32(stream.encode())], dtype=np.uint64)
        counter = np.array([0, 0, 0, draw_id], dtype=np.uint64)  # the top word: draws never overlap
        return np.random.Generator(np.random.Philox(key=key, counter=counter))

    def uniform(self, stream, entities, month):
        """Uniform numbers of one month.

        Parameters
        ----------
        stream : str, the purpose; each purpose has its own
        entities : int, how many entities the stream serves (the row is the entity's identity), or for each of them the
            name of the actor whose luck is theirs
        month : int, month number

        Returns
        -------
        array (draws, entities), in [0, 1)
        """
        key = (stream, entities)
        if key not in self._tables:
            actors = entities if isinstance(entities, tuple) else ("",) * int(entities)
            table = self._tables[key] = np.empty((self._months, len(self.draw_ids), len(actors)))
            _fill(self.seed, zlib.crc32(stream.encode()), self.draw_ids, table)
            for start, luck in self._luck.items():
                self._fill_spell(stream, actors, start, luck, table[start - FIRST_MONTH :][:SPELL])
        return self._tables[key][month - FIRST_MONTH]

    def _fill_spell(self, stream, actors, start, luck, table):
        """Put what the luck of a half-year gives into its months of a table, array (months, draws, entities)."""
        months = np.arange(len(table), dtype=np.uint64)
        for actor in dict.fromkeys(actors):
            keys = luck.get(actor, luck.get(""))
            if keys is not None:
                mine = np.array([at for at, name in enumerate(actors) if name == actor])
                purpose = zlib.crc32(f"{stream}/{actor}/{start}".encode())
                places = mix(mix(keys, purpose)[:, None], np.arange(len(mine), dtype=np.uint64))  # draws, entities
                table[:, :, mine] = (mix(places, months[:, None, None]) >> np.uint64(11)).astype(float) / 2.0**53

    def normal(self, stream, entities, month, at=...):
        """Standard normal numbers of one month, array (draws, entities), or those ``at`` an index or mask of it."""
        return _as_normal(self.uniform(stream, entities, month)[at])

    def few_normal(self, stream, entities, month, draws, rows):
        """As `normal`, for some entities of some draws: without a table, unless luck decides in one.

        Parameters
        ----------
        stream, entities, month : as for `uniform`
        draws : int array (n,), places of draws in the block
        rows : int array (n, k), entities of each

        Returns
        -------
        array (n, k), standard normal numbers
        """
        if self._luck:
            return self.normal(stream, entities, month, (draws[:, None], rows))
        found = np.empty(rows.shape)
        _fill_some(self.seed, zlib.crc32(stream.encode()), self.draw_ids, month - FIRST_MONTH, draws, rows, found)
        return _as_normal(found)

    def once(self, stream, entities):
        """Uniform numbers drawn once for the whole run, array (draws, entities)."""
        return self.uniform(stream, entities, FIRST_MONTH)


def _as_normal(uniform):
    """Uniform numbers as standard normal ones, an array of the same shape."""
    return normal_quantile(np.minimum(np.maximum(uniform, 1e-12), 1 - 1e-12))

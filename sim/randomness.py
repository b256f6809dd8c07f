"""Random numbers keyed by (seed, stream, draw, entity, month): draw 17 is the same alone or among 256.

One counter-based Philox generator per stream and draw fills a whole table (entities × months) at the start.
The table is as wide as the longest horizon, so neither the horizon nor the block of draws moves a number,
and scenarios that share a seed share every number (common random numbers).

What chance did in the past is history, and a calibration learns about it as it learns about parameters. So the numbers
of half a year can be keyed by a draw's luck in it instead: `luck.2024-07` is a whole number, and every stream follows
from it from July to December 2024, but for actors with a luck of their own: `luck.2024-07.qwen` is that of Qwen. Who
else is in a run moves nobody's luck.
"""

import zlib
from collections.abc import Mapping

import numpy as np

from .numerics import mix, normal_quantile
from .units import month_number

FIRST_MONTH = month_number("2022-01")
LAST_MONTH = month_number("2040-12")
_WIDTH = LAST_MONTH - FIRST_MONTH + 1
LUCK = "luck."  # and the first month of half a year: what a calibration calls the chance of that spell
SPELL = 6  # months
Entities = int | tuple[str, ...]
MOST_LUCK = 2**53  # whole numbers below are exact as floats


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
        """The Philox generator of one stream and one draw, at its start."""
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
            number = len(actors)
            table = self._tables[key] = np.empty((self._months, len(self.draw_ids), number))
            whole = np.empty((number, _WIDTH))
            for at, draw_id in enumerate(self.draw_ids):
                table[:, at] = self.generator(stream, draw_id).random(out=whole)[:, : self._months].T
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
        uniform = self.uniform(stream, entities, month)[at]
        return normal_quantile(np.minimum(np.maximum(uniform, 1e-12), 1 - 1e-12))

    def once(self, stream, entities):
        """Uniform numbers drawn once for the whole run, array (draws, entities)."""
        return self.uniform(stream, entities, FIRST_MONTH)

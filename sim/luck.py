"""How luck is written: ``luck.2024-07`` is a whole number for half a year, ``luck.2024-07.qwen`` that of one actor."""

import re

import numpy as np

from .errors import InputError

LUCK = "luck."  # and the first month of half a year: what a calibration calls the chance of that spell
SPELL = 6  # months
MOST_LUCK = 2**53  # whole numbers below are exact as floats


def check_luck(name: str, values) -> None:
    """Refuse what is not ``luck.``, the first month of half a year and perhaps an actor, with whole numbers (draws,).

    Raises
    ------
    InputError : naming the column and what is allowed (dimensionless)
    """
    if not re.fullmatch(r"luck\.20(2[2-9]|3\d|40)-0[17](\.[a-z0-9_]+)?", name):
        raise InputError(f"{name}: expected {LUCK} and the first month of half a year, 2022-01 to 2040-07, and perhaps "
                         "a dot and an actor")  # fmt: skip
    values = np.asarray(values, dtype=float)
    if not np.all((values >= 0) & (values < MOST_LUCK) & (values == np.floor(values))):
        raise InputError(f"{name}: luck is a whole number from 0, below 2^53")

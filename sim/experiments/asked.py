"""Which series, in which month, a question is about; what is left out is taken from the headline."""

from collections.abc import Sequence

from ..errors import InputError, nearest
from ..outputs import Output, load_headline, load_outputs
from ..parameters.domain import read_month
from ..units import month_label, month_number
from .ensemble import check_settings
from .unit import recorded_series

Key = tuple[str, str, str, str]  # output, definition, region, detail


def chosen_series(scenario, output, definition=None, region=None, detail=None) -> tuple[Key, Output]:
    """One series that a run of a scenario records and that fits what is asked, and its output; see `fitting` (keys).

    Raises
    ------
    InputError : if none fits, naming the nearest
    """
    declared = load_outputs()
    if output not in declared:
        raise InputError(f"--output: no output is called '{output[:60]}'{nearest(output, declared)}")
    recorded = [key for key in recorded_series(scenario) if key[0] == output]
    if not recorded:
        raise InputError(f"--output: {output} is recorded in no series")
    return fitting(recorded, definition, region, detail), declared[output]


def fitting(known: Sequence[Key], definition=None, region=None, detail=None) -> Key:
    """One of some series of an output that fits what is asked; of several the headline's, China's first (keys).

    Raises
    ------
    InputError : if none fits, naming the nearest
    """
    fits = list(known)
    for at, (part, asked) in enumerate((("definition", definition), ("region", region), ("detail", detail)), start=1):
        if asked is not None:
            there = sorted({key[at] for key in fits})
            fits = [key for key in fits if key[at] == asked]
            if not fits:
                raise InputError(f"--{part}: {known[0][0]} has no {part} '{asked[:60]}'{nearest(asked, there)}; known "
                                 f"are {', '.join(there)}")
    front = [entry.key for entry in load_headline()[1] if entry.key in fits]
    front.sort(key=lambda key: "china" not in key)
    return (front or fits)[0]


def checked_month(scenario, date, draws, developers, seed) -> str:
    """The month of an outcome, YYYY-MM, once it and the counts of a run are checked against the register.

    Raises
    ------
    InputError : naming the setting, its value and what is allowed
    """
    month = read_month(date, "--date")
    first = int(scenario.register["run.start"].value)
    end = month_label(max(month, first + 1))
    check_settings(scenario, draws, developers, "2022-01", end, None, seed)
    if month <= first:
        raise InputError(f"--date: {date} is not after the beginning, {month_label(first)}")
    return month_label(month_number(end))

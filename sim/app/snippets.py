"""The lines of Python and of a terminal that give the numbers of a view."""

from typing import Any

from ..errors import InputError
from .limits import limit
from .view import View

SERIES = ("compute_share", "china")  # what the snippet prints: output and region


def dated(view: View) -> dict[str, Any]:
    """The changes of a view as ``set`` of `sim.run` takes them: {"section.name@YYYY-MM": value in its unit}.

    Raises
    ------
    InputError : if the view stands on an uploaded scenario, which only its file can tell
    """
    if view.own is not None:
        raise InputError("a scenario from a file has no short snippet; run the file")
    return {f"{name}@{view.start}": value for name, value in sorted(view.changes.items())}


def python(view: View) -> str:
    """Lines of Python that print P10, P50 and P90 of China's share of compute in the month of the view."""
    output, region = SERIES
    changes = "".join(f'\n    "{name}": {value!r},' for name, value in dated(view).items())
    given = f", set={{{changes}\n}}" if changes else ""
    return (
        f'from sim import run\n\nresults = run("{view.scenario}", draws={limit("draws")}, '
        f"developers={limit('developers')}{given})\n"
        f'months, bands = results.quantiles("{output}", "{view.definition}", "{region}")\n'
        f'print(bands[:, months.index("{view.month}")])  # P10, P50, P90\n'
    )


def terminal(view: View) -> str:
    """A line for a terminal that prints the headline of the view."""
    sets = "".join(f" --set {name}={_plain(value)}" for name, value in dated(view).items())
    return f"aicompute run {view.scenario} --draws {limit('draws')} --developers {limit('developers')}{sets}\n"


def _plain(value):
    return str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, float) else str(value)

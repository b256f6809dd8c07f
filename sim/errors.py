"""The one error that bad input raises: a single clear line for the person who wrote the input."""

import difflib
from collections.abc import Iterable
from typing import Any

_LONGEST = 600


class InputError(ValueError):
    """Something given by the user is wrong; the message is one line naming file, key, value and remedy.

    Parameters
    ----------
    message : str, any text; line breaks and control characters are folded so that one line is printed
    """

    def __init__(self, message: object) -> None:
        text = "".join(c if c.isprintable() else " " for c in str(message))
        text = " ".join(text.split())
        super().__init__(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def nearest(name: object, names: Iterable[str]) -> str:
    """A clause suggesting the valid name closest to ``name`` (text, dimensionless), or an empty string."""
    if not isinstance(name, str):
        return ""
    names = list(names)
    close = difflib.get_close_matches(name[:120].lower(), names, n=1, cutoff=0.5)
    if not close and "." in name:  # a right leaf in the wrong section is a common slip
        leaf = name.rsplit(".", 1)[1]
        close = [full for full in names if full.rsplit(".", 1)[-1] == leaf][:1]
    return f"; did you mean '{close[0]}'?" if close else ""


def quoted(value: Any) -> str:
    """A short, safe picture of any value (text), as it would be written in TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    except ValueError:  # an integer of more than 4,300 digits
        return "a number with thousands of digits"
    return text if len(text) <= 60 else text[:57] + "…" + ('"' if isinstance(value, str) else "")


def kind_of(value: Any) -> str:
    """What sort of TOML value this is, in plain words (text, dimensionless)."""
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    return "a date" if hasattr(value, "isoformat") else f"a {type(value).__name__}"

"""What a value may be: a number in a range, one of a few choices, a month; one check used for every input."""

import math
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, kind_of, nearest, quoted
from ..units import month_label, month_number


@dataclass(frozen=True)
class Domain:
    """The type, unit and bounds of one value.

    Parameters
    ----------
    type : "number", "integer", "text", "boolean" or "month"
    unit : str, the unit of the value
    low, high : float, in that unit (month numbers for months), or None for unbounded
    choices : tuple or None, the only values allowed
    """

    type: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] | None = None

    @property
    def allowed(self) -> str:
        """What is allowed, in words (text)."""
        if self.type == "boolean":
            return "true or false"
        if self.choices is not None:
            return "one of " + ", ".join(quoted(c) for c in self.choices)
        if self.type == "month":
            if self.low is None or self.high is None:
                return "a month as YYYY-MM"
            return f"a month from {month_label(int(self.low))} to {month_label(int(self.high))}"
        if self.type == "text":
            return "text in quotes"
        noun = "a whole number" if self.type == "integer" else "a number"
        unit = f" ({self.unit})" if self.unit else ""
        if self.low is None or self.high is None:
            return noun + unit
        return f"{noun} from {self.low:.12g} to {self.high:.12g}{unit}"

    def check(self, value: Any, where: str) -> Any:
        """``value`` in its canonical form: float, int, str, bool, or a month number for a month.

        Parameters
        ----------
        value : anything, in the unit of the domain
        where : str, file and key, put before any complaint

        Raises
        ------
        InputError : if the value has the wrong type, is not finite, or lies outside what is allowed
        """
        if hasattr(value, "item") and not isinstance(value, list | dict) and getattr(value, "ndim", 0) == 0:
            value = value.item()  # numpy scalars, from Python callers
        if self.type == "month":
            return self._check_month(value, where)
        if self.type == "boolean":
            if not isinstance(value, bool):
                raise self._error(value, where)
            return value
        if self.type == "text":
            if not isinstance(value, str):
                raise self._error(value, where)
            if self.choices is not None and value not in self.choices:
                raise InputError(f"{where}: {quoted(value)} is not allowed; use {self.allowed}"
                                 + nearest(value, [str(c) for c in self.choices]))
            return value
        return self._check_number(value, where)

    def _check_number(self, value, where):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._error(value, where)
        try:
            number = float(value)
        except OverflowError:
            raise InputError(f"{where}: the number is too large; use {self.allowed}") from None
        if not math.isfinite(number):
            raise InputError(f"{where}: {quoted(value)} is not a finite number; use {self.allowed}")
        if self.type == "integer" and number != int(number):
            raise InputError(f"{where}: {quoted(value)} is not a whole number; use {self.allowed}")
        if self.choices is not None and number not in self.choices:
            raise InputError(f"{where}: {quoted(value)} is not allowed; use {self.allowed}")
        if (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
            raise InputError(f"{where}: {quoted(value)} is out of range; use {self.allowed}")
        return int(value) if self.type == "integer" else number

    def _check_month(self, value, where):
        month = read_month(value, where)
        if (self.low is not None and month < self.low) or (self.high is not None and month > self.high):
            raise InputError(f"{where}: {quoted(value)} is out of range; use {self.allowed}")
        return month

    def _error(self, value, where):
        hint = ""
        if isinstance(value, str) and self.type in ("number", "integer"):
            try:
                float(value)
                hint = "; write it without quotes"
            except ValueError:
                pass
        return InputError(f"{where}: {quoted(value)} is {kind_of(value)}; expected {self.allowed}{hint}")


def read_month(value: Any, where: str) -> int:
    """The month number of a ``YYYY-MM`` text.

    Raises
    ------
    InputError : if it is not one, with advice where a whole date was written
    """
    if hasattr(value, "isoformat"):
        text = value.isoformat()
        raise InputError(f'{where}: {text} is a date; the clock is monthly, so write "{text[:7]}" in quotes')
    if not isinstance(value, str):
        raise InputError(f'{where}: {quoted(value)} is {kind_of(value)}; write a month as "YYYY-MM"')
    try:
        return month_number(value)
    except ValueError:
        raise InputError(f'{where}: {quoted(value)} is not a month; write YYYY-MM, for example "2026-07"') from None

"""Every conversion, once: months, H100-equivalents, hours and dollars."""

import re

MONTHS_PER_YEAR = 12
HOURS_PER_MONTH = 730.5  # 365.25 × 24 / 12
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600.0
H100_TOPS_8BIT = 1979.0  # dense INT8 / FP8 throughput of one H100 SXM, the unit of "H100e"
H100_TFLOPS_16BIT = 989.4  # dense BF16
H100_TPP = 15_832.0  # 1,979 × 8 bits, as the export rule counts it
H100_BANDWIDTH_TB_S = 3.35

_MONTH = re.compile(r"^([0-9]{4})-(0[1-9]|1[0-2])$")


def month_number(label: str) -> int:
    """Months since year 0 of a ``YYYY-MM`` label; differences of two of them are months.

    Raises
    ------
    ValueError : if the label is not a well-formed ``YYYY-MM``
    """
    match = _MONTH.match(label) if isinstance(label, str) else None
    if match is None:
        raise ValueError(f"{label!r} is not a month; write YYYY-MM, for example 2026-07")
    return int(match[1]) * MONTHS_PER_YEAR + int(match[2]) - 1


def month_label(month: int) -> str:
    """The ``YYYY-MM`` label of a month number."""
    year, index = divmod(int(month), MONTHS_PER_YEAR)
    return f"{year:04d}-{index + 1:02d}"


def month_in_force(date: str) -> int:
    """Month number from which something dated ``YYYY-MM-DD`` (or ``YYYY-MM``) bites.

    After the 15th of a month it bites from the next month.
    """
    month = month_number(date[:7])
    return month + 1 if len(date) >= 10 and int(date[8:10]) > 15 else month


def growth_per_month(fold_per_year):
    """Monthly growth factor (fold / month) of a yearly one (fold / year)."""
    return fold_per_year ** (1.0 / MONTHS_PER_YEAR)


def years_between(first: int, last: int) -> float:
    """Years from one month number to another."""
    return (last - first) / MONTHS_PER_YEAR


def written(value: float, sign: str = "") -> str:
    """A number in any unit as text with three significant figures; ``sign="+"`` writes a plus before a gain."""
    size = abs(value)
    if size != size or size == float("inf"):
        return "–"
    if size >= 1e15:
        return f"{value:{sign}.2e}".replace("e+", "e")
    if size >= 1000:
        return f"{value:{sign},.0f}"
    return f"{value:{sign}.3g}" if size >= 1e-3 or size == 0 else f"{value:{sign}.2g}"


def percent(share: float) -> str:
    """A share (dimensionless fraction) as per cent, so that neither none nor all is said of what is only near it."""
    if share != share:
        return "–"
    text = f"{100 * share:.0f} %"
    if 0 < share and text == "0 %":
        return "under 1 %"
    return "over 99 %" if share < 1 and text == "100 %" else text

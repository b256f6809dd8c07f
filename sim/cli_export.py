"""``aicompute export``: stored results in the formats of other tools."""

import sys
from pathlib import Path

from .errors import InputError

NAMES = {"iamc": "iamc.csv", "netcdf": "results.nc"}


def export_command(folder: Path, format: str, out: Path | None, outputs: list[str] | None, monthly: bool,
                   each_draw: bool) -> int:
    """Write one file and say what it holds; returns the exit code (dimensionless).

    Raises
    ------
    InputError : if the folder or an output cannot be used, or the file cannot be written
    """
    if format != "iamc" and (monthly or each_draw):
        raise InputError(f"--{'monthly' if monthly else 'each-draw'}: only with --format iamc")
    if format == "datapackage" and (out is not None or outputs):
        raise InputError(f"--{'output' if outputs else 'out'}: not with --format datapackage, which describes the "
                         "whole folder and lies in it")
    path = out if out is not None else folder / NAMES.get(format, "")
    try:
        if format == "iamc":
            from .interop.iamc import write_iamc

            told = f"{write_iamc(folder, path, outputs, monthly, each_draw):,} rows"
        elif format == "netcdf":
            from .interop.cube import write_netcdf

            told = f"{write_netcdf(folder, path, outputs):,} arrays"
        else:
            from .interop.datapackage import describe

            path, told = describe(folder), "a description of every file and column"
    except OSError as error:
        raise InputError(f"--out: cannot write '{path}': {error.strerror or error}") from None
    print(f"{path}: {told}", file=sys.stderr)
    return 0

"""Results as an xarray Dataset: one labelled array an output, written as netCDF if wanted. Needs the extra interop."""

from typing import Any

import numpy as np

from ..errors import InputError
from .stored import PARTS, Stored, stored

ALWAYS = ("draw", "month")  # dimensions that are there whatever their length


def to_xarray(source, outputs=None):
    """A run or a whole batch as an xarray Dataset, values in each output's unit (its attribute ``units``).

    Every output is one array over scenario, point, definition, region, detail, draw and month; a dimension of length
    one is left out, draw and month excepted. Factors of a design are coordinates along ``point``. Months are
    datetime64, the first day of each. Combinations that are not recorded are NaN.

    Parameters
    ----------
    source : folder of a run or batch, Results, or Stored
    outputs : names to take, or None for all; an array is as long as the product of its labels, so take few of a run

    Raises
    ------
    InputError : if the source cannot be read, an output is not in it, or xarray is not installed
    """
    try:
        import xarray
    except ImportError:
        raise InputError("xarray is not installed; use pip install 'aicompute[interop]'") from None

    found = source if isinstance(source, Stored) else stored(source)
    arrays = {name: _array(xarray, found, name) for name in found.chosen(outputs)}
    coords = {name: ("point", column) for name, column in found.points.items() if found.count > 1}
    about = {"title": found.title, "question": found.question, "source": f"aicompute {found.version}".strip()}
    return xarray.Dataset(arrays, coords=coords, attrs=about)


def _array(xarray, found, output):
    keys = [key for key in found.keys if key[0] == output]
    labels = [list(dict.fromkeys(key[at] for key in keys)) for at in (1, 2, 3)]
    policies = list(found.policies)
    shape = (len(policies), found.count, *map(len, labels), len(found.draw_ids), len(found.months))
    data = np.full(shape, np.nan)
    for at, policy in enumerate(policies):
        for key, values in found.series(policy, output):
            a, b, c = (names.index(k) for names, k in zip(labels, key[1:], strict=True))
            data[at, :, a, b, c] = values
    months = np.array(found.months, dtype="datetime64[M]").astype("datetime64[ns]")
    axes: dict[str, Any] = dict(zip(("scenario", "point", *PARTS[1:]), (policies, range(found.count), *labels),
                                    strict=True))  # fmt: skip
    axes |= {"draw": found.draw_ids, "month": months}
    keep = [name for name in axes if name in ALWAYS or len(axes[name]) > 1]
    data = data.reshape([len(axes[name]) for name in keep])
    declared = found.outputs[output]
    about = {"units": declared.unit, "long_name": declared.title, "description": declared.definition,
             "kind": declared.kind} | {name: str(labels[0]) for name, labels in axes.items()
                                       if name not in keep and name != "point" and labels[0] != ""}  # fmt: skip
    return xarray.DataArray(data, dims=keep, coords={name: axes[name] for name in keep}, attrs=about)


def write_netcdf(source, path, outputs=None) -> int:
    """Write `to_xarray` as a netCDF file (classic format, by SciPy); returns the number of arrays."""
    found = to_xarray(source, outputs)
    found.to_netcdf(path, engine="scipy")
    return len(found.data_vars)

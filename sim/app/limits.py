"""What one visitor and one server may use; every number can be set in the environment, within its bounds."""

import os

from ..errors import InputError

BOUNDS = {  # name: default, lowest, highest
    "draws": (64, 2, 256),
    "developers": (500, 50, 5000),
    "workers": (2, 0, 64),  # processes for runs, the first for first pictures; 0 runs in a thread of the server
    "queue": (2, 1, 1000),  # runs unfinished at once; beyond it a page keeps its picture and asks again
    "studies": (20, 0, 1000),  # small studies begun from a page that are kept; 0 lets nobody begin one
    "kept": (12, 2, 500),  # runs kept in memory; one of 64 draws takes about 24 MB
}
UPLOAD_KB = 64
UPLOAD_CHANGES = 200
LINK_CHARACTERS = 2000
LINK_CHANGES = 40


def limit(name: str) -> int:
    """A limit of the server, from AICOMPUTE_APP_<NAME> or its default (counts, dimensionless).

    Raises
    ------
    InputError : if the environment holds something else than a whole number within the bounds
    """
    default, low, high = BOUNDS[name]
    variable = f"AICOMPUTE_APP_{name.upper()}"
    text = os.environ.get(variable, str(default))
    if not text.strip().isdecimal() or not low <= int(text) <= high:
        raise InputError(f"{variable}: {text!r} is not a whole number from {low} to {high}")
    return int(text)

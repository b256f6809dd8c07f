"""What is believed about an uncertain value: a prior, and the draws taken from it.

Draws come from a randomised quasi-random sequence, one per parameter: van der Corput's, with its index shuffled and
its digits scrambled in Owen's way by a hash of the seed and the parameter's name (Burley 2020, Journal of Computer
Graphics Techniques 9(4), 1-20). So the first 2^k draws put exactly one in each of 2^k slices of every prior, draw 17
is the same alone or among 256, and a parameter added later moves no other parameter's draws. A Sobol sequence would
add evenness in pairs of parameters, but scipy.stats takes over a second to import and ties every draw to the list of
names.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, kind_of, nearest, quoted
from .domain import Domain

Z95 = 1.6448536269514722  # 95th percentile of the standard normal
_KEYS = {
    "lognormal": ("p05", "p95"),
    "normal": ("p05", "p95"),
    "uniform": ("low", "high"),
    "loguniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
}


@dataclass(frozen=True)
class Prior:
    """A one-dimensional prior.

    Parameters
    ----------
    dist : "lognormal", "normal", "uniform", "loguniform" or "triangular"
    numbers : tuple of float, (p05, p95), (low, high) or (low, mode, high), in the parameter's unit, or a plain
        factor (dimensionless) if ``as_factor``
    as_factor : bool, the sample multiplies the parameter's (dated) value instead of replacing it
    """

    dist: str
    numbers: tuple[float, ...]
    as_factor: bool = False

    def ppf(self, u):
        """Quantiles: probabilities array (draws,) in (0, 1) → values array (draws,), unit of the parameter."""
        from ..numerics import exp, log, normal_quantile  # Numba takes a second to load: only who draws waits

        u = np.asarray(u, dtype=float)
        a, b = self.numbers[0], self.numbers[-1]
        if self.dist == "uniform":
            return a + (b - a) * u
        if self.dist == "loguniform":
            return exp(log(a) + (log(b) - log(a)) * u)
        if self.dist == "normal":
            return (a + b) / 2 + (b - a) / (2 * Z95) * normal_quantile(u)
        if self.dist == "lognormal":
            return exp((log(a) + log(b)) / 2 + (log(b) - log(a)) / (2 * Z95) * normal_quantile(u))
        mode = self.numbers[1]
        left = (mode - a) / (b - a)
        rise = a + np.sqrt(u * (b - a) * (mode - a))
        fall = b - np.sqrt((1 - u) * (b - a) * (b - mode))
        return np.where(u < left, rise, fall)

    def __str__(self) -> str:
        numbers = ", ".join(f"{key} {x:.6g}" for key, x in zip(_KEYS[self.dist], self.numbers, strict=True))
        return f"{self.dist}, {numbers}" + (" (factor)" if self.as_factor else "")


def read_prior(table: Any, domain: Domain, where: str) -> Prior:
    """A prior from its TOML table; ``domain`` bounds it unless it is a factor (dimensionless).

    Raises
    ------
    InputError : if a key is missing, unknown or not a number, or the bounds are out of order or range
    """
    where = f"{where}: prior"
    if not isinstance(table, dict):
        raise InputError(f"{where}: {quoted(table)} is {kind_of(table)}; expected a table with 'dist'")
    dist = table.get("dist")
    if dist not in _KEYS:
        raise InputError(f"{where}.dist: {quoted(dist)} is not known; use one of {', '.join(_KEYS)}"
                         + nearest(dist, _KEYS))
    keys = _KEYS[dist]
    for key in table:
        if key not in (*keys, "dist", "as"):
            raise InputError(f"{where}.{key}: unknown key; a {dist} prior has {', '.join(keys)}")
    for key in keys:
        if key not in table:
            raise InputError(f"{where}.{key}: missing; a {dist} prior has {', '.join(keys)}")
    as_factor = "as" in table
    if as_factor and table["as"] != "factor":
        raise InputError(f"{where}.as: {quoted(table['as'])} is not known; the only form is \"factor\"")
    bound = Domain("number", "factor", 0.0, 1e6) if as_factor else domain
    numbers = tuple(bound.check(table[key], f"{where}.{key}") for key in keys)
    if any(a > b for a, b in zip(numbers, numbers[1:], strict=False)) or numbers[0] >= numbers[-1]:
        raise InputError(f"{where}: {', '.join(keys)} must rise, got {', '.join(f'{x:.6g}' for x in numbers)}")
    if dist in ("lognormal", "loguniform") and numbers[0] <= 0:
        raise InputError(f"{where}.{keys[0]}: must be above 0 for a {dist} prior, got {numbers[0]:.6g}")
    return Prior(dist, numbers, as_factor)


def prior_uniforms(names: Sequence[str], draw_ids, seed: int) -> np.ndarray:
    """Quasi-random probabilities for every named parameter, each row keyed by (seed, name) and draw alone.

    Parameters
    ----------
    names : sequence of str, register names, in any order
    draw_ids : int array (draws,), any non-negative identities
    seed : int, 0 ≤ seed < 2**63

    Returns
    -------
    array (names, draws), dimensionless, in (0, 1)
    """
    ids = np.asarray(draw_ids, dtype=np.uint64)
    if not len(names):
        return np.empty((0, ids.size))
    keys = np.array([zlib.crc32(f"prior:{name}".encode()) for name in names], dtype=np.uint64)[:, None]
    with np.errstate(over="ignore"):
        key = _mix(_mix(keys ^ _mix(np.array([[seed]], dtype=np.uint64))) + (ids >> np.uint64(32))[None, :])
        shuffle, digits = (key >> np.uint64(32)).astype(np.uint32), key.astype(np.uint32)
        index = np.broadcast_to(ids.astype(np.uint32)[None, :], key.shape)
        index = _reversed(_scramble(_reversed(index), shuffle))  # permutes the draws within each block of 2^k
        points = _reversed(_scramble(index, digits))  # index read from its last bit is van der Corput's digits
    return (points.astype(float) + 0.5) / 2.0**32


def _mix(x):
    """SplitMix64's finaliser, elementwise on uint64."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _scramble(x, key):
    """Laine and Karras's hash with Burley's constants, twice: a bit is flipped by the bits below it only."""
    for turn in (0, 1):
        k = key ^ np.uint32(0x6C50B47C * turn)
        x = x ^ (x * np.uint32(0x3D20ADEA))
        x = x + k
        x = x * ((k >> np.uint32(16)) | np.uint32(1))
        x = x ^ (x * np.uint32(0x05526C56))
        x = x ^ (x * np.uint32(0x53A22864))
    return x


def _reversed(x):
    """The 32 bits of each element in reverse order."""
    for shift, mask in ((1, 0x55555555), (2, 0x33333333), (4, 0x0F0F0F0F), (8, 0x00FF00FF)):
        m = np.uint32(mask)
        x = ((x >> np.uint32(shift)) & m) | ((x & m) << np.uint32(shift))
    return (x >> np.uint32(16)) | (x << np.uint32(16))

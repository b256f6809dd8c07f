"""Datasheet → TPP, performance density, and H100-equivalents on several metrics.

Leaves out
----------
* Sparse throughput, formats other than 8 and 16 bit, and links between accelerators.
* What software gets out of a rating; that is `effective_compute`.
* Differences between boards of one product: one datasheet a name.
"""

import numpy as np

from ..numerics import share
from ..units import H100_BANDWIDTH_TB_S, H100_TFLOPS_16BIT, H100_TOPS_8BIT, H100_TPP

METRICS = ("tpp", "8bit", "16bit", "bandwidth", "dollars")


def performance_density(tpp, die_area_mm2):
    """TPP over the area of the compute dies; nan where the area is not known.

        density = TPP / area

    Parameters
    ----------
    tpp : array (products,), TPP
    die_area_mm2 : array (products,), mm², nan if unknown

    Returns
    -------
    array (products,), TPP / mm²
    """
    return np.asarray(tpp, dtype=float) / np.asarray(die_area_mm2, dtype=float)


def h100_equivalents(tpp, tops_8bit, tflops_16bit, bandwidth_tb_s):
    """How many H100 one accelerator is worth by TPP, dense 8-bit, dense 16-bit and memory bandwidth.

        H100e = rating / rating of one H100

    Parameters
    ----------
    tpp, tops_8bit, tflops_16bit, bandwidth_tb_s : array (products,), TPP, tera-operations / s, TFLOP / s, TB / s

    Returns
    -------
    array (4, products), H100e by metric, in the order of the first four of METRICS
    """
    return np.stack([
        np.asarray(tpp, dtype=float) / H100_TPP,
        np.asarray(tops_8bit, dtype=float) / H100_TOPS_8BIT,
        np.asarray(tflops_16bit, dtype=float) / H100_TFLOPS_16BIT,
        share(bandwidth_tb_s, H100_BANDWIDTH_TB_S),
    ])

"""Peak → useful: utilisation × software maturity × reliability, apart for training and inference."""

from ..numerics import exp


def useful_share(utilisation, maturity, reliability):
    """Useful over peak throughput (all dimensionless; arrays (draws, k) or float): the product of the three."""
    return utilisation * maturity * reliability


def software_maturity(start, ceiling, installed_h100e, scale_h100e, effort):
    """Maturity of a software stack relative to CUDA, learning with the base it runs on.

        m = ceiling − (ceiling − start) · exp(−effort · installed / scale)

    Parameters
    ----------
    start, ceiling : array (draws,) or float, maturity, CUDA = 1
    installed_h100e, scale_h100e : array (draws,) or float, H100e in service and the base that closes 63 % of the gap
    effort : array (draws,) or float, engineering effort relative to today's, dimensionless

    Returns
    -------
    array (draws,), dimensionless
    """
    return ceiling - (ceiling - start) * exp(-effort * installed_h100e / scale_h100e)

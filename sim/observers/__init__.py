"""How the world is seen: each published instrument as a function of the simulated truth."""

from . import (
    accounts,
    capability_index,
    census,
    chip_sales_ledger,
    enterprise_survey,
    hub,
    plant,
    poll,
    price_list,
    provider_totals,
    router,
    shipments,
)

ALL = (
    census,
    chip_sales_ledger,
    shipments,
    accounts,
    plant,
    capability_index,
    price_list,
    hub,
    router,
    enterprise_survey,
    provider_totals,
    poll,
)

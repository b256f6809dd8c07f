"""Results and registers in the formats of other tools: IAMC, data package, xarray, SALib, EMA Workbench."""

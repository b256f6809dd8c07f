"""A made-up run with every series the figures and the headline need: shapes and names are real, numbers are not."""

import numpy as np

from sim.outputs import Output, load_headline
from sim.recorder import Recorder
from sim.results import Results
from sim.units import month_label, month_number

START, END = month_number("2022-01"), month_number("2030-12")
DEFINITIONS = tuple(
    f"{basis}|{diverted}|{kind}|{metric}"
    for basis in ("owner", "location", "user")
    for diverted in ("all", "tracked")
    for kind in ("stock", "flow12")
    for metric in ("tpp", "8bit", "16bit", "bandwidth", "dollars")
)
KINDS = ("wafers", "yield", "dies", "hbm", "packaging", "orders", "permission", "power", "money")


def synthetic(draws=12, scenario="baseline", tilt=1.0, start=START, end=END) -> Results:
    """A run of made-up numbers; ``tilt`` (dimensionless) moves China's side up."""
    spread = np.exp(0.25 * np.linspace(-1, 1, draws))
    names = {entry.output for entry in load_headline()[1]} | {
        "flagship_price_usd_per_mtok", "frontier_capability", "binding_first_year", "binding_last_year",
        "hub_download_share_12m", "chinese_token_share",
        "two_key_accelerators", "consumer_visit_share_chinese", "derivative_bloc_share",
    }  # fmt: skip
    outputs = {n: Output(n, n.replace("_", " "), "unit", "share", f"what {n} counts", "nobody") for n in names}
    recorder = Recorder(outputs, draws, (start, end))
    for month in range(start, end + 1):
        recorder.month = month
        t = (month - START) / 12
        write(recorder, t, spread, tilt)
    recorder.check()
    notes = {"scenario": scenario, "start": month_label(start), "end": month_label(end), "seed": 1, "draws": draws}
    return Results(recorder.series(), notes | {"run_id": f"test{scenario[:6]}"}, outputs=outputs)


def write(recorder, t, spread, tilt):
    """One month: t in years since 2022, spread an array (draws,), dimensionless."""
    china = np.minimum(0.05 + 0.012 * t * spread * tilt, 0.5)
    for definition in DEFINITIONS:
        lift = 1.0 + 0.3 * ("location" in definition) - 0.2 * ("tracked" in definition) + 0.1 * ("tpp" in definition)
        shares = np.stack([0.9 - 1.4 * china * lift, china * lift], axis=1)
        recorder.write("compute_share", shares, definition, ("united_states", "china"))
        recorder.write("compute_ratio_us_china", shares[:, 0] / shares[:, 1], definition)
    recorder.write("census_share", np.stack([0.78 - china / 2, 1.4 * china], axis=1), "", ("united_states", "china"))
    recorder.write("world_stock_h100e", 3e5 * np.exp(0.9 * t) * spread, "all")
    for stage, level in (("announced", 6e4), ("licensed", 4e4), ("ordered", 3e3), ("delivered", 2e3)):
        recorder.write("two_key_accelerators", level * t * spread, definition=stage)
    packages = 1e5 * t**1.6 * spread
    mix = np.stack([np.exp(-((t - a) ** 2) / 3) for a in (1.5, 3.5, 5.5, 7.5)])
    parts = packages[:, None] * mix / mix.sum()
    recorder.write("huawei_packages_per_year", parts, detail=("910b", "910c", "950pr", "960"))
    recorder.write("huawei_packages_per_year", packages, detail="total")
    binding = int(t + spread.mean()) % len(KINDS)
    which = (np.arange(len(spread)) * 3 // len(spread) + binding) % len(KINDS)
    onehot = (which[:, None] == np.arange(len(KINDS))).astype(float)
    recorder.write("binding_constraint", onehot, "huawei", "china", KINDS)
    groups = ("logic", "hbm", "packaging")
    began = np.stack([2022.0 + 0 * spread, 2024.5 * spread**0.0004, 2025.0 + 0 * spread], axis=1)
    recorder.write("binding_first_year", began, "huawei", "china", groups)
    recorder.write("binding_last_year", np.maximum(began, 2022.0 + t), "huawei", "china", groups)
    for name, level in (("diverted_h100e_per_year", 1e5), ("licensed_h100e_per_year", 2e5)):
        recorder.write(name, level * spread * t)
    recorder.write("largest_training_run_flop", 3e24 * np.exp(1.4 * t) * spread, region="world")
    recorder.write("capability_lag_months", np.stack([7 * spread, 4 * spread], axis=1), detail=("china", "open"))
    best = np.stack([100 + 9 * t, 94 + 9 * t]) * np.ones((len(spread), 1)) + 2 * np.log(spread)[:, None]
    recorder.write("frontier_capability", best, region=("united_states", "china"), detail="all")
    price = np.stack([12 * np.exp(-0.1 * t) * spread, 0.9 * spread], axis=1)
    recorder.write("flagship_price_usd_per_mtok", price, region=("united_states", "china"))
    recorder.write("flagship_price_ratio_china_us", 0.09 * spread)
    recorder.write("hub_downloads_cumulative_m", 30 * t**1.7 * spread, detail="llama")
    recorder.write("hub_downloads_cumulative_m", 6 * t**3 * spread, detail="qwen")
    recorder.write("derivative_share", np.stack([0.4 * spread, 0.15 / spread], axis=1), detail=("qwen", "llama"))
    rising = np.minimum(0.04 * t * spread * tilt, 0.9)
    recorder.write("hub_download_share_12m", rising, detail="china")
    both = np.stack([0.8 * rising, 1.2 * rising], axis=1)
    recorder.write("router_token_share", both, detail=("chinese_open", "open"))
    recorder.write("enterprise_workload_share", np.stack([0.05 * rising, 0.3 * rising], 1), detail=("chinese", "open"))
    recorder.write("open_weight_token_share", 0.5 * rising, "truth")
    recorder.write("chinese_token_share", 0.6 * rising, "tokens")
    recorder.write("derivative_bloc_share", np.minimum(1.8 * rising, 1.0), detail="china")
    recorder.write("consumer_visit_share_chinese", 0.3 * rising)

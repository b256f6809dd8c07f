# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Two sides of the picture
#
# In late 2025 two true statements pointed in opposite directions. By one published count the United States held 77 %
# of the world's AI compute and China 12 %. In the same months, developers downloaded more open-weight Chinese models
# than American ones.
#
# This notebook asks one question: **what would both sides look like had there been no export controls?** It compares
# two scenarios, `baseline` (the rules as they were and are) and `no_controls`, on the same random numbers, so that
# each draw of one is the twin of a draw of the other. Nothing here is a forecast: every number is conditional on
# assumptions that you can read with `aicompute show`, each with its source.

# %%
# %matplotlib inline
import os

from sim import compare, load, run
from sim.evidence.observations import observations
from sim.figures.compute_definitions import compute_definitions
from sim.figures.compute_share import compute_share
from sim.figures.downloads import downloads

# %% [markdown]
# If you have run `make run`, the saved results in `out/` are read; otherwise a small run of 16 draws takes a few
# seconds. (The environment variable `NOTEBOOK_DRAWS` makes it smaller or larger.)

# %%
SAVED = os.environ.get("NOTEBOOK_RESULTS", "../out")
DRAWS = int(os.environ.get("NOTEBOOK_DRAWS", "16"))
DEVELOPERS = int(os.environ.get("NOTEBOOK_DEVELOPERS", "1000"))


def results(scenario):
    folder = os.path.join(SAVED, scenario)
    if os.path.exists(os.path.join(folder, "results.parquet")):
        return load(folder)
    return run(scenario, draws=DRAWS, developers=DEVELOPERS)


base, free = results("baseline"), results("no_controls")
seen = observations()
print(f"{base.draws} draws, {base.months[0]} to {base.months[-1]}; runs {base.run_id} and {free.run_id}")

# %% [markdown]
# ## One side: who holds compute
#
# Solid lines are the baseline (median, with the band from P10 to P90), dashed lines the median of `no_controls`.
# White circles are published estimates. Compare the two panels: the left one counts by *owner*, the right one as a
# census of known clusters counts, by *location*. Which of the two would you quote, and to whom?

# %%
compute_share(base, seen, against=free)

# %% [markdown]
# ### A share needs a definition
#
# The same simulated world gives many "compute shares". Every row below is the same month of the same draws.

# %%
compute_definitions(base, seen)

# %% [markdown]
# The table behind it is tidy: one value a row, with the definition in a column of its own.

# %%
frame = base.frame("compute_share", basis="owner", metric="8bit", kind="stock", region="china")
frame[frame["month"] == "2025-12"].groupby("definition", observed=True)["value"].describe(percentiles=[0.1, 0.5, 0.9])

# %% [markdown]
# ## The other side: whose models the world builds on
#
# Cumulative downloads on the model hub. The grey band is the month in which Qwen first passes Llama. Does the dashed
# line (no controls) move it? Write down *why* you expect it to, before you look.

# %%
downloads(base, seen, against=free)

# %% [markdown]
# ## The difference, draw by draw
#
# Because both scenarios share their random numbers, the difference is taken within each draw. Its interval is much
# narrower than the distance between the two bands suggests.

# %%
MONTHS = ["2025-12", "2027-12", "2030-12"]
compare(free, base, "compute_share", definition="owner|all|stock|8bit", region="china", month=MONTHS)

# %%
compare(free, base, "hub_downloads_cumulative_m", detail="qwen", month=MONTHS)

# %% [markdown]
# ## Disagree with it
#
# 1. Which definition makes China's share largest, and which smallest? Which one should a rule about *access* use?
# 2. The two pictures move differently when controls are lifted. Name the mechanism that links them, and one that does
#    not pass through compute at all.
# 3. Change one assumption you do not believe: `run("baseline", draws=16, set={"section.name": value})`. The names are
#    listed by `aicompute show`. Does your change matter more than the policy?
# 4. `docs/limits.md` lists the published figures this model misses. Does any of them undermine your answer?

# `make` lists the targets. Everything runs in .venv, made on first use from the pinned lock.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
FRESH := $(VENV)/.fresh
OUTSIDE := .venv-outside

.DEFAULT_GOAL := help
.PHONY: help setup run app test check lint golden docs interop bench clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: $(READY)  ## make .venv from the pinned lock

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Numba looks at one file when it asks whether compiled code is old, and compiled code takes parts of other files along.
$(FRESH): $(READY) $(shell find sim -name '*.py')
	find sim -name '*.nb[ic]' -delete
	touch $@

run: $(FRESH)  ## the main job: baseline, no_controls, tight_controls; table, pictures and data in out/
	$(RUN) -m sim headline --out out

app: $(FRESH)  ## open the page with the sliders
	$(RUN) -m sim app

test: $(FRESH) lint  ## style, types and all tests
	$(RUN) -m pytest

lint: setup  ## ruff and mypy
	$(RUN) -m ruff check sim tests benchmarks app.py
	$(RUN) -m mypy

check: setup  ## validate scenarios, register, records and evidence
	$(RUN) -m sim check

golden: $(FRESH)  ## recompute the golden rows; the only way they move
	$(RUN) -m sim.experiments.golden

docs: $(FRESH)  ## regenerate the tables in docs/
	$(RUN) -m sim.docs

interop: setup $(OUTSIDE)/.ready  ## read exported results with pyam and Frictionless, in an environment of their own
	$(RUN) tests/outside/write_files.py out/outside
	$(OUTSIDE)/bin/python tests/outside/read_files.py out/outside docs/iamc_variables.csv

$(OUTSIDE)/.ready: tests/outside/requirements.txt
	$(PYTHON) -m venv --clear $(OUTSIDE)
	$(OUTSIDE)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/outside/requirements.txt
	touch $@

bench: $(FRESH)  ## speed and memory, as ratios
	$(RUN) benchmarks/engine.py
	$(RUN) benchmarks/batch.py

clean:  ## remove the environment and all results
	rm -rf $(VENV) $(OUTSIDE) out

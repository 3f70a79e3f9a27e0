# All a new machine needs is Python 3.11 or later, git and make.
PYTHON ?= python3
VENV := .venv
# Stages are started as `python`: that has to be the one with the locked packages.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --quiet --no-emit-index-url --custom-compile-command "make lock"

.PHONY: repro test bench lock clean

repro: $(VENV)/installed  ## Install what is locked, then run the pipeline.
	dvc repro

test: $(VENV)/installed-dev  ## Lint, types and the whole test suite.
	ruff check
	ruff format --check
	mypy
	pytest

bench: $(VENV)/installed-dev  ## Ratios measured in one run.
	python -m bench.main

lock: $(VENV)/installed-dev  ## Lock the newest versions the ranges admit.
	python -m pip install --quiet uv
	$(COMPILE) --upgrade --output-file requirements.lock
	$(COMPILE) --upgrade --extra lite --group dev \
		--constraint requirements.lock --output-file requirements-dev.lock

clean:  ## Remove what can be made again; never data/raw.
	rm -rf $(VENV) .headswap .mypy_cache .pytest_cache .ruff_cache

$(VENV)/installed: requirements.lock
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --require-hashes --requirement requirements.lock
	touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	touch $@

# Everything a new machine needs is Python 3.11+, git and make.
PYTHON ?= python3
VENV := .venv
# Stages are started as `python`; that has to be the one with the locked packages.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: repro test bench format lock clean

repro: $(VENV)/installed
	dvc repro

test: $(VENV)/installed-dev
	ruff check
	ruff format --check
	mypy
	pytest

$(VENV)/installed: requirements.lock
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --require-hashes -r requirements.lock
	touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

# All a new machine needs is Python 3.11 or later, git and make.
PYTHON ?= python3
VENV := .venv
# Stages are started as `python`: that has to be the one with the locked packages.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# The project itself, for `import headswap` and the command; stages import the code beside
# them all the same, so that a queued experiment runs its own.
INSTALL_PROJECT := python -m pip install --quiet --no-deps --no-build-isolation --editable .
COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --quiet --no-emit-index-url --custom-compile-command "make lock"

.PHONY: repro quick test endure bench results lock audit clean

repro: $(VENV)/installed  ## Install what is locked, then run the pipeline.
	dvc repro

quick: $(VENV)/installed-dev  ## Lint, types and the fast tests.
	ruff check
	ruff format --check
	mypy
	pytest -m "not slow and not endure"

test: $(VENV)/installed-dev  ## Lint, types and all tests but those of `make endure`.
	ruff check
	ruff format --check
	mypy
	pytest -m "not endure"

endure: $(VENV)/installed-dev  ## What takes long by nature.
	pytest -m endure --timeout 10000

bench: $(VENV)/installed-dev  ## Ratios measured in one run.
	python -m bench.main

results: $(VENV)/installed-dev  ## Run what results/runs.yaml lacks; write the pages.
	python -m results

lock: $(VENV)/installed-dev  ## Lock the newest versions the ranges admit.
	python -m pip install --quiet uv
	$(COMPILE) --upgrade --extra serve --output-file requirements.lock
	$(COMPILE) --upgrade --extra lite --extra litert --extra onnx --extra ray --extra s3 \
		--group dev --constraint requirements.lock --output-file requirements-dev.lock

# Asks a service on the network, so it is no part of `make test`.
audit: $(VENV)/installed-dev  ## Holes that are known in the locked libraries.
	python -m pip install --quiet pip-audit
	pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock

clean:  ## Remove what can be made again; never data/raw.
	rm -rf $(VENV) .headswap .mypy_cache .pytest_cache .ruff_cache

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(INSTALL_PROJECT)
	python -m headswap.use.plots_page
	touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	touch $@

# geoglot's few commands. `make help` lists them. Needs Python 3.11-3.13 and make, nothing else.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
# One thread each: numpy, onnxruntime and torch fight over two cores otherwise.
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo demo-scenes test test-slow lint bench lock wheel clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.base  ## Install geoglot and write report.html over a scene of every kind
	$(BIN)/geoglot demo --out report.html

test: $(VENV)/.test  ## Run the fast test suite
	$(BIN)/python -m pytest -n 2

test-slow: $(VENV)/.test  ## Run the slow tests too
	$(BIN)/python -m pytest -n 2 -m "slow or not slow"

lint: $(VENV)/.test  ## Check style and types
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy

bench: $(VENV)/.test  ## Measure speed and memory against plain peers; prints a table
	$(BIN)/python -m tests.bench

demo-scenes: $(VENV)/.test  ## Make the demo's simulated scenes anew (replace rarely: every version stays in history)
	$(BIN)/python -m geoglot.simulate.demo_scenes src/geoglot/demo/scenes

wheel: $(VENV)/.test  ## Build the wheel into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

lock: $(VENV)/.python  ## Renew the hash-pinned locks from pyproject.toml
	$(PIP) install uv
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-annotate --quiet --upgrade -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-annotate --quiet --upgrade --extra test -c requirements.lock -o requirements-test.lock

clean:  ## Remove the environment and what was built
	rm -rf $(VENV) dist report.html .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.python:
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"geoglot needs Python 3.11 to 3.13, this is {v[0]}.{v[1]}: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.base: $(VENV)/.python requirements.lock pyproject.toml
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install hatchling editables
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

# torch is pinned by version only: its wheel differs by machine, so no hash can fit all.
$(VENV)/.test: $(VENV)/.base requirements-test.lock
	$(PIP) install torch==2.13.0
	$(PIP) install --require-hashes -r requirements-test.lock
	touch $@

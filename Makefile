# Each target does everything on a fresh machine. `make train ARGS="model=mlp epochs=3"` passes overrides.
PYTHON ?= python3
VENV := .venv
TESTS := $(VENV)/bin/python -m pytest -n auto --maxprocesses 4 --dist worksteal

.PHONY: train check test

train: $(VENV)/.train
	$(VENV)/bin/python -m trainer $(ARGS)

check: $(VENV)/.test  # what answers in a minute
	$(VENV)/bin/ruff check
	PYTHON=$(CURDIR)/$(VENV)/bin/python .ci/types
	$(TESTS) -m "not process and not slow" $(ARGS)

test: $(VENV)/.test
	$(TESTS) $(ARGS)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.train: $(VENV)/bin/python pyproject.toml
	$(VENV)/bin/python -m pip install -e .
	touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml
	$(VENV)/bin/python -m pip install -e ".[test]"
	touch $@

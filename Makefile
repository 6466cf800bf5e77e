# Each target does everything on a fresh machine. `make train ARGS="model=mlp epochs=3"` passes overrides.
PYTHON ?= python3
VENV := .venv

.PHONY: train test

train: $(VENV)/.train
	$(VENV)/bin/python -m trainer $(ARGS)

test: $(VENV)/.test
	$(VENV)/bin/python -m pytest $(ARGS)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.train: $(VENV)/bin/python pyproject.toml
	$(VENV)/bin/python -m pip install -e .
	touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml
	$(VENV)/bin/python -m pip install -e ".[test]"
	touch $@

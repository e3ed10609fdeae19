# The verbs a newcomer needs: make run, make test. `make lint` and `make bench` are parts of daily work.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: run test soak lint bench lock browser clean

run: $(VENV)/.run ## serve http://localhost:8000/demo
	$(BIN)/python -m pcdash serve $(ARGS)

test: browser lint ## lint, types, layers and every test, browser tests included
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder $(ARGS)

soak: browser $(VENV)/.test ## the long tests, some two hours; ARGS="PART ... --scale 0.01" for some of it
	$(BIN)/python tests/soak $(ARGS)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: ## renew both lock files from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url -o requirements.lock
	uv pip compile pyproject.toml --extra test --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url -o requirements-test.lock

bench: $(VENV)/.test ## accuracy and cost of the current model, then the server's speed
	$(BIN)/python -m pcdash bench $(ARGS)
	$(BIN)/python tests/bench/serving.py --artifacts artifacts

browser:
	@bash tests/browser/install.sh

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "pcdash needs Python 3.11, 3.12 or 3.13; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements.lock pyproject.toml
	@test -e $(VENV)/.test || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.test: $(VENV)/bin/python requirements-test.lock pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@ $(VENV)/.run

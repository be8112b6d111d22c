# `make serve` starts the service, `make test` checks everything; `make help` lists the rest.
# Both make what they need first, and do nothing twice.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS   += --no-builtin-rules

PYTHON    ?= $(shell for p in python3.11 python3; do $$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV      ?= .venv
PIP_ARGS  ?=
DOCUMENTS ?= seeds
INDEX     ?= index
HOST      ?= 127.0.0.1
PORT      ?= 8000
DATA      ?=
REPORTS   ?= seeds
QUICK     ?=
PARTS     ?=
TESTS     ?=

BIN     := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt $(PIP_ARGS)

.PHONY: help install serve index test lint typecheck unit format evaluate bench lock clean
.DEFAULT_GOAL := help

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12
	@echo
	@echo 'Settings: PORT=$(PORT) HOST=$(HOST) INDEX=$(INDEX) DOCUMENTS=$(DOCUMENTS) VENV=$(VENV) PYTHON=$(PYTHON) PIP_ARGS=$(PIP_ARGS)'

install: $(VENV)/installed ## the virtual environment with the packages of the product

serve: index ## index DOCUMENTS if the index is missing or out of date, then serve on PORT
	@exec $(BIN)/findings serve --index '$(INDEX)' --host '$(HOST)' --port '$(PORT)'

index: $(VENV)/installed ## bring INDEX up to date with the folder DOCUMENTS
	@$(BIN)/findings index '$(DOCUMENTS)' --index '$(INDEX)'

test: lint typecheck unit ## everything that is checked before a change is taken

lint: $(VENV)/installed-dev ## rules of style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

typecheck: $(VENV)/installed-dev ## types
	@$(BIN)/mypy

unit: $(VENV)/installed-dev ## the tests alone, or some of them: TESTS=tests/test_x.py
	@$(BIN)/python -m pytest $(TESTS)

format: $(VENV)/installed-dev ## put the code into the one form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

evaluate: $(VENV)/installed ## figures of the ranking, from DATA/queries.json and DATA/qrels.json
	@[ -n '$(DATA)' ] || { echo 'Name the folder of the judged queries: make evaluate DATA=FOLDER' >&2; exit 1; }
	@$(BIN)/findings evaluate --index '$(INDEX)' --data '$(DATA)'

bench: $(VENV)/installed-bench ## measure beside other programs, on REPORTS; QUICK=1 to see that it works, PARTS="serving" for a part
	@$(BIN)/python -m benchmarks $(REPORTS) $(if $(QUICK),--quick --work build/bench-quick --results build/bench-quick/results,--results benchmarks/results) \
	  $(if $(PARTS),--parts $(PARTS))

lock: $(VENV)/installed-dev ## write constraints.txt from what is installed
	@{ grep '^#' constraints.txt; $(BIN)/python -m pip freeze --all --exclude-editable --exclude pip --disable-pip-version-check \
	  | sed -E 's/\+[a-z0-9.]+$$//' | grep -v '^#' | LC_ALL=C sort -f; } > constraints.txt.new
	@mv constraints.txt.new constraints.txt

clean: ## remove what these commands made, the index included
	@rm -rf '$(VENV)' '$(INDEX)' build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find app benchmarks indexer evaluation training tests -name __pycache__ -prune -exec rm -rf {} +

# The stamps: a change of what is to be installed installs it, and nothing else does.
$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo 'Installing the packages (about 1.7 GB; a few minutes the first time) ...'
	@$(INSTALL) --editable .
	@touch '$@'

$(VENV)/installed-dev: pyproject.toml constraints.txt | $(VENV)/installed
	@echo 'Installing the packages of the tests ...'
	@$(INSTALL) --editable '.[dev]'
	@touch '$@'

$(VENV)/installed-bench: pyproject.toml constraints.txt | $(VENV)/installed
	@echo 'Installing the packages of the benchmarks ...'
	@$(INSTALL) --editable '.[bench]'
	@touch '$@'

$(VENV)/bin/python:
	@[ -n '$(PYTHON)' ] || { echo 'Python 3.11 is needed and neither python3.11 nor python3 is one: install it, or name it with PYTHON=...' >&2; exit 1; }
	@'$(PYTHON)' -m venv '$(VENV)' || { rm -rf '$(VENV)'; echo 'The virtual environment was not made: on Debian and Ubuntu, install the package python3-venv (or python3.11-venv).' >&2; exit 1; }

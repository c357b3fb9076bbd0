# RENUM's commands. Each makes what it needs by itself; `make help` lists them.
# Works with GNU make 3.81 (macOS) and later. Nothing outside this folder is changed but the caches of uv and npm.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

# The interpreter that .venv is made from: PYTHON if given, else the first one here that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)

.PHONY: help setup demo test coverage chaos up down status lint format check migration clean

help: ## this table
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile
	@echo
	@echo 'Options go into ARGS: make demo ARGS="--leads 20 --json", make test ARGS="tests/schema -k lint"'

setup: $(READY) ## only sets up: .venv with the locked packages

demo: $(READY) ## the main job from start to end, on a local stack; ARGS="--leads 20 --json"
	$(BIN)/renum demo $(ARGS)

test: $(READY) ## the tests, with coverage of functions/; ARGS="tests/unit" some of them, without it
	$(BIN)/python -m $(if $(strip $(ARGS)),pytest $(ARGS),tests.measured)

coverage: $(READY) ## what the last whole `make test` measured (or a new one), line by line
	$(BIN)/python -m tests.measured --table $(ARGS)

chaos: $(READY) ## parts are killed in the middle of the work, and what came of it is counted; ARGS="--turns 2000 --json"
	$(BIN)/renum chaos $(ARGS)

up: $(READY) ## starts the local stack in the background and writes .renum/env
	$(BIN)/renum up $(ARGS)

down: $(READY) ## stops the local stack
	$(BIN)/renum down $(ARGS)

status: $(READY) ## what runs, and where
	$(BIN)/renum status $(ARGS)

lint: $(READY) ## ruff, mypy, sqlfluff: style and types, nothing is run
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar sql policies

format: $(READY) ## lets ruff put the Python files in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

check: $(READY) ## migrations = source, schema dump, database rules, function bodies, names in the documentation
	$(BIN)/renum check $(ARGS)

migration: $(READY) ## writes the next migration from sql/ and policies/; NAME=add_reminders
	@test -n "$(NAME)" || { echo 'make migration needs a name: make migration NAME=add_reminders' >&2; exit 2; }
	$(BIN)/renum migration "$(NAME)" $(ARGS)

clean: ## stops the local stack and removes everything that can be made again
	@if test -x $(BIN)/renum; then $(BIN)/renum down || true; fi
	rm -rf $(VENV) .renum .renum-cache .pytest_cache .mypy_cache .ruff_cache .coverage .coverage.*

# Set-up tells its progress on stderr: stdout belongs to the command that was asked for.
# The stamp holds the time of the last sync; a newer lock file or project file makes it old.
$(READY): pyproject.toml uv.lock
	@test -n "$(PYTHON)" || { echo 'RENUM needs Python 3.11 or newer with its venv module (Debian and Ubuntu: apt install python3-venv; macOS: brew install python).' >&2; exit 1; }
	@$(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
		|| { echo 'making $(VENV) with $(PYTHON)' >&2; rm -rf $(VENV); $(PYTHON) -m venv $(VENV) >&2; }
	@$(BIN)/uv --version >/dev/null 2>&1 || { \
		version=$$(awk -F '"' 'found && /^version/ {print $$2; exit} /^name = "uv"$$/ {found = 1}' uv.lock); \
		echo "installing uv $$version into $(VENV)" >&2; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$$version" >&2; }
	@echo 'installing the locked packages (uv sync)' >&2
	@$(BIN)/uv sync --locked --python $(BIN)/python >&2
	@touch $@

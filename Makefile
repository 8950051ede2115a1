# `make run` and `make test` are all that a newcomer needs; each sets itself up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The example patients live in the middle of 2026; `make run CDS_TODAY=` uses the real calendar.
CDS_TODAY ?= 2026-06-15

.PHONY: run test test-fhir-server install check bench lock value-sets fixtures approve sources

run: install
	CDS_TODAY=$(CDS_TODAY) $(BIN)/cds-service serve

test: $(VENV)/.installed-dev
	$(BIN)/pytest

# Against HAPI FHIR's server in every release: needs Java 17 and Maven, takes minutes, fetches 300 MB the first time.
test-fhir-server: $(VENV)/.installed-dev
	$(BIN)/pytest -rs tests/fhir_server

install: $(VENV)/.installed

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.installed-dev
	$(BIN)/python -m compileall -q cds_service cards
	$(BIN)/python bench/run.py

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python requirements.lock pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

# Needs uv in the environment; the locks name no index.
lock: $(VENV)/.installed-dev
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

# Reruns of what is generated: value sets (TERMINOLOGY=path/to/terminology.yaml), fixture patients, approved answers, the record of
# the medicine (docs/sources.md).
value-sets: $(VENV)/.installed-dev
	$(BIN)/python -m cards.value_sets.import_terminology $(TERMINOLOGY)

fixtures: $(VENV)/.installed-dev
	$(BIN)/python -m fhir_fixtures.render

approve: $(VENV)/.installed-dev
	$(BIN)/python -m tests.approve

sources: $(VENV)/.installed-dev
	$(BIN)/python -m cards.write_sources

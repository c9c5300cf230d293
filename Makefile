# make run     install what is needed, start the app, print its address (PORT=8000 make run: another port)
# make test    formatting, types and every test, those in a browser included
# make bench   speed, against what others do; writes bench/results.json
# make cook    cook the house models again from their recipes
# make prove   the long trials

SHELL  := /bin/sh
PYTHON ?= python3
VENV   := .venv
# Tests on the real engine, which takes all cores, and those that watch a clock: one after the other.
ALONE  := $(addprefix tests/ui/,test_house.py test_library.py test_archive_whole.py test_published.py) \
          $(addprefix tests/faults/,test_engine_faults.py test_fetch_ends.py test_fetch_faults.py)
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip install --quiet --disable-pip-version-check

.DELETE_ON_ERROR:
.PHONY: help run test bench cook prove

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

run: $(VENV)/run.stamp
	@exec $(PY) app.py

test: $(VENV)/dev.stamp
	$(PY) -m tests.ui.browser --install
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m pytest -n 3 --dist loadfile tests/unit tests/hub tests/ui tests/faults $(ALONE:%=--ignore=%)
	$(PY) -m pytest $(ALONE)

bench: $(VENV)/dev.stamp
	@$(PY) -m tests.ui.browser --install
	@exec $(PY) -m bench

cook: $(VENV)/dev.stamp
	@exec $(PY) -m swatchbook.kitchen.cook

prove: $(VENV)/dev.stamp
	@if ls tests/prove/test_*.py >/dev/null 2>&1; then exec $(PY) -m pytest tests/prove; \
	else echo "There are no long trials yet (tests/prove is empty)."; fi

$(VENV)/venv.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Swatchbook needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)."; \
	  echo "Name another with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run.stamp: requirements.txt constraints.txt $(VENV)/venv.stamp
	@echo "Installing what Swatchbook needs into $(VENV); the first time takes some minutes."
	@$(PIP) -r requirements.txt -c constraints.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	@echo "Installing what the tests need into $(VENV)."
	@$(PIP) -r requirements.txt -r requirements-dev.txt -c constraints.txt
	@touch $@

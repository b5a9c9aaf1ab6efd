# Handrail. `make run` and `make test` do all set-up by themselves; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export UV_PYTHON_PREFERENCE ?= system
export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3

UV := $(shell command -v uv 2>/dev/null || echo .tools/uv/bin/uv)
PY := .venv/bin/python
READY := .venv/ready
TEST_READY := .venv/test-ready
LINT_READY := .venv-lint/ready

.PHONY: help run test quick lint types train talk audit doctor lock clean screenshots

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(READY) ## Set up, train what is missing, start everything
	@exec .venv/bin/handrail serve

test: $(TEST_READY) $(LINT_READY) chromium ## Every check and every test
	@echo "== words, style and types"
	@.venv/bin/handrail lint
	@.venv-lint/bin/ruff check . && .venv-lint/bin/ruff format --check .
	@.venv-lint/bin/mypy --python-executable $(PY)
	@echo "== models"
	@.venv/bin/handrail train
	@echo "== tests"
	@$(PY) -m pytest -n 2 --dist loadgroup

quick: $(TEST_READY) ## The fast tests only
	@$(PY) -m pytest -m "not slow"

lint: $(READY) $(LINT_READY) ## Words, style and types
	@.venv/bin/handrail lint
	@.venv-lint/bin/ruff check . && .venv-lint/bin/ruff format --check .
	@.venv-lint/bin/mypy --python-executable $(PY)

train: $(READY) ## Build the models
	@.venv/bin/handrail train

talk: $(READY) ## Talk to a running Handrail in the terminal
	@.venv/bin/handrail talk

audit: $(READY) ## Look up known holes of the locked versions (needs the network)
	@$(PY) requirements/audit.py $(UV) tool run --quiet --from pip-audit==2.10.1 pip-audit

doctor: $(READY) ## Look for what is inconsistent
	@.venv/bin/handrail doctor

screenshots: $(TEST_READY) chromium ## Take the pictures in docs/ again
	@$(PY) -m tests.browser.pictures

lock: $(UV) ## Lock the dependencies again
	@for name in run test lint; do $(UV) pip compile -q --generate-hashes --python-version 3.10 requirements/$$name.in -o requirements/$$name.txt; done
	@$(UV) pip compile -q --generate-hashes --no-deps --python-version 3.10 requirements/encoder.in -o requirements/encoder.txt

clean: ## Remove everything that set-up made (not var/, which holds data)
	@rm -rf .venv .venv-lint .tools

# --- set-up ---------------------------------------------------------------------------------------

.tools/uv/bin/uv:
	@echo "Fetching uv ..."
	@python3 -m venv .tools/uv || { echo "Python 3 with venv is needed to fetch uv: install python3-venv, or install uv yourself." >&2; exit 1; }
	@.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check uv

.venv/bin/python: | $(UV)
	@echo "Making the environment (Python 3.10) ..."
	@$(UV) venv --quiet --python 3.10 .venv || { echo "Python 3.10 is needed: Rasa 3.6.21 ends there. Install it (pyenv, deadsnakes), or let uv fetch one." >&2; exit 1; }

$(READY): requirements/run.txt requirements/encoder.txt pyproject.toml | $(UV) .venv/bin/python
	@echo "Installing what it needs ..."
	@$(UV) pip install --quiet --python .venv --require-hashes -r requirements/run.txt
	@$(UV) pip install --quiet --python .venv --require-hashes --no-deps -r requirements/encoder.txt
	@$(UV) pip install --quiet --python .venv --no-deps --no-build-isolation -e .
	@touch $@

$(TEST_READY): requirements/test.txt $(READY) | $(UV)
	@$(UV) pip install --quiet --python .venv --require-hashes -r requirements/test.txt
	@touch $@

$(LINT_READY): requirements/lint.txt | $(UV)
	@$(UV) venv --quiet --allow-existing --python 3.10 .venv-lint
	@$(UV) pip install --quiet --python .venv-lint --require-hashes -r requirements/lint.txt
	@touch $@

.PHONY: chromium
chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  echo "Installing Chromium ..." && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } || \
	  { echo "The browser tests need Chromium: install it with your system's package manager." >&2; exit 1; }

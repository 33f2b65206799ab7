# Every target sets up what it needs; on a fresh Debian machine python3, make and gcc are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready
WORKERS ?= auto

.PHONY: help demo run test check understanding report bench soak lint types catalogs draw clean
help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(RUN_READY) ## talk to Amparo in a browser; no token needed
	$(BIN)/amparo demo $(ARGS)

run: $(RUN_READY) ## serve on Telegram (AMPARO_TELEGRAM_TOKEN)
	$(BIN)/amparo run

test: $(DEV_READY) lint types catalogs ## everything CI runs: lint, types, catalogs, tests with branch coverage
	$(BIN)/amparo check --quiet
	$(BIN)/pytest -n $(WORKERS) --dist worksteal --cov --cov-report=term:skip-covered --cov-fail-under=85 $(ARGS)

check: $(DEV_READY) ## what is wrong with content, translations, code shape
	$(BIN)/amparo check
	$(BIN)/amparo translations status --check
	$(BIN)/lint-imports --no-cache

lint: $(DEV_READY)
	$(BIN)/ruff check bot flows tests
	$(BIN)/ruff format --check bot flows tests
	$(BIN)/lint-imports --no-cache

types: $(DEV_READY)
	$(BIN)/mypy bot flows tests

catalogs: $(DEV_READY)
	$(BIN)/amparo translations status --check

understanding: $(DEV_READY) ## train the weights of the classifier from content/understanding (four minutes)
	$(BIN)/python -m bot.understanding.training

report: FILES ?= tests/bench/understanding_held_out.jsonl
report: $(DEV_READY) ## figures of the classifier on sentences it never read, and the picture in docs
	$(BIN)/python -m tests.bench.understanding $(FILES) --svg docs/understanding-confusion.svg

bench: $(DEV_READY) ## Amparo beside its peers, on this machine
	$(BIN)/python -m tests.bench $(ARGS)

soak: $(DEV_READY) ## long runs: kills, faults, fuzz, examples nobody tried yet
	$(BIN)/pytest -m "soak or hypothesis" --hypothesis-profile exploring -n $(WORKERS) --timeout 3600 $(ARGS)

draw: $(DEV_READY) ## draw every flow into docs/flows
	$(BIN)/amparo flows draw

clean: ## remove what this Makefile made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*

# A Python without venv is common on Debian; root may install it, anybody else is told the one line.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Amparo needs Python 3.11 or newer"; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "installing Debian's python3-venv" && apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && $(PYTHON) -m venv $(VENV); } \
	  || { echo "python3-venv is missing: run 'apt-get install python3-venv' as root, then again"; exit 1; }

$(RUN_READY): $(VENV)/bin/python requirements/run.txt pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/build.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_READY): $(VENV)/bin/python requirements/dev.txt pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && echo "installing Debian's chromium for the browser tests" && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	  || { echo "chromium is missing: run 'apt-get install chromium' as root, then again"; exit 1; }
	@touch $@ $(RUN_READY)

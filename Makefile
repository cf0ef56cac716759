# `make help` explains itself: every target with a `##` comment is listed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# What fails in company is tried once more by itself, and counts if it fails again. (Status 5: nothing was asked for.)
AGAIN  := $(BIN)/pytest --last-failed --last-failed-no-failures none

.PHONY: help serve test lint acceptance bench soak fuzz screenshots packages clean
.DEFAULT_GOAL := help

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/runtime ## Start the gateway on the sample content; prints five preview links
	$(BIN)/gateway serve --content gateway/sample --policies policies $(ARGS)

test: $(VENV)/development packages lint ## Run every check and test that fits 15 minutes; installs what it needs
	$(BIN)/pytest -m "not acceptance and not alone" --numprocesses 2 --dist loadfile $(ARGS) || [ $$? -eq 5 ] || $(AGAIN)
	$(BIN)/pytest -m "alone and not acceptance" $(ARGS) || [ $$? -eq 5 ] || $(AGAIN)

lint: $(VENV)/development ## ruff, mypy --strict, import floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

acceptance: $(VENV)/acceptance packages ## Run the 27 checks (one: ARGS='-k check_05'); a table of what was reached
	$(BIN)/pytest -m acceptance -p no:xdist $(ARGS); status=$$?; $(BIN)/python -m tests.acceptance; exit $$status

bench: $(VENV)/development packages ## Compare the warm article with nginx in one run; prints ratios
	$(BIN)/python -m tests.benchmarks $(ARGS)

soak: $(VENV)/development packages ## Break everything while readers read: ARGS="--seconds 1800 --seed 1"
	$(BIN)/python -m tests.chaos $(ARGS)

fuzz: $(VENV)/development ## Fuzz what reads foreign bytes: ARGS="all --seconds 60", or one target; installs Atheris
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint deploy/constraints.txt --editable '.[dev,fuzz]'
	$(BIN)/python -m tests.fuzz $(ARGS)

screenshots: $(VENV)/development packages ## Take the README's screenshots from a running gateway in Chromium
	$(BIN)/python -m tests.screenshots deploy/screenshots
	$(BIN)/python -m tests.foreign.screenshots deploy/screenshots try wordpress-after

packages: ## Install the Debian packages that the tests use, where that is allowed
	@sh tests/debian-packages.sh

clean: ## Remove what make made (the state directory stays)
	rm -rf $(VENV) build ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: $(BIN)/python pyproject.toml deploy/constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint deploy/constraints.txt --editable .
	@touch $@

$(VENV)/development: $(VENV)/runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint deploy/constraints.txt --editable '.[dev]'
	@touch $@

$(VENV)/acceptance: $(VENV)/development
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint deploy/constraints.txt --editable '.[acceptance]'
	@touch $@

# `make help` explains itself: every target with a `##` comment is listed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# Nothing comes from a registry but what deploy/lock names, with one of the hashes there, built already: no code of a package
# runs while it is installed. The gateway itself comes from here, built by what the lock brought.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCKED  := $(INSTALL) --require-hashes --only-binary :all: --requirement

# What fails in company is tried once more by itself, and counts if it fails again. (Status 5: nothing was asked for.)
AGAIN  := $(BIN)/pytest --last-failed --last-failed-no-failures none

.PHONY: help serve test lint acceptance bench soak fuzz screenshots lock bom packages clean
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
	$(LOCKED) deploy/lock/fuzz.txt
	$(BIN)/python -m tests.fuzz $(ARGS)

screenshots: $(VENV)/development packages ## Take the README's screenshots from a running gateway in Chromium
	$(BIN)/python -m tests.screenshots deploy/screenshots
	$(BIN)/python -m tests.foreign.screenshots deploy/screenshots try wordpress-after

lock: $(VENV)/development ## Renew deploy/lock after a change of pyproject.toml; ARGS=--upgrade: newest of all that it leaves open
	$(BIN)/python -m tests.supply $(ARGS)

bom: $(VENV)/development ## Write what the gateway runs on, with licences, into build/gateway.cdx.json (CycloneDX)
	rm -rf build/bom
	$(MAKE) VENV=build/bom build/bom/runtime
	build/bom/bin/python -m pip uninstall --quiet --yes pip setuptools
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file build/gateway.cdx.json build/bom/bin/python

packages: ## Install the Debian packages that the tests use, where that is allowed
	@sh tests/debian-packages.sh

clean: ## Remove what make made (the state directory stays)
	rm -rf $(VENV) build ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: $(BIN)/python pyproject.toml deploy/lock/runtime.txt
	$(LOCKED) deploy/lock/runtime.txt
	$(INSTALL) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/development: $(VENV)/runtime deploy/lock/bom.txt deploy/lock/development.txt
	$(LOCKED) deploy/lock/development.txt
	@touch $@

$(VENV)/acceptance: $(VENV)/development deploy/lock/acceptance.txt
	$(LOCKED) deploy/lock/acceptance.txt
	@touch $@

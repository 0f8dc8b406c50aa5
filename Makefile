# Two commands: `make release` sets up everything and makes a release, `make test` sets up everything and passes the tests.

PYTHON ?= python3
CAPABILITY ?= flight-delay
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup release ui up serve test check types style format lock benchmark simulate down clean

help: ## Show what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready ## Make the environment from the hashed lock file

.venv/.ready: requirements.lock pyproject.toml deployments/install.py deployments/uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or later is needed")'
	@echo "setting up .venv (the first time takes a minute)"
	@$(PYTHON) deployments/install.py
	@touch $@

release: setup ## Make a release (CAPABILITY=flight-delay)
	@roadworthy release $(CAPABILITY)

ui: setup ## Serve Prefect's and MLflow's pages on loopback
	@roadworthy ui

up: setup ## Run the whole house on loopback: Prefect, its worker and schedules, MLflow, the gateway
	@roadworthy up

serve: setup ## Serve what is in production on loopback: an API and a page to try it
	@roadworthy serve

test: setup check ## Check the code and pass the tests
	@# Byte code is kept: the tests start hundreds of processes. One thread each: two workers share the processors.
	@env -u PYTHONDONTWRITEBYTECODE python -m compileall -q -j 2 cli flows gateway roadworthy tasks
	@env -u PYTHONDONTWRITEBYTECODE OMP_NUM_THREADS=1 pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup ## Types, style and architecture
	@$(MAKE) --no-print-directory --jobs 2 types style

types: setup
	@mypy

style: setup
	@ruff check .
	@ruff format --check .
	@lint-imports
	@roadworthy render --check

format: setup ## Format the code
	@ruff check --fix .
	@ruff format .

lock: setup ## Compile requirements.lock again
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet \
		pyproject.toml --group dev --output-file requirements.lock

benchmark: setup ## Measure a release against a bare script, side by side
	@python -m benchmarks.release

simulate: setup ## Simulate how often the watch is wrong, and write docs/simulations.md anew
	@python -m benchmarks.simulate

down: setup ## Stop the house and the local servers
	@roadworthy down

clean: ## Remove the environment and local state; releases go too
	@rm -rf .venv .roadworthy

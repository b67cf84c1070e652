# Everything a person does with this checkout. `make` alone lists it.

PYTHON ?= python3

BIN := .venv/bin
VENDOR := helpdesk/static/vendor/htmx.min.js

# Stamps: what they depend on has not changed since, so there is nothing to set up.
UV_READY := .venv/.stamp-uv
RUN_READY := .venv/.stamp-run
DEV_READY := .venv/.stamp-dev

export UV_PYTHON_DOWNLOADS := never
export UV_HTTP_TIMEOUT := 180
export UV_NO_PROGRESS := 1
# An environment may forbid Python to keep what it compiled, and then every start would compile all libraries again.
export UV_COMPILE_BYTECODE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

UV := $(BIN)/uv
UV_PIP := VIRTUAL_ENV="$(CURDIR)/.venv" $(UV) pip
COMPILE := $(UV_PIP) compile --quiet --universal --generate-hashes --no-header --no-annotate \
	$(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo reset test check lint bench format lock package setup setup-dev chromium test-mails clean

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- Using it

demo: setup ## Install everything and start the demo at 127.0.0.1 (PORT=8000)
	@exec $(BIN)/helpdesk demo

reset: setup ## Throw the demo's data away; the next `make demo` starts afresh
	@$(BIN)/helpdesk reset --yes

# ---- Checking it

test: lint chromium test-mails ## The gate: lint and every kind of test, in about ten minutes on two cores
	$(BIN)/pytest -m "not long" -n 3 --dist loadfile --no-loadscope-reorder --event-coverage

check: test ## The long form: kill tests at full size, long fuzzing, the wheel, benchmarks' smoke
	$(BIN)/pytest -m long -n 2
	$(MAKE) --no-print-directory package
	$(BIN)/python -m bench --smoke

lint: setup-dev ## Style, types, the direction of imports, templates, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/deptry .

bench: setup-dev ## Measure, beside the goals and the peers
	@$(UV_PIP) install --quiet --require-hashes --requirements requirements-bench.txt
	$(BIN)/python -m bench $(MEASURE)

package: setup-dev ## Build the wheel from the source distribution, alone, and look into it
	rm -rf dist
	$(UV) build --quiet --build-constraints requirements-build.txt --out-dir dist
	$(BIN)/python .ci/check_wheel.py dist

# ---- Tending it

format: setup-dev ## Let ruff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(UV_READY) ## Lock the dependencies again (UPGRADE=1: their newest versions)
	$(COMPILE) pyproject.toml --output-file requirements.txt
	$(COMPILE) pyproject.toml --group dev --constraints requirements.txt --output-file requirements-dev.txt
	$(COMPILE) --group bench --constraints requirements-dev.txt --output-file requirements-bench.txt
	$(COMPILE) --group airbyte --output-file requirements-airbyte.txt
	$(COMPILE) --group build --output-file requirements-build.txt
	$(COMPILE) --group uv --output-file requirements-uv.txt
	npm install --package-lock-only --ignore-scripts

clean: ## Remove all that was installed and built; the data in ./instance stays
	rm -rf .venv helpdesk/static/vendor dist node_modules test-results
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- Set-up

setup: $(RUN_READY) $(VENDOR)

setup-dev: $(DEV_READY) setup

chromium: setup-dev
	@$(BIN)/python .ci/find_chromium.py

test-mails: setup-dev
	@$(BIN)/python .ci/find_test_mails.py

$(BIN)/python:
	@echo "Setting up ./.venv"
	@$(PYTHON) .ci/make_venv.py

$(UV_READY): $(BIN)/python requirements-uv.txt .ci/make_venv.py
	@$(PYTHON) .ci/make_venv.py
	@touch $@

# What tests need stays installed once it is: a demo must not take it away.
$(RUN_READY): $(UV_READY) requirements.txt pyproject.toml .ci/build_hook.py
	@echo "Installing what the application needs"
	@if [ -e $(DEV_READY) ]; then $(UV_PIP) sync --quiet --require-hashes requirements-dev.txt; \
	 else $(UV_PIP) sync --quiet --require-hashes requirements.txt; fi
	@$(INSTALL_SELF)
	@touch $@

$(DEV_READY): $(RUN_READY) requirements-dev.txt
	@echo "Installing what the tests need"
	@$(UV_PIP) install --quiet --require-hashes --requirements requirements-dev.txt
	@touch $@

# An editable install runs the build hook, and that brings the htmx files.
INSTALL_SELF = $(UV_PIP) install --quiet --no-deps --refresh-package helpdesk --reinstall-package helpdesk \
	--build-constraints requirements-build.txt --editable .

$(VENDOR): package-lock.json .ci/build_hook.py | $(RUN_READY)
	@echo "Getting htmx"
	@$(INSTALL_SELF)
	@touch $@

# Needs python3.11, make and the package registries; everything else comes out of them.
PYTHON ?= python3.11
V := .venv/bin
NPM := NODE_USE_SYSTEM_CA=1 PATH="$(CURDIR)/$(V):$$PATH" $(V)/npm
PIP := $(V)/pip install -qq --disable-pip-version-check --require-hashes
SYNC := $(V)/uv pip sync -q --no-progress --system-certs --require-hashes --python $(V)/python
COMPILE := $(V)/uv pip compile -q --system-certs --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
STATE := $(or $(SLUICE_STATE),var/test)
# A user without a home of its own (a service account) keeps the installers' caches here.
ifeq ($(shell test -n "$$HOME" -a -w "$$HOME" && echo yes),)
export UV_CACHE_DIR := $(CURDIR)/var/cache/uv
export PIP_CACHE_DIR := $(CURDIR)/var/cache/pip
export npm_config_cache := $(CURDIR)/var/cache/npm
endif
# Byte code is kept, even where the shell says otherwise: tests and lints start Python so often that reading all sources anew would be
# most of their time.
export PYTHONDONTWRITEBYTECODE :=
quietly = said=$$($(1) 2>&1) || { echo "$$said"; exit 1; }
LINTS := lint-code lint-imports lint-templates lint-types lint-migrations
.DEFAULT_GOAL := help
.PHONY: help run test pytest test-thorough bench lint lint-and-postgresql-15 postgresql-15 lock $(LINTS)

help:
	@echo 'make run    start everything on http://127.0.0.1:8000  (PORT=, BIND=, SLUICE_STATE=, DATABASE_URL=, REDIS_URL=)'
	@echo 'make test   lints and all tests, real browser included  (ARGS="-k word tests/leads", ARGS=-n0 in one process)'
	@echo 'make pytest   the tests without the lints  (ARGS=)'
	@echo 'make test-thorough   the property tests alone, with many more examples (hours)'
	@echo 'make lint   the lints alone'
	@echo 'make bench  the benchmarks  (ARGS=)'
	@echo 'make lock   resolve the dependencies anew  (UPGRADE=1 for newer releases)'

run: .venv/.base node_modules/.base
	@exec $(V)/python manage.py serve --end-with-parent $(ARGS)

test: lint pytest

# In one process more than the machine has cores, four at most (tests/side_by_side.py).
pytest: node_modules/.dev
	@exec env SLUICE_STATE="$(STATE)" $(V)/python -m config.embedded with-servers --fast -- \
		$(V)/python -m pytest -n auto $(ARGS)

test-thorough: node_modules/.dev
	@$(MAKE) --no-print-directory pytest ARGS='-m hypothesis --hypothesis-profile=thorough --timeout=7200 $(ARGS)'

bench: .venv/.dev node_modules/.base
	@exec env SLUICE_STATE="$(or $(SLUICE_STATE),var/bench)" $(V)/python -m config.embedded with-servers -- $(V)/python -m tests.bench $(ARGS)

# All at once, and all that is wrong; what a lint that passes has to say goes nowhere.
lint: .venv/.dev
	@$(MAKE) --no-print-directory -j -k -Otarget $(LINTS)

# For .ci/run: both at once, because each leaves one of two cores idle for much of its time.
lint-and-postgresql-15: node_modules/.dev
	@$(MAKE) --no-print-directory -j -k -Otarget $(LINTS) postgresql-15

postgresql-15:
	@.ci/on-postgresql-15

lint-code:
	@$(V)/ruff check -q .
	@$(V)/ruff format -q --check .

lint-imports:
	@$(call quietly,$(V)/lint-imports --no-cache)

lint-templates:
	@$(call quietly,$(V)/djade --check --target-version 5.2 $(foreach depth,* */* */*/*,$(wildcard templates/$(depth).html)))

lint-types:
	@$(V)/mypy --no-error-summary

lint-migrations:
	@SLUICE_STATE="$(STATE)" $(V)/python -W ignore manage.py makemigrations --check --dry-run --skip-checks -v0

# uv first, for its speed; pip where uv cannot work (it reads nothing of pip's configuration).
.venv/.base: requirements.lock requirements-uv.lock
	@test -x $(V)/python || $(PYTHON) -m venv .venv
	@$(PIP) -r requirements-uv.lock && $(SYNC) requirements.lock requirements-uv.lock || $(PIP) -r requirements.lock
	@rm -f .venv/.dev && touch $@

.venv/.dev: .venv/.base requirements-dev.lock
	@$(SYNC) requirements-dev.lock requirements-uv.lock || $(PIP) -r requirements-dev.lock
	@touch $@

node_modules/.base: .venv/.base package-lock.json package.json .npmrc
	@$(NPM) ci --omit=dev --silent
	@rm -f node_modules/.dev && touch $@

node_modules/.dev: .venv/.dev package-lock.json package.json .npmrc
	@$(NPM) ci --silent
	@touch node_modules/.base $@

lock:
	@test -x $(V)/python || $(PYTHON) -m venv .venv
	@test -x $(V)/uv || $(V)/pip install -q --disable-pip-version-check uv
	@echo uv | $(COMPILE) $(if $(UPGRADE),--upgrade) - -o requirements-uv.lock
	@$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements.lock
	@$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	@test -x $(V)/npm || $(PIP) -r requirements.lock
	@$(NPM) install --package-lock-only --silent
	@! grep -nE '\w://|"resolved"' requirements*.lock || { echo 'a lock names a host' >&2; exit 1; }

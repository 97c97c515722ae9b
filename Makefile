# Every target sets up what it needs on a fresh machine; `make help` lists them.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= runs/fault-detection-gearbox-line
export OMP_NUM_THREADS := 1

.PHONY: help setup run test test-all lint format compile bench images test-images manifests lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## make the environment (.venv) from the lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 13) else f"Python 3.11 or 3.12 is needed, found {v[0]}.{v[1]}; name one with: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/pip install --quiet --disable-pip-version-check $$(grep '^torch==' requirements.lock)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	$(BIN)/python -m compileall -q rarefault components pipelines serving loadtest
	@touch $@

run: $(READY) ## run fault detection on the built-in data
	$(BIN)/rarefault run fault-detection --out $(OUT)

test: $(READY) ## the tests, without the slow ones
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-all: $(READY) ## all tests
	$(BIN)/python -m pytest -n 2

lint: $(READY) ## ruff and mypy
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy rarefault

format: $(READY) ## let ruff format the code
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

compile: $(READY) ## write the pipelines as YAML for Kubeflow
	$(BIN)/rarefault compile

bench: $(READY) ## the benchmarks (an hour or more); each prints its table
	$(BIN)/python -m benchmarks

images: ## build both images, tag them by git commit, push to REGISTRY=localhost:32000 (docker/README.md)
	@docker/build.sh

test-images: $(READY) ## build and try the images (docker, debootstrap, PostgreSQL; docker/README.md)
	$(BIN)/python -m pytest -m images tests/images

manifests: ## render the manifests of both overlays into rendered/ (kubectl)
	mkdir -p rendered
	for overlay in microk8s cluster; do kubectl kustomize manifests/overlays/$$overlay > rendered/$$overlay.yaml || exit 1; done

lock: $(READY) ## write requirements.lock anew from the environment
	$(BIN)/pip freeze --exclude-editable | sed -E 's/^torch==([0-9.]+).*/torch==\1/' > requirements.lock

clean: ## remove the environment, caches and compiled pipelines (runs/ stays)
	rm -rf $(VENV) .make compiled .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info

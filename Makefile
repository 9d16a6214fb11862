# The lab's own work: set-up, checks, demo. What a command does is written in lab/, not here.
# Works with GNU make 3.81 and bash 3.2 (macOS).

VENV := .venv
BIN := $(VENV)/bin
LAB := $(BIN)/lab
SHELL_FILES := $(wildcard .ci/run .ci/*.sh mysql/bin/* haproxy/balancer-* memcached/cache-health minio/bin/* php-app/bin/* \
	tests/elsewhere/engine tests/elsewhere/runtime)
DOCKER_FILES := $(wildcard */Dockerfile compose/images/Dockerfile tests/elsewhere/Dockerfile)

.DEFAULT_GOAL := help
.PHONY: help demo setup venv engine images test check lint types unit golden cli php integration e2e bench versions up down clean

help: ## this list
	@echo 'First time: make demo     (later: $(LAB) --help)'
	@echo
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: setup ## set up, draw a first scaling curve, leave the full lab running
	@$(LAB) demo

setup: venv engine ## Python environment and Docker engine, whatever of them is missing

venv:
	@sh .ci/venv.sh $(VENV)

# It shows each file before it writes it; whoever runs `make demo` or `make test` has asked for the set-up.
engine:
	@$(LAB) doctor --json >/dev/null 2>&1 || $(LAB) doctor --fix --yes

images: setup ## build what is missing or outdated of the images
	@$(LAB) images build

test: export LAB_REQUIRE_DOCKER := 1
test: setup ## everything: checks, images, PHP tests, whole labs
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory images
	@$(MAKE) --no-print-directory php integration e2e

check: lint types unit golden cli ## everything that needs no engine

lint: venv ## style and mistakes: Python, shell, Dockerfiles
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/shellcheck $(SHELL_FILES)
	$(BIN)/hadolint --config .ci/hadolint.yaml $(DOCKER_FILES)

types: venv ## mypy, strict
	$(BIN)/mypy

unit: venv ## functions, one at a time
	$(BIN)/pytest -q tests/unit

golden: venv ## rendered files against the stored ones
	$(BIN)/pytest -q tests/golden

cli: venv ## the command line, without an engine
	$(BIN)/pytest -q tests/cli

php: images ## the photo site's own tests, inside its image
	docker run --rm --network none --entrypoint php $(WEB_IMAGE) tests/run.php

integration: images ## parts together, with Docker
	$(BIN)/pytest -q tests/integration

e2e: images ## whole labs and short measurements, with Docker
	$(BIN)/pytest -q tests/e2e

versions: images ## other releases of Engine and Compose, built or fetched; all images on an engine elsewhere (slow; not in `make test`)
	LAB_BUILD_ALL=1 $(BIN)/pytest -q tests/e2e/test_elsewhere.py -k from_nothing
	$(BIN)/pytest -q tests/versions

bench: images ## how quick and small the lab itself is; BENCH="up down" picks rows, BENCH=--long adds the image builds
	@$(BIN)/python -m bench $(BENCH)

up: images ## start the full lab
	@$(LAB) up

down: venv ## stop it; the data stays
	@$(LAB) down

clean: ## remove all that the project put here but the engine, the build cache and your results; tells the sizes
	@sh .ci/clean.sh $(VENV)

WEB_IMAGE = scalability-lab/web:$(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' lab/__init__.py)

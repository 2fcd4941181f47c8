# What people type besides `pulumi` and `slipway`; every target may be interrupted and repeated.
.DEFAULT_GOAL := help
.PHONY: help tools packages lab up down env test check bench

PYTHON ?= python3
# The project's own Pulumi, backend and passphrase: what `eval "$(make -s env)"` does for a person's shell.
WITH_TOOLS := eval "$$($(PYTHON) -m tools.environment)" &&
# Tests of one file stay together as far as possible: they share what they render.
ALL_CORES := --numprocesses auto --dist worksteal

help: ## Show this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | sed 's/$$$$/$$/g' | expand -t 16

tools: ## Install Pulumi, its plugins and Python's packages inside this folder
	@tools/install.sh

packages: ## Install Python's packages alone, which will do for `slipway comment`
	@$(PYTHON) -m tools.virtual_environment

lab: tools ## Start two Debian servers, a registry, an ACME server and a GitHub in containers
	@.venv/bin/python -m tests.lab up

up: lab ## Bring the sample product up on both lab servers
	@$(WITH_TOOLS) for stack in dev test; do \
	  pulumi stack select --create $$stack && \
	  pulumi up --yes --skip-preview --stack $$stack --policy-pack policies/run || exit 1; \
	done
	@.venv/bin/python -m tests.lab urls

down: ## Remove the lab: containers, images, keys, and what the backend knows of its stacks
	@python=.venv/bin/python; [ -x $$python ] || python=$(PYTHON); $$python -m tests.lab down

env: ## Print the variables for a shell, as in: eval "$$(make -s env)"
	@$(PYTHON) -m tools.environment

test: tools ## Run all tests: models and rules first, real servers last
	@$(WITH_TOOLS) pytest $(ALL_CORES) tests/unit tests/policies && \
	  pytest $(ALL_CORES) tests/integration && \
	  pytest $(ALL_CORES) tests/edge tests/plugin && \
	  pytest $(ALL_CORES) --dist loadfile tests/stacks && \
	  pytest tests/lab

check: tools ## Lint, types, shell scripts, generated files
	@$(WITH_TOOLS) python -m tools.check

bench: lab ## Measure what people wait for; writes bench.json and bench-policies.json
	@$(WITH_TOOLS) python -m tests.lab.bench && python -m tests.policies.bench

# Everything a person types. `make` alone prints what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input

# Run a long command, and say every ten seconds for how long it has been running.
waiting = @$(2) & work=$$!; began=$$SECONDS; \
	while kill -0 $$work 2>/dev/null; do \
		sleep 1; passed=$$((SECONDS - began)); \
		if (( passed % 10 == 0 )); then echo "  $(1): $$passed s by now"; fi; \
	done; wait $$work

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; name one with: make PYTHON=python3.12 ..."; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "This Python cannot make virtual environments; as root type: apt-get install python3-venv"; exit 2; }

$(VENV)/.run: requirements.txt local/requirements.txt | $(BIN)/python
	@echo "Installing packages into ./$(VENV), once; a minute or so ..."
	$(call waiting,installing,$(PIP) -r requirements.txt -r local/requirements.txt)
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	@echo "Installing the tests' and linters' packages into ./$(VENV), once ..."
	$(call waiting,installing,$(PIP) -r requirements-dev.txt)
	@touch $@

LOCAL := $(BIN)/python -m local
# What works on a deployed stack installs nothing only to say that there is none.
NOTHING := echo "Nothing runs here and nothing is deployed; type: make up"
MADE := $(wildcard .local/backend .local/cloud)
deployed = $(if $(MADE),$(LOCAL) $(1),$(NOTHING)$(2))

.PHONY: up
up: $(VENV)/.run ## From nothing to a deployed stack on a local cloud, its token proven
	@$(LOCAL) up

.PHONY: rotate
rotate: $(if $(MADE),$(VENV)/.run) ## Change the token, and prove it
	@$(call deployed,rotate,; exit 1)

.PHONY: status
status: $(if $(MADE),$(VENV)/.run) ## What runs, what the stack holds, how to connect
	@$(call deployed,status)

.PHONY: cli
cli: $(if $(MADE),$(VENV)/.run) ## redis-cli on the primary endpoint, with the current token
	@$(call deployed,cli,; exit 1)

.PHONY: token
token: $(if $(MADE),$(VENV)/.run) ## The current token in clear (with make -s)
	@$(call deployed,token,>&2; exit 1)

.PHONY: env
env: $(if $(MADE),$(VENV)/.run) ## Settings to eval, after which pulumi and aws work by hand
	@$(call deployed,env,>&2; exit 1)

.PHONY: down
down: $(if $(MADE),$(VENV)/.run) ## Destroy the stack and stop everything
	@$(call deployed,down)

.PHONY: lint
lint: $(VENV)/.dev ## Linters and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

.PHONY: test
test: $(VENV)/.dev ## The whole test suite
	@$(BIN)/python -m pytest -n 2

EXAMPLES ?= 2000
CLOUD_EXAMPLES ?= 50

.PHONY: model-test
model-test: $(VENV)/.dev ## Whatever may happen, in any order: EXAMPLES=2000 in memory, CLOUD_EXAMPLES=50 on nodes
	@$(BIN)/python -m tests.trials model --examples $(EXAMPLES) --on-cloud $(CLOUD_EXAMPLES)

.PHONY: crash-test
crash-test: $(VENV)/.dev ## Kill a rotation before and after each of its AWS calls; then `up` again
	@$(BIN)/python -m tests.trials crashes

.PHONY: client-test
client-test: $(VENV)/.dev ## Clients at work through 20 rotations
	@$(BIN)/python -m tests.trials clients

.PHONY: bench
bench: $(VENV)/.dev ## How long things take on this machine
	@$(BIN)/python -m bench $(ARGS)

# `make run` and `make test` need nothing but Python 3.11 or newer, git and make.

PY := .venv/bin/python
PYROGRAM2 := .deps/pyrogram-2.0.106
WORKERS ?= 2
UV := .deps/uv
UV_VERSION := 0.13.8
COMPILE = PYTHONPATH=$(UV) $(PY) -m uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --annotation-style line $(LOCKFLAGS)
export PYTHON

.PHONY: help setup run test models browser screens sample lint bench lock clean
.NOTPARALLEL:
.DEFAULT_GOAL := help

help: ## what can be asked for
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-7s %s\n", $$1, $$2}' Makefile

setup: .venv/ready-dev models models/minilm-l6 $(PYROGRAM2) browser ## everything below, ready to work (implied by run and test)

run: .venv/ready-run models ## the bot and its console; without a token, a demo of both
	@$(PY) -m llmtb run $(ARGS)

test: lint models models/minilm-l6 $(PYROGRAM2) browser ## lint, types, the whole suite with its coverage, both Telegram libraries
	@$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest -n $(WORKERS) --dist worksteal
	@$(PY) -m coverage combine --quiet
	$(PY) -m coverage report
	PYTHONPATH=$(PYROGRAM2) $(PY) -m pytest -n $(WORKERS) --dist worksteal tests/wire

models: .venv/ready-run ## the default models: about 190 MB once, held to their hashes
	@$(PY) -m llmtb models add --folder models

models/minilm-l6: | .venv/ready-run
	@$(PY) -m llmtb models add --folder models minilm-l6

browser: ## Chromium, for the tests that drive the pages
	@tools/browser

screens: .venv/ready-dev models browser ## the pictures of the README again, from the demo
	$(PY) tools/screens docs/pictures

sample: .venv/ready-dev ## the sample export of docs/ again
	PYTHONPATH=. $(PY) tools/sample_export docs/sample-export

lint: .venv/ready-dev ## style and strict types alone
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

bench: .venv/ready-dev models ## every figure as a ratio of one run, with its target
	@failed=; for file in benchmarks/[a-z]*.py; do \
		echo "== $$file"; $(PY) $$file || failed="$$failed $$file"; \
	done; test -z "$$failed" || { echo "missed:$$failed" >&2; exit 1; }

# LOCKFLAGS=--upgrade takes the newest versions; without it, a lock moves only where it must.
lock: .venv/ready-dev ## requirements/*.lock again, from pyproject.toml and requirements/*.in
	@test -d $(UV) || $(PY) -m pip install --quiet --target $(UV) uv==$(UV_VERSION)
	$(COMPILE) --group dev pyproject.toml --output-file requirements/dev.lock
	$(COMPILE) --constraint requirements/dev.lock pyproject.toml --output-file requirements/run.lock
	$(COMPILE) requirements/build.in --output-file requirements/build.lock
	$(COMPILE) requirements/pyrogram2.in --output-file requirements/pyrogram2.lock

clean: ## removes what make made; never your data
	rm -rf .venv .deps .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* build *.egg-info

.venv/ready-%: requirements/build.lock requirements/%.lock pyproject.toml tools/setup
	@tools/setup $*

$(PYROGRAM2): requirements/pyrogram2.lock | .venv/ready-dev
	@tools/pyrogram2 $@

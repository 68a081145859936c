# Everything runs from .venv, which is built from hash-pinned requirements.
# Needed on the machine: python3 (3.11 or newer, with venv), make, and a package index that pip can reach.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.stamp

.DEFAULT_GOAL := help
.PHONY: help demo test quick check bench bench-attachment simulate reliability lock clean system-deps

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' Makefile

$(STAMP): pyproject.toml requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "comity needs Python 3.11 or newer: install it, or name it as in 'make PYTHON=python3.12 ...'" >&2; exit 1; }
	@$(PYTHON) -m venv .venv \
	  || { echo "cannot make a virtual environment: install Python's venv module (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	$(BIN)/pip install -q --require-hashes -r requirements-dev.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP)  ## three agencies on this machine work a case of each chapter
	$(BIN)/python docs/examples/demo.py

test: $(STAMP)  ## run every test; the injected faults have a target of their own, reliability
	$(BIN)/pytest -n 2 -m "not reliability"

quick: $(STAMP)  ## run the tests that are not marked slow (under a minute)
	$(BIN)/pytest -n 2 -m "not slow and not reliability"

check: $(STAMP)  ## formatting, lint, types, the clauses and vectors of spec/, and the vocabulary
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python tools/clauses.py --check
	$(BIN)/python -m tools.vectors --check
	$(BIN)/python -m tools.forms --check
	$(BIN)/python -m tools.vocabulary
	$(BIN)/python -m tools.lifecycle --check

bench: $(STAMP)  ## measure the exchange on this machine
	$(BIN)/python bench/exchange.py

SEEDS ?= 20

simulate: $(STAMP)  ## the whole alliance under virtual time and faults: SEEDS=n, FIRST=s; REPLAY=seed tells every event
	$(BIN)/python -m tests.simulation $(if $(REPLAY),--replay $(REPLAY) -v,--seeds $(SEEDS) $(if $(FIRST),--first $(FIRST)))

reliability: $(STAMP)  ## inject every fault, find every planted bug, write docs/reliability.md; RELEASE=1: ten times as much
	$(BIN)/python -m tests.reliability $(if $(RELEASE),--tier RELEASE)

bench-attachment: $(STAMP)  ## measure small exchanges while a file of 4 GiB moves (minutes, 8 GiB of disk)
	$(BIN)/python bench/attachment.py

lock:  ## write the requirement files again, with the newest versions that pyproject.toml allows
	@set -e; scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; \
	$(PYTHON) -m venv "$$scratch/venv"; "$$scratch/venv/bin/pip" install -q uv; \
	compile() { "$$scratch/venv/bin/uv" pip compile -q --upgrade --universal --generate-hashes --no-header \
	  --python-version 3.11 --extra node "$$@"; }; \
	compile pyproject.toml -o requirements.txt; \
	compile --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	@if grep -n '://' requirements.txt requirements-dev.txt; then echo "an index address is in the lines above" >&2; exit 1; fi

clean:  ## remove the environment, caches and builds
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find protocol node tests tools bench docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

PRINTING := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig \
  fonts-dejavu-core fonts-hosny-amiri fonts-tlwg-loma fonts-wqy-microhei

system-deps:  ## install what tests and the PDF report need beyond python3 and make: C compiler, Pango, fonts (Debian and Ubuntu, as root)
	@want=""; \
	command -v gcc >/dev/null && echo '#include <dlfcn.h>' | gcc -E - >/dev/null 2>&1 || want="gcc libc6-dev"; \
	here=yes; \
	for library in libpango-1.0.so.0 libpangoft2-1.0.so.0 libharfbuzz-subset.so.0; do \
	  ldconfig -p | grep -q "$$library" || here=no; \
	done; \
	for language in ar zh ru th; do fc-list ":lang=$$language" 2>/dev/null | grep -q . || here=no; done; \
	test "$$here" = yes || want="$$want $(PRINTING)"; \
	if test -z "$$want"; then echo "all of it is here; nothing was installed."; \
	else apt-get update -q && apt-get install -y -q --no-install-recommends $$want; fi

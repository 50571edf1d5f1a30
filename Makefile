# `make` lists the targets. Each makes what it needs; nothing has to be installed by hand.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help certify test prove fleet lint format bench explore full docs pictures reports pins chromium clean

VENV ?= .venv
BIN := $(VENV)/bin
# The first of these that is Python 3.11 or later.
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
PINNED_BY := pyproject.toml constraints.txt
# The lawful choices that `make prove` tries; by default each in a mixture with others.
VARIANTS ?= --mixed 1
# Says afterwards what a command took, whatever came of it.
TAKES := TIMEFORMAT='^ took %lR' && time
# What certify needs, and what everything else needs as well.
BASE := $(VENV)/.installed-base
DEV := $(VENV)/.installed-dev

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

certify: $(BASE) chromium ## certify the embedded reference, its pages in a browser; ARGS="--target FILE" for another
	$(BIN)/pairproof certify $(ARGS)

test: $(DEV) $(if $(wildcard tests/browser/test_*.py),chromium) ## the tests; ARGS="-k EXPR" for some
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

prove: $(BASE) ## what the suite catches and what it leaves alone; every interleaving
	$(BIN)/pairproof interleavings
	$(BIN)/pairproof mutants run --first docs/kill-matrix.md
	$(BIN)/pairproof variants run $(VARIANTS)

fleet: $(BASE) ## every shipped scenario with 100 hosts; ARGS="--hosts N" for more
	for scenario in scenarios/*.toml; do \
	  $(BIN)/pairproof fleet "$$(basename "$$scenario" .toml)" --hosts 100 $(ARGS); done

lint: $(DEV) ## ruff and mypy, changing nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(DEV) ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

explore: SECONDS ?= 60
explore: $(DEV) ## draw sequences for SECONDS (60): none may differ from the reference
	$(BIN)/pairproof explore --driver inprocess --examples 10000000 --seconds $(SECONDS)

bench: $(DEV) ## measure what is claimed about speed
	$(BIN)/python -m benchmarks $(ARGS)

full: ## all there is: every test, slow ones too, the proof, the fleet; each with what it took
	$(TAKES) $(MAKE) lint chromium
	$(TAKES) $(MAKE) prove
	$(TAKES) $(MAKE) fleet
	$(TAKES) $(BIN)/pairproof mutants run --full --both-drivers
	$(TAKES) $(BIN)/pairproof variants run --full
	for seed in 2 3 4; do $(TAKES) $(BIN)/pairproof variants run --mixed $$seed; done
	$(TAKES) $(BIN)/pairproof interleavings --faults 2
	$(TAKES) $(MAKE) explore SECONDS=600
	$(TAKES) $(BIN)/python -m pytest --hypothesis-profile=thorough
	$(TAKES) $(BIN)/pairproof reports check
	$(TAKES) $(BIN)/pairproof certify
	rm -rf build/triples; $(BIN)/pairproof requirements --tables build/triples --strength 3
	$(TAKES) env PAIRPROOF_FEATURES=build/triples $(BIN)/pairproof certify --driver inprocess
	$(TAKES) env PAIRPROOF_FEATURES=build/triples $(BIN)/pairproof certify -k writings
	rm -rf build/every; $(BIN)/pairproof requirements --tables build/every --strength 5
	for driver in inprocess http; do $(TAKES) env PAIRPROOF_FEATURES=build/every \
	  $(BIN)/pairproof certify --driver $$driver -k "lost_messages or clocks"; done

docs: $(DEV) ## write the generated pages of docs/ again; takes about twenty minutes
	$(BIN)/pairproof requirements --tables features
	$(BIN)/pairproof requirements --format markdown > docs/requirements.md.new
	mv docs/requirements.md.new docs/requirements.md
	$(BIN)/pairproof mutants run --format markdown > docs/kill-matrix.md.new
	mv docs/kill-matrix.md.new docs/kill-matrix.md
	$(BIN)/pairproof variants run --format markdown > docs/variants.md.new
	mv docs/variants.md.new docs/variants.md
	$(BIN)/pairproof variants list --format json > harness/catalogue/variants.json.new
	mv harness/catalogue/variants.json.new harness/catalogue/variants.json
	$(BIN)/pairproof scenarios --format markdown > scenarios/README.md.new
	mv scenarios/README.md.new scenarios/README.md
	$(BIN)/pairproof scenarios --schema > harness/fleet/schemas/scenario-1.schema.json.new
	mv harness/fleet/schemas/scenario-1.schema.json.new harness/fleet/schemas/scenario-1.schema.json
	$(BIN)/pairproof target schema > harness/targets/schemas/target-1.schema.json.new
	mv harness/targets/schemas/target-1.schema.json.new harness/targets/schemas/target-1.schema.json
	{ sed '/^### At the top/,$$d' docs/target-file.md; $(BIN)/pairproof target schema --table; } \
	  > docs/target-file.md.new
	mv docs/target-file.md.new docs/target-file.md
	$(BIN)/pairproof target arrangements > docs/arrangements.md.new
	mv docs/arrangements.md.new docs/arrangements.md
	$(BIN)/pairproof target operations > docs/operations.md.new
	mv docs/operations.md.new docs/operations.md
	$(BIN)/pairproof requirements --choices > harness/catalogue/choices.json.new
	mv harness/catalogue/choices.json.new harness/catalogue/choices.json
	# The run reads the table: a new scenario has its place by its row only the second time.
	for again in 1 2; do $(BIN)/pairproof requirements --needs > harness/catalogue/needs.json.new && \
	  mv harness/catalogue/needs.json.new harness/catalogue/needs.json; done

pictures: $(DEV) chromium ## take the pictures of docs/ again
	$(BIN)/python docs/make_pictures.py

# Published again are only this version of the reference, and the strangers.
reports: $(DEV) chromium ## certify the reference and the strangers, and publish that
	rm -rf build/reports reports/*/{hub-and-rings,office-and-annexes,stepwise-office-and-appliances} \
	  reports/*/pairproof-reference/"$$($(BIN)/python -c 'import harness; print(harness.__version__)')"
	$(BIN)/pairproof certify --out build/reports/reference
	$(BIN)/pairproof reports submit build/reports/reference
	$(BIN)/python -m tests.strangers build/reports
	$(BIN)/pairproof reports index

pins: ## resolve pyproject.toml afresh into constraints.txt
	rm -rf $(VENV)
	$(MAKE) $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m pip freeze --all --exclude pip --exclude-editable > constraints.txt

clean: ## remove all that was made, published reports excepted
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis reports/runs
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@python="$(PYTHON)"; \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "pairproof needs Python 3.11 or later, and $${python:-none that was found} is not;" \
	  "install it, or say where it is: make PYTHON=/path/to/python3.11" >&2; exit 1; }; \
	version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	has_venv() { "$$python" -c 'import ensurepip, venv' 2>/dev/null; }; \
	if ! has_venv && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq "python$$version-venv" >&2 || true; \
	fi; \
	has_venv || { echo "$$python has no venv module; on Debian and Ubuntu:" \
	  "apt-get install python3-venv (or python$$version-venv)" >&2; exit 1; }; \
	echo "installing pairproof into $(VENV), once" >&2; \
	"$$python" -m venv --clear $(VENV)

# Where there is no Playwright for this machine, all but the pages is judged, and that is said.
$(BASE): $(PINNED_BY) | $(BIN)/python
	$(INSTALL) --editable '.[browser]' || $(INSTALL) --editable .
	touch $@

$(DEV): $(PINNED_BY) | $(BIN)/python
	$(INSTALL) --editable '.[dev]'
	touch $(BASE) $@

# What needs a browser says what is missing where there is none; so this never fails.
chromium: ## see to a browser, for the pages and for the tests that need one
	@there() { command -v chromium-headless-shell || command -v chromium; } >/dev/null; if there; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && for each in chromium-headless-shell chromium; do \
	    there || apt-get install -y -qq --no-install-recommends "$$each" >&2 || true; done; \
	fi; \
	there || echo "no chromium, so pages are not judged, and the tests in a browser skip;" \
	  "on Debian: apt-get install chromium-headless-shell" >&2

# Everything runs in .venv from the pinned lock; `make build` and `make test` need nothing else.
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python -m generator
JOBS ?= 2

.PHONY: build test site serve fmt lint clean system

build: .venv/ready
	$(RUN) build

test: .venv/ready system lint
	$(RUN) check
	$(RUN) build
	$(RUN) build --check
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright --level error

site: .venv/ready
	$(RUN) site

serve: .venv/ready
	$(RUN) site --serve

fmt: .venv/ready
	$(RUN) fmt
	$(BIN)/ruff check --fix-only -q .
	$(BIN)/ruff format -q .

clean:
	rm -rf build dist .cache .pytest_cache .ruff_cache .hypothesis site/zh/papers site/en/papers

# The browser and the fonts of the site's tests, where apt and root are at hand; elsewhere those tests say that they skip.
system:
	@if command -v chromium >/dev/null && fc-list 2>/dev/null | grep -q 'STIX' && fc-list | grep -q 'Noto Sans CJK'; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    chromium fontconfig fonts-noto-cjk fonts-stix fonts-dejavu-core >/dev/null; \
	else echo "chromium or its fonts are missing and cannot be installed here: browser tests will skip" >&2; fi

.venv/ready: requirements/lock.txt
	[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/lock.txt
	touch $@

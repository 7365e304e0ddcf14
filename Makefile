# Every target sets up what it needs, once, in a virtual environment of its own interpreter:
#   make test                      the first working Python 3.11 or newer
#   make check PYTHON=python3.12   that one, in .venv-python3.12
PYTHON ?=
VENV   ?= .venv$(if $(PYTHON),-$(notdir $(PYTHON)))
RUN    := $(VENV)/bin/python
PIP    := $(RUN) -m pip --disable-pip-version-check --no-input -qq
WORKERS ?= auto
PYTEST  = $(RUN) -m pytest -n $(WORKERS) --dist worksteal

.DELETE_ON_ERROR:
.PHONY: help dashboard demo test check check-all bench brown-out mutants soak lint types docs docs-check changelog wheel-check format clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

dashboard: $(VENV)/.web  ## a web page of services that fail now and then, and of their clients
	@$(RUN) -m resilience dashboard --demo --web $(ARGS)

demo: $(VENV)/.run  ## a service goes down and comes back; three clients live through it
	@$(RUN) -m resilience demo $(ARGS)

test: $(VENV)/.dev  ## all tests that need nothing but wheels
	$(PYTEST) -m "not system" $(ARGS)

lint: $(VENV)/.dev  ## style, spelling, workflows, known vulnerabilities, changelog fragments
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(VENV)/bin/codespell src tests docs bench scripts changelog.d *.md
	$(VENV)/bin/zizmor --offline --quiet .github
	$(RUN) scripts/audit.py
	$(RUN) -m towncrier build --draft --version unreleased >/dev/null

format: $(VENV)/.dev  ## let ruff mend what it can
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

types: $(VENV)/.dev  ## mypy --strict and pyright
	$(RUN) -m mypy
	$(VENV)/bin/pyright --pythonpath $(RUN)

docs-check: $(VENV)/.dev  ## every snippet of README and docs, every doctest
	$(PYTEST) tests/test_snippets.py src

docs: $(VENV)/.dev  ## the documentation site, into site/, with no warning
	$(VENV)/bin/zensical build --clean --strict

changelog: $(VENV)/.dev  ## what the next release would say
	@$(RUN) -m towncrier build --draft --version unreleased

wheel-check: $(VENV)/.dev  ## build, and try the wheel with src away
	$(RUN) scripts/check_wheel.py

# pytest comes last, so that its own summary line ends the output.
check: lint types  ## what a change must pass
	$(RUN) -m pytest tests/test_layers.py -q --no-header
	$(MAKE) --no-print-directory docs docs-check wheel-check VENV=$(VENV)
	$(PYTEST) --cov --cov-report= --covered-floors $(ARGS)

check-all:  ## make check on each Python that is found
	@set -e; for name in python3.11 python3.12 python3.13; do \
	  if scripts/find-python $$name >/dev/null 2>&1; then \
	    echo "== $$name"; $(MAKE) --no-print-directory check PYTHON=$$name; \
	  else echo "== $$name: not found, left out"; fi; \
	done

bench: $(VENV)/.bench  ## cost per call, against the peers, in one run
	@$(RUN) -m bench $(ARGS)

brown-out: $(VENV)/.bench  ## ours and the peers through one brown-out, in real time; about three minutes
	@$(RUN) -m bench.brown_out $(ARGS)

soak: $(VENV)/.run  ## the same calls for a while; memory must stay flat
	@$(RUN) -m bench.soak $(ARGS)

mutants: $(VENV)/.mutants  ## change the policies and the engine in small ways, and see that a test notices; hours
	$(RUN) scripts/mutants.py run $(ARGS)
	$(RUN) scripts/survivors.py

clean:  ## remove environments and what tools leave behind
	rm -rf .venv* build dist .coverage* .hypothesis mutants .mypy_cache .pytest_cache .ruff_cache

# Set-up runs again when pyproject.toml changes. pip must know dependency groups (25.1).
$(VENV)/.run: pyproject.toml
	@python=$$(scripts/find-python $(PYTHON)) && echo "setting up $(VENV) with $$python" && "$$python" -m venv $(VENV)
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install -e '.[cli]'
	@touch $@

$(VENV)/.web: $(VENV)/.run
	@$(PIP) install -e '.[cli,dashboard]'
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "installing what the checks need"
	@$(PIP) install -e '.[all]' --group dev
	@touch $@

$(VENV)/.mutants: $(VENV)/.dev
	@$(PIP) install --group mutants
	@touch $@

$(VENV)/.bench: $(VENV)/.run
	@echo "installing the peers"
	@$(PIP) install --group bench
	@touch $@

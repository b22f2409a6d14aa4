# make demo    the bridge with a local Zendesk on http://127.0.0.1:8080; with VENDOR=odoo with a local Odoo
# make test    everything that must hold, as continuous integration runs it
# make test-odoo ODOO_URL=... ODOO_DB=... ODOO_API_KEY=...    the contract stories with a real Odoo; CONTRIBUTING says more
# make mutation PACK=maas360    words of a policy that no story guards; without PACK of all policies

.PHONY: setup demo test test-odoo mutation lint lock clean

BIN = .venv/bin
READY = .venv/ready
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore

# To prefer an interpreter: make setup PYTHON=/usr/bin/python3.13
PYTHON =

setup: $(READY)

# The interpreter's own pip fills the environment, so that Debian's python3-venv is not needed; where there is none,
# the pip that comes with Python's ensurepip does.
$(READY): requirements.txt pyproject.toml
	@set -e; recent=; chosen=; \
	for python in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  recent=$$python; \
	  if "$$python" -c 'import pip' 2>/dev/null || "$$python" -c 'import ensurepip' 2>/dev/null; then chosen=$$python; break; fi; \
	done; \
	if [ -z "$$recent" ]; then \
	  echo "Found no Python 3.11 or newer: apt-get install python3, or make setup PYTHON=/path/to/python" >&2; exit 1; \
	elif [ -z "$$chosen" ]; then \
	  echo "Found $$recent without pip: apt-get install python3-pip, then run make again" >&2; exit 1; \
	fi; \
	echo "Filling .venv for $$("$$chosen" --version); the first time takes a minute"; \
	if "$$chosen" -c 'import pip' 2>/dev/null; then \
	  "$$chosen" -m venv --without-pip .venv; pip="$$chosen -m pip --python $(BIN)/python"; \
	else \
	  "$$chosen" -m venv .venv; pip="$(BIN)/python -m pip"; \
	fi; \
	$$pip install --quiet --require-hashes -r requirements.txt; \
	$$pip install --quiet --no-deps --no-build-isolation -e .; \
	touch $@

VENDOR = zendesk

demo: setup
	@$(BIN)/policybridge demo --vendor $(VENDOR)

# Where the clause ledgers lie beside this repository, the packs must agree with them.
LEDGER = $(if $(wildcard ../shared/clauses/*.yaml),--ledger ../shared/clauses)

# pytest comes last, so that its summary is the last thing printed.
test: lint
	$(BIN)/policybridge check
	$(BIN)/policybridge test
	$(BIN)/policybridge coverage $(LEDGER)
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile

# The variables have other names inside, so that a shell which knows a real account's never plays stories with it.
test-odoo: setup
	@for name in URL DB LOGIN API_KEY ADMIN_LOGIN ADMIN_API_KEY HISTORY WEBHOOKS; do \
	  eval "value=\$$ODOO_$$name"; export "TEST_ODOO_$$name=$$value"; \
	done; \
	$(BIN)/python -m pytest tests/contract -k odoo_server

PACK = $(basename $(notdir $(wildcard mappings/packs/*.yaml)))

mutation: setup
	@failed=0; for pack in $(PACK); do $(BIN)/policybridge mutation $$pack || failed=1; done; exit $$failed

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .
	$(BIN)/deptry . --extend-exclude tests --extend-exclude benchmarks --optional-dependencies-dev-groups dev --ignore DEP002

# Needs uv: one lock for every Python that is supported, with hashes. The result is reviewed and committed.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras --no-header pyproject.toml -o requirements.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

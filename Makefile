# `make help` lists the commands. README.md shows how to run the site without make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := .tools
PACKAGES := emulator/tests/node/node_modules/npm.done
# Each pytest worker has its own emulator and browser, and runs whole files in their order, because adjacent tests share
# fixtures. The longest files run first (pytest_collection_modifyitems in tests/conftest.py).
# There are more workers than cores, because a worker often waits for its emulator, its browser or a timeout.
WORKERS = -n $(shell $(PYTHON) -c "import os; print(min(4, os.cpu_count() * 3 // 2))") --dist loadfile --no-loadscope-reorder
# Settings of a deployed site, for `check --deploy`. They contain no real secret, and the check makes no network calls.
DEPLOYED := APPWRITE_ENDPOINT=https://appwrite.example.org/v1 APPWRITE_PROJECT=biso APPWRITE_API_KEY=none \
	SECRET_KEY=check-only-7f3a9c1e5b2d8064-check-only-7f3a9c1e5b2d8064 ALLOWED_HOSTS=posts.example.org SITE_URL=https://posts.example.org

# Let Python write bytecode files even if the environment forbids it, because the tests start Python many times.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test quick node deploytest attack check bench soak lighthouse lock messages fonts release sbom audit licences clean
.DEFAULT_GOAL := help

help: ## list these commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/local.done ## run the site on http://localhost:8000/ with its emulator
	$(BIN)/python manage.py runserver $(ADDRESS)

test: $(VENV)/dev.done ## run the tests; COVER=1 adds coverage, every language, theme and width, and longer random searches
ifdef COVER
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -m "not deploy and not attack" --hypothesis-profile=thorough $(WORKERS) $(ARGS)
	cd emulator && COVERAGE_RCFILE=../pyproject.toml COVERAGE_FILE=../.coverage ../$(BIN)/coverage run -m pytest -m "not node" $(WORKERS) $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=96
else
	$(BIN)/pytest -m "not thorough and not deploy and not attack" $(WORKERS) $(ARGS)
	cd emulator && ../$(BIN)/pytest -m "not thorough and not node" $(WORKERS) $(ARGS)
endif

quick: $(VENV)/dev.done ## run the tests that need no browser, recordings, Node or separate processes
	$(BIN)/pytest --ignore=tests/browser -m "not thorough and not browser and not processes and not attack" $(WORKERS) $(ARGS)
	cd emulator && ../$(BIN)/pytest --ignore=tests/browser -m "not thorough and not browser and not contract and not processes and not node" $(WORKERS) $(ARGS)

node: $(VENV)/dev.done $(PACKAGES) ## test the emulator with Appwrite's SDKs for Node and browsers (needs node and npm)
	cd emulator && ../$(BIN)/pytest -m node $(ARGS)

deploytest: $(VENV)/dev.done ## run the commands and files of docs/deploy.md, and test two machines (needs nginx, redis-server, curl, logrotate, systemd, caddy, docker-compose)
	$(BIN)/pytest -m deploy $(ARGS) tests/deploy

attack: $(VENV)/dev.done $(TOOLS)/attack.done ## attack the site: who sees what, forms, uploads, requests, a scanner; STEPS=20000 SCAN=60 takes longer
	STEPS=$(STEPS) SCAN=$(SCAN) $(BIN)/pytest -m attack $(WORKERS:loadfile=load) $(ARGS) tests/attacks

check: $(VENV)/dev.done ## check style, spelling, types, imports, settings, migrations and translations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell
	$(BIN)/mypy
	cd emulator && ../$(BIN)/mypy
	PYTHONPATH=emulator $(BIN)/lint-imports
	$(DEPLOYED) $(BIN)/python manage.py check --deploy --fail-level WARNING
	cd emulator && DJANGO_SETTINGS_MODULE=appwrite_emulator.settings ../$(BIN)/python -m django makemigrations --check --dry-run
	$(BIN)/python -m tests.translations

bench: $(VENV)/dev.done ## measure the speed of the site and the emulator
	PYTHONPATH=emulator $(BIN)/python -m bench.emulator
	PYTHONPATH=emulator $(BIN)/python -m bench.realtime
	PYTHONPATH=emulator $(BIN)/python -m bench.site
	PYTHONPATH=emulator $(BIN)/python -m bench.throughput
	PYTHONPATH=emulator $(BIN)/python -m bench.outage
	PYTHONPATH=emulator $(BIN)/python -m bench.markdown

soak: $(VENV)/dev.done ## run the site under load and faults for an hour: nothing may be lost or grow; SECONDS=1300 is the shortest run that judges all growth (needs redis-server)
	PYTHONPATH=emulator $(BIN)/python -m bench.soak $(SECONDS) $(ARGS)

lighthouse: $(VENV)/dev.done bench/node/node_modules/npm.done ## print the site's Lighthouse scores (needs chromium, node and npm)
	PYTHONPATH=emulator $(BIN)/python -m bench.lighthouse

# Three lock files: site (deployment), local (adds the emulator) and dev (adds the test tools). Each includes the
# previous one. Two more lock files extend site: import has the packages that `import_posts` needs for other blogs, and
# monitoring has those for error reports and traces. Both are part of dev.
LOCK := $(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links
lock: $(VENV)/dev.done ## update the lock files from pyproject.toml
	$(LOCK) -o requirements/site.txt pyproject.toml
	$(LOCK) -c requirements/site.txt --extra import -o requirements/import.txt pyproject.toml
	$(LOCK) -c requirements/site.txt --extra monitoring -o requirements/monitoring.txt pyproject.toml
	$(LOCK) -c requirements/site.txt -o requirements/local.txt pyproject.toml emulator/pyproject.toml
	$(LOCK) -c requirements/local.txt -c requirements/import.txt -c requirements/monitoring.txt --extra import --extra monitoring --group pyproject.toml:dev -o requirements/dev.txt pyproject.toml emulator/pyproject.toml
	$(LOCK) --group pyproject.toml:release -o requirements/release.txt
	$(LOCK) --group pyproject.toml:attack -o requirements/attack.txt

messages: $(VENV)/dev.done ## extract the texts to translate, and compile the translations (needs gettext)
	$(BIN)/python manage.py makemessages -l nb --no-location --no-obsolete --ignore '.venv/*' --ignore '.tools/*' --ignore 'emulator/*'
	$(BIN)/python manage.py compilemessages -l nb --ignore '.venv/*' --ignore '.tools/*'

fonts: $(VENV)/dev.done ## rebuild the files in static/fonts (needs Debian's fonts-sil-charis)
	$(BIN)/uv run --script tools/fonts.py

release: $(VENV)/dev.done $(TOOLS)/release.done ## make release VERSION=1.2.0 TESTED=COMMIT: build both projects into dist/, commit, tag
	$(BIN)/python tools/release.py $(VERSION) $(if $(TESTED),--tested $(TESTED))

# An environment that contains only the locked packages, so that the bill of materials does not list test tools.
BILL = $(TOOLS)/release/bin/cyclonedx-py environment --output-reproducible --spec-version 1.6 --mc-type application
sbom: $(VENV)/dev.done $(TOOLS)/release.done ## write a CycloneDX bill of materials of each project into dist/
	mkdir -p dist
	$(BIN)/uv venv -q --clear $(TOOLS)/sbom/site
	$(BIN)/uv pip install -q --python $(TOOLS)/sbom/site --require-hashes -r requirements/site.txt
	$(BILL) --pyproject pyproject.toml -o dist/biso-posts.cdx.json $(TOOLS)/sbom/site
	$(BIN)/uv venv -q --clear $(TOOLS)/sbom/emulator
	$(BIN)/uv pip install -q --python $(TOOLS)/sbom/emulator -c requirements/local.txt -r emulator/pyproject.toml
	$(BILL) --pyproject emulator/pyproject.toml -o dist/appwrite-emulator.cdx.json $(TOOLS)/sbom/emulator

audit: $(TOOLS)/release.done ## look for known vulnerabilities in the locked packages (asks pypi.org)
	$(TOOLS)/release/bin/python tools/audit.py

licences: $(VENV)/dev.done ## list the licences of the locked packages in docs/licences.md
	$(BIN)/python tools/licences.py

clean: ## delete the virtual environment, the data of local mode, static files and Node packages
	rm -rf $(VENV) $(TOOLS) dist .local staticfiles emulator/tests/node/node_modules bench/node/node_modules

# The virtual environment. Debian may lack ensurepip; then the system's pip installs packages into the new environment.
$(VENV)/bin/python:
	@echo "Creating a Python environment in $(VENV)…"
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); $(PYTHON) -m venv --without-pip $(VENV); }

$(VENV)/local.done $(VENV)/dev.done: $(VENV)/%.done: requirements/%.txt | $(VENV)/bin/python
	@echo "Installing $$(grep -c '==' $<) packages from $<. The first time this takes about a minute…"
	@$(PYTHON) -m pip --python $(BIN)/python install --progress-bar off --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Environments for programs whose packages must not be mixed with those of the site and its tests.
$(TOOLS)/release.done $(TOOLS)/attack.done: $(TOOLS)/%.done: requirements/%.txt | $(VENV)/dev.done
	$(BIN)/uv venv -q --clear $(TOOLS)/$*
	$(BIN)/uv pip install -q --python $(TOOLS)/$* --require-hashes -r $<
	@touch $@

%/node_modules/npm.done: %/package-lock.json
	npm ci --prefix $*
	touch $@

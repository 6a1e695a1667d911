# The project's commands. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
CITY ?= jinshui
TIME ?= 60

WEB_SOURCES := $(shell find web \( -path web/node_modules -o -path web/dist -o -path web/tests \) \
	-prune -o -type f -print 2>/dev/null)

.PHONY: help demo web test check bench chaos fuzz fmt lint sums clean

help: ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: web ## build everything and start the demo: make demo [CITY=la]
	cargo build --release --locked
	target/release/hexward demo --city $(CITY) --data data/demo-$(CITY)

ifneq ($(wildcard web/package.json),)
web: web/dist/index.html ## build the web bundle

# `npm ci` empties node_modules, so the stamp inside it cannot outlive what it stands for.
web/node_modules/.installed: web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	touch $@

# The placeholder page of build.rs is dated 1970, so that it never passes for a built bundle.
web/dist/index.html: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run build
	touch $@
else
web:
	@echo "no web side yet"
endif

test: ## run all tests on both engines and in a browser; installs what is missing through apt
	@bash .ci/test

check: ## run every gate as the continuous integration does
	@bash .ci/run

bench: web ## measure every promise on both engines; data stays in target/bench
	cargo bench --locked --no-run --bench locate --bench service
	cargo bench --locked --bench locate
	HEXWARD_TEST_POSTGRES_FOLDER=target/bench/postgres bash .ci/with-postgres bash -c \
	  'HEXWARD_BENCH_POSTGRES=$$HEXWARD_TEST_POSTGRES exec cargo bench --locked --bench service'

chaos: web ## do to the service what may happen to it, on both engines, and print what came of it
	cargo bench --locked --no-run --bench service
	bash .ci/with-postgres bash -c 'HEXWARD_BENCH_POSTGRES=$$HEXWARD_TEST_POSTGRES \
	  exec cargo bench --locked --bench service -- chaos'

fuzz: ## look for inputs that break a promise: make fuzz [TIME=60], seconds for each target
	@bash .ci/fuzz $(TIME)

fmt: ## format the code
	cargo fmt

lint: ## clippy, and the web's linter and type check
	cargo clippy --locked --all-targets -- -D warnings
	if [ -f web/package.json ]; then $(MAKE) web && cd web && npm run lint && npm run check; fi

sums: ## add the checksums of new migrations to migrations/SUMS
	@bash .ci/migration-sums

clean: ## remove what was built; data/ stays
	cargo clean
	rm -rf web/dist web/node_modules

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# Everything after the name of a command: make run ARGS="--listen 127.0.0.1:8080 --no-open"
ARGS ?=
PREFIX ?= $(HOME)/.local
# PROFILE=release optimises the server: compiling takes twice as long. The board is the same in both.
PROFILE ?= dev
program = $(if $(filter release,$(PROFILE)),target/release/staffel,target/staffel)

env = . scripts/env.sh && export STAFFEL_BIN="$${STAFFEL_BIN:-$(CURDIR)/$(program)}" &&
# What runs on the machine itself, with the features of scripts/build.sh: nothing is compiled twice then.
native := -p allocator -p domain -p protocol -p cli -p app -p server --features server/test-util
# Clippy is the compiler (.cargo/config.toml), and cargo repeats the warnings of what is compiled already. They stop nobody
# who builds with a newer Rust; here they are errors.
strict := 2>&1 | awk '{ print } /^warning/ { found = 1 } END { exit found }'
formatted := app/src/start.js style end2end frontend scripts bench/node bench/board
stages := compile lint unit size e2e-python conformance interop e2e assistants
# What `make test` leaves to CI, or to whoever asks for it: ALSO="assistants rounds".
#   assistants  real coding assistants, of which npm brings 1.4 GB
#   postgres    what needs a database, and all that is about the server once more on it: a quarter of an hour
#   rounds      in their full number: kills, races, and what a fuzzer tries
ALSO ?=
also := assistants postgres rounds
$(if $(filter-out $(also),$(ALSO)),$(error ALSO is "$(ALSO)": it takes any of the words $(also)))
ifneq ($(filter rounds,$(ALSO)),)
export STAFFEL_TEST_ROUNDS := all
endif
on_postgres := unit-on-postgres e2e-python-on-postgres mcp-on-postgres
# What compiles, and what mostly waits. Assistants and browsers are slow to start beside a compiler; beside each other they
# fill both processors. Tools are fetched while the first lane compiles.
lanes := "compile lint unit conformance interop $(filter assistants,$(ALSO))" "ready-test size e2e-python e2e"
lanes += $(if $(filter postgres,$(ALSO)),then unit-on-postgres "e2e-python-on-postgres mcp-on-postgres")

.PHONY: help setup run watch install dist build test $(stages) $(on_postgres) doc bench fmt clean ready ready-test ready-assistants ready-watch

help: ## show this list
	@echo 'make COMMAND [ARGS="…"]'
	@echo
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r name does; do \
		printf '%-25s%s\n' "$$name" "$$does"; done

setup: ## install what is missing, for building and for the tests
	@scripts/setup.sh test

build: ready ## the program, one file: target/staffel, or target/release/staffel
	@scripts/build.sh $(PROFILE)

run: build ## build and serve; ARGS go to `staffel serve`; PROFILE=release optimises, here and below
	@exec $(program) serve $(ARGS)

watch: ready-watch ## develop: rebuild and reload at every change; ARGS go to `staffel serve`
	@$(env) exec cargo leptos watch --split -- serve --no-open $(ARGS)

install: build ## put the program on your PATH: PREFIX=~/.local, or another folder with a bin
	@scripts/install.sh $(program) "$(PREFIX)"

dist: PROFILE = release
dist: build ## packages of the release in target/dist: tarball, Debian, npm, Python, and their checksums
	@$(env) scripts/dist.sh $(program) target/dist

test: build ## all of the following, side by side, up to the first failure; ALSO="assistants postgres rounds": as CI does
	@scripts/test.sh $(lanes)

# `app` is built as the server sees it here, and as the browser sees it below; never both in one cargo command,
# which would unify the two and switch on `ssr` and `hydrate` at once.
lint: ready-test ##   formatting, clippy for the server, the browser and the benchmark, documentation, rooms, dependencies
	$(env) cargo fmt --all --check
	$(env) cargo fmt --manifest-path bench/load/Cargo.toml --check
	$(env) prettier --check --log-level warn $(formatted)
	@$(env) scripts/rooms.py
	@$(env) scripts/dependencies.py
	$(env) cargo build -p bundler --all-targets $(strict)
	$(env) cargo build $(native) --all-targets $(strict)
	$(env) cargo build -p frontend --lib --target wasm32-unknown-unknown --profile wasm-release --target-dir target/front $(strict)
	$(env) cargo clippy --manifest-path bench/load/Cargo.toml --all-targets --target-dir target -- -D warnings
	@$(MAKE) doc

# Stands at the head of a lane, where the tools of the tests are not there yet: only what `build` needs.
compile: ##   the Rust tests and the programs, nothing is run
	$(env) cargo build -p bundler --all-targets
	$(env) cargo build $(native) --all-targets

unit: ready-test ##   the Rust tests, but for those that need PostgreSQL; ARGS go to `cargo test`
	$(env) cargo test --no-fail-fast -p bundler $(ARGS)
	$(env) cargo test --no-fail-fast $(native) $(or $(ARGS),-- --skip on_postgres::)

size: build ##   the size of the page's WASM, against its limit
	@$(env) scripts/wasm-size.sh

e2e-python: ready-test build ##   a Python MCP client against the program; ARGS go to pytest
	$(env) target/venv/bin/python -m pytest end2end/mcp-python $(ARGS)

# The same packages as in `unit`, which has compiled the fixtures then: cargo has nothing left to do here.
conformance: ready-test build ##   the official conformance suite of MCP against its fixtures and the program
	$(env) cargo build $(native) --example conformance
	$(env) cd end2end && npm run --silent test:conformance

interop: ready-test build ##   other MCP clients and bridges, and what every client is told, against the program
	$(env) cd end2end && npm run --silent test:interop

# Not through `cargo leptos end-to-end`: that one reports success when the build fails.
e2e: ready-test build ##   a TypeScript MCP client and a browser against the program; ARGS go to `playwright test`
	$(env) cd end2end && npm run --silent test:mcp
	$(env) cd end2end && playwright test $(ARGS)

# Of ALSO.
assistants: ready-assistants build ## five real coding assistants, with a scripted model, against the program
	$(env) cd end2end/assistants && npm run --silent test

unit-on-postgres: ready-test ## the tests of the server from outside, on PostgreSQL; ARGS go to `cargo test`
	$(env) STAFFEL_TEST_ON_POSTGRES=1 cargo test --no-fail-fast $(native) --test it $(ARGS)

e2e-python-on-postgres: ready-test build ## the same, every server on PostgreSQL; ARGS go to pytest
	$(env) target/venv/bin/python -m pytest end2end/mcp-python --postgres $(ARGS)

mcp-on-postgres: ready-test build ## conformance, the TypeScript client and other clients of MCP, every server on PostgreSQL
	$(env) cd end2end && export STAFFEL_TEST_ON_POSTGRES=1 && npm run --silent test:conformance && \
		npm run --silent test:mcp && npm run --silent test:interop

doc: ready ## check and write the documentation of the libraries
	$(env) RUSTDOC=scripts/document.sh cargo test --doc $(native)

bench: PROFILE = release
bench: ready-test build ## measure this build beside its peers; ARGS="--quick" for a short run
	@$(env) bench/run.sh $(ARGS)

fmt: ready-test ## format the code
	$(env) cargo fmt --all
	$(env) cargo fmt --manifest-path bench/load/Cargo.toml
	$(env) prettier --write --log-level warn $(formatted)

clean: ## remove everything that was built; the tools stay
	rm -rf target end2end/test-results end2end/playwright-report

ready:
	@scripts/setup.sh build --quiet

ready-test:
	@scripts/setup.sh test --quiet

ready-assistants:
	@scripts/setup.sh assistants --quiet

ready-watch:
	@scripts/setup.sh watch --quiet

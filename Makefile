# The commands of the project. `make help` lists them, from the lines below that begin with two hashes.
# A new machine needs `make demo` and `make test` only: they install what the build needs (Debian or Ubuntu),
# build, and run.

# One target folder, outside the clone, so that RocksDB is compiled once a machine and not once a clone.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/courtseal/target
CARGO = cargo
PROFILE = --release --locked
BIN = $(CARGO_TARGET_DIR)/release/courtseal

.PHONY: build help demo test simulate sabotage fuzz forge agree soak nightly test-faults crash-points lint doc kind bench floods audit setup

## Build all programs. The default.
build: setup
	$(CARGO) build $(PROFILE) --workspace --bins

## Show this list.
help:
	@awk '/^## / { line = substr($$0, 4); next } \
		/^[a-z-]+:/ && line { printf "  %-12s %s\n", substr($$1, 1, index($$1, ":") - 1), line } \
		{ line = "" }' $(firstword $(MAKEFILE_LIST))

## Show a whole network on this machine: start, notarize, stop a court, bring it back, verify offline, tamper.
demo: build
	$(BIN) demo

## Run every test that must pass on every change. No test depends on the machine's speed.
test: build
	$(CARGO) test $(PROFILE) --workspace
	tests/interop/run

# SEEDS: how many, from FIRST_SEED on. REPLAY: one seed, with every event printed. LIE: one lie for all
# byzantine courts. DISK: one fault for all frail disks, and no byzantine courts.
SEEDS ?= 1000
FIRST_SEED ?= 1
SIMULATE = $(CARGO_TARGET_DIR)/release/simulate $(if $(LIE),--lie $(LIE)) $(if $(DISK),--disk $(DISK)) $(if $(APPEND),--append $(APPEND))
## Simulate courts under every fault, one seed a run: SEEDS, FIRST_SEED, REPLAY, LIE, DISK.
simulate: build
	$(SIMULATE) $(if $(REPLAY),--replay $(REPLAY),--seeds $(SEEDS) --first-seed $(FIRST_SEED))

# One copy of the tree has all bugs of tests/planted/*.patch, and the program chooses one at a time. Cargo adds
# the selector to the copy's lock file, so that build is offline but not locked. It needs no C++.
PLANTED = $(CARGO_TARGET_DIR)/planted
## Plant each bug of tests/planted in turn, and show after how many seeds it is caught: BUGS.
sabotage: setup
	$(CARGO) build $(PROFILE) --package courtseal-planted
	$(CARGO_TARGET_DIR)/release/plant $(CURDIR) $(PLANTED)
	cd $(PLANTED) && $(CARGO) build --release --offline --workspace --features courtseal-simulator/planted --bin sabotage
	cd $(PLANTED) && $(CARGO_TARGET_DIR)/release/sabotage $(BUGS)

COUNT ?= 100000
## Verify COUNT receipts with something changed, from FIRST_SEED on. None may be valid.
forge: build
	$(CARGO_TARGET_DIR)/release/forge --count $(COUNT) --first-seed $(FIRST_SEED) $(if $(APPEND),--append $(APPEND))

# `make test` tries 2,400. Fails at the first one on which they differ.
## Compare both verifiers on COUNT odd receipts and documents, from FIRST_SEED on.
agree: setup
	COURTSEAL_SEED=$(FIRST_SEED) COURTSEAL_COUNT=$(COUNT) $(CARGO) test $(PROFILE) --workspace --test agreement -- --nocapture

SOAK_SECONDS ?= 60
SOAK_ENTRIES ?= 0
## Load a network at 80% of its maximum for SOAK_SECONDS, on a log that begins with SOAK_ENTRIES entries.
soak: build
	$(CARGO_TARGET_DIR)/release/soak --seconds $(SOAK_SECONDS) --entries $(SOAK_ENTRIES) $(if $(APPEND),--append $(APPEND))

# Each piece appends its figures, seeds and commit to tests/RESULTS.md. The next run goes on where that page
# ends. PART: the share of the whole.
PART ?= 1/6
## Run a PART of the long run, and append the figures to tests/RESULTS.md.
nightly: build crash-points
	tests/nightly --part $(PART)

# Faults that need root, Debian packages or a build with crash points. Fails where something is missing.
# COURTSEAL_KILLS, COURTSEAL_SEED: how often, and which.
## As root: courts cut off, full and failing disks, false clocks, crashes at every durable step. Ten minutes.
test-faults: build crash-points
	tests/setup faults
	$(CARGO) test $(PROFILE) --workspace --test faults_root --config 'target."cfg(unix)".runner = "tests/alone"' -- \
		--include-ignored --nocapture --test-threads 1

## Build the program with crash points, under a name of its own.
crash-points: setup
	$(CARGO) build $(PROFILE) --workspace --features courtseal-cli/crash-points --bin courtseal-crash

## Check the format of the code, and run clippy.
lint: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(PROFILE) --workspace --all-targets -- -D warnings

# Private items too, and links to them: headers lead readers to the parts of a module.
## Build the documentation of all crates. A warning fails, such as a link to what is not there.
doc: setup
	RUSTDOCFLAGS='-D warnings -A rustdoc::private_intra_doc_links' \
		$(CARGO) doc $(PROFILE) --workspace --no-deps --document-private-items

# In a copy of the crates that link no C++. The second time only what changed is built.
## Add a further kind, as one file and one row, and show that it is stated, recorded and proven.
kind: setup
	$(CARGO) test $(PROFILE) --workspace --test further_kind -- --ignored --nocapture

# Speed is asserted here and nowhere else. BASE: another build of the program. QUICK=1: short, for a first look.
# SAVE=1: add the table to tests/bench/RESULTS.md.
## Print figures of speed as a table, ten minutes; or compare this build with BASE, six minutes: BASE, QUICK, SAVE.
bench: build
	$(CARGO_TARGET_DIR)/release/bench $(if $(BASE),--base $(BASE)) $(if $(QUICK),--quick) $(if $(SAVE),--save)
	$(if $(BASE)$(QUICK),,$(CARGO) test $(PROFILE) --workspace --test recovery measure -- --ignored --nocapture)

## Show what floods do to all other clients, as ratios within one run. Five minutes.
floods: build
	$(CARGO_TARGET_DIR)/release/floods

# `make test` replays what once failed. The counters are in our own crates only.
SECONDS ?= 10
## Run every fuzz target for SECONDS, or those of PACKAGE, or TARGET alone.
fuzz: setup
	tests/fuzz/run --seconds $(SECONDS) $(if $(PACKAGE),--package $(PACKAGE)) $(if $(TARGET),--target $(TARGET)) $(if $(APPEND),--append $(APPEND))

# `make test` checks against the snapshot in tests/advisories.txt.
## Look for known holes in dependencies. Needs cargo-deny and its database.
audit:
	cargo deny check

# Clones share a target folder, and Cargo takes another clone's build for its own if the files here are older.
# So the first build after another clone's marks all files as new.
## Install what RocksDB's build needs, if it is missing.
setup:
	@tests/setup
	@[ "$$(cat $(CARGO_TARGET_DIR)/clone 2>/dev/null)" = "$(CURDIR)" ] || { find . -name '*.rs' -exec touch {} + && mkdir -p $(CARGO_TARGET_DIR) && echo "$(CURDIR)" >$(CARGO_TARGET_DIR)/clone; }

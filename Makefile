# The commands of the project. `make demo` and `make test` are all that a new machine needs: they install what the build needs
# (Debian or Ubuntu), build, and run.

# One target folder, outside the clone, so that RocksDB is compiled once a machine and not once a clone.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/courtseal/target
CARGO = cargo
PROFILE = --release --locked
BIN = $(CARGO_TARGET_DIR)/release/courtseal

.PHONY: build demo test simulate sabotage fuzz forge agree soak nightly test-faults planted lint bench floods audit setup

build: setup
	$(CARGO) build $(PROFILE) --workspace --bins

# A whole network on this machine: start, notarize, stop a court, bring it back, verify offline, tamper, report.
demo: build
	$(BIN) demo

# Everything that must hold on every change; no test depends on the machine's speed.
test: build
	$(CARGO) test $(PROFILE) --workspace
	tests/interop/run

# Simulated courts under every fault, one seed a run: SEEDS of them from FIRST_SEED on, or REPLAY one with all that happens. LIE: one lie for all liars. DISK: one fault for all
# frail disks, and no liars.
SEEDS ?= 1000
FIRST_SEED ?= 1
SIMULATE = $(CARGO_TARGET_DIR)/release/simulate $(if $(LIE),--lie $(LIE)) $(if $(DISK),--disk $(DISK)) $(if $(APPEND),--append $(APPEND))
simulate: build
	$(SIMULATE) $(if $(REPLAY),--replay $(REPLAY),--seeds $(SEEDS) --first-seed $(FIRST_SEED))

# Plants each bug of tests/planted in turn and shows after how many seeds the simulation catches it. BUGS: only these.
sabotage: setup
	$(CARGO) build $(PROFILE) --workspace --features courtseal-simulator/planted --bin sabotage
	$(CARGO_TARGET_DIR)/release/sabotage $(BUGS)

# Receipts with something changed: COUNT of them from FIRST_SEED on; none may be valid.
COUNT ?= 100000
forge: build
	$(CARGO_TARGET_DIR)/release/forge --count $(COUNT) --first-seed $(FIRST_SEED) $(if $(APPEND),--append $(APPEND))

# Both verifiers on COUNT odd receipts and documents from FIRST_SEED on; fails at the first that they judge in two ways. `make test` tries 2,400.
agree: setup
	COURTSEAL_SEED=$(FIRST_SEED) COURTSEAL_COUNT=$(COUNT) $(CARGO) test $(PROFILE) --workspace --test agreement -- --nocapture

# A network at 80% of what it can do, for SOAK_SECONDS, on a log that has SOAK_ENTRIES entries before.
SOAK_SECONDS ?= 60
SOAK_ENTRIES ?= 0
soak: build
	$(CARGO_TARGET_DIR)/release/soak --seconds $(SOAK_SECONDS) --entries $(SOAK_ENTRIES) $(if $(APPEND),--append $(APPEND))

# The long run, in pieces: each piece appends its figures, seeds and commit to tests/RESULTS.md, and the next run goes on where that page ends.
# PART: which share of the whole, 1/6 unless told.
PART ?= 1/6
nightly: build planted
	tests/nightly --part $(PART)

# Faults that need root, Debian packages or a build with crash points: courts in networks of their own, full and failing disks, false clocks, crashes at every durable
# step. Fails where something is missing. Takes about ten minutes. COURTSEAL_KILLS, COURTSEAL_SEED: how often, and which.
test-faults: build planted
	tests/setup faults
	$(CARGO) test $(PROFILE) --workspace --test hard_faults --config 'target."cfg(unix)".runner = "tests/alone"' -- \
		--include-ignored --nocapture --test-threads 1

# The program with planted bugs and crash points, beside the one that is handed out and under another name.
planted: setup
	$(CARGO) build $(PROFILE) --workspace --features courtseal-cli/planted --bin courtseal-planted

lint: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(PROFILE) --workspace --all-targets -- -D warnings

# Figures, as a table: speed is asserted here and nowhere else. Takes about eight minutes, five of them idle.
bench: build
	$(CARGO_TARGET_DIR)/release/bench
	$(CARGO) test $(PROFILE) --workspace --test recovery measure -- --ignored --nocapture

# What floods do to everybody else, as ratios within one run. Takes about five minutes.
floods: build
	$(CARGO_TARGET_DIR)/release/floods

# Every fuzz target for SECONDS, or TARGET alone; `make test` replays what once failed. The counters are in our own crates only.
SECONDS ?= 10
fuzz: setup
	tests/fuzz/run --seconds $(SECONDS) $(if $(TARGET),--target $(TARGET)) $(if $(APPEND),--append $(APPEND))

# Known holes in dependencies. Needs cargo-deny and its database. `make test` checks against the snapshot in tests/advisories.txt.
audit:
	cargo deny check

# What RocksDB's build needs, if it is missing. Cargo takes what another clone built for its own where its files are the older ones: whoever builds after another
# clone says that all its files are new.
setup:
	@tests/setup
	@[ "$$(cat $(CARGO_TARGET_DIR)/clone 2>/dev/null)" = "$(CURDIR)" ] || { find . -name '*.rs' -exec touch {} + && mkdir -p $(CARGO_TARGET_DIR) && echo "$(CURDIR)" >$(CARGO_TARGET_DIR)/clone; }

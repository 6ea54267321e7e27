//! The fuzzing binary: libFuzzer around one target, chosen at run time, so that everything is linked once.
//!
//! In: `COURTSEAL_FUZZ=<target>` and libFuzzer's own arguments; or `list`, or `seeds <folder>`.
//! Out: what libFuzzer prints; or the names of the targets and their longest inputs, or one corpus folder for
//! each target.
//! Always: a panic is a crash.
//! Not run by hand: see `tests/fuzz/run`.
#![no_main]

use courtseal_fuzz::run::{chosen, command};
use courtseal_fuzz::{Target, targets};
use std::sync::LazyLock;

static TARGETS: LazyLock<Vec<&Target>> = LazyLock::new(|| targets().collect());
static TARGET: LazyLock<&Target> = LazyLock::new(|| chosen(&TARGETS));

libfuzzer_sys::fuzz_target!(init: command(&TARGETS), |bytes: &[u8]| {
    (TARGET.run)(bytes);
});

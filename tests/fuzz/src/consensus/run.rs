//! The target that feeds a whole court with whatever peers may send.
//!
//! In: a list of events: raw messages, votes and proposals with good signatures of the three other courts,
//! blocks, timers, connections, restarts. Out: whether anything was committed. Always: nothing panics; an
//! error is one that a quorum of lying courts can cause, because here the others sign whatever the input
//! says. Not for agreement: one court alone cannot fork.

use super::court::Court;
use super::events::{greetings, lies, seeds};
use crate::input::Input;
use crate::target::Target;
use courtseal_consensus::{Error, Event};

/// See the module.
pub const TARGETS: &[Target] = &[Target { name: "court", length_bytes_max: 1024, run: court, seeds }];

/// Most events of one input.
const EVENTS_MAX: usize = 96;

fn court(bytes: &[u8]) -> bool {
    let mut input = Input(bytes);
    let mut court = Court::fresh();
    let mut begin = [Event::Started].into_iter().chain(greetings());
    let begun = begin.try_for_each(|event| court.handle(event));
    assert!(begun.is_ok(), "{begun:?}");
    for _ in 0..EVENTS_MAX {
        if input.is_empty() {
            break;
        }
        let Some(event) = lies(&mut court, &mut input) else { continue };
        match court.take(event) {
            Ok(()) => {}
            // More than a third of the courts lie here: they can decide what is invalid. The court then
            // stops, and says why.
            Err(Error::Diverged { .. } | Error::Application(_)) => break,
            Err(error) => panic!("an error that no peer may cause: {error}"),
        }
    }
    court.ledger.head().height > 0
}

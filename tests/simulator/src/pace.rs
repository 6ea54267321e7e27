//! Which heights may record nothing: those that the heartbeat started, or those started for work that was
//! recorded before them (C17).
//!
//! In: transactions on their way, blocks as the first honest court commits them.
//! Out: a violation.
//! Always: an empty block comes no sooner than a heartbeat after the block before it, unless an honest court
//! had something to record meanwhile.
//! Not for what a block records.

/// The last block, and whether any honest court had work since.
#[derive(Default)]
pub struct Pace {
    height: u64,
    committed_ms: u64,
    has_work: bool,
}

impl Pace {
    /// Notes that an honest court has, or is sent, something to record.
    pub fn work(&mut self) {
        self.has_work = true;
    }

    /// Checks a block that an honest court committed at `now_ms`. `waits` says whether any honest court still
    /// has something to record.
    ///
    /// # Errors
    /// No honest court had a reason to start this height.
    pub fn committed(&mut self, height: u64, is_empty: bool, now_ms: u64, heartbeat_ms: u64, waits: bool) -> Result<(), String> {
        if height <= self.height {
            return Ok(());
        }
        let idle_ms = now_ms - self.committed_ms;
        let had_work = std::mem::replace(&mut self.has_work, waits);
        (self.height, self.committed_ms) = (height, now_ms);
        if is_empty && !had_work && idle_ms < heartbeat_ms {
            return Err(format!(
                "block {height} records nothing and was begun without work, {idle_ms} ms after the one before it"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c17_an_empty_height_needs_a_reason() {
        let mut pace = Pace::default();
        assert!(pace.committed(1, true, 59_999, 60_000, false).is_err());
        assert!(pace.committed(2, true, 119_999, 60_000, false).is_ok(), "the heartbeat");
        assert!(pace.committed(2, true, 120_000, 60_000, false).is_ok(), "the same block again");
        pace.work();
        assert!(pace.committed(3, true, 130_000, 60_000, true).is_ok(), "somebody had work");
        assert!(pace.committed(4, true, 130_010, 60_000, false).is_ok(), "and has it still");
        assert!(pace.committed(5, false, 130_020, 60_000, false).is_ok(), "it records something");
        assert!(pace.committed(6, true, 130_030, 60_000, false).is_err());
    }
}

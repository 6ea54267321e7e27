//! The simulated courts' disks: two logs of which only what was flushed is sure to survive a crash.
//!
//! In and out: the calls of [`Journal`].
//! Always: a crash keeps all flushed bytes and some prefix of the others; recovery cuts the logs behind the
//! last whole frame.
//! Not for the ledger's blocks, whose commit is durable at once.

use crate::random::Random;
use courtseal_consensus::{Error, Journal, Log, Recovered};
use std::cell::Cell;
use std::rc::Rc;

/// How many more durable steps and effects a court performs until it crashes.
pub type Fuse = Rc<Cell<Option<u64>>>;

pub fn burn(fuse: &Fuse) -> Result<(), Error> {
    match fuse.get() {
        Some(0) => Err(Error::Host("crash".to_owned())),
        Some(left) => {
            fuse.set(Some(left - 1));
            Ok(())
        }
        None => Ok(()),
    }
}

/// One court's two logs; only what is flushed is sure to survive.
#[derive(Clone, Default)]
pub struct Disk {
    pub logs: [(Vec<u8>, usize); 2],
    pub no_flush: bool,
    pub fuse: Fuse,
    pub steps: u64,
    pub syncs: u64,
}

impl Disk {
    fn log(&mut self, log: Log) -> &mut (Vec<u8>, usize) {
        &mut self.logs[usize::from(log == Log::Guard)]
    }

    fn step(&mut self) -> Result<(), Error> {
        self.steps += 1;
        burn(&self.fuse)
    }

    pub fn lose_write_ahead_log(&mut self) {
        self.logs[0] = (Vec::new(), 0);
    }

    pub fn crash(&mut self, random: &mut Random) {
        for (bytes, durable) in &mut self.logs {
            let kept = *durable + random.below((bytes.len() - *durable) as u64 + 1) as usize;
            bytes.truncate(kept);
        }
    }

    pub fn recover(&mut self) -> Recovered {
        let (recovered, kept) = Recovered::read(&self.logs[0].0, &self.logs[1].0).unwrap();
        let whole_bytes = [kept.wal_bytes, kept.guard_bytes];
        for ((bytes, durable), whole_bytes) in self.logs.iter_mut().zip(whole_bytes) {
            bytes.truncate(whole_bytes);
            *durable = whole_bytes;
        }
        recovered
    }
}

impl Journal for Disk {
    fn append(&mut self, log: Log, frame: &[u8]) -> Result<(), Error> {
        self.step()?;
        self.log(log).0.extend_from_slice(frame);
        Ok(())
    }

    fn sync(&mut self, log: Log) -> Result<(), Error> {
        self.step()?;
        self.syncs += 1;
        if !self.no_flush {
            let (bytes, durable) = self.log(log);
            *durable = bytes.len();
        }
        Ok(())
    }

    fn reset(&mut self, _: u64, guard: &mut dyn Iterator<Item = Vec<u8>>) -> Result<(), Error> {
        self.step()?;
        let guard: Vec<u8> = guard.flatten().collect();
        let guard_bytes = if self.no_flush { 0 } else { guard.len() };
        self.logs = [(Vec::new(), 0), (guard, guard_bytes)];
        Ok(())
    }
}

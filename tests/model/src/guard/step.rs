//! What can happen next to the modelled court.
//!
//! In: a state.
//! Out: each action with the state after it.
//! Always: while something is being signed nothing else happens to the process but a crash (C9).
//! Not for what is checked: see the parent module.

use super::{AHEAD, Action, Damage, Disk, FAR, Guard, Heights, PEERS, Process, Stage, State, Theft};

impl Guard {
    pub(super) fn step(&self, state: &State, next: &mut Vec<(Action, State)>) {
        if state.is_broken {
            return;
        }
        self.network(state, next);
        self.disks(state, next);
        match state.process {
            None => next.push((Action::Start, self.start(state))),
            Some(process) => {
                self.crash(state, &process, next);
                match process.stage {
                    Stage::Idle => {
                        self.hellos(state, next);
                        self.commit(state, &process, next);
                        self.sign(state, &process, next);
                    }
                    stage => self.go_on(state, &process, stage, next),
                }
            }
        }
        next.iter_mut().for_each(|(_, state)| settle(state));
    }

    /// The others decide blocks: two of them at one height with the liar, or one with the liar and this
    /// court's vote.
    fn network(&self, state: &State, next: &mut Vec<(Action, State)>) {
        let newest = newest_head(state);
        for at in 0..PEERS {
            let head = state.peers[at].head;
            let is_level = state.peers.iter().all(|peer| peer.head == head) || state.sent.has(head + 1);
            if head < newest || (is_level && head < self.heights) {
                let mut after = *state;
                after.peers[at].head += 1;
                next.push((Action::Advance(at), after));
            }
            if state.thefts > 0 {
                // Others take note of what is near (C22).
                for height in head.max(1)..=(head + 1 + AHEAD).min(self.heights) {
                    let mut after = *state;
                    after.thefts -= 1;
                    let peer = &mut after.peers[at];
                    if height >= peer.newest {
                        (peer.newest, peer.is_newest_stolen) = (height, true);
                    }
                    next.push((Action::Steal(at, height), after));
                }
            }
        }
    }

    fn disks(&self, state: &State, next: &mut Vec<(Action, State)>) {
        if state.copy.is_none() && self.damages > 0 && state.damages > 0 {
            next.push((Action::Copy, State { copy: Some(state.disk), ..*state }));
        }
        if state.process.is_some() || state.damages == 0 {
            return;
        }
        let damaged = |disk| State { disk, damages: state.damages - 1, ..*state };
        if let Some(copy) = state.copy {
            next.push((Action::Restore, State { damage: Damage::Restored, ..damaged(copy) }));
        }
        if self.loses_disks {
            next.push((Action::LoseDisk, State { damage: Damage::Lost, ..damaged(Disk::default()) }));
        }
        let none = Heights::default();
        next.push((Action::LoseGuard, damaged(Disk { guard: none, shown: none, ..state.disk })));
        next.push((Action::LoseLog, damaged(Disk { log: none, ..state.disk })));
    }

    /// Recovery: the log gives back what the guard lacks (C8), and what only the guard knows makes the court
    /// observe (C12).
    fn start(&self, state: &State) -> State {
        let mut after = *state;
        let disk = &mut after.disk;
        let kept = if self.keeps_guard { disk.guard.with(disk.shown) } else { Heights::default() };
        if self.keeps_guard {
            disk.guard = disk.guard.with(disk.log);
        }
        let records = kept.with(disk.log);
        let next_height = disk.head + 1;
        let is_lost = kept.has(next_height) && !disk.log.has(next_height);
        let own = if self.keeps_guard { disk.guard } else { Heights::default() };
        let observed = if is_lost || own.newest() > next_height { own.newest() } else { 0 };
        after.process = Some(Process {
            records: own.with(disk.log),
            shown: if self.keeps_guard { disk.shown } else { Heights::default() },
            observed,
            had_record: !records.is_empty(),
            started_at: newest_head(state),
            is_fresh: false,
            stage: Stage::Idle,
        });
        after
    }

    fn crash(&self, state: &State, process: &Process, next: &mut Vec<(Action, State)>) {
        if state.crashes == 0 {
            return;
        }
        let height = Heights::of(state.disk.head + 1);
        // What the disk may hold afterwards of the records that were not flushed.
        let survivors: &[(bool, bool)] = match process.stage {
            Stage::Idle => &[(false, false)],
            Stage::Logged if self.flushes_first => &[(false, false), (true, false)],
            Stage::Recorded => &[(false, false), (false, true)],
            Stage::Logged | Stage::SentUnflushed => &[(false, false), (true, false), (false, true), (true, true)],
        };
        for (keeps_log, keeps_guard) in survivors.iter().copied() {
            let mut after = *state;
            after.crashes -= 1;
            after.process = None;
            after.peers.iter_mut().for_each(|peer| peer.is_here = false);
            if keeps_log {
                after.disk.log = after.disk.log.with(height);
            }
            if keeps_guard {
                after.disk.guard = after.disk.guard.with(height);
            }
            next.push((Action::Crash { keeps_log, keeps_guard }, after));
        }
    }

    fn hellos(&self, state: &State, next: &mut Vec<(Action, State)>) {
        for (at, peer) in state.peers.iter().enumerate() {
            let height = state.disk.head + 1;
            if !peer.is_here {
                let mut after = self.shown(*state, peer.newest, peer.is_newest_stolen);
                after.peers[at].is_here = true;
                next.push((Action::Hello(at), self.adopt(after)));
            } else if peer.saw.has(height) {
                next.push((Action::Certificate(at), self.shown(*state, height, false)));
            }
        }
        // The liar shows what it saw, or a statement that a thief signed, or nothing.
        for height in (1..=self.heights).filter(|height| state.sent.has(*height)) {
            next.push((Action::Show(height, false), self.shown(*state, height, false)));
        }
        if state.thefts > 0 {
            for height in (state.disk.head + 1..=self.heights).chain([FAR]) {
                let after = State { thefts: state.thefts - 1, ..*state };
                next.push((Action::Show(height, true), self.shown(after, height, true)));
            }
        }
    }

    /// Shows the court a statement of its own key, as in the code's `check_own`. Height 0 stands for none.
    fn shown(&self, mut state: State, height: u8, is_stolen: bool) -> State {
        let is_theft = self.theft == Theft::FarAboveTold && height > self.told(&state).max(state.disk.head) + AHEAD;
        let Some(process) = &mut state.process else { return state };
        let is_known = process.records.has(height) && !is_stolen;
        let is_old = height < process.records.with(state.disk.shown).newest() && !process.records.has(height);
        if !self.hears_hello || height == 0 || is_known || is_old || is_theft {
            return state;
        }
        process.shown = process.shown.with(Heights::of(height));
        if self.is_sure(&state) {
            state.disk.shown = state.disk.shown.with(Heights::of(height));
        }
        self.drop_stolen(state)
    }

    /// A court whose wait is over keeps what it was shown during the wait (C24).
    fn adopt(&self, mut state: State) -> State {
        if self.adopts_when_sure && self.is_sure(&state) {
            let shown = state.process.map_or(Heights::default(), |process| process.shown);
            state.disk.shown = state.disk.shown.with(shown);
        }
        state
    }

    /// Whether a court knows all that it signed, as far as others can tell (C13, C24).
    fn is_sure(&self, state: &State) -> bool {
        let all_here = state.peers.iter().all(|peer| peer.is_here);
        let knows = |process: Process| process.had_record || process.is_fresh;
        all_here || !self.waits_without_records || state.process.is_some_and(knows)
    }

    /// Rule C30: what is proven to be a thief's does not count.
    fn drop_stolen(&self, mut state: State) -> State {
        let Some(process) = &mut state.process else { return state };
        if state.disk.head > process.started_at {
            (process.started_at, process.is_fresh) = (0, true);
        }
        if self.theft == Theft::FarAboveFreshHead && process.is_fresh {
            let stolen = process.shown.above((state.disk.head + AHEAD).min(FAR - 1));
            process.shown = process.shown.without(stolen);
            state.disk.shown = state.disk.shown.without(stolen);
        }
        state
    }

    /// The height that more than a third of the courts have told. The liar makes it as low as it can.
    fn told(&self, state: &State) -> u8 {
        let here = || state.peers.iter().filter(|peer| peer.is_here).map(|peer| peer.head);
        if here().count() == PEERS { here().min().unwrap_or(0) } else { 0 }
    }

    fn commit(&self, state: &State, process: &Process, next: &mut Vec<(Action, State)>) {
        let height = state.disk.head + 1;
        if !state.peers.iter().any(|peer| peer.is_here && peer.head >= height) {
            return;
        }
        let mut after = *state;
        after.disk.head = height;
        after.disk.log = after.disk.log.above(height);
        after.process = Some(*process);
        let after = self.drop_stolen(after);
        next.push((Action::Commit, self.adopt(after)));
    }

    fn may_sign(&self, state: &State, process: &Process) -> bool {
        let height = state.disk.head + 1;
        let enough = state.peers.iter().any(|peer| peer.is_here);
        let counted = match self.theft {
            Theft::FarAboveToldAtLast => {
                let bound = self.told(state).max(state.disk.head) + AHEAD;
                process.shown.without(process.shown.above(bound.min(FAR - 1)))
            }
            Theft::Observed | Theft::FarAboveTold | Theft::FarAboveFreshHead => process.shown,
        };
        let observed = process.observed.max(counted.newest());
        height <= self.heights && enough && self.is_sure(state) && observed < height
    }

    fn sign(&self, state: &State, process: &Process, next: &mut Vec<(Action, State)>) {
        let height = state.disk.head + 1;
        if !self.may_sign(state, process) {
            return;
        }
        if process.records.has(height) {
            return self.send(state, process, true, next);
        }
        if process.records.newest() > height {
            return;
        }
        self.at_stage(state, process, Stage::Logged, next);
    }

    /// The next stage of rule C9 for the height that is being signed.
    fn go_on(&self, state: &State, process: &Process, stage: Stage, next: &mut Vec<(Action, State)>) {
        let mut after = *state;
        let height = Heights::of(state.disk.head + 1);
        match stage {
            Stage::Logged if !self.flushes_first => self.send(state, process, false, next),
            Stage::Logged => {
                after.disk.log = after.disk.log.with(height);
                self.at_stage(&after, process, Stage::Recorded, next);
            }
            Stage::Recorded => {
                after.disk.guard = after.disk.guard.with(height);
                self.send(&after, process, false, next);
            }
            Stage::SentUnflushed => {
                after.disk.log = after.disk.log.with(height);
                after.disk.guard = after.disk.guard.with(height);
                self.at_stage(&after, process, Stage::Idle, next);
            }
            Stage::Idle => {}
        }
    }

    fn at_stage(&self, state: &State, process: &Process, stage: Stage, next: &mut Vec<(Action, State)>) {
        let process = Process { stage, records: process.records.with(Heights::of(state.disk.head + 1)), ..*process };
        next.push((Action::Sign(stage), State { process: Some(process), ..*state }));
    }

    /// Sends a signature to any of the connected courts. One that is made again may be for another value than
    /// the one before it.
    fn send(&self, state: &State, process: &Process, is_again: bool, next: &mut Vec<(Action, State)>) {
        let height = state.disk.head + 1;
        let saw = |at: usize| state.peers[at].saw.has(height);
        let is_broken = !is_again
            && match state.damage {
                Damage::Mended => state.sent.has(height),
                Damage::Lost => (0..PEERS).any(saw),
                Damage::Restored => (0..PEERS).any(|at| saw(at) && state.peers[at].is_here),
            };
        for to in [[false, false], [true, false], [false, true], [true, true]] {
            if (0..PEERS).any(|at| to[at] && !state.peers[at].is_here) {
                continue;
            }
            let mut after = *state;
            after.sent = after.sent.with(Heights::of(height));
            after.is_broken = is_broken;
            for (at, peer) in after.peers.iter_mut().enumerate() {
                if to[at] && (peer.head..=peer.head + 1 + AHEAD).contains(&height) {
                    peer.saw = peer.saw.with(Heights::of(height));
                    if height > peer.newest {
                        (peer.newest, peer.is_newest_stolen) = (height, false);
                    }
                }
            }
            let stage = if is_again || self.flushes_first { Stage::Idle } else { Stage::SentUnflushed };
            after.process = Some(Process { stage, ..*process });
            next.push((Action::Send(to, is_again), after));
        }
    }
}

fn newest_head(state: &State) -> u8 {
    let own = state.disk.head;
    state.peers.iter().map(|peer| peer.head).max().unwrap_or(0).max(own)
}

/// The canonical form. It keeps only what can still make a difference, also of committed heights.
fn settle(state: &mut State) {
    let head = state.disk.head;
    let disk = &mut state.disk;
    disk.guard = fold(disk.guard.with(old(disk.shown, head)), head);
    disk.shown = disk.shown.above(head);
    disk.log = disk.log.above(head);
    if let Some(process) = &mut state.process {
        // A statement that was shown for an old height is a record only if it was adopted.
        process.records = fold(process.records, head).with(old(disk.guard, 0));
        process.shown = process.shown.above(head);
        process.observed = if process.observed > head { process.observed } else { 0 };
    }
    if state.damages == 0 {
        state.copy = None;
        // All of this would be needed for an older head that may come back.
        state.sent = state.sent.above(head);
        for peer in &mut state.peers {
            peer.saw = peer.saw.above(head);
            if peer.newest <= head {
                (peer.newest, peer.is_newest_stolen) = (u8::from(peer.newest > 0 && head > 0), false);
            }
        }
    }
    state.peers.sort_unstable();
}

/// The heights up to `head`.
fn old(heights: Heights, head: u8) -> Heights {
    heights.without(heights.above(head))
}

/// The same set, with all heights up to `head` as one.
fn fold(heights: Heights, head: u8) -> Heights {
    let above = heights.above(head);
    if heights == above { heights } else { above.with(Heights::of(0)) }
}

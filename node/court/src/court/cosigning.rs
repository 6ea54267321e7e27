//! A court's cosignatures: its own after each commit, those of the others, and the checkpoints they make.
//!
//! In: the committed log, and announcements of other courts.
//! Out: records, announcements, checkpoints with a quorum.
//! Always: the record of a cosignature is durable before the signature exists, and a checkpoint is stored
//! before it is acknowledged.
//! Not for deciding what may be signed: see [`crate::cosign`].

use super::{Court, Environment, Fatal};
use crate::cosign::{Announcement, Decision, Heard, Quorum, times};
use crate::frame::Frame;
use courtseal_crash_points::{Point, crash_point};
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use courtseal_proof::log::policy::quorum_size;

impl Court {
    /// Takes another court's cosignature, and logs what is wrong with it.
    pub(super) fn hear_cosignature(
        &mut self,
        env: &mut Environment<'_>,
        court: &CourtName,
        announcement: Announcement,
    ) -> Result<(), Fatal> {
        match self.cosigner.hear(court, announcement, env.now) {
            Heard::Fine => {}
            Heard::Bad => tracing::warn!(%court, "a court sent a cosignature that does not verify"),
            Heard::Split => tracing::error!(
                %court,
                size = announcement.size,
                "a court cosigned another root than is committed here: the logs have split; compare both and stop the wrong one"
            ),
        }
        self.collect(env)
    }

    /// Takes the checkpoint of another court's snapshot, whose signatures are checked. It is kept if it is
    /// newer and all its times count.
    pub(super) fn learn(&mut self, env: &mut Environment<'_>, cosigned: &CosignedCheckpoint) -> Result<(), Fatal> {
        // A checkpoint that is longer than the blocks of its snapshot proves nothing about later ones yet.
        // Cosignatures will come.
        let is_held = cosigned.checkpoint.size <= self.ledger.head().size;
        if is_held
            && times::are_timely(cosigned, &self.ledger, env.now.wall)?
            && self.cosigner.learn_quorum(Quorum::from(cosigned))
        {
            self.acknowledge(env, cosigned.clone())?;
        }
        Ok(())
    }

    /// Cosigns the log if it is not cosigned, and announces the cosignature again while there is no quorum.
    pub(super) fn look_at_cosignatures(&mut self, env: &mut Environment<'_>) -> Result<(), Fatal> {
        // This holds after a start too, even if a quorum has a checkpoint. A court that lost it collects
        // cosignatures from the connected courts.
        self.cosign(env)?;
        let is_open = self.cosigner.quorum_at() < self.ledger.head().size;
        if let Some(announcement) = self.cosigner.own_latest().filter(|_| is_open) {
            env.host.broadcast(&Frame::Cosignature(announcement));
        }
        Ok(())
    }

    /// Cosigns the log as it is, after the record of it is durable.
    pub(super) fn cosign(&mut self, env: &mut Environment<'_>) -> Result<(), Fatal> {
        let head = self.ledger.head();
        let told = self.courts.values().filter(|court| self.driver().height_of(&court.vote).is_some()).count();
        if told + 1 >= quorum_size(self.courts.len()) && self.driver().height_of_others() <= head.height {
            self.cosigner.is_level();
        }
        match self.cosigner.decide(head.size, head.root, env.now) {
            Decision::Done => {}
            Decision::Unsure => return self.collect(env),
            Decision::Behind(longer) => {
                if self.behind_cosigned.is_none() {
                    let (cosigned, held) = (longer.size, head.size);
                    tracing::warn!(
                        cosigned,
                        held,
                        "the ledger is shorter than what this court has cosigned; catching up before it signs"
                    );
                }
                self.behind_cosigned = Some(longer.size);
                return self.collect(env);
            }
            Decision::Never => {
                let text = format!(
                    "this court has cosigned another root at size {} than its ledger holds: the courts' logs have split, or this disk belongs to another network",
                    head.size
                );
                return Err(Fatal(text));
            }
            Decision::Record(log) => {
                // A crash before the record is durable leaves nothing signed. A crash after it leads to the
                // same signature again.
                crash_point(Point::BeforeMark);
                env.logs.record_cosigned(&log)?;
                crash_point(Point::AfterMark);
                let announcement = self.cosigner.sign(log, env.now);
                env.host.broadcast(&Frame::Cosignature(announcement));
                crash_point(Point::AfterCosign);
            }
        }
        self.behind_cosigned = None;
        self.collect(env)
    }

    /// Acknowledges a newer checkpoint, only after a quorum has cosigned it.
    fn collect(&mut self, env: &mut Environment<'_>) -> Result<(), Fatal> {
        if self.stopped.is_some() {
            return Ok(());
        }
        match self.cosigner.newest_quorum(env.now.wall) {
            Some(cosigned) => self.acknowledge(env, cosigned),
            None => Ok(()),
        }
    }

    fn acknowledge(&mut self, env: &mut Environment<'_>, cosigned: CosignedCheckpoint) -> Result<(), Fatal> {
        crash_point(Point::BeforeCheckpoint);
        self.ledger.record_checkpoint(&cosigned)?;
        crash_point(Point::AfterCheckpoint);
        env.host.acknowledge(cosigned);
        Ok(())
    }
}

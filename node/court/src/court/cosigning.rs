//! A court's cosignatures: its own after each commit, those of the others, and the checkpoints they make.
//!
//! In: the court, what it has committed, what others announce. Out: marks, announcements, checkpoints with a
//! quorum. Always: a mark is durable before its signature exists; a checkpoint is stored before it is
//! acknowledged. Not for deciding what may be signed: see [`crate::cosign`].

use super::{Court, Fatal, Means};
use crate::cosign::{Announcement, Decision, Heard, Quorum, times};
use crate::frame::Frame;
use courtseal_planted::{Bug, Point, crash_point, is_planted};
use courtseal_proof::checkpoint::CosignedCheckpoint;
use courtseal_proof::name::CourtName;
use courtseal_proof::policy::quorum_size;

impl Court {
    /// Takes another court's cosignature, and says what is wrong with it.
    pub(super) fn hear_cosignature(
        &mut self,
        means: &mut Means<'_>,
        court: &CourtName,
        announcement: Announcement,
    ) -> Result<(), Fatal> {
        match self.cosigner.hear(court, announcement, means.now) {
            Heard::Fine => {}
            Heard::Bad => tracing::warn!(%court, "a cosignature that does not verify"),
            Heard::Split => tracing::error!(
                %court,
                size = announcement.size,
                "a court cosigned another root than is committed here: the logs have split; compare both and stop the wrong one"
            ),
        }
        self.collect(means)
    }

    /// Takes the checkpoint of another court's snapshot, whose signatures are checked, if it is newer and all
    /// its times count.
    pub(super) fn learn(&mut self, means: &mut Means<'_>, cosigned: &CosignedCheckpoint) -> Result<(), Fatal> {
        // One that is longer than the blocks which came with it proves nothing of them yet; cosignatures will
        // come.
        let is_held = cosigned.checkpoint.size <= self.ledger.head().size;
        if is_held
            && times::are_timely(cosigned, &self.ledger, means.now.wall)?
            && self.cosigner.learn_quorum(Quorum::from(cosigned))
        {
            self.acknowledge(means, cosigned.clone())?;
        }
        Ok(())
    }

    /// Cosigns what is not cosigned yet, and announces it again while there is no quorum.
    pub(super) fn look_at_cosignatures(&mut self, means: &mut Means<'_>) -> Result<(), Fatal> {
        // After a start too, though a quorum has: a court that lost the checkpoint collects it from those
        // that are there.
        self.cosign(means)?;
        let is_open = self.cosigner.quorum_at() < self.ledger.head().size;
        if let Some(announcement) = self.cosigner.own_latest().filter(|_| is_open) {
            means.host.broadcast(&Frame::Cosignature(announcement));
        }
        Ok(())
    }

    /// Cosigns the log as it is, after its mark is durable.
    pub(super) fn cosign(&mut self, means: &mut Means<'_>) -> Result<(), Fatal> {
        let head = self.ledger.head();
        let told = self.courts.values().filter(|court| self.driver().height_of(&court.vote).is_some()).count();
        if told + 1 >= quorum_size(self.courts.len()) && self.driver().height_of_others() <= head.height {
            self.cosigner.is_level();
        }
        match self.cosigner.decide(head.size, head.root, means.now) {
            Decision::Done => {}
            Decision::Unsure => return self.collect(means),
            Decision::Behind(mark) => {
                if self.behind_mark.is_none() {
                    let (cosigned, held) = (mark.size, head.size);
                    tracing::warn!(
                        cosigned,
                        held,
                        "the ledger is shorter than what this court has cosigned; catching up before it signs"
                    );
                }
                self.behind_mark = Some(mark.size);
                return self.collect(means);
            }
            Decision::Never => {
                let text = format!(
                    "this court has cosigned another root at size {} than its ledger holds: the courts' logs have split, or this disk belongs to another network",
                    head.size
                );
                return Err(Fatal(text));
            }
            Decision::Mark(mark) => {
                // A crash before the mark is durable signed nothing; a crash after it signs the same again.
                crash_point(Point::BeforeMark);
                if !is_planted(Bug::SkipMark) {
                    means.logs.mark(&mark)?;
                }
                crash_point(Point::AfterMark);
                let announcement = self.cosigner.sign(mark, means.now);
                means.host.broadcast(&Frame::Cosignature(announcement));
                crash_point(Point::AfterCosign);
            }
        }
        self.behind_mark = None;
        self.collect(means)
    }

    /// Acknowledges a newer checkpoint once a quorum has cosigned it, and not before.
    fn collect(&mut self, means: &mut Means<'_>) -> Result<(), Fatal> {
        if self.stopped.is_some() {
            return Ok(());
        }
        match self.cosigner.newest_quorum(means.now.wall) {
            Some(cosigned) => self.acknowledge(means, cosigned),
            None => Ok(()),
        }
    }

    fn acknowledge(&mut self, means: &mut Means<'_>, cosigned: CosignedCheckpoint) -> Result<(), Fatal> {
        crash_point(Point::BeforeCheckpoint);
        self.ledger.record_checkpoint(&cosigned)?;
        crash_point(Point::AfterCheckpoint);
        means.host.acknowledge(cosigned);
        Ok(())
    }
}

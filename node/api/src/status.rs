//! Answers about the state of a node and of its network (R9, R10, R24, R27).
//!
//! In: values.
//! Out: their JSON.
//! Always: an unknown value is left out, and never `null`. Unknown fields are ignored, because later versions
//! may add some.
//! Not for proof: each answer is only the node's word.

use crate::heard::Heard;
use courtseal_proof::bytes::digest::{Digest, optional_tagged};
use courtseal_proof::bytes::time::{Timestamp, text};
use serde::{Deserialize, Serialize};
use std::fmt;

/// R9: what a node is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Enough courts are connected and have told their height, and this court takes part.
    Recording,
    /// Too few courts are connected and have told their height, or too few of those sign.
    NoQuorum,
    /// Other courts are ahead.
    CatchingUp,
    /// The time of the last block lies in the future, and no court builds on it before.
    Halted,
    /// This court signs nothing for now.
    Observing,
    /// A fault stopped it; what is stored is still served.
    Stopped,
}

impl State {
    /// The state as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::NoQuorum => "no-quorum",
            Self::CatchingUp => "catching-up",
            Self::Halted => "halted",
            Self::Observing => "observing",
            Self::Stopped => "stopped",
        }
    }
}

impl State {
    /// The state in words, for people.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::NoQuorum => "without a quorum",
            Self::CatchingUp => "catching up",
            Self::Recording | Self::Halted | Self::Observing | Self::Stopped => self.as_str(),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// R9: the state of the network, as one node sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Origin of the network.
    pub network: String,
    /// The network's name.
    #[serde(default)]
    pub name: String,
    /// The court that answers.
    pub court: String,
    /// Number of the epoch.
    pub epoch: u64,
    /// Version of the rules.
    pub protocol: u64,
    /// Height of the last block.
    pub height: u64,
    /// The last block's time.
    #[serde(with = "text")]
    pub block_time: Timestamp,
    /// Time of the node's clock.
    #[serde(with = "text")]
    pub now: Timestamp,
    /// Entries in the log.
    pub size: u64,
    /// The log's root, in base64.
    pub root: String,
    /// Entries under the newest checkpoint that a quorum cosigned.
    #[serde(default)]
    pub checkpoint_size: u64,
    /// Transactions that wait.
    #[serde(default)]
    pub pending: u64,
    /// What the node does.
    pub state: Heard<State>,
    /// Why, if there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The time of the last block while the node is halted.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::optional")]
    pub halted_until: Option<Timestamp>,
    /// Groups of courts whose clocks agree; empty if there is only one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<Clock>,
    /// Number of courts that must agree.
    pub quorum: u64,
    /// All courts of the network, in the order of their names.
    pub courts: Vec<CourtStatus>,
}

impl Status {
    /// Number of connected courts, the one that answers included.
    pub fn up(&self) -> usize {
        self.courts.iter().filter(|court| court.is_self || court.connected).count()
    }
}

/// R9: courts whose clocks agree (N11), and the time that these clocks say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The courts' names.
    pub courts: Vec<String>,
    /// Time of their clocks.
    #[serde(with = "text")]
    pub time: Timestamp,
}

/// R9: one court, as the node that answers sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CourtStatus {
    /// The court's name.
    pub name: String,
    /// Whether it is the one that answers.
    #[serde(rename = "self")]
    pub is_self: bool,
    /// Whether the node is connected to it.
    pub connected: bool,
    /// The last height that it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// Round-trip time to the court, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip_ms: Option<f64>,
    /// Whether two nodes seem to run with its keys.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub seems_twice: bool,
    /// The digest of its genesis, if that is another one than the node's.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_tagged")]
    pub other_genesis: Option<Digest>,
    /// Whether a peer with another identity answers at its address.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub other_identity: bool,
    /// Since when it is down.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::optional")]
    pub down_since: Option<Timestamp>,
    /// The time of its newest cosignature, if that does not count because of it (F32).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "text::optional")]
    pub untimely_cosignature: Option<Timestamp>,
    /// Heights that it started and that recorded nothing (R24), since the node started.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub empty_heights: u64,
    /// Invalid blocks that it proposed (R24), since the node started.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub invalid_blocks: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// R10: whether the node records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// What the node does.
    pub state: Heard<State>,
    /// Why, if there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// R27: whether the node hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// Whether the validator handled something lately.
    pub live: bool,
    /// How long ago that was, in milliseconds.
    pub turned_ms_ago: u64,
}

/// R27: whether records are possible here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// Whether they are.
    pub ready: bool,
    /// What the node does.
    pub state: Heard<State>,
    /// Why not, if there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r9_words_of_states() {
        for state in [State::Recording, State::NoQuorum, State::CatchingUp, State::Halted, State::Observing, State::Stopped] {
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{state}\""));
        }
    }

    #[test]
    fn r9_json_is_byte_for_byte() {
        let (a, b) = (
            r#"{"name":"a","self":true,"connected":true,"height":3}"#,
            r#"{"name":"b","self":false,"connected":false,"round_trip_ms":4.2,"seems_twice":true,"other_identity":true,"down_since":"2026-11-23T16:58:12.000Z","empty_heights":1,"invalid_blocks":2}"#,
        );
        let text = format!(
            r#"{{"network":"n/0","name":"n","court":"a","epoch":0,"protocol":1,"height":3,"block_time":"2026-11-23T17:00:00.000Z","now":"2026-11-23T17:00:03.200Z","size":5,"root":"AA==","checkpoint_size":5,"pending":0,"state":"halted","reason":"r","halted_until":"2026-11-23T17:00:00.000Z","clocks":[{{"courts":["a"],"time":"2026-11-23T17:00:00.000Z"}}],"quorum":3,"courts":[{a},{b}]}}"#
        );
        let status: Status = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&status).unwrap(), text);
        assert_eq!((status.up(), status.state.known()), (1, Some(State::Halted)));
    }

    #[test]
    fn r10_and_r27_json_is_byte_for_byte() {
        let live = Live { live: true, turned_ms_ago: 12 };
        assert_eq!(serde_json::to_string(&live).unwrap(), r#"{"live":true,"turned_ms_ago":12}"#);
        let ready = Ready { ready: false, state: State::NoQuorum.into(), reason: Some("r".to_owned()) };
        assert_eq!(serde_json::to_string(&ready).unwrap(), r#"{"ready":false,"state":"no-quorum","reason":"r"}"#);
        let health = Health { state: State::Recording.into(), reason: None };
        assert_eq!(serde_json::to_string(&health).unwrap(), r#"{"state":"recording"}"#);
    }
}

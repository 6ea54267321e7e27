//! The error codes (R1), one row for each.
//!
//! In: nothing.
//! Out: each code's word, HTTP status, nature and meaning.
//! Always: the table of specs/rpc.md has the same rows.
//! Not for messages, which describe one case.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What an error means for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// A rule refuses the request. The same request is refused again, here and by other nodes.
    Refused,
    /// This node cannot answer now. The same request may be answered later, or by another node.
    Passing,
    /// The node does not have what was asked for.
    Absent,
}

macro_rules! codes {
    ($($(#[$attribute:meta])* $name:ident $word:literal $status:literal $nature:ident $meaning:literal;)+) => {
        /// Why a request is not answered as it asks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $(#[doc = $meaning] #[serde(rename = $word)] $name,)+
        }

        impl Code {
            /// All codes, in the order of the specification.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code as it is sent.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The HTTP status of the answer.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The nature of the error, for the client.
            pub fn nature(self) -> Nature {
                match self { $(Self::$name => Nature::$nature,)+ }
            }

            /// The meaning in words, as the specification has it.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }
        }
    };
}

codes! {
    Malformed "malformed" 400 Refused "Not what the format asks. The message says where.";
    TooLarge "too-large" 413 Refused "More bytes than the bound.";
    NotFound "not-found" 404 Absent "No such entry, transaction or path here.";
    WrongMethod "wrong-method" 405 Refused "This path does not take that method. The header `allow` names the methods that it takes.";
    WrongType "wrong-type" 415 Refused "The body is not JSON, or is compressed, by its headers.";
    WrongHost "wrong-host" 421 Refused "The request names a host that this node does not answer to (R25).";
    WrongNetwork "wrong-network" 409 Refused "Signed for another network.";
    Unregistered "unregistered" 403 Refused "No such member, or another key than the member's.";
    BadSignature "bad-signature" 403 Refused "The signature does not verify.";
    Expired "expired" 410 Refused "`not_after` has passed, by this court's clock.";
    NotAfterTooFar "not-after-too-far" 422 Refused "`not_after` is more than 24 h ahead, by this court's clock.";
    Unfounded "unfounded" 403 Refused "An equivocation that proves nothing about a court here, or that no court states.";
    AlreadyStated "already-stated" 409 Refused "An equivocation about a step that is recorded already. The message names the entry.";
    Busy "busy" 503 Passing "The mempool is full, or too much is asked of this node. Try again, or try another court.";
    TooMany "too-many" 429 Passing "Too much is asked from this address. Try again after the seconds in `retry-after`, or ask another court.";
    NoQuorum "no-quorum" 503 Passing "Too few courts answer, or too few of them sign (R9). This node keeps the transaction until it expires.";
    Timeout "timeout" 504 Passing "Not recorded within the wait. Still pending.";
    Stopping "stopping" 503 Passing "The node shuts down, or has stopped for the reason in the message.";
}

impl Code {
    /// Whether the request may be answered later, or by another node.
    pub fn is_passing(self) -> bool {
        self.nature() == Nature::Passing
    }

    /// Whether a wrong clock may be the cause: the court's or the member's.
    pub fn depends_on_clocks(self) -> bool {
        matches!(self, Self::Expired | Self::NotAfterTooFar)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the table: word, status, meaning.
    fn rows(specification: &str) -> Vec<(String, String, String)> {
        let table = specification.split("| code | status | meaning |\n").nth(1).unwrap();
        let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
        rows.map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').splitn(3, '|').map(str::trim).collect();
            (cells[0].trim_matches('`').to_owned(), cells[1].to_owned(), cells[2].to_owned())
        })
        .collect()
    }

    #[test]
    fn r1_the_specification_has_these_codes_and_no_others() {
        let here = Code::ALL.iter().map(|code| (code.to_string(), code.status().to_string(), code.meaning().to_owned()));
        assert_eq!(here.collect::<Vec<_>>(), rows(include_str!("../../../specs/rpc.md")));
    }

    #[test]
    fn r1_words_are_what_goes_over_the_wire() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<Code>(&format!("\"{code}\"")).unwrap(), *code);
            assert!((400..600).contains(&code.status()));
        }
    }

    #[test]
    fn r1_natures_follow_statuses() {
        for code in Code::ALL {
            let may_pass = code.status() >= 500 || code.status() == 429;
            assert_eq!(code.is_passing(), may_pass, "{code}");
            assert_eq!(code.nature() == Nature::Absent, code.status() == 404, "{code}");
        }
    }
}

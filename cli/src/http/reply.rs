//! An answer of a node, of any status; or that there is none.
//!
//! In: a status, a body. Out: the JSON of a known shape, or the error of R1 as a failure. Always: what a node
//! says is shown on one line of bounded length. Not for believing it.

use crate::failure::{Exit, Failure};
use crate::print;
use courtseal_api::answer::ErrorAnswer;
use courtseal_api::{Code, Heard, Nature};
use serde::de::DeserializeOwned;

/// An answer of any status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The answer's body.
    pub body: Vec<u8>,
}

/// A node did not answer.
#[derive(Clone, Debug)]
pub struct NoAnswer {
    /// Whom was asked.
    pub url: String,
    /// Why there is no answer, in words.
    pub reason: String,
}

/// A node's words on one line of bounded length, without what moves or turns text.
pub fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !print::reorders(*c)).take(500).collect()
}

impl Answer {
    /// The body as JSON of a known shape.
    ///
    /// # Errors
    /// [`Failure`]: the node's answer is not what the RPC says.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body)
            .map_err(|_| Failure::new(Exit::Unreachable, "the node's answer is not that of a Courtseal node"))
    }

    /// The answer, if it is one of success.
    ///
    /// # Errors
    /// [`Failure`]: the error of R1 that it carries.
    pub fn success(self, url: &str) -> Result<Self, Failure> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(self.failure(url)) }
    }

    /// The error of R1 that the answer carries: code and message. An answer that is not a node's has no code.
    pub fn error(&self) -> (Option<Heard<Code>>, String) {
        match serde_json::from_slice::<ErrorAnswer>(&self.body) {
            Ok(ErrorAnswer { error }) => {
                let code = match error.code {
                    Heard::Other(text) => Heard::Other(bounded(&text)),
                    known => known,
                };
                (Some(code), bounded(&error.message))
            }
            Err(_) => (None, format!("HTTP status {}", self.status)),
        }
    }

    /// The error as a failure: codes of passing states are *unreachable*, the others *refused*.
    pub fn failure(&self, url: &str) -> Failure {
        let (code, message) = self.error();
        let exit = match code.as_ref().map(|code| code.known().map(Code::nature)) {
            None | Some(Some(Nature::Passing)) => Exit::Unreachable,
            Some(Some(Nature::Absent)) => Exit::Invalid,
            Some(Some(Nature::Refused) | None) => Exit::Refused,
        };
        let code = code.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
        Failure::new(exit, format!("{url} answers: {message} ({code})"))
    }
}

/// No node answered.
pub fn none_answers(silent: &[NoAnswer]) -> Failure {
    let list: Vec<String> = silent.iter().map(|error| format!("{}: {}", error.url, error.reason)).collect();
    Failure::new(Exit::Unreachable, format!("no node answers ({})", list.join("; ")))
        .next("check the URL and that the node runs, or name another one with --node")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r1_codes_become_exit_codes() {
        let exit = |code: &str| {
            let body = format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#).into_bytes();
            Answer { status: 400, body }.failure("u").exit
        };
        for code in Code::ALL {
            let expected = match code {
                Code::Busy | Code::NoQuorum | Code::Timeout | Code::TooMany | Code::Stopping => Exit::Unreachable,
                Code::NotFound => Exit::Invalid,
                _ => Exit::Refused,
            };
            assert_eq!(exit(code.as_str()), expected, "{code}");
        }
        assert_eq!(exit("of-a-later-version"), Exit::Refused);
        let page = Answer { status: 502, body: b"<html>".to_vec() }.failure("u");
        assert_eq!((page.exit, page.message.as_str()), (Exit::Unreachable, "u answers: HTTP status 502 (unknown)"));
    }
}

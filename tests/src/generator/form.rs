//! The requests of a load, signed before its clock starts.
//!
//! In: keys, a form, the number of requests.
//! Out: whole requests.
//! Always: the members sign in turn, and every statement is new and has one digest, SHA-256.
//! Not for sending requests.
//!
//! A further form, such as a list of transactions, is a variant of [`Form`] with its path, its body and its
//! counts.

use super::connection::post;
use crate::evidence::{Signer, random, statement};
use std::thread;

/// The route for transactions. A node may take 20 seconds for one: it answers once it has the receipts.
const TRANSACTIONS: &str = "/v1/transactions?wait_ms=20000";

/// What one request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One signed transaction.
    Transaction {
        /// Statements in it: 1 to 4,096.
        statements: usize,
    },
}

impl Form {
    /// Transactions in a request.
    pub fn transactions(self) -> usize {
        match self {
            Self::Transaction { .. } => 1,
        }
    }

    /// Statements in a request, each of which yields one entry.
    pub fn entries(self) -> usize {
        match self {
            Self::Transaction { statements } => statements,
        }
    }

    /// Builds a whole request in a member's name.
    ///
    /// # Errors
    /// The system gives no randomness, or a bound is broken.
    pub fn sign(self, signer: &Signer) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Transaction { statements } => {
                let statements = (0..statements).map(|_| Ok(statement(&random::<16>()?))).collect::<anyhow::Result<_>>()?;
                Ok(post(TRANSACTIONS, signer.sign(statements)?.to_text().as_bytes()))
            }
        }
    }

    /// Builds `count` requests in the names of the signers in turn; all processors sign.
    ///
    /// # Errors
    /// The errors of [`Self::sign`].
    pub fn sign_all(self, signers: &[Signer], count: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        let share = count.div_ceil(thread::available_parallelism()?.get()).max(1);
        let of_share = |begin: usize| {
            let numbers = begin..(begin + share).min(count);
            numbers.map(|number| self.sign(&signers[number % signers.len()])).collect::<anyhow::Result<Vec<_>>>()
        };
        let shares = thread::scope(|scope| {
            let running: Vec<_> = (0..count).step_by(share).map(|begin| scope.spawn(move || of_share(begin))).collect();
            let ended = running.into_iter().map(|thread| thread.join().expect("signing does not panic"));
            ended.collect::<anyhow::Result<Vec<_>>>()
        })?;
        Ok(shares.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use courtseal_proof::bytes::key::SecretKey;
    use courtseal_proof::bytes::name::{Name, Origin};
    use std::collections::BTreeSet;

    #[test]
    fn requests_are_all_different_and_signed_in_turn() {
        let signer = |number: u8| Signer {
            member: Name::new(format!("member-{number}")).unwrap(),
            origin: Origin::parse(&format!("net/{}", "0".repeat(64))).unwrap(),
            key: SecretKey::from_seed([number; 32]),
        };
        let signers: Vec<Signer> = (1..=3).map(signer).collect();
        let key = |request: &Vec<u8>| {
            let text = String::from_utf8(request.clone()).unwrap();
            let payload = text.split("\"payload\":\"").nth(1).unwrap().split('"').next().unwrap();
            let payload = String::from_utf8(courtseal_proof::bytes::base64_text::decode(payload).unwrap()).unwrap();
            (1..=3).find(|number| payload.contains(&format!("member-{number}"))).unwrap()
        };
        for count in [0, 1, 2, 7] {
            let requests = Form::Transaction { statements: 2 }.sign_all(&signers, count).unwrap();
            assert_eq!(requests.iter().map(key).collect::<Vec<_>>(), (0..count).map(|n| n % 3 + 1).collect::<Vec<_>>());
            assert_eq!(requests.iter().collect::<BTreeSet<_>>().len(), count);
        }
    }
}

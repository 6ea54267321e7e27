//! Transactions: what a member signs and submits (F18 to F21).
//!
//! In: statements, a member's key, a nonce, a time; or the text of a transaction.
//! Out: the canonical text, the id, the parsed and checked parts.
//! Always: a [`Transaction`] that was parsed is canonical. Its signature verifies under the key in its
//! payload, its statements have the signed root, and the signatures of others within them hold.
//! Not for the question whether that key is the member's, which the ledger answers.

use crate::bytes::base64_text;
use crate::bytes::canonical::{self, CanonicalError};
use crate::bytes::digest::{Digest, sha256};
use crate::bytes::key::{self, PublicKey, SecretKey, Signature};
use crate::bytes::limits::{ACTS_MAX, PAYLOAD_BYTES_MAX, STATEMENTS_MAX, TRANSACTION_BYTES_MAX};
use crate::bytes::name::{Name, Origin};
use crate::bytes::time::{self, Timestamp};
use crate::log::merkle::{self, leaf_hash};
use crate::statement::{Statement, StatementError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The DSSE payload type.
pub const PAYLOAD_TYPE: &str = "application/vnd.courtseal.transaction.v1+json";

/// Longest canonical envelope, in bytes: the payload and signature in base64 and the text around them.
pub const ENVELOPE_BYTES_MAX: usize = PAYLOAD_BYTES_MAX.div_ceil(3) * 4 + 256;

/// The reason why a text is no transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// The transaction's text is too long, malformed or not canonical.
    #[error("transaction: {0}")]
    Text(CanonicalError),
    /// The envelope breaks a rule of F19.
    #[error("envelope: {0}")]
    Envelope(&'static str),
    /// The payload's text is too long, malformed or not canonical.
    #[error("payload: {0}")]
    Payload(CanonicalError),
    /// A field of the payload breaks a rule of F18.
    #[error("payload: {0}")]
    Field(&'static str),
    /// A statement breaks a rule of its kind.
    #[error("statement {position}: {error}")]
    Statement {
        /// Its place in the transaction, from 0.
        position: usize,
        /// The rule that it breaks.
        error: StatementError,
    },
    /// The statements do not have the signed count and root.
    #[error("the statements are not those that were signed: their count or root differs from the payload's")]
    Root,
    /// The member's signature does not verify.
    #[error("the signature does not verify under the key in the payload")]
    Signature,
    /// A statement whose kind is `alone` (F20) is among others.
    #[error("a transaction that states {0} states nothing else")]
    NotAlone(&'static str),
    /// More statements than their kinds allow together (L13).
    #[error("a transaction that states {0} has at most 64 statements")]
    TooMany(&'static str),
    /// A signature inside a statement does not verify under the key that is named, or the two signed parts do
    /// not contradict each other.
    #[error(
        "what the statement accuses of does not hold: a signature does not verify under the key that it names, or nothing contradicts"
    )]
    NotHeld,
}

/// The payload that the member signs (F18), fields sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// The origin of the network.
    pub chain: Origin,
    /// How many statements, 1 to 4,096.
    pub count: u64,
    /// The member's public key.
    #[serde(with = "key::hex_text")]
    pub key: PublicKey,
    /// The member's name.
    pub member: Name,
    /// 16 fresh bytes in hex, so that equal statements make different transactions.
    pub nonce: String,
    /// The transaction is not recorded in a block with a later time.
    #[serde(with = "time::text")]
    pub not_after: Timestamp,
    /// RFC 6962 root over the canonical texts of the statements.
    #[serde(with = "crate::bytes::digest::tagged")]
    pub statements: Digest,
    /// The version of the form, 1.
    pub v: u64,
}

/// A DSSE envelope with exactly one signature (F19).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The bytes of the payload.
    #[serde(with = "base64_text::bytes")]
    pub payload: Vec<u8>,
    /// The type of the payload, [`PAYLOAD_TYPE`].
    #[serde(rename = "payloadType")]
    pub payload_type: String,
    /// The signatures, of which there is one.
    pub signatures: Vec<EnvelopeSignature>,
}

/// A signature in an envelope. `keyid` is read, for DSSE tools that write one, and never written (F19).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeSignature {
    #[serde(default, skip_serializing, rename = "keyid")]
    ignored: Option<String>,
    /// The 64 bytes of the signature.
    #[serde(with = "base64_text::bytes")]
    pub sig: Vec<u8>,
}

/// The text of a transaction (F20), each statement still unread.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransactionText<'a> {
    envelope: Envelope,
    #[serde(borrow)]
    statements: Vec<&'a RawValue>,
}

/// A text as far as it was read: its envelope and payload. Its statements and its signature are still to be
/// checked.
#[derive(Debug)]
pub struct Claim<'a> {
    payload: Payload,
    id: Digest,
    envelope: Envelope,
    statements: Vec<&'a RawValue>,
}

impl Claim<'_> {
    /// The payload that the text claims was signed.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The transaction's id.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// Reads the statements and checks everything. The signature is checked only if asked.
    ///
    /// # Errors
    /// [`TransactionError`] names the first check that failed.
    pub fn check(self, check_signature: bool) -> Result<Transaction, TransactionError> {
        if check_signature && !self.envelope.verifies(&self.payload.key)? {
            return Err(TransactionError::Signature);
        }
        let opened = (self.payload, self.id);
        Transaction::from_parts(self.envelope, opened, read(&self.statements)?, check_signature)
    }
}

/// A transaction whose form, root and signature are checked.
///
/// ```
/// use courtseal_proof::bytes::digest::sha256;
/// use courtseal_proof::bytes::key::SecretKey;
/// use courtseal_proof::bytes::name::{Name, Origin};
/// use courtseal_proof::statement::{FileDigests, Statement};
/// use courtseal_proof::bytes::time::Timestamp;
/// use courtseal_proof::transaction::Transaction;
///
/// let origin = Origin::new(Name::new("cn-courts")?, sha256(b"the genesis document"));
/// let (member, key) = (Name::new("notary-1")?, SecretKey::from_seed([7; 32]));
/// let digests = FileDigests { sha256: sha256(b"a lease"), sha512: None, sm3: None };
/// let statement = Statement::public(digests, 7);
/// // The nonce comes from the system's randomness, the time from the caller's clock.
/// let (nonce, not_after) = ([1; 16], Timestamp(1_795_453_200_000));
/// let transaction = Transaction::sign(&origin, &member, &key, nonce, not_after, vec![statement])?;
///
/// let text = transaction.to_text();
/// assert_eq!(Transaction::from_text(text.as_bytes(), true)?, transaction);
/// assert!(Transaction::from_text(text.replace("\"size\":7", "\"size\":8").as_bytes(), true).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    id: Digest,
    payload: Payload,
    envelope: Envelope,
    statements: Vec<Statement>,
    /// The canonical text of each statement, written once for hashing, comparing and rendering.
    statement_texts: Vec<String>,
}

/// The DSSE pre-authentication encoding of a payload of our type.
pub fn pre_authentication_encoding(payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

impl Envelope {
    /// The canonical text.
    pub fn to_text(&self) -> String {
        canonical::to_text(self)
    }

    /// Reads a canonical envelope.
    ///
    /// # Errors
    /// [`CanonicalError`] if the text is no canonical envelope.
    pub fn from_text(text: &[u8]) -> Result<Self, CanonicalError> {
        canonical::from_text(text, ENVELOPE_BYTES_MAX)
    }

    /// Checks type, payload (F18) and, if asked, the signature; returns payload and transaction id.
    ///
    /// # Errors
    /// [`TransactionError`] names the first check that failed.
    pub fn open(&self, check_signature: bool) -> Result<(Payload, Digest), TransactionError> {
        if self.payload_type != PAYLOAD_TYPE {
            return Err(TransactionError::Envelope("payloadType is not application/vnd.courtseal.transaction.v1+json"));
        }
        let payload: Payload = canonical::from_text(&self.payload, PAYLOAD_BYTES_MAX).map_err(TransactionError::Payload)?;
        payload.check()?;
        self.signature()?;
        if check_signature && !self.verifies(&payload.key)? {
            return Err(TransactionError::Signature);
        }
        Ok((payload, sha256(&pre_authentication_encoding(&self.payload))))
    }

    /// Whether the one signature is this key's.
    fn verifies(&self, key: &PublicKey) -> Result<bool, TransactionError> {
        let signed = pre_authentication_encoding(&self.payload);
        Ok(key.verify(&signed, &self.signature()?))
    }

    /// The one signature of the envelope.
    ///
    /// # Errors
    /// [`TransactionError::Envelope`] if there is not exactly one of 64 bytes.
    pub fn signature(&self) -> Result<Signature, TransactionError> {
        match &self.signatures[..] {
            [one] => one.sig[..].try_into().map(Signature).map_err(|_| TransactionError::Envelope("a signature has 64 bytes")),
            _ => Err(TransactionError::Envelope("exactly one signature is accepted")),
        }
    }
}

impl Payload {
    fn check(&self) -> Result<(), TransactionError> {
        if self.v != 1 {
            return Err(TransactionError::Field("v is not 1"));
        }
        if !(1..=STATEMENTS_MAX as u64).contains(&self.count) {
            return Err(TransactionError::Field("count is 1 to 4,096"));
        }
        if crate::bytes::digest::lower_hex::<16>(&self.nonce).is_none() {
            return Err(TransactionError::Field("nonce is 32 lower-case hex digits"));
        }
        Ok(())
    }
}

impl Transaction {
    /// Makes and signs a transaction.
    ///
    /// # Errors
    /// [`TransactionError`] if there is no statement or too many, one breaks F14, or the text has more than 4
    /// MiB.
    pub fn sign(
        origin: &Origin,
        member: &Name,
        key: &SecretKey,
        nonce: [u8; 16],
        not_after: Timestamp,
        statements: Vec<Statement>,
    ) -> Result<Self, TransactionError> {
        let payload = Payload {
            chain: origin.clone(),
            count: statements.len() as u64,
            key: key.public(),
            member: member.clone(),
            nonce: hex::encode(nonce),
            not_after,
            statements: merkle::root(&leaves(&texts(&statements))),
            v: 1,
        };
        let bytes = canonical::to_text(&payload).into_bytes();
        let sig = key.sign(&pre_authentication_encoding(&bytes)).0.to_vec();
        let envelope = Envelope {
            payload: bytes,
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: vec![EnvelopeSignature { ignored: None, sig }],
        };
        let opened = envelope.open(false)?;
        let transaction = Self::from_parts(envelope, opened, statements, false)?;
        let length_bytes = transaction.to_text().len();
        if length_bytes > TRANSACTION_BYTES_MAX {
            return Err(TransactionError::Text(CanonicalError::TooLong { length_bytes, limit_bytes: TRANSACTION_BYTES_MAX }));
        }
        Ok(transaction)
    }

    /// Reads a canonical transaction and checks everything. The signature is checked only if asked. A caller
    /// that passes `false` has seen this very text with a good signature before.
    ///
    /// # Errors
    /// [`TransactionError`] names the first check that failed.
    pub fn from_text(text: &[u8], check_signature: bool) -> Result<Self, TransactionError> {
        let transaction = Self::claim(text)?.check(check_signature)?;
        // This is done as in `canonical::from_text`, but the statements are written only once. A `keyid`,
        // which is dropped, changes the text too.
        if transaction.to_text().as_bytes() == text {
            Ok(transaction)
        } else {
            Err(TransactionError::Text(CanonicalError::NotCanonical))
        }
    }

    /// Reads the cheap parts of a text, before anything costly is done. Any JSON spelling of the outer text
    /// is read, as clients send it, and a `keyid` is dropped.
    ///
    /// # Errors
    /// [`TransactionError`] if the outer text or the payload is malformed.
    pub fn claim(text: &[u8]) -> Result<Claim<'_>, TransactionError> {
        if text.len() > TRANSACTION_BYTES_MAX {
            let error = CanonicalError::TooLong { length_bytes: text.len(), limit_bytes: TRANSACTION_BYTES_MAX };
            return Err(TransactionError::Text(error));
        }
        let parsed = serde_json::from_slice(text).map_err(|error| CanonicalError::Malformed(error.to_string()));
        let TransactionText { mut envelope, statements } = parsed.map_err(TransactionError::Text)?;
        envelope.signatures.iter_mut().for_each(|signature| signature.ignored = None);
        let (payload, id) = envelope.open(false)?;
        Ok(Claim { payload, id, envelope, statements })
    }

    /// Reads a transaction as a client sends it. Any JSON spelling of the outer text is read and a `keyid` is
    /// dropped; all else is checked.
    ///
    /// # Errors
    /// [`TransactionError`] names the first check that failed.
    pub fn from_client(text: &[u8]) -> Result<Self, TransactionError> {
        Self::claim(text)?.check(true)
    }

    fn from_parts(
        envelope: Envelope,
        (payload, id): (Payload, Digest),
        statements: Vec<Statement>,
        check_signature: bool,
    ) -> Result<Self, TransactionError> {
        if payload.count != statements.len() as u64 {
            return Err(TransactionError::Root);
        }
        let statement_texts = texts(&statements);
        for (position, (statement, text)) in statements.iter().zip(&statement_texts).enumerate() {
            let checked = statement.check().and_then(|()| statement.kind().check_length(text.len()));
            checked.map_err(|error| TransactionError::Statement { position, error })?;
        }
        if let [_, _, ..] = statements[..]
            && let Some(alone) = statements.iter().map(Statement::kind).find(|kind| kind.is_alone)
        {
            return Err(TransactionError::NotAlone(alone.word));
        }
        if statements.len() > ACTS_MAX
            && let Some(other) = statements.iter().map(Statement::kind).find(|kind| !kind.is_bulk)
        {
            return Err(TransactionError::TooMany(other.word));
        }
        if check_signature && !statements.iter().all(|statement| statement.body().holds(&payload.chain)) {
            return Err(TransactionError::NotHeld);
        }
        if payload.statements != merkle::root(&leaves(&statement_texts)) {
            return Err(TransactionError::Root);
        }
        Ok(Self { id, payload, envelope, statements, statement_texts })
    }

    /// The canonical text, which is sent, stored and put into blocks.
    pub fn to_text(&self) -> String {
        format!("{{\"envelope\":{},\"statements\":[{}]}}", self.envelope.to_text(), self.statement_texts.join(","))
    }

    /// The transaction id (F21).
    pub fn id(&self) -> Digest {
        self.id
    }

    /// The payload that was signed.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The signed envelope.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The canonical texts of the statements, in order.
    pub fn statement_texts(&self) -> &[String] {
        &self.statement_texts
    }

    /// The statements, in order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The inclusion path of every statement to the signed root, in order.
    pub fn statement_paths(&self) -> Vec<Vec<Digest>> {
        merkle::inclusion_paths(&leaves(&self.statement_texts))
    }
}

/// Reads statements, in any JSON spelling.
fn read(statements: &[&RawValue]) -> Result<Vec<Statement>, TransactionError> {
    let read = |(position, raw): (usize, &&RawValue)| {
        Statement::read(raw.get()).map_err(|error| TransactionError::Statement { position, error })
    };
    statements.iter().enumerate().map(read).collect()
}

fn texts(statements: &[Statement]) -> Vec<String> {
    statements.iter().map(Statement::to_text).collect()
}

fn leaves(texts: &[String]) -> Vec<Digest> {
    texts.iter().map(|text| leaf_hash(text.as_bytes())).collect()
}

#[cfg(test)]
mod tests;

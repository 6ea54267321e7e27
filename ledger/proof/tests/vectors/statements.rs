//! Statements and tags that only the vectors need.
//!
//! In: files, salts, cases.
//! Out: statements and tags.
//! Always: the same bytes on every run.
//! Not for keys, logs and receipts: `courtseal-fixtures` makes them.

use courtseal_fixtures::Network;
use courtseal_fixtures::statements::edited;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::commitment::{Committer, Tag, case_tag};
use courtseal_proof::statement::{Document, FileDigests, Statement};
use sha2::Digest as _;

/// A statement with everything that public evidence may have.
pub fn with_everything(statement: Statement, asserted_at: Timestamp, case: Tag) -> Statement {
    edited(statement, |evidence| {
        evidence.asserted_at = Some(asserted_at);
        evidence.case = Some(case);
        evidence.document = evidence.document.clone().with_media_type(Some("application/pdf".into()));
    })
}

/// A public statement with both digests.
pub fn public_sha512(file: &[u8]) -> Statement {
    let digests = FileDigests { sha256: sha256(file), sha512: Some(sha2::Sha512::digest(file).into()), sm3: None };
    Statement::public(digests, file.len() as u64)
}

/// A public statement with all three digests.
pub fn public_sm3(file: &[u8]) -> Statement {
    edited(public_sha512(file), |own| {
        let Document::Public(document) = &mut own.document else { panic!("it is public") };
        document.digests.sm3 = Some(sm3::Sm3::digest(file).into());
    })
}

/// The HMAC of a file.
pub fn commitment(salt: &[u8; 32], file: &[u8]) -> Tag {
    let mut committer = Committer::new(salt);
    committer.update(file);
    committer.finish()
}

/// A case tag.
pub fn case(network: &Network) -> Tag {
    case_tag(&[0x77; 32], &network.origin.chain(), "(2026) Jing 0491 Min Chu 1")
}

//! Everything of Courtseal that is signed or hashed, its bytes, and how it is verified.
//!
//! In: bytes, keys and times as arguments.
//! Out: values, signatures, verdicts.
//! Always: one value has one encoding. Nothing here reads a file, a clock, an environment or a random
//! generator, so the same arguments give the same answer for decades.
//! Not for storing, ordering or sending anything.
//!
//! The modules in the order in which an entry passes them:
//! * [`statement`], [`kinds`] and [`transaction`]: what a member signs.
//! * [`genesis`] and [`block`]: what courts agree on. [`sign_bytes`]: what their votes sign.
//! * [`facts`] and [`entry`]: what is judged and recorded.
//! * [`log`]: the tree of all entries, and what courts sign afterwards.
//! * [`receipt`] and [`verify`]: what a person keeps and checks.
//!
//! All of them use [`bytes`]: how a value becomes bytes.
//!
//! A receipt is verified with the courts' policy and the file alone:
//!
//! ```
//! use courtseal_proof::verify::{HeldPolicy, verify_receipt};
//!
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/vectors/receipt.json");
//! # let vectors: serde_json::Value = serde_json::from_slice(&std::fs::read(path)?)?;
//! # let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().as_bytes().to_vec();
//! # let case = vectors["cases"].as_array().and_then(|cases| cases.iter().find(|case| case["name"] == "public")).unwrap();
//! # let (receipt, policy) = (text(&case["receipt"]), text(&vectors["policies"]["four"]));
//! # let file = courtseal_proof::bytes::base64_text::decode(case["file"].as_str().unwrap()).unwrap();
//! let proven = verify_receipt(&receipt, &HeldPolicy::new(&policy))?;
//! let mut check = proven.check_file(None)?;
//! check.update(&file);
//! check.finish()?;
//! assert_eq!((proven.courts.len(), proven.courts_listed), (3, 4));
//! assert_eq!(proven.entry.recorded_at.to_string(), "2026-11-23T17:00:00.123Z");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The folder `examples` of this crate has two whole programs. One verifies a receipt, the other makes a
//! transaction and submits it.

pub mod block;
pub mod bytes;
pub mod commitment;
pub mod entry;
pub mod facts;
pub mod genesis;
pub mod kinds;
pub mod log;
pub mod opening;
pub mod receipt;
pub mod sign_bytes;
pub mod statement;
pub mod transaction;
pub mod verify;

//! Everything of Courtseal that is signed or hashed, its bytes, and how it is verified.
//!
//! In: bytes, keys and times as arguments. Out: values, signatures, verdicts. Always: one encoding for one value; nothing
//! here reads a file, a clock, an environment or a random generator, so the same arguments give the same answer for
//! decades. Not for storing, ordering or sending anything.
//!
//! A reader follows an entry's way: [`statement`], [`kinds`] and [`transaction`] (what a member signs), [`genesis`] and [`block`] (what
//! courts agree on), [`facts`], [`entry`] and [`merkle`] (what is judged and recorded), [`note`], [`checkpoint`], [`policy`] (what courts
//! sign afterwards), [`sign_bytes`] (what votes sign), [`receipt`] and [`verify`] (what a person takes away).

pub mod base64_text;
pub mod block;
pub mod canonical;
pub mod checkpoint;
pub mod codec;
pub mod commitment;
pub mod digest;
pub mod entry;
pub mod facts;
pub mod genesis;
pub mod key;
pub mod kinds;
pub mod limits;
pub mod merkle;
pub mod name;
pub mod note;
pub mod opening;
pub mod policy;
pub mod receipt;
pub mod sign_bytes;
pub mod statement;
pub mod time;
pub mod transaction;
pub mod verify;

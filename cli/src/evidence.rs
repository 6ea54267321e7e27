//! Which files a command is about: what was named, sorted into groups; and what a folder stands for.
//!
//! In: paths from the command line. Out: open folders, the files in them, our own files beside them. Always:
//! symbolic links are not followed. `notarize` and `verify` share it, so that a file that was recorded is one
//! that is verified. Not for reading evidence.

mod collect;
mod groups;
mod without_file;

pub use collect::{Choice, Collected, collect, collect_named};
pub use groups::{Group, groups, open_folder, open_receipts};
pub use without_file::without_file;

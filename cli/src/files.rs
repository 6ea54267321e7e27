//! Files: evidence, our own files beside it, and the files that options name.
//!
//! In: paths of any bytes. Out: bytes in pieces, bounded texts, new files. Always: a file is written whole or
//! not at all, memory stays flat whatever a file's size, and what others may have planted beside evidence is
//! never followed. Not for what the bytes mean. A reader starts with [`folder`].

pub mod folder;
pub mod lock;
pub mod named;
pub mod names;
mod new_file;
pub mod own;
pub mod place;

use rustix::fs::FileType;
use std::fmt;
use std::io;

/// Why a file cannot be taken.
#[derive(Debug)]
pub enum Problem {
    /// It is something else than a file.
    NotAFile(&'static str),
    /// It cannot be read.
    Unreadable(io::Error),
    /// Its size, time or identity changed while it was read.
    Changed,
    /// What is to be done about it, in words.
    Refused(String),
}

impl Problem {
    /// Whether there is nothing under that name.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Unreadable(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAFile(kind) => write!(f, "{kind}, not a file: not followed or read"),
            Self::Unreadable(error) => write!(f, "cannot be read: {}", reason(error)),
            Self::Refused(text) => f.write_str(text),
            Self::Changed => f.write_str("changed while it was read; run the command again when it is at rest"),
        }
    }
}

/// An I/O error in words, without the system's number.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// What a thing that is neither file nor folder is called.
pub fn other_kind(kind: FileType) -> &'static str {
    match kind {
        FileType::Symlink => "a symbolic link",
        FileType::Directory => "a folder",
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        _ => "a device",
    }
}

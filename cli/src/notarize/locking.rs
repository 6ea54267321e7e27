//! Locks: two commands of one user do not work on the same file at once, nor on a folder and something in it
//! (K12).
//!
//! In: a group, its files. Out: locks that are held as long as they are kept. Always: a command that is
//! locked out says so, and touches nothing. Not for commands of other users.

use crate::evidence::{Collected, Group};
use crate::failure::{Exit, Failure};
use crate::files::folder::Folder;
use crate::files::lock::{self, Hold, Locks};
use crate::files::{own, reason};
use crate::print;
use std::collections::BTreeSet;
use std::io;

/// A command that names more files in one folder holds the folder instead of each file.
const LOCKED_FILES_MAX: usize = 64;

/// The folder for locks.
///
/// # Errors
/// [`Failure`] of usage: there is none of the user's own.
pub fn locks() -> Result<Folder, Failure> {
    own::state_folder(std::env::var_os).map_err(|problem| {
        Failure::new(Exit::Usage, format!("there is no folder for this program's locks: {problem}"))
            .next("set XDG_STATE_HOME to a folder of your own")
    })
}

/// Whether the group's folder is held alone, instead of each file.
pub fn is_held_whole(group: &Group) -> bool {
    group.named.as_ref().is_none_or(|named| named.len() > LOCKED_FILES_MAX)
}

/// Holds the group's folder: alone if all of it is touched, else with other commands that touch other files.
///
/// # Errors
/// [`Failure`]: another command holds it; it cannot be locked.
pub fn hold_folder(locks: &mut Locks<'_>, group: &Group, how: Hold) -> Result<(), Failure> {
    let Some(place) = &group.place else { return Ok(()) };
    let mut hold = || -> io::Result<bool> {
        let real = place.evidence.real_path()?;
        for above in lock::above(&real) {
            if !locks.hold(above, Hold::Shared)? {
                return Ok(false);
            }
        }
        locks.hold(place.evidence.identity()?, how)
    };
    held(hold(), group)
}

/// Holds each file, unless the folder is held alone.
///
/// # Errors
/// As [`hold_folder`].
pub fn hold_files(locks: &mut Locks<'_>, group: &Group, collected: &Collected) -> Result<(), Failure> {
    if is_held_whole(group) {
        return Ok(());
    }
    let identities: BTreeSet<_> = collected.files.iter().map(|(_, identity)| *identity).collect();
    identities.into_iter().try_for_each(|identity| held(locks.hold(identity, Hold::Alone), group))
}

fn held(result: io::Result<bool>, group: &Group) -> Result<(), Failure> {
    let label = print::path(&group.label());
    match result {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::new(
            Exit::Invalid,
            format!("another courtseal is notarizing {label}, or something in it, at this moment"),
        )
        .next("wait until it is done, then run this again")),
        Err(error) => Err(Failure::new(Exit::Invalid, format!("{label} cannot be locked: {}", reason(&error)))),
    }
}

//! The user's trusted policies: one file each, in a folder that is the user's alone (F44).
//!
//! In: `XDG_CONFIG_HOME` or `HOME`; policies and names. Out: `courtseal/policies/NAME.policy` there, a
//! policy's bytes unchanged. Always: a file is made whole and never over another, no symbolic link is
//! followed, and no file is used that another user could have put there. Not for asking the user: see
//! `policy`.

use crate::failure::{Exit, Failure, usage};
use crate::files::folder::Folder;
use crate::files::{self, Problem, own};
use crate::print;
use courtseal_proof::bytes::limits::POLICY_BYTES_MAX;
use courtseal_proof::bytes::name::{Name, Origin};
use courtseal_proof::verify::HeldPolicy;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// How the name of a trusted policy's file ends. Files with other endings are left alone.
const ENDING: &str = ".policy";
/// Most policies that a user can trust at a time. All are read by each command that verifies.
pub const TRUSTED_MAX: usize = 64;

/// A policy that the user trusts.
#[derive(Clone, Debug)]
pub struct Trusted {
    /// The user's name for it.
    pub name: Name,
    /// The policy; it is readable and asks for enough.
    pub held: HeldPolicy,
    /// The network that it is of.
    pub origin: Origin,
}

/// All policies that the user trusts, as they were when they were read.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// The user's folder `courtseal`; none without a home.
    base: Option<PathBuf>,
    trusted: Vec<Trusted>,
    problems: Vec<String>,
}

impl Store {
    /// Reads the store of the user who runs this; a folder that is not there holds no policies. What is not
    /// used is named on stderr.
    pub fn open() -> Self {
        let store = base(std::env::var_os).map(Self::at).unwrap_or_default();
        store.problems.iter().for_each(print::message);
        store
    }

    /// Reads the store under this folder, which need not be there.
    pub fn at(base: PathBuf) -> Self {
        let (trusted, problems) = read_folder(&base).unwrap_or_else(|problem| (Vec::new(), vec![problem]));
        Self { base: Some(base), trusted, problems }
    }

    /// The trusted policies, sorted by name; at most [`TRUSTED_MAX`].
    pub fn trusted(&self) -> &[Trusted] {
        &self.trusted
    }

    /// Why some files in the folder are not used, one sentence each.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// The trusted policy of this name.
    pub fn named(&self, name: &str) -> Option<&Trusted> {
        self.trusted.iter().find(|trusted| trusted.name.as_str() == name)
    }

    /// Where a policy of this name is kept.
    ///
    /// # Errors
    /// [`Failure`] of usage: the user has no home.
    pub fn path(&self, name: &Name) -> anyhow::Result<PathBuf> {
        Ok(policies(self.base()?).join(format!("{name}{ENDING}")))
    }

    fn base(&self) -> anyhow::Result<&Path> {
        self.base.as_deref().ok_or_else(|| {
            let message = "there is no place for your trusted policies: neither XDG_CONFIG_HOME nor HOME is an absolute path";
            Failure::new(Exit::Usage, message).next("set HOME to your home folder, or give each policy with --policy").into()
        })
    }

    /// Whether this policy is trusted under this name already. False means that it can be trusted.
    ///
    /// # Errors
    /// [`Failure`] of usage, with the next step: the name or the network has another policy, or the policy
    /// another name. Or there are [`TRUSTED_MAX`] already, or something else is in the file's place.
    pub fn has(&self, name: &Name, held: &HeldPolicy, origin: &Origin) -> anyhow::Result<bool> {
        let refuse = |message: String, next: String| Err(Failure::new(Exit::Usage, message).next(next).into());
        if let Some(same) = self.named(name.as_str()) {
            if same.held.digest() == held.digest() {
                return Ok(true);
            }
            return refuse(
                format!("'{name}' is another policy already: {} of {}", same.held.digest().tagged(), same.origin),
                format!("choose another name; or, if that one is to be replaced, run `courtseal policy forget {name}` first"),
            );
        }
        if let Some(other) = self.trusted.iter().find(|trusted| trusted.origin == *origin) {
            let other_name = &other.name;
            if other.held.digest() == held.digest() {
                return refuse(
                    format!("this policy is trusted already, as '{other_name}'"),
                    format!("use that name, or run `courtseal policy forget {other_name}` first"),
                );
            }
            return refuse(
                format!(
                    "another policy of this network is trusted as '{other_name}': {}; one of the two may be forged",
                    other.held.digest().tagged()
                ),
                format!(
                    "compare both digests with what the courts publish; if the new one is right, run `courtseal policy forget \
                     {other_name}` first"
                ),
            );
        }
        if self.trusted.len() >= TRUSTED_MAX {
            return refuse(
                format!("{TRUSTED_MAX} policies are trusted already, which is the most"),
                "forget one with `courtseal policy forget NAME`".to_owned(),
            );
        }
        let path = self.path(name)?;
        if fs::symlink_metadata(&path).is_ok() {
            return refuse(
                format!("{} is in the way: it is no trusted policy, and is not replaced", print::path(&path)),
                "look at it, and remove it yourself if it may go".to_owned(),
            );
        }
        Ok(false)
    }

    /// Trusts a policy under this name, durably; returns its file. The folders are made if they are not
    /// there.
    ///
    /// A crash before the file has its name leaves a temporary file, which is ignored; after it, the policy
    /// is trusted.
    ///
    /// # Errors
    /// As [`Store::has`], by what is on disk now. Or the policy cannot be trusted, or it cannot be written.
    pub fn pin(&self, name: &Name, bytes: &[u8]) -> anyhow::Result<PathBuf> {
        let base = self.base()?;
        let cannot =
            |path: &Path, error: &io::Error| usage(format!("cannot write {}: {}", print::path(path), files::reason(error)));
        let (above, folder) = (base.parent().unwrap_or(base), policies(base));
        for part in [base, &folder] {
            own::make_own(part).map_err(|problem| usage(format!("cannot write {}: {problem}", print::path(part))))?;
        }
        // Two commands at once must not trust two policies of one network. Where locks are not known, none is
        // held.
        let lock = File::open(&folder).map_err(|error| cannot(&folder, &error))?;
        let _held = lock.lock();
        let held = HeldPolicy::new(bytes);
        let origin = origin(&held).map_err(usage)?;
        let path = self.path(name)?;
        if !Self::at(base.to_owned()).has(name, &held, &origin)? {
            files::named::write_new(&path, bytes, 0o600).map_err(|error| cannot(&path, &error))?;
        }
        for part in [&folder, base, above] {
            own::sync_folder(part).map_err(|error| cannot(part, &error))?;
        }
        Ok(path)
    }

    /// Stops trusting a policy; returns it, and the path of its file, which is removed.
    ///
    /// # Errors
    /// [`Failure`] of usage: no policy has this name; I/O.
    pub fn forget(&self, name: &str) -> anyhow::Result<(&Trusted, PathBuf)> {
        let Some(trusted) = self.named(name) else {
            let failure = Failure::new(Exit::Usage, format!("you trust no policy as '{name}'"));
            return Err(failure.next("`courtseal policy list` shows the names").into());
        };
        let path = self.path(&trusted.name)?;
        fs::remove_file(&path)
            .and_then(|()| own::sync_folder(path.parent().unwrap_or(&path)))
            .map_err(|error| usage(format!("cannot remove {}: {}", print::path(&path), files::reason(&error))))?;
        Ok((trusted, path))
    }
}

/// The user's folder for this program: by the XDG Base Directory Specification, which ignores paths that are
/// not absolute.
fn base(variable: impl Fn(&'static str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let configuration = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))?;
    Some(configuration.join("courtseal"))
}

fn policies(base: &Path) -> PathBuf {
    base.join("policies")
}

/// The network of a policy that can be trusted.
///
/// # Errors
/// What is wrong with the policy: it is unreadable, or asks for 2/3 of the courts or fewer.
pub fn origin(held: &HeldPolicy) -> Result<Origin, String> {
    let policy = held.policy().map_err(|refusal| format!("this policy cannot be trusted; needed is {}", refusal.message()))?;
    Ok(policy.origin().clone())
}

/// Reads all policies of the folder, sorted by name, and says which files are not used and why. An error
/// concerns the whole folder.
fn read_folder(base: &Path) -> Result<(Vec<Trusted>, Vec<String>), String> {
    let (mut trusted, mut problems) = (Vec::new(), Vec::new());
    let folder = policies(base);
    for part in [base, &folder] {
        if !own::is_own(part).map_err(|problem| not_used(part, &problem))? {
            return Ok((trusted, problems));
        }
    }
    let unreadable = |error: io::Error| not_used(&folder, &format!("it cannot be read: {}", files::reason(&error)));
    let mut paths = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if stem(&path).is_none() {
            continue;
        }
        if paths.len() == TRUSTED_MAX {
            return Err(not_used(&folder, &format!("it holds more than {TRUSTED_MAX} policies")));
        }
        paths.push(path);
    }
    paths.sort();
    for path in paths {
        match read(&path) {
            Ok(policy) => trusted.push(policy),
            Err(problem) => problems.push(not_used(&path, &problem)),
        }
    }
    Ok((trusted, problems))
}

fn stem(path: &Path) -> Option<&str> {
    path.file_name().and_then(OsStr::to_str)?.strip_suffix(ENDING)
}

fn read(path: &Path) -> Result<Trusted, String> {
    let name = Name::new(stem(path).unwrap_or_default()).map_err(|error| error.to_string())?;
    let unreadable = |error: io::Error| format!("it cannot be read: {}", files::reason(&error));
    let folder = Folder::around(path).map_err(unreadable)?;
    let bytes =
        folder.read(Path::new(path.file_name().unwrap_or_default()), POLICY_BYTES_MAX).map_err(|problem| match problem {
            Problem::NotAFile(kind) => format!("it is {kind}"),
            problem => format!("it {problem}"),
        })?;
    own::only_own(&fs::symlink_metadata(path).map_err(unreadable)?)?;
    let held = HeldPolicy::new(&bytes);
    let origin = origin(&held)?;
    Ok(Trusted { name, held, origin })
}

fn not_used(path: &Path, problem: &str) -> String {
    format!("trusted policies: {} is not used: {problem}", print::path(path))
}

#[cfg(test)]
pub mod tests;

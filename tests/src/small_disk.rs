//! A small disk: a mounted file system in a file, which can be filled to the last byte.
//!
//! In: a size.
//! Out: a folder on the disk.
//! Always: the disk is unmounted when dropped.
//! Not for failing disks: see [`crate::injection`].

use crate::setting::must;
use anyhow::Context;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A mounted small disk.
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Makes and mounts a disk of so many MiB.
    ///
    /// # Errors
    /// The kernel or the rights do not allow it; the message names the command that failed.
    pub fn mount(mib: u64) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("courtseal-disk-").tempdir()?;
        let image = folder.path().join("image");
        File::create(&image)?.set_len(mib * 1024 * 1024)?;
        fs::create_dir(folder.path().join("disk"))?;
        let text = |path: &Path| path.to_str().map(str::to_owned).context("a path that is no UTF-8");
        must(&["mkfs.ext4", "-q", "-m", "0", &text(&image)?])?;
        must(&["mount", "-o", "loop", &text(&image)?, &text(&folder.path().join("disk"))?])?;
        Ok(Self { folder })
    }

    /// The folder on the disk.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Fills the disk to the last byte.
    ///
    /// # Errors
    /// Writing fails for another reason than a full disk.
    pub fn fill(&self) -> anyhow::Result<()> {
        let mut file = File::create(self.ballast())?;
        for piece in [1024 * 1024, 4096, 1] {
            let bytes = vec![0; piece];
            loop {
                match file.write_all(&bytes) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// Frees the space that [`Self::fill`] took.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn free(&self) -> anyhow::Result<()> {
        Ok(fs::remove_file(self.ballast())?)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = must(&["umount", "-l", &self.path().to_string_lossy()]);
    }
}

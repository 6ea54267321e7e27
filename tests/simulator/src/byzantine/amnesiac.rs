//! The amnesiac: what it has signed is not kept, and is gone with its next crash.

use crate::disk::Disk;

/// Loses the logs; the database stays, so that the court goes on at its height.
pub fn forgets(disk: &Disk) {
    disk.lose_logs();
}

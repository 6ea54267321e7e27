//! Counting courts (rule C1), for all models.
//!
//! In: numbers of courts.
//! Out: how many make a quorum, how many may be faulty, how many include an honest court.
//! Always: exact for every number of courts.
//! Not for sets of keys.

/// The fewest that are more than 2/3 of `courts`.
pub fn quorum(courts: usize) -> usize {
    courts * 2 / 3 + 1
}

/// The fewest that are more than 1/3 of `courts`.
pub fn more_than_a_third(courts: usize) -> usize {
    courts / 3 + 1
}

/// The most that may lie: fewer than 1/3 of `courts`.
pub fn liars_max(courts: usize) -> usize {
    (courts - 1) / 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c1_counts_are_exact() {
        for courts in 1..=64 {
            let (q, third, f) = (quorum(courts), more_than_a_third(courts), liars_max(courts));
            assert!(q * 3 > courts * 2 && (q - 1) * 3 <= courts * 2, "a quorum of {courts}");
            assert!(third * 3 > courts && (third - 1) * 3 <= courts, "a third of {courts}");
            assert!(f * 3 < courts && (f + 1) * 3 >= courts, "liars of {courts}");
        }
    }
}

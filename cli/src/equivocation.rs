//! An equivocation in words, for whoever reads the log or a receipt.
//!
//! In: an equivocation. Out: lines of text. Always: the same words everywhere; nothing is said of intent,
//! which no signature shows. Not for checking it: that is `courtseal-proof`'s.

use crate::print;
use courtseal_proof::kinds::equivocation::{Equivocation, Side};
use std::io;

/// What was signed twice: `two different precommits at height 1,204, round 0`.
fn what(equivocation: &Equivocation) -> String {
    let (step, height) = (equivocation.step.as_str(), print::count(equivocation.height));
    format!("two different {step}s at height {height}, round {}", equivocation.round)
}

/// In a line of the log.
pub fn in_a_line(equivocation: &Equivocation) -> String {
    format!("equivocation of {}: it signed {}", equivocation.court, what(equivocation))
}

fn side(side: &Side) -> String {
    let value = side.value.map_or_else(|| "nil".to_owned(), |value| value.tagged());
    side.earlier_round.map_or_else(|| value.clone(), |round| format!("{value}, again after round {round}"))
}

/// What a valid receipt of it proves.
///
/// # Errors
/// Writing to stdout.
pub fn print(equivocation: &Equivocation) -> io::Result<()> {
    print::row("accused", format_args!("{}: it signed {}", equivocation.court, what(equivocation)))?;
    print::row("first", side(&equivocation.first))?;
    print::row("second", side(&equivocation.second))?;
    print::row("checked", "both signatures verify under this key, recorded as its voting key")?;
    print::row("", equivocation.key)
}

/// What it means.
pub fn meaning(equivocation: &Equivocation) -> String {
    format!(
        "{} signed two contradicting statements, which its software never does. Why is not proven: a restored disk, a copied key, or intent.",
        equivocation.court
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use courtseal_proof::digest::Digest;
    use courtseal_proof::kinds::equivocation::CourtStep;
    use courtseal_proof::key::{PublicKey, Signature};
    use courtseal_proof::name::Name;
    use courtseal_proof::preimage::Step;

    #[test]
    fn words() {
        let about = CourtStep { key: PublicKey([1; 32]), height: 1_204, round: 0, step: Step::Precommit };
        let of = |value| Side { earlier_round: None, signature: Signature([0; 64]), value };
        let name = Name::new("court-beijing").unwrap();
        let pair = Equivocation::new(name, about, of(None), of(Some(Digest([2; 32])))).unwrap();
        let line = "equivocation of court-beijing: it signed two different precommits at height 1,204, round 0";
        assert_eq!(in_a_line(&pair), line);
        assert_eq!((side(&pair.first), side(&pair.second)), ("nil".to_owned(), Digest([2; 32]).tagged()));
    }
}

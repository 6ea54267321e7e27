//! Admission: from a client's or a peer's bytes to a transaction that may wait for a block.
//!
//! In: bytes, the ledger, the waiting transactions, the time.
//! Out: an [`Admitted`] transaction, or the reason why not, with the stable code of the RPC (R1).
//! Always: size and depth are checked before anything is parsed, and the member before the signature, so
//! that a transaction of an unknown member costs next to nothing. A transaction is judged once, unless a
//! block is committed before it waits. The signature of a transaction that waits is not verified again.
//! Pure computing: callers choose the thread. Not for queueing.

use crate::limits::JSON_DEPTH_MAX;
use crate::mempool::Texts;
use courtseal_api::Code;
use courtseal_ledger::{Error, Ledger, Refused, VerifiedTransaction, View};
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::limits::TRANSACTION_BYTES_MAX;
use courtseal_proof::bytes::name::Name;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::facts::Signer;
use courtseal_proof::transaction::{Claim, Transaction};
use std::sync::Arc;

/// A transaction that expires sooner than this is refused, in milliseconds from now.
const EXPIRY_MARGIN_MS: u64 = 1_000;

/// Why a transaction does not wait for a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// It is recorded already: its id.
    #[error("already recorded")]
    Recorded(Digest),
    /// A rule refuses it: stable code, sentence.
    #[error("{1}")]
    Refused(Code, String),
    /// The node cannot read its storage, and must stop.
    #[error("{0}")]
    Fatal(Error),
}

impl NotAdmitted {
    /// Whether no honest court can have sent the transaction, whatever its head and its clock. Form and
    /// signature are the same for all courts.
    pub fn is_false_for_all(&self) -> bool {
        matches!(self, Self::Refused(Code::Malformed | Code::BadSignature | Code::TooLarge, _))
    }
}

/// A transaction that may wait for a block, as of one height of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    checked: Arc<VerifiedTransaction>,
    signer: Signer,
    height: u64,
}

impl Admitted {
    /// The transaction, its form and signature checked.
    pub fn checked(&self) -> &Arc<VerifiedTransaction> {
        &self.checked
    }

    /// The transaction's signer, as of that height.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The same as of the log's present end: judged again only if a block was committed since.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub fn renewed(self, ledger: &Ledger, now: Timestamp) -> Result<Self, NotAdmitted> {
        if ledger.head().height == self.height { Ok(self) } else { judge(ledger, self.checked, now) }
    }
}

/// The way in for transactions of clients and courts, for any thread. Clones share what they ask.
#[derive(Clone)]
pub struct Admission {
    ledger: Arc<Ledger>,
    waiting: Arc<Texts>,
}

impl Admission {
    /// Admission to a court with this ledger, where these transactions wait.
    pub fn new(ledger: Arc<Ledger>, waiting: Arc<Texts>) -> Self {
        Self { ledger, waiting }
    }

    /// The court's ledger.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Reads and judges what a client or a court sent. The cheap checks come first (R13): length, nesting,
    /// network and member, and only then statements and signature. Courts send a transaction that waits
    /// again and again (N5), so its text is looked up before all else.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub fn admit(&self, bytes: &[u8], now: Timestamp) -> Result<Admitted, NotAdmitted> {
        let ledger = &self.ledger;
        if let Some(checked) = self.waiting(bytes) {
            return judge(ledger, checked, now);
        }
        let claim = claim(bytes)?;
        let (payload, id) = (claim.payload(), claim.id());
        if payload.chain != *ledger.state().origin() {
            return Err(refused(Refused::WrongNetwork));
        }
        let view = ledger.view();
        let Some(signer) = view.signer(payload).map_err(NotAdmitted::Fatal)? else {
            return match ledger.transaction(&id) {
                Ok(Some(_)) => Err(NotAdmitted::Recorded(id)),
                Ok(None) => Err(unregistered(&payload.member)),
                Err(error) => Err(NotAdmitted::Fatal(error)),
            };
        };
        let checked = VerifiedTransaction::from_claim(claim).map_err(|error| refused(error.into()))?;
        judge_by(ledger, &view, Some(signer), Arc::new(checked), now)
    }

    /// The waiting transaction with exactly this text.
    fn waiting(&self, text: &[u8]) -> Option<Arc<VerifiedTransaction>> {
        if text.len() > TRANSACTION_BYTES_MAX {
            return None;
        }
        VerifiedTransaction::cached(text, &sha256(text), &*self.waiting)
    }
}

/// Judges a transaction whose form and signature were checked.
///
/// # Errors
/// [`NotAdmitted`].
pub fn judge(ledger: &Ledger, checked: Arc<VerifiedTransaction>, now: Timestamp) -> Result<Admitted, NotAdmitted> {
    let view = ledger.view();
    let signer = view.signer(checked.transaction().payload()).map_err(NotAdmitted::Fatal)?;
    judge_by(ledger, &view, signer, checked, now)
}

fn judge_by(
    ledger: &Ledger,
    view: &View<'_>,
    signer: Option<Signer>,
    checked: Arc<VerifiedTransaction>,
    now: Timestamp,
) -> Result<Admitted, NotAdmitted> {
    // A transaction that expires before a block can be made of it would only cause empty blocks.
    if checked.transaction().payload().not_after < now.plus_ms(EXPIRY_MARGIN_MS) {
        return match ledger.transaction(&checked.id()) {
            Ok(Some(_)) => Err(NotAdmitted::Recorded(checked.id())),
            Ok(None) => Err(refused(Refused::Expired)),
            Err(error) => Err(NotAdmitted::Fatal(error)),
        };
    }
    match view.admit(signer, &checked, now) {
        Ok(signer) => Ok(Admitted { checked, signer, height: view.head().height }),
        Err(Error::Refused(Refused::AlreadyRecorded)) => Err(NotAdmitted::Recorded(checked.id())),
        Err(Error::Refused(Refused::Unregistered)) => Err(unregistered(&checked.transaction().payload().member)),
        Err(Error::Refused(reason)) => Err(refused(reason)),
        Err(error) => Err(NotAdmitted::Fatal(error)),
    }
}

/// What bytes claim to be; nothing costly is done.
fn claim(bytes: &[u8]) -> Result<Claim<'_>, NotAdmitted> {
    if bytes.len() > TRANSACTION_BYTES_MAX {
        return Err(NotAdmitted::Refused(Code::TooLarge, "a transaction has at most 4 MiB".to_owned()));
    }
    if !is_shallow(bytes) {
        return Err(NotAdmitted::Refused(Code::Malformed, format!("nested deeper than {JSON_DEPTH_MAX} levels")));
    }
    Transaction::claim(bytes).map_err(|error| refused(error.into()))
}

fn unregistered(member: &Name) -> NotAdmitted {
    match refused(Refused::Unregistered) {
        NotAdmitted::Refused(code, text) => NotAdmitted::Refused(code, format!("{member}: {text}")),
        other => other,
    }
}

fn refused(reason: Refused) -> NotAdmitted {
    let next = match &reason {
        Refused::WrongNetwork => ": use a key file of this network, or a node of the other",
        Refused::Unregistered => ": ask the court that registers you, or use the key it has registered",
        Refused::Expired => ": sign it anew",
        _ => "",
    };
    NotAdmitted::Refused(code(&reason), format!("{reason}{next}"))
}

/// The code for a rule's refusal. A recorded transaction has none of its own, because the RPC answers it with
/// its entries.
fn code(reason: &Refused) -> Code {
    match reason {
        Refused::Malformed(_) | Refused::AlreadyRecorded => Code::Malformed,
        Refused::TooLarge(_) => Code::TooLarge,
        Refused::WrongNetwork => Code::WrongNetwork,
        Refused::Unregistered => Code::Unregistered,
        Refused::BadSignature => Code::BadSignature,
        Refused::Expired => Code::Expired,
        Refused::NotAfterTooFar => Code::NotAfterTooFar,
        Refused::Unfounded(_) => Code::Unfounded,
        Refused::AlreadyStated { .. } => Code::AlreadyStated,
    }
}

/// Whether JSON nests at most [`JSON_DEPTH_MAX`] levels. Counted without parsing.
fn is_shallow(json: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in json {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > JSON_DEPTH_MAX {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::LedgerApplication;
    use courtseal_fixtures::statements::public;
    use courtseal_fixtures::{GENESIS_TIME, Network};
    use courtseal_ledger::VerifiedByQuorum;
    use courtseal_ledger::store::memory::MemoryStore;

    #[test]
    fn n5_the_signature_of_what_waits_is_not_verified_again() {
        let network = Network::of(4);
        let ledger = Arc::new(Ledger::open(Arc::new(MemoryStore::new()), &network.genesis).unwrap());
        let now = GENESIS_TIME.plus_ms(1);
        let statements = vec![public(b"a lease")];
        let text = network.of_member(0, 1, now.plus_ms(60_000), statements.clone()).to_text();
        let other = network.of_member(0, 1, now.plus_ms(60_001), statements).to_text();
        // The signature of another transaction, which is therefore false here.
        let signature =
            |text: &str| text.rsplit_once("\"sig\":\"").and_then(|(_, rest)| rest.split_once('"')).unwrap().0.to_owned();
        let text = text.replace(&signature(&text), &signature(&other));
        let mut app = LedgerApplication::new(ledger, network.courts[0].vote.public());
        let admit = |app: &LedgerApplication, text: &str| app.admission().admit(text.as_bytes(), now);
        assert!(matches!(admit(&app, &text), Err(NotAdmitted::Refused(Code::BadSignature, _))));
        let as_if = VerifiedTransaction::find(text.as_bytes(), &VerifiedByQuorum).unwrap();
        app.mempool.insert(Arc::clone(&as_if), &network.courts[0].name);
        assert_eq!(admit(&app, &text).unwrap().checked(), &as_if, "it waits, as one that was verified");
        // The same transaction under another signature is another text.
        assert!(matches!(admit(&app, &text.replace("\"sig\":\"", "\"sig\":\"A")), Err(NotAdmitted::Refused(..))));
        app.mempool.remove(&as_if.id());
        assert!(matches!(admit(&app, &text), Err(NotAdmitted::Refused(Code::BadSignature, _))));
    }

    #[test]
    fn depth_is_bounded_exactly() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(is_shallow(nested(16).as_bytes()));
        assert!(!is_shallow(nested(17).as_bytes()));
        assert!(is_shallow(br#"{"a":"[[[[[[[[[[[[[[[[[[[[\"[[[[[["}"#));
    }

    #[test]
    fn r13_what_nests_too_deep_is_not_parsed() {
        let said = |levels: usize| match claim(format!("{}{}", "[".repeat(levels), "]".repeat(levels)).as_bytes()) {
            Err(NotAdmitted::Refused(Code::Malformed, text)) => text,
            other => panic!("{other:?}"),
        };
        let deeper = "nested deeper than 16 levels";
        assert_ne!(said(JSON_DEPTH_MAX), deeper, "at the bound it is parsed, and is malformed for another reason");
        assert_eq!(said(JSON_DEPTH_MAX + 1), deeper);
    }

    #[test]
    fn r13_client_bytes_get_codes() {
        let code = |bytes: &[u8]| match claim(bytes) {
            Err(NotAdmitted::Refused(code, _)) => code,
            other => panic!("{other:?}"),
        };
        assert_eq!(code(b""), Code::Malformed);
        assert_eq!(code(b"{}"), Code::Malformed);
        assert_eq!(code("[".repeat(100).as_bytes()), Code::Malformed);
        assert_eq!(code(&vec![b' '; TRANSACTION_BYTES_MAX]), Code::Malformed);
        assert_eq!(code(&vec![b' '; TRANSACTION_BYTES_MAX + 1]), Code::TooLarge);
    }
}

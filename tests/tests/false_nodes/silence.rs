//! A node that does not answer, answers one byte at a time, or does not speak the protocol.
//!
//! In: eight such nodes, each named first.
//! Out: failures that name the node's behaviour.
//! Always: `notarize` records through the next node, within a bounded time.
//! Not for well-formed false answers: see the other files of this suite.

use crate::{beside, file, first, liar, notarize, start};
use courtseal_tests::false_node::Said;
use std::time::Duration;

/// The answer of a false node.
type Lie = Box<dyn Fn() -> Said + Send + Sync>;

#[test]
fn a_silent_slow_or_foreign_node_costs_little_time() {
    let (network, desk) = start();
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n".to_vec();
    let drops = move || [vec![head.clone()], vec![b"{".to_vec(); 600]].concat();
    let lies: Vec<(&str, Lie)> = vec![
        ("silent", Box::new(|| Said::Silence)),
        ("drop by drop", Box::new(move || Said::Raw(drops(), Duration::from_millis(100)))),
        ("a page", Box::new(|| Said::Answer(200, b"<html><body>Welcome</body></html>".to_vec()))),
        (
            "elsewhere",
            Box::new(|| {
                Said::Raw(
                    vec![b"HTTP/1.1 301 x\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_vec()],
                    Duration::ZERO,
                )
            }),
        ),
        ("no HTTP", Box::new(|| Said::Raw(vec![b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()], Duration::ZERO))),
        ("an error", Box::new(|| Said::Answer(502, b"bad gateway".to_vec()))),
        ("nonsense", Box::new(|| Said::Answer(200, br#"{"transaction":7}"#.to_vec()))),
        ("deep", Box::new(|| Said::Answer(200, b"[".repeat(1 << 20)))),
    ];
    for (name, lie) in lies {
        let liar = liar(&network, move |_| lie());
        let path = file(&desk, name);
        let outcome = notarize(&network, &first(&liar, &network), &[], &path).exits(0).says(&["recorded as entry"]);
        assert!(!liar.asked().is_empty(), "{name}: the false node was not asked");
        assert_eq!(beside(&path), [".tlog-proof"]);
        assert!(outcome.elapsed < Duration::from_secs(9), "{name}: {outcome:?}");
    }
}

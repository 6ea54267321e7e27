//! Circles that are planted in small sources are found, and what is none is not.
//!
//! In: sources by file. Out: a failure that names the sources. Not for this project's own modules.

use super::circles;
use super::tokens::{tokens, without_tests};
use std::path::Path;

/// The circles of a crate with these files, `lib.rs` among them.
fn found(sources: &[(&str, &str)]) -> Vec<String> {
    let source = |path: &Path| {
        let text = sources.iter().find(|(name, _)| path == Path::new("src").join(name));
        text.map(|(_, text)| (*text).to_owned())
    };
    circles(Path::new("src/lib.rs"), &source)
}

fn is_circle(sources: &[(&str, &str)]) -> bool {
    !found(sources).is_empty()
}

const TWO: (&str, &str) = ("lib.rs", "mod a; mod b;");

#[test]
fn two_modules_that_name_each_other() {
    let circle = [TWO, ("a.rs", "use crate::b::B; pub struct A;"), ("b.rs", "pub struct B; fn f(a: crate::a::A) {}")];
    assert_eq!(found(&circle), ["in the root: a names crate::b::B of b", "in the root: b names crate::a::A of a"]);
    let one_way = [TWO, ("a.rs", "use crate::b::B; pub struct A;"), ("b.rs", "pub struct B;")];
    assert!(!is_circle(&one_way));
}

#[test]
fn a_circle_of_three_in_trees_of_use() {
    let root = ("lib.rs", "mod a; mod b; mod c;");
    let b = ("b.rs", "use super::{c::{self, C}, d};");
    let c = ("c.rs", "pub fn g() -> impl Sized + use<> { crate::a::X }");
    assert_eq!(found(&[root, ("a.rs", "use crate::{b::B as Other};"), b, c]).len(), 3);
    assert!(!is_circle(&[root, ("a.rs", ""), b, c]));
}

#[test]
fn what_is_below_a_module_counts_as_the_module() {
    let sources = |deep| [TWO, ("a.rs", "mod deep;"), ("a/deep.rs", deep), ("b.rs", "use crate::a::deep::D;")];
    assert!(is_circle(&sources("fn f() { super::super::b::g() }")));
    assert!(!is_circle(&sources("fn f() { super::g() }")));
}

#[test]
fn names_count_where_they_are_defined() {
    let through_the_root = [("lib.rs", "mod a; mod b; pub use b::B;"), ("a.rs", "use crate::B;"), ("b.rs", "use crate::a;")];
    assert!(is_circle(&through_the_root));
    let through_the_parent =
        [("lib.rs", "mod p;"), ("p.rs", "mod a; mod b; use b::B;"), ("p/a.rs", "use super::B;"), ("p/b.rs", "use super::a::A;")];
    assert!(is_circle(&through_the_parent));
    let through_a_star =
        [("lib.rs", "mod a; mod b; pub use b::*;"), ("a.rs", "use crate::B;"), ("b.rs", "use crate::a; struct B;")];
    assert!(is_circle(&through_a_star));
    let of_the_root = [("lib.rs", "mod a; mod b; pub struct R;"), ("a.rs", "use crate::R;"), ("b.rs", "use crate::{R, a};")];
    assert!(!is_circle(&of_the_root));
}

#[test]
fn a_child_is_a_piece_of_its_parent_or_something_the_parent_uses() {
    let sources = |own, child| [("lib.rs", "mod p;"), ("p.rs", own), ("p/c.rs", child)];
    let piece = "use super::P; impl P { fn f(&self) {} }";
    assert!(!is_circle(&sources("mod c; pub struct P; fn g(p: P) { p.f() }", piece)), "a part of a long impl");
    assert!(!is_circle(&sources("mod c; pub struct P { c: c::C }", "pub struct C;")), "used");
    assert!(!is_circle(&sources("mod c; pub use c::C; pub struct P;", "use super::P; pub struct C;")), "only re-exported");
    assert!(is_circle(&sources("mod c; pub struct P { c: c::C }", "use super::P; pub struct C;")), "both");
    assert!(is_circle(&sources("mod c; pub use c::C; pub struct P { c: C }", "use super::P; pub struct C;")), "both");
    assert!(is_circle(&sources("mod c; pub struct P { c: c::C }", "use super::*; pub struct C;")), "both, by a star");
}

#[test]
fn tests_comments_and_texts_are_no_edges() {
    let b = ("b.rs", "use crate::a::A; pub struct B;");
    for a in [
        "//! See [`crate::b::B`].\n/* crate::b::B /* nested */ crate::b::B */",
        "const X: &str = \"crate::b::B\"; const Y: &str = r#\"crate::b::\"B\"#; const Z: char = '\"';",
        "#[cfg(test)] use crate::b::{B, C}; #[cfg(test)] mod tests { use crate::b::B; }",
        "#[cfg(test)] #[expect(dead_code)] fn f() -> crate::b::B { crate::b::B }",
    ] {
        assert!(!is_circle(&[TWO, ("a.rs", a), b]), "{a}");
        assert!(is_circle(&[TWO, ("a.rs", &format!("{a} use crate::b::B;")), b]), "{a}");
    }
    assert!(is_circle(&[TWO, ("a.rs", "#[cfg(not(test))] use crate::b::B;"), b]));
    assert!(!is_circle(&[("lib.rs", "mod a; #[cfg(test)] mod b;"), ("a.rs", "use crate::b::B;"), b]));
}

#[test]
fn inline_modules_belong_to_their_file() {
    let a = "pub mod inner { use super::super::b::B; use super::x; }";
    assert!(is_circle(&[TWO, ("a.rs", a), ("b.rs", "use crate::a::inner::Y;")]));
    let only_within = "pub mod inner { use super::b::B; }";
    assert!(!is_circle(&[TWO, ("a.rs", only_within), ("b.rs", "use crate::a::inner::Y;")]));
}

#[test]
fn tokens_of_odd_literals() {
    let source = "'a' '\\'' b'\"' 'static br##\"x\"#y\"## r\"\\\" \"\\\"\" end";
    assert_eq!(tokens(source), ["b", "end"].map(str::to_owned));
    assert_eq!(without_tests(&tokens("#[derive(A)] struct B; #[cfg(test)] fn f() {} end")), ["struct", "B", ";", "end"]);
}

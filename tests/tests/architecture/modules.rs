//! No circles between modules, in any crate.
//!
//! In: the sources of a crate, from its root file on.
//! Out: for each module, the edges that tie its child modules to a circle.
//! Always, the definition:
//! * Each module has a graph. Its nodes are the module's own file, and each child with all modules below it.
//! * An edge goes from the node that names something to the node that defines it. Names are those in `use`,
//!   and paths that begin with `crate`, `super`, `self`, a child module, or what a `use` brought in.
//! * A name that a module only imports or re-exports counts where it is defined.
//! * `mod` is no edge. Nor is a re-export (`pub use`) whose name the file itself does not use.
//! * Comments, texts and code behind `#[cfg(test)]` are left out.
//! * So a child may be a piece of its parent, such as a part of a long `impl`. It names what the parent's own
//!   file defines, and that file names nothing of the child: it calls methods only.
//!
//! Not for edges between crates: Cargo refuses circles of those itself.

mod edges;
mod planted;
mod tokens;

use crate::files;
use edges::{Edge, ModulePath};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Root files of crates whose circles are still to be opened.
const UNCHECKED: [&str; 0] = [];

/// Modules and their tokens, those of tests left out.
fn modules(root: &Path, source: &dyn Fn(&Path) -> Option<String>) -> BTreeMap<ModulePath, Vec<String>> {
    let mut found = BTreeMap::new();
    // `lib.rs` and `main.rs` have their children beside them, as has each file in `bin` and in `tests`.
    let folder = root.parent().unwrap_or(Path::new("")).to_owned();
    let mut open: Vec<(ModulePath, PathBuf, PathBuf)> = vec![(Vec::new(), root.to_owned(), folder)];
    while let Some((module, file, folder)) = open.pop() {
        let Some(text) = source(&file) else { continue };
        let tokens = tokens::without_tests(&tokens::tokens(&text));
        for child in edges::children(&tokens) {
            let path = folder.join(format!("{child}.rs"));
            open.push(([&module[..], std::slice::from_ref(&child)].concat(), path, folder.join(child)));
        }
        found.insert(module, tokens);
    }
    found
}

/// The circles of one crate, each in a sentence.
fn circles(root: &Path, source: &dyn Fn(&Path) -> Option<String>) -> Vec<String> {
    let modules = modules(root, source);
    let mut graphs: BTreeMap<ModulePath, Vec<Edge>> = BTreeMap::new();
    for edge in edges::edges(&modules) {
        graphs.entry(edge.parent.clone()).or_default().push(edge);
    }
    let mut sentences = Vec::new();
    for (parent, edges) in graphs {
        let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for edge in &edges {
            next.entry(&edge.from).or_default().insert(&edge.to);
        }
        // The modules that can be reached from a node.
        let reach = |from: &str| -> BTreeSet<&str> {
            let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
            while let Some(node) = open.pop() {
                let further = next.get(node).into_iter().flatten().filter(|node| reached.insert(**node));
                open.extend(further.copied().collect::<Vec<_>>());
            }
            reached
        };
        let reached: BTreeMap<&str, BTreeSet<&str>> = next.keys().map(|node| (*node, reach(node))).collect();
        let is_in_one = |edge: &&Edge| reached.get(&edge.to[..]).is_some_and(|from_there| from_there.contains(&edge.from[..]));
        // One name of each edge is enough.
        let mut circular: Vec<&Edge> = edges.iter().filter(is_in_one).collect();
        circular.sort_by_key(|edge| (&edge.from, &edge.to, &edge.what));
        circular.dedup_by_key(|edge| (&edge.from, &edge.to));
        for edge in circular {
            let name = |node: &str| if node.is_empty() { "its own file".to_owned() } else { node.to_owned() };
            let parent = if parent.is_empty() { "the root".to_owned() } else { parent.join("/") };
            sentences.push(format!("in {parent}: {} names {} of {}", name(&edge.from), edge.what, name(&edge.to)));
        }
    }
    sentences
}

/// Root files of crates: libraries, programs, suites.
fn roots() -> Vec<PathBuf> {
    let manifests: Vec<PathBuf> = files("Cargo.toml");
    let is_root = |path: &PathBuf| {
        let of_package = |manifest: &PathBuf| {
            let folder = manifest.parent().unwrap();
            let Ok(rest) = path.strip_prefix(folder) else { return false };
            let parts: Vec<_> = rest.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            matches!(
                &parts.iter().map(String::as_str).collect::<Vec<_>>()[..],
                ["src", "lib.rs" | "main.rs"]
                    | ["src", "bin", _]
                    | ["tests" | "examples" | "benches", _]
                    | ["tests", _, "main.rs"]
            )
        };
        manifests.iter().any(of_package)
    };
    files(".rs").into_iter().filter(is_root).collect()
}

#[test]
fn no_module_depends_on_itself_in_a_circle() {
    let source = |path: &Path| std::fs::read_to_string(crate::root().join(path)).ok();
    let roots = roots();
    assert!(roots.len() > 20, "only {roots:?}");
    let mut found = Vec::new();
    for root in roots.iter().filter(|root| !UNCHECKED.iter().any(|unchecked| root.as_path() == Path::new(unchecked))) {
        found.extend(circles(root, &source).into_iter().map(|circle| format!("{}, {circle}", root.display())));
    }
    assert!(found.is_empty(), "circles between modules:\n{}", found.join("\n"));
}

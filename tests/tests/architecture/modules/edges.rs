//! Which module names what of which other one.
//!
//! In: the modules of a crate as tokens. Out: [`Edge`]s. Always: as the definition in the header of [`super`]
//! says. Not for macros that make paths.

use super::tokens::{after_group, is_at};
use std::collections::BTreeMap;

/// A module's path below the root of its crate; none for the root.
pub type ModulePath = Vec<String>;

/// A module names something of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The module below which both are.
    pub parent: ModulePath,
    /// The child that names it, or nothing for the parent's own file.
    pub from: String,
    /// The child that has it, or nothing for the parent's own file.
    pub to: String,
    /// The path as it is written.
    pub what: String,
}

/// What one `use` brings in.
#[derive(Clone, Debug)]
struct Import {
    path: Vec<String>,
    /// The name it gets; none for `*`.
    name: Option<String>,
    is_public: bool,
    /// Inline modules around it.
    depth: usize,
}

/// A module, read.
#[derive(Default)]
struct Read {
    imports: Vec<Import>,
    /// Paths in code, and the number of inline modules around each.
    paths: Vec<(Vec<String>, usize)>,
    /// How often each word stands outside of `use`.
    words: BTreeMap<String, usize>,
}

/// The child modules that a file declares, those written out in it left out.
pub fn children(tokens: &[String]) -> Vec<String> {
    let declared = |at: &usize| is_at(tokens, *at, &["mod"]) && is_at(tokens, at + 2, &[";"]);
    (0..tokens.len()).filter(declared).map(|at| tokens[at + 1].clone()).collect()
}

fn is_name(token: &str) -> bool {
    token.starts_with(|one: char| one.is_alphabetic() || one == '_')
}

/// Reads a module's tokens.
fn read(tokens: &[String]) -> Read {
    let (mut read, mut at) = (Read::default(), 0);
    // For each open brace, whether it is an inline module's.
    let mut braces: Vec<bool> = Vec::new();
    while at < tokens.len() {
        let depth = braces.iter().filter(|is_module| **is_module).count();
        match tokens[at].as_str() {
            // Not the `use<…>` of a return type.
            "use" if !is_at(tokens, at + 1, &["<"]) => {
                let is_public = is_public(tokens, at);
                let end = after_tree(tokens, at + 1);
                tree(&tokens[at + 1..end], &[], &mut |path, name| read.imports.push(Import { path, name, is_public, depth }));
                at = end;
            }
            "mod" if is_at(tokens, at + 2, &["{"]) => {
                braces.push(true);
                at += 3;
            }
            "{" => {
                braces.push(false);
                at += 1;
            }
            "}" => {
                braces.pop();
                at += 1;
            }
            // A method or a field is no name of this scope.
            "." => at += 2,
            token if is_name(token) => {
                let mut path = vec![token.to_owned()];
                at += 1;
                while is_at(tokens, at, &["::"]) && tokens.get(at + 1).is_some_and(|next| is_name(next)) {
                    path.push(tokens[at + 1].clone());
                    at += 2;
                }
                *read.words.entry(path[0].clone()).or_default() += 1;
                read.paths.push((path, depth));
            }
            _ => at += 1,
        }
    }
    read
}

/// Whether the word before says `pub`, `pub(crate)` or the like.
fn is_public(tokens: &[String], at: usize) -> bool {
    let before = &tokens[at.saturating_sub(5)..at];
    let start = before.iter().rposition(|token| [";", "{", "}"].contains(&token.as_str())).map_or(0, |place| place + 1);
    before[start..].iter().any(|token| token == "pub")
}

/// The place of the `;` that ends a `use`.
fn after_tree(tokens: &[String], mut at: usize) -> usize {
    while at < tokens.len() && tokens[at] != ";" {
        at = if tokens[at] == "{" { after_group(tokens, at) } else { at + 1 };
    }
    at
}

/// Every path of a tree such as `a::{b, c as d, e::*}`, with the name it gets.
fn tree(tokens: &[String], before: &[String], take: &mut dyn FnMut(Vec<String>, Option<String>)) {
    let (mut path, mut at) = (before.to_vec(), 0);
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => {
                let end = after_group(tokens, at);
                for part in parts(&tokens[at + 1..end - 1]) {
                    tree(part, &path, take);
                }
                return;
            }
            "*" => return take(path, None),
            "as" => {
                let name = tokens.get(at + 1).cloned();
                return take(path, name);
            }
            "self" if !path.is_empty() => {}
            "::" => {}
            token => path.push(token.to_owned()),
        }
        at += 1;
    }
    if let Some(name) = path.last().cloned() {
        take(path, Some(name));
    }
}

/// The parts of a list, cut at its own commas.
fn parts(tokens: &[String]) -> Vec<&[String]> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while at < tokens.len() {
        match tokens[at].as_str() {
            "," => {
                parts.push(&tokens[start..at]);
                (start, at) = (at + 1, at + 1);
            }
            "{" => at = after_group(tokens, at),
            _ => at += 1,
        }
    }
    parts.push(&tokens[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// All modules of a crate, read.
struct Crate {
    modules: BTreeMap<ModulePath, Read>,
}

impl Crate {
    fn child(&self, module: &[String], name: &str) -> Option<ModulePath> {
        let child = [module, &[name.to_owned()]].concat();
        self.modules.contains_key(&child).then_some(child)
    }

    /// The module that defines what a path names, seen from `module`; none if that is no module of this
    /// crate. `steps` bounds how many re-exports are followed.
    fn resolve(&self, module: &[String], path: &[String], depth: usize, steps: usize) -> Option<ModulePath> {
        let first = path.first()?;
        let start = match first.as_str() {
            "crate" => (Vec::new(), 1),
            // `self` and the first `super` of an inline module are in the file.
            "self" => (module.to_vec(), 1),
            "super" => {
                let supers = path.iter().take_while(|part| *part == "super").count();
                let up = supers.saturating_sub(depth);
                (module[..module.len().checked_sub(up)?].to_vec(), supers)
            }
            name => match self.child(module, name) {
                Some(child) => (child, 1),
                None if steps > 0 => return self.imported(module, path, steps),
                None => return None,
            },
        };
        self.walk(start.0, &path[start.1..], steps)
    }

    /// Where a path leads whose first part a `use` of `module` brought in.
    fn imported(&self, module: &[String], path: &[String], steps: usize) -> Option<ModulePath> {
        let read = self.modules.get(module)?;
        let import = read.imports.iter().find(|import| import.name.as_ref() == path.first())?;
        let whole = [&import.path[..], &path[1..]].concat();
        (whole[..] != *path).then(|| self.resolve(module, &whole, import.depth, steps - 1)).flatten()
    }

    /// Goes down from a module as far as the path names modules; then to where its next part is defined.
    fn walk(&self, mut module: ModulePath, path: &[String], steps: usize) -> Option<ModulePath> {
        for (at, part) in path.iter().enumerate() {
            match self.child(&module, part) {
                Some(child) => module = child,
                None => {
                    let rest = &path[at..];
                    let elsewhere = (steps > 0).then(|| self.imported(&module, rest, steps)).flatten();
                    let starred = || (steps > 0).then(|| self.starred(&module, rest, steps)).flatten();
                    return elsewhere.or_else(starred).or(Some(module));
                }
            }
        }
        Some(module)
    }

    /// A name that came with a `*` of one of this crate's modules, if that defines it.
    fn starred(&self, module: &[String], path: &[String], steps: usize) -> Option<ModulePath> {
        let read = self.modules.get(module)?;
        let stars = read.imports.iter().filter(|import| import.name.is_none());
        let mut sources = stars.filter_map(|import| self.resolve(module, &import.path, import.depth, steps - 1));
        sources.find(|source| self.modules[source].words.contains_key(&path[0]))
    }
}

/// How many re-exports are followed one after the other.
const STEPS_MAX: usize = 8;

/// All edges of a crate.
pub fn edges(modules: &BTreeMap<ModulePath, Vec<String>>) -> Vec<Edge> {
    let whole = Crate { modules: modules.iter().map(|(path, tokens)| (path.clone(), read(tokens))).collect() };
    let mut found = Vec::new();
    for (module, read) in &whole.modules {
        let mut name = |path: &[String], depth: usize| {
            if let Some(to) = whole.resolve(module, path, depth, STEPS_MAX) {
                found.extend(edge(module, &to, path));
            }
        };
        for import in &read.imports {
            let is_used = import.name.as_ref().is_some_and(|name| read.words.contains_key(name));
            if !import.is_public || is_used {
                name(&import.path, import.depth);
            }
        }
        for (path, depth) in &read.paths {
            // A single word says nothing that its `use` did not say.
            if path.len() > 1 {
                name(path, *depth);
            }
        }
    }
    found
}

/// The edge between two modules, at the level where their ways part; none within one module.
fn edge(from: &ModulePath, to: &ModulePath, path: &[String]) -> Option<Edge> {
    let common = from.iter().zip(to).take_while(|(one, other)| one == other).count();
    let node = |module: &ModulePath| module.get(common).cloned().unwrap_or_default();
    let (start, end) = (node(from), node(to));
    (start != end).then(|| Edge { parent: from[..common].to_vec(), from: start, to: end, what: path.join("::") })
}

//! Tells the program which commit it is built from, for `--version`, or *unknown* if that cannot be found.

use std::process::Command;

fn main() {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo:rustc-env=COURTSEAL_COMMIT={commit}");
    // What HEAD says, and the branch that it names.
    for name in ["HEAD", &git(&["symbolic-ref", "HEAD"]).unwrap_or_default(), "packed-refs"] {
        let path = git(&["rev-parse", "--git-path", name]).filter(|_| !name.is_empty());
        if let Some(path) = path.filter(|path| std::path::Path::new(path).exists()) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    println!("cargo:rerun-if-changed=build.rs");
}

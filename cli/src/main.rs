//! The program `courtseal`: see the library.

fn main() -> std::process::ExitCode {
    courtseal_cli::main()
}

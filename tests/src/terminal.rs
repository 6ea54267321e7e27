//! The program on a pseudo-terminal, as a person runs it, with an answer to a question.
//!
//! In: arguments, variables, the answer.
//! Out: exit code and all output that the person saw.
//! Always: the answer is typed after the question is on the screen, never before.
//! Not for output that a program reads.

use crate::program::{Outcome, finish, program, without_settings};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// The Python program that runs the pseudo-terminal. Its arguments are the end of the question, the answer,
/// and the command.
const CONVERSATION: &str = r#"
import os, pty, sys
question, answer, *command = [os.fsencode(argument) for argument in sys.argv[1:]]
child, terminal = pty.fork()
if child == 0:
    os.execv(command[0], command)
seen, asked = b"", False
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    seen += piece
    if not asked and question in seen:
        asked = True
        os.write(terminal, answer + b"\n")
status = os.waitpid(child, 0)[1]
sys.stdout.buffer.write(seen.replace(b"\r\n", b"\n"))
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status) if asked else 99)
"#;

/// Runs the program on a terminal and types `answer` once `question` is on the screen. The exit code is 99 if
/// the question never appears.
///
/// # Errors
/// Python or the program cannot be run.
pub fn answering<A: AsRef<OsStr>>(
    question: &str,
    answer: &str,
    variables: &[(&str, &Path)],
    arguments: impl IntoIterator<Item = A>,
) -> anyhow::Result<Outcome> {
    let mut command = Command::new("python3");
    command.args(["-c", CONVERSATION, question, answer]).arg(program()?).args(arguments);
    without_settings(&mut command);
    command.envs(variables.iter().copied());
    finish(command)
}

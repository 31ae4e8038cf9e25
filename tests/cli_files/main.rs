//! What a run reads and writes: values that an element type cannot hold, places that must not be
//! written, damaged and incomplete inputs, and what goes to standard output.

mod coefficients;
#[path = "../common/mod.rs"]
mod common;
mod foreign;
mod further;
mod images;
mod inputs;
mod places;
mod sparse;
mod values;
mod voice;

use std::process::{Command, Stdio};

use common::{Folder, Ran, npy};

const PROBLEM: &str = r#"
[arrays]
d = { file = "d.npy" }
x = { file = "x.npy" }

[operators]
I = { type = "Identity", N = 4 }

[solve]
operator = "I"
data     = "d"
solver   = "cgls"
niter    = 5

[outputs]
model = "m.npy"
image = { path = "i.npy", dtype = "float32", apply = { operator = "I", to = "x" } }
"#;

/// The problem with `from` replaced, and its arrays.
fn folder(from: &str, to: &str) -> Folder {
    assert!(PROBLEM.contains(from), "{from}");
    let folder = Folder::of(&PROBLEM.replace(from, to));
    folder.put("d.npy", &npy(&[2.0, 4.0, 6.0, 8.0]));
    folder.put("x.npy", &npy(&[1.0, 2.0, 3.0, 4.0]));
    folder
}

/// It fails with this exit code and says these words, and the folder is as it was.
#[track_caller]
fn refused(folder: &Folder, arguments: &str, code: i32, words: &[&str]) {
    let before = folder.all();
    let ran = folder.ran(arguments);
    assert_eq!(ran.code, Some(code), "{arguments}: {}{}", ran.text(), ran.stderr);
    for word in words {
        assert!(ran.stderr.contains(word), "{arguments}: `{word}` is not in\n{}", ran.stderr);
    }
    assert_eq!(folder.all(), before, "{arguments}: the folder has changed");
}

/// Runs the program in the folder on a terminal; what that shows, and its exit code.
fn on_terminal(folder: &Folder, arguments: &str, variables: &[(&str, &str)]) -> Option<Ran> {
    let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_pylopsd"));
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(folder.path());
    command
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null());
    command.envs(variables.iter().copied());
    // Other systems' `script` has other options.
    let Some(output) = command.output().ok().filter(|_| cfg!(target_os = "linux")) else {
        #[allow(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("SKIPPED: there is no `script`, which gives a program a terminal");
        }
        return None;
    };
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(Ran { code: output.status.code(), stdout: output.stdout, stderr })
}

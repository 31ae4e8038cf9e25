//! What processes and their launcher say of a run, in our words.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::cli::complain;
use crate::cli::launch::notes::{self, Note};
use crate::io::abandon;

/// Passes on what the processes write, and gives what Hydra says in the end when one was killed.
pub(super) fn pass_output(mut from: impl Read, mut to: impl Write) -> String {
    let mark = format!("\n{}\n=   BAD TERMINATION", "=".repeat(83));
    let (mut kept, mut block) = (Vec::new(), vec![0; 1 << 16]);
    let found = loop {
        let at = kept.windows(mark.len()).position(|w| w == mark.as_bytes());
        if at.is_some() {
            break at;
        }
        // What may be the beginning of the mark waits for the rest.
        let begins = |n: &usize| kept.ends_with(&mark.as_bytes()[..*n]);
        let wait = (1..mark.len()).rev().find(begins).unwrap_or(0);
        let sure = kept.len() - wait;
        // A reader that left is no reason to fail; the outputs are still to come.
        let _ = to.write_all(&kept[..sure]).and_then(|()| to.flush());
        kept.drain(..sure);
        match from.read(&mut block) {
            Ok(0) | Err(_) => break None,
            Ok(n) => kept.extend_from_slice(&block[..n]),
        }
    };
    let mut notice = kept.split_off(found.unwrap_or(kept.len()));
    let _ = to.write_all(&kept).and_then(|()| to.flush());
    let _ = from.read_to_end(&mut notice);
    String::from_utf8_lossy(&notice).into_owned()
}

/// Ends the launcher, which has some seconds to end processes on hosts that it still reaches.
fn end(launcher: Pid) {
    std::thread::spawn(move || {
        // It may be gone already.
        let _ = kill(launcher, Signal::SIGTERM);
        std::thread::sleep(std::time::Duration::from_secs(3));
        let _ = killpg(launcher, Signal::SIGKILL);
    });
}

/// What came over standard error.
#[derive(Debug, Default)]
pub(super) struct LauncherLog {
    /// What notes begin and end with.
    word: String,
    /// A launcher that does not see when it cannot reach a host.
    pub(super) waits_for_ever: Option<Pid>,
    /// Temporary files that they made.
    temporary: Vec<PathBuf>,
    /// Whether one of the processes has said why it ended.
    explained: bool,
    /// Whether the user wanted the end.
    pub(super) interrupted: bool,
    /// What a note or the launcher reported about a lost process or host, in our words.
    lost: Option<String>,
    /// What seems to have happened, if the launcher does not say it.
    guess: Option<String>,
    /// Other output of the launcher.
    rest: Vec<String>,
}

const SOMEBODY: &str = "a process or a host was lost, and MPICH's launcher does not say which";
const UNREACHABLE: &str = "cannot start processes on all hosts: each must be reachable by ssh without a password, and have the same MPI and this program at the same path";

/// What a message of ssh means for the run; `None` if it is not one.
fn of_ssh(line: &str) -> Option<String> {
    let line = line.trim_end();
    if let Some(rest) = line.strip_prefix("Timeout, server ") {
        let host = rest.split(' ').next().unwrap_or_default();
        return Some(format!("host {host} is no longer reachable"));
    }
    let begins = ["ssh: ", "Host key verification failed", "Connection closed by "];
    let unreachable = begins.iter().any(|words| line.starts_with(words))
        || line.starts_with("Connection to ") && line.ends_with("timed out")
        || line.contains(": Permission denied (") && line.ends_with(").");
    unreachable.then(|| UNREACHABLE.into())
}

/// Whether a line begins or ends a notice of a launcher.
fn is_rule(line: &str) -> bool {
    line.len() > 30 && (line.bytes().all(|b| b == b'-') || line.bytes().all(|b| b == b'='))
}

impl LauncherLog {
    /// Nothing yet, of a run with that word.
    pub(super) fn new(word: String) -> LauncherLog {
        LauncherLog { word, ..LauncherLog::default() }
    }

    /// Reads standard error to its end, and passes on what the user should see.
    pub(super) fn read(&mut self, stderr: impl Read) {
        let mut notice: Option<Vec<String>> = None;
        for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
            let mut line = String::from_utf8_lossy(&line).into_owned();
            // A note may come into the middle of what another process writes.
            if let Some(at) = line.find('\u{1}').filter(|at| *at > 0) {
                let rest = line.split_off(at);
                self.said(&mut notice, line);
                line = rest;
            }
            match notes::read(&self.word, &line) {
                Some(Note::Temporary(path)) => self.temporary.push(path),
                Some(Note::Explained) => self.explained = true,
                Some(Note::Lost { rank, host, signal }) => {
                    let how = ended_by(Some(signal));
                    self.lost.get_or_insert(format!("process {rank} on {host} {how}"));
                }
                None => self.said(&mut notice, line),
            }
        }
        self.notice(notice.unwrap_or_default());
    }

    /// Takes in a line that may be one of a launcher's notice.
    fn said(&mut self, notice: &mut Option<Vec<String>>, line: String) {
        match (&mut *notice, is_rule(&line)) {
            (None, true) => *notice = Some(Vec::new()),
            (Some(_), true) => self.notice(notice.take().unwrap_or_default()),
            (Some(lines), false) => lines.push(line),
            (None, false) => self.line(&line),
        }
    }

    fn line(&mut self, line: &str) {
        if let Some(lost) = of_ssh(line) {
            self.guess.get_or_insert(lost);
            if let Some(launcher) = self.waits_for_ever.take() {
                end(launcher);
            }
        }
        if line.starts_with("[mpiexec@") || line.starts_with("[proxy:") {
            self.guess.get_or_insert(SOMEBODY.into());
        }
        // Open MPI: "[node1:123] 1 more process has sent help message ...", and where it noticed.
        let chatter = line.starts_with('[') && line.contains("] ")
            || line.trim().is_empty() && !self.explained
            || line.starts_with("Primary job  terminated normally")
            || line.contains(": Forwarding signal ");
        if chatter {
            self.rest.push(line.to_string());
        } else {
            // A reader that left is no reason to fail.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// Takes in a notice of the launcher.
    pub(super) fn notice(&mut self, lines: Vec<String>) {
        let text = lines.join(" ");
        let words: Vec<&str> = text.split_whitespace().collect();
        let after = |marks: &[&str]| {
            let at = words.windows(marks.len()).position(|w| w == marks)?;
            words.get(at + marks.len()).map(|w| w.trim_end_matches([',', '.', ':']).to_string())
        };
        if text.contains("noticed that process rank") {
            let rank = after(&["process", "rank"]).unwrap_or_default();
            let host = after(&["on", "node"]).unwrap_or_else(|| "an unknown host".into());
            let signal = after(&["on", "signal"]).and_then(|n| n.parse().ok());
            self.lost.get_or_insert(format!("process {rank} on {host} {}", ended_by(signal)));
        } else if text.contains("BAD TERMINATION") {
            // A process that ended by itself has said why.
            if text.contains("EXIT STRING") {
                let host = after(&["RUNNING", "AT"]).unwrap_or_else(|| "an unknown host".into());
                let signal = after(&["EXIT", "CODE:"]).and_then(|n| n.parse().ok());
                self.lost.get_or_insert(match signal {
                    // Which may be one that it killed itself, after the one that was lost.
                    Some(9) => SOMEBODY.into(),
                    _ => format!("a process on {host} {}", ended_by(signal)),
                });
            }
        } else if text.contains("unable to reliably start one or more daemons") {
            self.lost.get_or_insert(UNREACHABLE.into());
        } else if text.contains("lost communication with a remote daemon") {
            // The first node is the launcher's own.
            let host = text.rsplit("on node ").next().and_then(|t| t.split_whitespace().next());
            let host = host.unwrap_or("an unknown host");
            self.lost.get_or_insert(format!("host {host} is no longer reachable"));
        } else if !text.contains("MPI_ABORT was invoked")
            && !text.contains("non-zero status")
            && !text.contains("non-zero exit code")
        {
            self.rest.extend(lines);
        }
    }

    /// Says why the run failed, if nobody has, and gives its exit code.
    pub(super) fn conclude(self, status: ExitStatus) -> u8 {
        let code = match status.code() {
            Some(0) => return 0,
            Some(3) if self.lost.is_none() => return 3,
            Some(code @ (2 | 130)) if self.lost.is_none() => code as u8,
            _ => 1,
        };
        // Those that were killed could not.
        self.temporary.iter().for_each(|path| abandon(path));
        if self.interrupted {
            if !self.explained {
                complain("interrupted");
            }
            return 130;
        }
        if self.explained {
            return code;
        }
        if let Some(lost) = self.lost.as_ref().or(self.guess.as_ref()) {
            complain(&format!("error: {lost}; the run ended early"));
            return 1;
        }
        let words: Vec<&str> =
            self.rest.iter().map(|line| line.trim_end()).filter(|l| !l.is_empty()).collect();
        let how = match status.signal() {
            Some(signal) => format!("mpirun {}", ended_by(Some(signal))),
            None => format!("mpirun failed with exit code {}", status.code().unwrap_or(1)),
        };
        let said = match words.len() {
            0 => String::new(),
            _ => format!(". It said:\n  {}", words.join("\n  ")),
        };
        complain(&format!("error: {how}{said}"));
        1
    }
}

/// `was killed (signal 9)`
fn ended_by(signal: Option<i32>) -> String {
    match signal {
        Some(9) => "was killed (signal 9, which a system out of memory sends too)".into(),
        Some(n) => match Signal::try_from(n) {
            Ok(name) => format!("was ended by {name} (signal {n})"),
            Err(_) => format!("ended with code {n}"),
        },
        None => "ended unexpectedly".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> LauncherLog {
        let mut told = LauncherLog::default();
        told.read(text.as_bytes());
        told
    }

    #[test]
    fn a_killed_process_and_a_lost_host_are_named() {
        let rule = "-".repeat(74);
        let killed = told(&format!(
            "{rule}\nmpirun noticed that process rank 1 with PID 77 on node nodeb exited on signal 9 (Killed).\n{rule}\n"
        ));
        assert_eq!(
            killed.lost.as_deref(),
            Some(
                "process 1 on nodeb was killed (signal 9, which a system out of memory sends too)"
            )
        );
        let lost = told(&format!(
            "{rule}\nORTE has lost communication with a remote daemon.\n\n  HNP daemon   : [[1,0],0] on node head\n  \
             Remote daemon: [[1,0],2] on node nodeb\n\nThis is usually due to a failure.\n{rule}\n"
        ));
        assert_eq!(lost.lost.as_deref(), Some("host nodeb is no longer reachable"));
        assert_eq!(lost.conclude(ExitStatus::from_raw(205 << 8)), 1);
        let lost = told("Timeout, server nodeb not responding.\r\n");
        assert_eq!(lost.guess.as_deref(), Some("host nodeb is no longer reachable"));
        let never = told("ssh: Could not resolve hostname nodec: Name or service not known\n");
        assert_eq!(never.guess.as_deref(), Some(UNREACHABLE));
    }

    #[test]
    fn what_hydra_says_on_standard_output_is_kept_apart() {
        let notice = format!(
            "\n{0}\n=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES\n=   PID 77 RUNNING AT nodeb\n\
             =   EXIT CODE: 9\n{0}\nYOUR APPLICATION TERMINATED WITH THE EXIT STRING: Killed (signal 9)\n",
            "=".repeat(83)
        );
        /// Gives one byte at a time.
        struct Slow<'a>(&'a [u8]);
        impl Read for Slow<'_> {
            fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
                self.0.read(&mut to[..1])
            }
        }
        for (said, output) in
            [(notice.as_str(), "a\n=\n==="), ("", "\n\n====\n"), (&notice, ""), ("", "")]
        {
            let mut passed = Vec::new();
            let all = output.to_string() + said;
            assert_eq!(pass_output(Slow(all.as_bytes()), &mut passed), said);
            assert_eq!(String::from_utf8(passed).unwrap(), output);
        }
        let mut told = LauncherLog::default();
        told.notice(notice.lines().map(str::to_string).collect());
        assert_eq!(told.lost.as_deref(), Some(SOMEBODY));
        let notice = notice.replace("EXIT CODE: 9", "EXIT CODE: 11");
        let mut told = LauncherLog::default();
        told.notice(notice.lines().map(str::to_string).collect());
        assert_eq!(
            told.lost.as_deref(),
            Some("a process on nodeb was ended by SIGSEGV (signal 11)")
        );
    }

    #[test]
    fn what_killed_processes_made_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join(".m.npy.partial");
        std::fs::write(&part, "x").unwrap();
        let mut told = LauncherLog::new("xyz".into());
        told.read(format!("\u{1}xyz {} xyz\n", part.display()).as_bytes());
        assert_eq!(told.conclude(ExitStatus::from_raw(9 << 8)), 1);
        assert!(!part.exists());
    }

    #[test]
    fn a_note_says_which_process_was_killed() {
        let mut told = LauncherLog::new("xyz".into());
        let note = notes::lost("xyz", 1, 11, "nodeb");
        told.read(format!("half a line{note}[proxy:0:0@nodeb] gone\n").as_bytes());
        let lost = "process 1 on nodeb was ended by SIGSEGV (signal 11)";
        assert_eq!(told.lost.as_deref(), Some(lost));
    }

    #[test]
    fn the_exit_codes_of_processes_are_kept() {
        for (code, expected) in [(0, 0), (2, 2), (3, 3), (130, 130), (1, 1), (137, 1), (255, 1)] {
            let told = LauncherLog { explained: true, ..LauncherLog::default() };
            assert_eq!(told.conclude(ExitStatus::from_raw(code << 8)), expected);
        }
    }
}

//! This program under MPI's launcher: its words are turned into ours, its exit codes into ours.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::cli::{Failure, complain};
use crate::engine::mpi::library;
use crate::spec::Host;

/// Names another launcher than the one that is found.
const LAUNCHER: &str = "PYLOPSD_MPIRUN";
/// What processes on other hosts should know of the environment, besides all that begins with PYLOPSD_.
const KEPT: [&str; 5] =
    ["LD_LIBRARY_PATH", "NO_COLOR", "RUST_BACKTRACE", "RUST_MIN_STACK", "TMPDIR"];

/// The two families of launchers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    OpenMpi,
    Mpich,
}

impl Family {
    /// That of the MPI library that this program is linked with.
    fn linked() -> Family {
        if library().contains("Open MPI") { Family::OpenMpi } else { Family::Mpich }
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Family::OpenMpi => &["mpirun.openmpi", "mpirun", "prterun"],
            Family::Mpich => &["mpirun.mpich", "mpiexec.hydra", "mpirun"],
        }
    }

    /// What its launchers say of themselves.
    fn says(self) -> &'static [&'static str] {
        match self {
            Family::OpenMpi => &["Open MPI", "OpenRTE", "PRRTE", "prterun"],
            Family::Mpich => &["HYDRA", "MPICH", "Intel(R) MPI"],
        }
    }
}

/// The launcher of the MPI that this program is linked with.
fn launcher(family: Family) -> Result<PathBuf, Failure> {
    if let Some(asked) = std::env::var_os(LAUNCHER) {
        return Ok(asked.into());
    }
    let folders: Vec<PathBuf> =
        std::env::var_os("PATH").map(|p| std::env::split_paths(&p).collect()).unwrap_or_default();
    let places = family.names().iter().flat_map(|n| folders.iter().map(move |f| f.join(n)));
    let mut others = Vec::new();
    for place in places.filter(|p| p.is_file()) {
        let told = Command::new(&place).arg("--version").stdin(Stdio::null()).output();
        let text =
            told.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
        if family.says().iter().any(|word| text.contains(word)) {
            // By its name alone where every host has it; a path tells the other hosts where it is.
            let common = place.starts_with("/usr/bin");
            return Ok(if common { place.file_name().unwrap_or_default().into() } else { place });
        }
        others.push(place.display().to_string());
    }
    let seen = match others.len() {
        0 => "none is in PATH".to_string(),
        _ => format!("{} belongs to another MPI", others.join(", ")),
    };
    Err(Failure::Run(format!(
        "a run on hosts needs mpirun of {}: {seen}. Install it, or name it with {LAUNCHER}=PATH",
        library()
    )))
}

/// Starts this program again with the same arguments, as one process of a run on hosts, and waits for
/// its end; gives its exit code. With `stage`, this folder need not be there on the other hosts.
pub(in crate::cli) fn start(hosts: &[Host], stage: bool) -> Result<u8, Failure> {
    let family = Family::linked();
    let path = launcher(family)?;
    let failed = |what: &str, e: std::io::Error| Failure::Run(format!("{what}: {e}"));
    let mut command = Command::new(&path);
    command.args(options(family, hosts, stage));
    command.arg(std::env::current_exe().map_err(|e| failed("where this program is", e))?);
    command.args(std::env::args_os().skip(1));
    // A launcher in the background must not read the terminal.
    let stdin = std::io::stdin();
    command.stdin(if stdin.is_terminal() { Stdio::null() } else { Stdio::inherit() });
    // Signals of the terminal come to this process alone, which passes them on.
    command.stderr(Stdio::piped()).process_group(0);
    end_with_parent(&mut command);
    let mut child =
        command.spawn().map_err(|e| failed(&format!("{} cannot be started", path.display()), e))?;
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    let interrupts = pass_signals(pid);
    let mut told = Told::default();
    if let Some(stderr) = child.stderr.take() {
        told.read(stderr);
    }
    let status = child.wait().map_err(|e| failed("mpirun", e))?;
    told.interrupted = interrupts.load(Ordering::Relaxed) > 0;
    Ok(told.conclude(status))
}

/// Ends the launcher if this process is gone, which would otherwise go on alone.
#[allow(unsafe_code)]
fn end_with_parent(command: &mut Command) {
    #[cfg(target_os = "linux")]
    // SAFETY: between fork and exec, one system call is made, and nothing else.
    unsafe {
        command.pre_exec(|| Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGTERM)?));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// What starts so many processes in a job of a cluster, whose hosts the launcher knows.
pub(in crate::cli) fn in_job(count: usize) -> Option<String> {
    let root = if nix::unistd::geteuid().is_root() { " --allow-run-as-root" } else { "" };
    (count > 1).then(|| match Family::linked() {
        Family::OpenMpi => format!("mpirun{root} --map-by slot --bind-to none -np {count}"),
        Family::Mpich => format!("mpirun -np {count}"),
    })
}

fn options(family: Family, hosts: &[Host], stage: bool) -> Vec<String> {
    let count: usize = hosts.iter().map(|h| h.processes).sum();
    let list: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let kept: Vec<String> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| KEPT.contains(&name.as_str()) || name.starts_with("PYLOPSD_"))
        .collect();
    let folder = std::env::current_dir().map(|d| d.display().to_string()).unwrap_or_default();
    let words = |text: &[&str]| text.iter().map(ToString::to_string).collect::<Vec<_>>();
    match family {
        Family::OpenMpi => {
            let mut all = words(&["--host", &list.join(","), "-np", &count.to_string()]);
            all.extend(words(&["--map-by", "slot", "--bind-to", "none"]));
            if !stage {
                all.extend(words(&["--wdir", &folder]));
            }
            if nix::unistd::geteuid().is_root() {
                all.extend(words(&["--allow-run-as-root"]));
            }
            // A host that is gone is noticed within some five seconds; processes that wait let others run.
            for (name, value) in [
                ("oob_tcp_keepalive_time", "2"),
                ("oob_tcp_keepalive_intvl", "1"),
                ("oob_tcp_keepalive_probes", "3"),
                ("mpi_yield_when_idle", "1"),
                ("odls_base_sigkill_timeout", "3"),
                ("plm_rsh_args", "-o BatchMode=yes -o ConnectTimeout=10"),
            ] {
                if std::env::var_os(format!("OMPI_MCA_{name}")).is_none() {
                    all.extend(words(&["--mca", name, value]));
                }
            }
            for name in kept {
                all.extend(words(&["-x", &name]));
            }
            all
        }
        Family::Mpich => {
            let mut all = words(&["-hosts", &list.join(","), "-np", &count.to_string()]);
            if !stage {
                all.extend(words(&["-wdir", &folder]));
            }
            if !kept.is_empty() {
                all.extend(words(&["-genvlist", &kept.join(",")]));
            }
            all
        }
    }
}

/// The first signal asks the processes for a clean end, the second ends the launcher, and a third
/// everything. Gives how many came.
fn pass_signals(launcher: Pid) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let came = count.clone();
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP]) else { return count };
    std::thread::spawn(move || {
        for _ in signals.forever() {
            // The launcher may be gone already.
            let _ = match came.fetch_add(1, Ordering::Relaxed) {
                0 => kill(launcher, Signal::SIGUSR1),
                1 => kill(launcher, Signal::SIGTERM),
                _ => killpg(launcher, Signal::SIGKILL),
            };
        }
    });
    count
}

/// What came over standard error.
#[derive(Debug, Default)]
struct Told {
    /// Whether one of the processes has said why it ended.
    by_process: bool,
    /// Whether the user wanted the end.
    interrupted: bool,
    /// What the launcher said of a process or host that is gone, in our words.
    lost: Option<String>,
    /// What else the launcher said.
    rest: Vec<String>,
}

/// Whether a line begins or ends a notice of a launcher.
fn is_rule(line: &str) -> bool {
    line.len() > 30 && (line.bytes().all(|b| b == b'-') || line.bytes().all(|b| b == b'='))
}

impl Told {
    fn read(&mut self, stderr: impl Read) {
        let mut notice: Option<Vec<String>> = None;
        for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            match (&mut notice, is_rule(&line)) {
                (None, true) => notice = Some(Vec::new()),
                (Some(_), true) => self.notice(notice.take().unwrap_or_default()),
                (Some(lines), false) => lines.push(line),
                (None, false) => self.line(&line),
            }
        }
        self.notice(notice.unwrap_or_default());
    }

    fn line(&mut self, line: &str) {
        // Open MPI: "[node1:123] 1 more process has sent help message ...", and where it noticed.
        let chatter = line.starts_with('[') && line.contains("] ")
            || line.trim().is_empty() && !self.by_process
            || line.starts_with("Primary job  terminated normally")
            || line.contains(": Forwarding signal ");
        if chatter {
            self.rest.push(line.to_string());
        } else {
            self.by_process |= line.starts_with("error") || line == "interrupted";
            // A reader that left is no reason to fail.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    fn notice(&mut self, lines: Vec<String>) {
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
            let host = after(&["RUNNING", "AT"]).unwrap_or_else(|| "an unknown host".into());
            let signal = after(&["EXIT", "CODE:"]).and_then(|n| n.parse().ok());
            self.lost.get_or_insert(format!("a process on {host} {}", ended_by(signal)));
        } else if text.contains("unable to reliably start one or more daemons") {
            self.lost.get_or_insert(
                "not all hosts can be started on: each must be reached by ssh without a password, and have \
                 the same MPI and this program at the same path"
                    .into(),
            );
        } else if text.contains("lost communication with a remote daemon") {
            // The first node is the launcher's own.
            let host = text.rsplit("on node ").next().and_then(|t| t.split_whitespace().next());
            let host = host.unwrap_or("an unknown host");
            self.lost.get_or_insert(format!("host {host} cannot be reached any more"));
        } else if !text.contains("MPI_ABORT was invoked")
            && !text.contains("non-zero status")
            && !text.contains("non-zero exit code")
        {
            self.rest.extend(lines);
        }
    }

    /// Says why the run failed, if nobody has, and gives its exit code.
    fn conclude(self, status: ExitStatus) -> u8 {
        let code = match status.code() {
            Some(0) => return 0,
            Some(code @ (2 | 3 | 130)) if self.lost.is_none() => code as u8,
            _ => 1,
        };
        if self.interrupted {
            if !self.by_process {
                complain("interrupted");
            }
            return 130;
        }
        if self.by_process || code == 3 {
            return code;
        }
        if let Some(lost) = &self.lost {
            complain(&format!("error: {lost}; the run was ended before it was done"));
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
        Some(9) => "was killed (signal 9, which a system without memory left sends too)".into(),
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

    fn told(text: &str) -> Told {
        let mut told = Told::default();
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
                "process 1 on nodeb was killed (signal 9, which a system without memory left sends too)"
            )
        );
        let lost = told(&format!(
            "{rule}\nORTE has lost communication with a remote daemon.\n\n  HNP daemon   : [[1,0],0] on node head\n  \
             Remote daemon: [[1,0],2] on node nodeb\n\nThis is usually due to a failure.\n{rule}\n"
        ));
        assert_eq!(lost.lost.as_deref(), Some("host nodeb cannot be reached any more"));
        assert_eq!(lost.conclude(ExitStatus::from_raw(205 << 8)), 1);
    }

    #[test]
    fn the_exit_codes_of_processes_are_kept() {
        for (code, expected) in [(0, 0), (2, 2), (3, 3), (130, 130), (1, 1), (137, 1), (255, 1)] {
            let told = Told { by_process: true, ..Told::default() };
            assert_eq!(told.conclude(ExitStatus::from_raw(code << 8)), expected);
        }
    }
}

//! A process that waits for another of itself and says by which signal that ended. Open MPI's launcher
//! does so itself; MPICH's ends all processes when one is gone, and then knows no more which was the
//! first.

use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use crate::cli::launch::mpirun::{Family, end_with_parent};
use crate::cli::launch::notes::{self, WORD};
use crate::cli::launch::rank;
use crate::cli::team::host;

/// Set for a process that is waited for.
const WATCHED: &str = "PYLOPSD_WATCHED";

/// Runs this program as a child and gives its exit code, if MPICH's launcher was started by this
/// program; otherwise this process is the one to run.
pub(in crate::cli) fn watch() -> Option<u8> {
    let (word, rank) = (std::env::var(WORD).ok()?, rank()?);
    // Where a child does not end with its parent, nothing may stand between it and the launcher.
    let helps = cfg!(target_os = "linux") && Family::linked() == Family::Mpich;
    if !helps || std::env::var_os(WATCHED).is_some() {
        return None;
    }
    // If the launcher's daemon is gone, nobody else ends this process.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGUSR1]).ok()?;
    let mut command = Command::new(std::env::current_exe().ok()?);
    // In a group of its own, every signal comes to it once: from here.
    command.args(std::env::args_os().skip(1)).env(WATCHED, "1").process_group(0);
    end_with_parent(&mut command, Signal::SIGKILL);
    let mut child = command.spawn().ok()?;
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    std::thread::spawn(move || {
        for signal in signals.forever().filter_map(|n| Signal::try_from(n).ok()) {
            // It may be gone already.
            let _ = kill(pid, signal);
        }
    });
    let Ok(status) = child.wait() else { return Some(1) };
    let Some(signal) = status.signal() else { return Some(status.code().unwrap_or(1) as u8) };
    let note = notes::lost(&word, rank, signal, &host());
    // If nobody listens any more, nobody needs to know.
    let _ = std::io::stderr().write_all(note.as_bytes());
    // The launcher ends the processes of other hosts only if a signal ended one.
    let _ = kill(Pid::this(), Signal::SIGKILL);
    Some(1)
}

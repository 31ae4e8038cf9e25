//! A process that waits for another of itself and says by which signal that ended. Open MPI's launcher
//! does so itself; MPICH's ends all processes when one is gone, and then knows no more which was the
//! first.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};

use crate::cli::launch::mpirun::{Family, end_with_parent};
use crate::cli::launch::notes::{self, WORD};
use crate::cli::launch::rank;
use crate::cli::system::host;

/// Set for a process that has a witness.
const WITNESSED: &str = "PYLOPSD_WITNESSED";

/// Runs this program as a child and gives its exit code, if this program started MPICH's launcher;
/// otherwise this process is the one to run.
pub(in crate::cli) fn witness() -> Option<u8> {
    let (word, rank) = (std::env::var(WORD).ok()?, rank()?);
    // Where a child does not end with its parent, nothing may stand between it and the launcher.
    let possible = cfg!(target_os = "linux") && std::env::var_os(WITNESSED).is_none();
    if !possible || Family::linked() != Family::Mpich {
        return None;
    }
    // If the launcher's daemon is gone, nobody else ends this process.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
    // The launcher and clusters send signals to both, and the child knows what to do.
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGUSR1] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false))).ok()?;
    }
    let mut command = Command::new(std::env::current_exe().ok()?);
    command.args(std::env::args_os().skip(1)).env(WITNESSED, "1");
    end_with_parent(&mut command, Signal::SIGKILL);
    let mut child = command.spawn().ok()?;
    let Ok(status) = child.wait() else { return Some(1) };
    let Some(signal) = status.signal() else { return Some(status.code().unwrap_or(1) as u8) };
    let note = notes::lost(&word, rank, signal, &host());
    // If nobody listens any more, nobody needs to know.
    let _ = std::io::stderr().write_all(note.as_bytes());
    // The launcher ends the processes of other hosts only if a signal ended one.
    let _ = kill(Pid::this(), Signal::SIGKILL);
    Some(1)
}

//! Starts this program under MPI's launcher: which one, with what options, and what signals it gets.

use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(target_os = "linux")]
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::cli::CommandFailure;
use crate::cli::launch::notes::{self, WORD};
use crate::cli::launch::told::{LauncherLog, pass_output};
use crate::engine::mpi::library;
use crate::spec::Host;

/// Names another launcher than the one that is found.
const LAUNCHER: &str = "PYLOPSD_MPIRUN";
/// Options of ssh: no question that nobody answers, no wait for a host that is off.
const SSH: &str = "-o BatchMode=yes -o ConnectTimeout=10";
/// Where Hydra, MPICH's launcher, looks for them.
const HYDRA_SSH: &str = "HYDRA_LAUNCHER_EXTRA_ARGS";
/// What processes on other hosts should know of the environment, besides all that begins with PYLOPSD_.
const KEPT: [&str; 5] =
    ["LD_LIBRARY_PATH", "NO_COLOR", "RUST_BACKTRACE", "RUST_MIN_STACK", "TMPDIR"];

/// The two families of launchers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    OpenMpi,
    Mpich,
}

impl Family {
    /// That of the MPI library that this program is linked with.
    pub(super) fn linked() -> Family {
        if library().contains("Open MPI") { Family::OpenMpi } else { Family::Mpich }
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Family::OpenMpi => &["mpirun", "mpirun.openmpi", "prterun"],
            Family::Mpich => &["mpirun", "mpirun.mpich", "mpiexec.hydra"],
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
fn launcher(family: Family) -> Result<PathBuf, CommandFailure> {
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
    Err(CommandFailure::Run(format!(
        "a run on hosts needs mpirun of {}: {seen}. Install it, or name it with {LAUNCHER}=PATH",
        library()
    )))
}

/// Starts this program again with the same arguments, as one process of a run on hosts, and waits for
/// its end; gives its exit code. With `stage`, this folder need not be there on the other hosts.
pub(in crate::cli) fn start(hosts: &[Host], stage: bool) -> Result<u8, CommandFailure> {
    let family = Family::linked();
    let path = launcher(family)?;
    let failed = |what: &str, e: std::io::Error| CommandFailure::Run(format!("{what}: {e}"));
    let mut command = Command::new(&path);
    command.args(options(family, hosts, stage));
    command.arg(std::env::current_exe().map_err(|e| failed("where this program is", e))?);
    command.args(std::env::args_os().skip(1));
    let word = notes::word();
    command.env(WORD, &word);
    if family == Family::Mpich && by_ssh() {
        // ssh takes the first of several values: the user's.
        let own = std::env::var(HYDRA_SSH).unwrap_or_default();
        let alive = "-o ServerAliveInterval=2 -o ServerAliveCountMax=3";
        command.env(HYDRA_SSH, format!("{own} {SSH} {alive}"));
    }
    // A launcher in the background must not read the terminal.
    let stdin = std::io::stdin();
    command.stdin(if stdin.is_terminal() { Stdio::null() } else { Stdio::inherit() });
    // Signals of the terminal come to this process alone, which passes them on.
    command.stderr(Stdio::piped()).process_group(0);
    if family == Family::Mpich {
        // Its launcher has notices for standard output.
        command.stdout(Stdio::piped());
    }
    end_with_parent(&mut command, Signal::SIGTERM);
    let mut child =
        command.spawn().map_err(|e| failed(&format!("{} cannot be started", path.display()), e))?;
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    let interrupts = pass_signals(pid);
    let mut told = LauncherLog::new(word);
    told.waits_for_ever = (family == Family::Mpich).then_some(pid);
    let output = child.stdout.take();
    let output = std::thread::spawn(move || output.map(|o| pass_output(o, std::io::stdout())));
    if let Some(stderr) = child.stderr.take() {
        told.read(stderr);
    }
    let status = child.wait().map_err(|e| failed("mpirun", e))?;
    if let Ok(Some(notice)) = output.join() {
        told.notice(notice.lines().map(str::to_string).collect());
    }
    told.interrupted = interrupts.load(Ordering::Relaxed) > 0;
    Ok(told.conclude(status))
}

/// Whether Hydra would reach other hosts by ssh: in a job, it asks the cluster's own service.
fn by_ssh() -> bool {
    let others = ["HYDRA_LAUNCHER", "HYDRA_BOOTSTRAP", "SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID"];
    let others = others.iter().chain(&["PE_HOSTFILE", "COBALT_JOBID"]);
    others.filter_map(std::env::var_os).all(|value| value == "ssh")
}

/// Ends a program by a signal if this process is gone: it would otherwise go on alone.
#[allow(unsafe_code)]
pub(super) fn end_with_parent(command: &mut Command, signal: Signal) {
    #[cfg(target_os = "linux")]
    {
        let parent = Pid::this();
        // SAFETY: between fork and exec, two system calls are made, and nothing else.
        unsafe {
            command.pre_exec(move || {
                nix::sys::prctl::set_pdeathsig(signal)?;
                // It may be gone before it could be watched.
                if Pid::parent() == parent { Ok(()) } else { Err(Errno::ESRCH.into()) }
            });
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (command, signal);
}

/// What starts so many processes in a job of a cluster, whose hosts the launcher knows.
/// Without the cluster's help, a file names them.
pub(in crate::cli) fn in_job(count: usize, hosts: Option<&str>) -> Option<String> {
    let root = if nix::unistd::geteuid().is_root() { " --allow-run-as-root" } else { "" };
    let family = Family::linked();
    // Where the job runs, the launcher may be found elsewhere, or come with a module of the cluster.
    let found = launcher(family).ok().and_then(|path| Some(path.file_name()?.to_owned()));
    let name = found.map_or("mpirun".into(), |name| name.to_string_lossy().into_owned());
    let named = |option: &str| hosts.map(|file| format!(" {option} {file}")).unwrap_or_default();
    (count > 1).then(|| match family {
        Family::OpenMpi => {
            let file = named("--hostfile");
            format!("{name}{file}{root} --map-by slot --bind-to none -np {count}")
        }
        Family::Mpich => format!("{name}{} -np {count}", named("-f")),
    })
}

fn options(family: Family, hosts: &[Host], stage: bool) -> Vec<String> {
    let count: usize = hosts.iter().map(|h| h.processes).sum();
    let list: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let kept: Vec<String> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| KEPT.contains(&name.as_str()) || name.starts_with("PYLOPSD_"))
        .chain([WORD.to_string()])
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
                ("plm_rsh_args", SSH),
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
            // All of the environment goes along, if nothing is said of it.
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

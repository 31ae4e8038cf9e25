//! Runs on several hosts: the program starts itself again under MPI's launcher, and tells what the
//! launcher says in its own words.

#[cfg(feature = "mpi")]
mod mpirun;
#[cfg(feature = "mpi")]
mod notes;
#[cfg(feature = "mpi")]
mod told;
#[cfg(feature = "mpi")]
mod witness;
#[cfg(feature = "mpi")]
pub(super) use {
    mpirun::{in_job, start},
    notes::{tell_of_a_reason, tell_of_temporary_files},
    witness::witness,
};

#[cfg(not(feature = "mpi"))]
use crate::{cli::CommandFailure, spec::Host};

/// How to get a program that runs on hosts.
#[cfg_attr(feature = "mpi", allow(dead_code))]
pub(super) const HOW_TO_BUILD: &str = "\
help: install MPI and clang's library (Debian, Ubuntu: apt-get install libopenmpi-dev openmpi-bin \
libclang-dev; Fedora: dnf install openmpi-devel clang-devel), then build pylopsd again: \
cargo install --path . --features mpi
help: without --hosts and run.hosts, pylopsd runs on this machine's cores and needs no MPI";

/// How launchers tell a process how many there are, and which it is. An Open MPI process that Slurm's
/// daemons started has Slurm's variables too, so the order matters.
const LAUNCHERS: [(&str, &str); 3] = [
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("PMI_SIZE", "PMI_RANK"),
    ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
];

fn launcher() -> Option<(usize, usize)> {
    let number = |name: &str| std::env::var(name).ok()?.parse().ok();
    LAUNCHERS.iter().find_map(|(size, rank)| Some((number(size)?, number(rank)?)))
}

/// How many processes a launcher started, of which this is one; `None` if no launcher did. A shell that
/// Slurm gives is a step of one task, and no launcher.
pub(super) fn launched() -> Option<usize> {
    let by_mpi = LAUNCHERS[..2].iter().any(|(size, _)| std::env::var_os(size).is_some());
    launcher().map(|(size, _)| size).filter(|&size| size > 1 || by_mpi)
}

/// The number of this process, if a launcher started it.
#[cfg(feature = "mpi")]
fn rank() -> Option<usize> {
    launcher().map(|(_, rank)| rank)
}

/// Whether this is the first process that the launcher started.
#[cfg_attr(feature = "mpi", allow(dead_code))]
pub(super) fn is_first() -> bool {
    launcher().is_none_or(|(_, rank)| rank == 0)
}

/// Starts this program again with the same arguments as one process of a run on hosts, and waits
/// for its end.
#[cfg(not(feature = "mpi"))]
pub(super) fn start(hosts: &[Host], _stage: bool) -> Result<u8, CommandFailure> {
    Err(CommandFailure::Usage(format!(
        "error: {} requested, but this pylopsd was built without MPI\n{HOW_TO_BUILD}",
        listed(hosts)
    )))
}

/// What starts several processes in a job of a cluster, whose hosts the launcher knows.
#[cfg(not(feature = "mpi"))]
pub(super) fn in_job(_count: usize, _hosts: Option<&str>) -> Option<String> {
    None
}

#[cfg(not(feature = "mpi"))]
fn listed(hosts: &[Host]) -> String {
    let names: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let are = if hosts.len() == 1 { "host {} is" } else { "hosts {} are" };
    are.replace("{}", &names.join(", "))
}

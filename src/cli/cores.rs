//! The processor's cores that this process may run on.

/// Their numbers, as the system has them now.
#[cfg(target_os = "linux")]
pub(super) fn allowed() -> Vec<usize> {
    use nix::sched::{CpuSet, sched_getaffinity};
    let set = sched_getaffinity(nix::unistd::Pid::from_raw(0)).unwrap_or_default();
    (0..CpuSet::count()).filter(|&k| set.is_set(k).unwrap_or(false)).collect()
}

/// Their numbers, as many as there are.
#[cfg(not(target_os = "linux"))]
pub(super) fn allowed() -> Vec<usize> {
    (0..std::thread::available_parallelism().map_or(1, usize::from)).collect()
}

//! Facts about this process from the system: its cores, its memory, its host.

/// Numbers of the cores that it may run on.
#[cfg(target_os = "linux")]
pub(super) fn allowed() -> Vec<usize> {
    use nix::sched::{CpuSet, sched_getaffinity};
    let set = sched_getaffinity(nix::unistd::Pid::from_raw(0)).unwrap_or_default();
    (0..CpuSet::count()).filter(|&k| set.is_set(k).unwrap_or(false)).collect()
}

/// Numbers of the cores that it may run on, as many as there are.
#[cfg(not(target_os = "linux"))]
pub(super) fn allowed() -> Vec<usize> {
    (0..std::thread::available_parallelism().map_or(1, usize::from)).collect()
}

/// Most bytes of memory that this process has held so far.
pub(super) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// This host's name.
pub(super) fn host() -> String {
    let name = nix::unistd::gethostname().ok();
    name.and_then(|name| name.into_string().ok()).unwrap_or_else(|| "an unnamed host".into())
}

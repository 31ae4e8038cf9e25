//! The processor's cores that this process may run on.

/// Numbers of the cores that this process may run on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cores(pub Vec<usize>);

#[cfg(target_os = "linux")]
mod linux {
    use super::Cores;
    use nix::sched::{CpuSet, sched_getaffinity};
    use nix::unistd::Pid;

    impl Cores {
        /// As the system has it now.
        pub fn allowed() -> Cores {
            let set = sched_getaffinity(Pid::from_raw(0)).unwrap_or_default();
            Cores((0..CpuSet::count()).filter(|&k| set.is_set(k).unwrap_or(false)).collect())
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Cores {
    /// As many as there are.
    pub fn allowed() -> Cores {
        Cores((0..std::thread::available_parallelism().map_or(1, usize::from)).collect())
    }
}

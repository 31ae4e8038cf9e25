//! The processor's cores that this process may run on.

/// Numbers of the cores that this process may run on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cores(pub Vec<usize>);

#[cfg(target_os = "linux")]
mod linux {
    use super::Cores;
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;

    impl Cores {
        /// As the system has it now.
        pub fn allowed() -> Cores {
            let set = sched_getaffinity(Pid::from_raw(0)).unwrap_or_default();
            Cores((0..CpuSet::count()).filter(|&k| set.is_set(k).unwrap_or(false)).collect())
        }

        /// Moves this thread to one of the cores, where it begins; it may go on on any of them. A
        /// system may start all threads on one core, and part them only after a while.
        pub(in crate::engine) fn begin_on(&self, k: usize) {
            let set = |cores: &[usize]| {
                let mut set = CpuSet::new();
                cores.iter().try_for_each(|&core| set.set(core))?;
                sched_setaffinity(Pid::from_raw(0), &set)
            };
            if let Some(&core) = self.0.get(k) {
                // A system that forbids it is only slower.
                let _ = set(&[core]).and_then(|()| set(&self.0));
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Cores {
    /// As many as there are.
    pub fn allowed() -> Cores {
        Cores((0..std::thread::available_parallelism().map_or(1, usize::from)).collect())
    }

    pub(in crate::engine) fn begin_on(&self, _: usize) {}
}

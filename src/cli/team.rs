//! The processes of a run: what they agree on, who speaks, and how all of them end.
//!
//! One process is a team too. In a larger one every process does the same; only process 0 prints,
//! and a mistake that one of them meets is a mistake of all.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use crate::cli::system::host;
use crate::cli::{CommandFailure, Outcome, launch, system, voice};
use crate::engine::{Communicator, Lost, Machine, OneProcess, run_ranks};
use crate::io::abandon_all;

/// The processes that run a command together.
pub(super) struct Team {
    comm: Arc<dyn Communicator>,
    /// Whether a process failed while others may have been waiting for it.
    broken: AtomicBool,
    interrupts: Interrupts,
    #[cfg(feature = "mpi")]
    world: Option<Arc<crate::engine::mpi::World>>,
}

impl Team {
    /// This process alone.
    fn alone() -> Team {
        Team {
            comm: Arc::new(OneProcess),
            broken: AtomicBool::new(false),
            interrupts: interruptible(false),
            #[cfg(feature = "mpi")]
            world: None,
        }
    }

    /// A flag that the first interrupt raises, which its caller promises to look at.
    pub(super) fn interrupted(&self) -> Arc<AtomicBool> {
        self.interrupts.watched.store(true, Ordering::Relaxed);
        self.interrupts.raised.clone()
    }

    /// The processes that a launcher started, or this one alone.
    pub(super) fn join() -> Result<Team, CommandFailure> {
        #[cfg(feature = "mpi")]
        launch::tell_of_temporary_files();
        match launch::launched() {
            Some(count) if count > 1 => Team::launched(count),
            _ => Ok(Team::alone()),
        }
    }

    #[cfg(not(feature = "mpi"))]
    fn launched(count: usize) -> Result<Team, CommandFailure> {
        voice::speak(launch::is_first());
        Err(CommandFailure::Usage(format!(
            "error: a launcher started {count} processes, but this pylopsd was built without MPI\n{}",
            launch::HOW_TO_BUILD
        )))
    }

    #[cfg(feature = "mpi")]
    fn launched(count: usize) -> Result<Team, CommandFailure> {
        use crate::engine::mpi::{World, library};
        let world = World::join().map_err(|why| {
            CommandFailure::Run(format!(
                "{} of {} cannot join the others: {why}",
                here(),
                library()
            ))
        })?;
        if world.size() != count {
            voice::speak(launch::is_first());
            return Err(CommandFailure::Usage(format!(
                "error: a launcher started {count} processes, but {} sees {}: the launcher belongs to \
                 another MPI. Use mpirun of {}, or srun --mpi=pmix",
                library(),
                world.size(),
                library()
            )));
        }
        let world = Arc::new(world);
        voice::speak(world.rank() == 0);
        end_all_on_panic(world.rank());
        Ok(Team {
            comm: world.clone(),
            broken: AtomicBool::new(false),
            interrupts: interruptible(true),
            world: Some(world),
        })
    }

    /// Whether this is process 0, which speaks for all.
    pub(super) fn is_first(&self) -> bool {
        self.comm.rank() == 0
    }

    /// This process.
    pub(super) fn rank(&self) -> usize {
        self.comm.rank()
    }

    /// Whether a process failed, so that no more can be agreed on.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// Number of processes.
    pub(super) fn size(&self) -> usize {
        self.comm.size()
    }

    /// Number of processes of a run; this one may act as several.
    pub(super) fn processes(&self, ranks: usize) -> usize {
        if self.size() > 1 { self.size() } else { ranks }
    }

    /// Runs `f` in every process, or in `ranks` threads that act as processes; gives what it gives
    /// in the first process of this program, or the cause if any fails.
    pub(super) fn run<T: Send>(
        &self,
        ranks: usize,
        threads: usize,
        f: impl Fn(&Machine) -> crate::engine::Result<T> + Sync,
    ) -> Result<T, CommandFailure> {
        let on = |comm| {
            let machine = Machine::new(Some(threads), comm)?;
            machine.install(|| f(&machine))
        };
        let results =
            if self.size() > 1 { vec![on(self.comm.clone())] } else { run_ranks(ranks, on) };
        let (mut first, mut failures) = (None, Vec::new());
        results.into_iter().for_each(|result| match result {
            Ok(found) => first = first.take().or(Some(found)),
            Err(e) => failures.push(e),
        });
        // The cause, not the processes that waited for the one that failed.
        failures.sort_by_key(|e| matches!(e, crate::engine::Error::Lost(_)));
        match (failures.into_iter().next(), first) {
            (Some(cause), _) => Err(self.fail(&cause)),
            // Nobody goes on before all are there: one may still fail.
            (None, Some(found)) => self.meet().map(|()| found),
            (None, None) => unreachable!("there is a first process"),
        }
    }

    fn fail(&self, cause: &crate::engine::Error) -> CommandFailure {
        if self.size() == 1 {
            return CommandFailure::Run(cause.to_string());
        }
        self.broken.store(true, Ordering::Relaxed);
        if let crate::engine::Error::Lost(lost) = cause {
            return CommandFailure::Run(lost.to_string());
        }
        let text = format!("{}: {cause}", self.here());
        self.comm.fail(&text);
        CommandFailure::Run(text)
    }

    fn lost(&self, lost: Lost) -> CommandFailure {
        self.fail(&lost.into())
    }

    /// Waits for all.
    fn meet(&self) -> Result<(), CommandFailure> {
        self.all_gather(&[1]).map(|_| ())
    }

    /// Some numbers of every process; all give as many.
    pub(super) fn all_gather(&self, words: &[u64]) -> Result<Vec<Vec<u64>>, CommandFailure> {
        if self.size() == 1 {
            return Ok(vec![words.to_vec()]);
        }
        self.comm.all_gather(words).map_err(|lost| self.lost(lost))
    }

    /// The bytes of every process.
    pub(super) fn gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, CommandFailure> {
        self.comm.gather(bytes).map_err(|lost| self.lost(lost))
    }

    /// The bytes that process 0 gives, in all.
    pub(super) fn broadcast(&self, bytes: &[u8]) -> Result<Vec<u8>, CommandFailure> {
        self.comm.broadcast(bytes).map_err(|lost| self.lost(lost))
    }

    /// What succeeded in all processes; or what failed in the first of those in which it did.
    pub(super) fn agree<T>(&self, result: Result<T, CommandFailure>) -> Result<T, CommandFailure> {
        if self.size() == 1 || self.is_broken() {
            return result;
        }
        let own = result.as_ref().err().map(encode).unwrap_or_default();
        let all = self.gather(&own)?;
        let Some(rank) = all.iter().position(|told| !told.is_empty()) else { return result };
        let failure = decode(&all[rank]);
        if all.iter().all(|told| *told == all[rank]) {
            return Err(failure);
        }
        let here = self.gather(self.here().as_bytes())?;
        let place = String::from_utf8_lossy(&here[rank]).into_owned();
        let others = |text: &str| {
            format!(
                "{}\nonly {place} reports this: do all hosts see the same files? --stage \
                 sends them what only process 0 sees",
                text.trim_end()
            )
        };
        Err(match failure {
            CommandFailure::Run(text) => CommandFailure::Run(format!("{place}: {text}")),
            CommandFailure::Usage(text) => CommandFailure::Usage(others(&text)),
            CommandFailure::Mistakes { text, summary, list } => {
                CommandFailure::Mistakes { text: others(&text), summary, list }
            }
            other => other,
        })
    }

    /// Ends the team; what the program's exit code is.
    pub(super) fn conclude(&self, outcome: Outcome) -> ExitCode {
        let outcome = self.agree(outcome);
        let code = voice::told(&outcome);
        crate::io::abandon_all();
        #[cfg(feature = "mpi")]
        if let Some(world) = &self.world {
            if self.is_broken() {
                if !self.is_first() {
                    // Process 0 says why and ends all, unless it hears of it too late.
                    std::thread::sleep(std::time::Duration::from_secs(5));
                    if let Err(CommandFailure::Run(why)) = &outcome {
                        launch::tell_of_a_reason();
                        voice::complain_anyway(&format!("error: {why}"));
                    }
                }
                world.abort(code);
            }
            world.finalize();
        }
        ExitCode::from(code)
    }

    /// Most bytes of memory that any process has held so far.
    pub(super) fn peak_bytes(&self) -> Result<Option<u64>, CommandFailure> {
        let own = system::peak_bytes().unwrap_or(0);
        let most = self.all_gather(&[own])?.iter().map(|words| words[0]).max();
        Ok(most.filter(|&bytes| bytes > 0))
    }

    fn here(&self) -> String {
        format!("process {} on {}", self.comm.rank(), host())
    }

    /// Threads that this process should have, if nobody says how many: its part of the cores that
    /// it may run on, which other processes may use too.
    pub(super) fn threads(&self) -> Result<usize, CommandFailure> {
        let own = system::allowed();
        if self.size() == 1 {
            // A container may be allowed less than it sees.
            let allowed = std::thread::available_parallelism().map_or(1, usize::from);
            return Ok(allowed.min(own.len()).max(1));
        }
        let list: Vec<String> = own.iter().map(ToString::to_string).collect();
        let all = self.gather(format!("{} {}", host(), list.join(" ")).as_bytes())?;
        let all: Vec<String> =
            all.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect();
        // A container may be allowed less than it sees, for all its processes together.
        let there = all.iter().filter(|text| text.split(' ').next() == Some(&host())).count();
        let allowed = std::thread::available_parallelism().map_or(1, usize::from);
        let quota = if allowed < own.len() { (allowed / there.max(1)).max(1) } else { allowed };
        Ok(share_of(&all, self.comm.rank()).min(quota))
    }
}

/// The cores of process `rank`, each divided by the number of processes on its host that may use it.
/// Each process is given as its host and its cores.
fn share_of(all: &[String], rank: usize) -> usize {
    let own: Vec<&str> = all[rank].split(' ').collect();
    let sharers = |core: &str| {
        let there = all.iter().filter(|text| {
            let mut words = text.split(' ');
            words.next() == Some(own[0]) && words.any(|c| c == core)
        });
        there.count() as f64
    };
    let share: f64 = own[1..].iter().map(|core| 1.0 / sharers(core)).sum();
    // Thirds of cores do not add up to whole ones in binary.
    ((share + 1e-6) as usize).max(1)
}

/// The user's wish that the run end.
#[derive(Clone, Default)]
struct Interrupts {
    /// The first interrupt raises it.
    raised: Arc<AtomicBool>,
    /// Whether anyone looks at it.
    watched: Arc<AtomicBool>,
}

/// The second interrupt ends the program at once, and so does the first where nobody looks. In one
/// process of several, a signal to end is the launcher's word that the run is over.
#[allow(clippy::exit)]
fn interruptible(several: bool) -> Interrupts {
    let interrupts = Interrupts::default();
    let Interrupts { raised, watched } = interrupts.clone();
    // Without signals, the run ends as the system ends it.
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGUSR1]) else {
        return interrupts;
    };
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let over = several && matches!(signal, SIGTERM | SIGHUP);
            let watched = watched.load(Ordering::Relaxed);
            if raised.swap(true, Ordering::Relaxed) || over || !watched {
                abandon_all();
                std::process::exit(if over { 1 } else { 130 });
            }
        }
    });
    interrupts
}

#[cfg(feature = "mpi")]
fn here() -> String {
    format!("a process on {}", host())
}

/// A thread that panics ends its process, and the launcher then all: they would wait for ever.
#[cfg(feature = "mpi")]
fn end_all_on_panic(rank: usize) {
    std::panic::set_hook(Box::new(move |info| {
        let message = info.payload_as_str().unwrap_or("the reason is unknown");
        let place = info.location().map(|l| format!(", at {l}")).unwrap_or_default();
        launch::tell_of_a_reason();
        voice::complain_anyway(&format!(
            "error: process {rank} on {}: a bug in pylopsd: {message}{place}",
            host()
        ));
        crate::io::abandon_all();
        std::process::abort();
    }));
}

/// Stands for mistakes of a problem file among exit codes.
const MISTAKES: u8 = 255;

fn encode(failure: &CommandFailure) -> Vec<u8> {
    if let CommandFailure::Mistakes { text, summary, list } = failure {
        let parts = serde_json::to_vec(&(text, summary, list)).unwrap_or_default();
        return std::iter::once(MISTAKES).chain(parts).collect();
    }
    let (code, text) = match failure {
        CommandFailure::Run(text) => (1, text.as_str()),
        CommandFailure::Usage(text) => (2, text.as_str()),
        CommandFailure::Unmet => (3, ""),
        CommandFailure::Interrupted => (130, ""),
        CommandFailure::Told(code) => (*code, " "),
        CommandFailure::Mistakes { .. } => unreachable!("told above"),
    };
    std::iter::once(code).chain(text.bytes()).collect()
}

fn decode(told: &[u8]) -> CommandFailure {
    if told[0] == MISTAKES
        && let Ok((text, summary, list)) = serde_json::from_slice(&told[1..])
    {
        return CommandFailure::Mistakes { text, summary, list };
    }
    let text = String::from_utf8_lossy(&told[1..]).into_owned();
    match (told[0], text.as_str()) {
        (code, " ") => CommandFailure::Told(code),
        (3, "") => CommandFailure::Unmet,
        (130, "") => CommandFailure::Interrupted,
        (2, _) => CommandFailure::Usage(text),
        _ => CommandFailure::Run(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_share_the_cores_of_their_host() {
        let all = |lists: &[&str]| lists.iter().map(ToString::to_string).collect::<Vec<_>>();
        // Two unbound processes on a, one on b.
        let unbound = all(&["a 0 1 2 3", "a 0 1 2 3", "b 0 1"]);
        assert_eq!([0, 1, 2].map(|r| share_of(&unbound, r)), [2, 2, 2]);
        // Each bound to cores of its own.
        let bound = all(&["a 0 1", "a 2 3"]);
        assert_eq!([0, 1].map(|r| share_of(&bound, r)), [2, 2]);
        let crowded = all(&["a 0", "a 0", "a 0"]);
        assert_eq!(share_of(&crowded, 2), 1);
        let thirds = all(&["a 0 1 2", "a 0 1 2", "a 0 1 2"]);
        assert_eq!(share_of(&thirds, 0), 1);
    }

    #[test]
    fn failures_travel_as_they_are() {
        for failure in [
            CommandFailure::Run("full".into()),
            CommandFailure::Usage("error: no\n".into()),
            CommandFailure::Mistakes {
                text: "error: no\n".into(),
                summary: "p.toml has 1 mistake".into(),
                list: vec![crate::spec::JsonDiagnostic {
                    message: "no".into(),
                    label: "here".into(),
                    file: None,
                    line: 1,
                    column: 2,
                    help: Some("yes".into()),
                }],
            },
            CommandFailure::Unmet,
            CommandFailure::Interrupted,
            CommandFailure::Told(3),
        ] {
            assert_eq!(format!("{:?}", decode(&encode(&failure))), format!("{failure:?}"));
        }
    }
}

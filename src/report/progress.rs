//! Progress of a solver on a terminal, and the record of its iterations.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use indicatif::{HumanDuration, HumanFloatCount, ProgressBar, ProgressState, ProgressStyle};

use crate::solvers::{Iteration, Monitor, Seen};

/// Shows iterations on standard error while they run.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

/// A solve that is shown.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// The bar to draw on.
    pub progress: &'a Progress,
    /// Its name, if it is a further one.
    pub name: String,
    /// The equations that its residual is of, where those are not the data's alone.
    pub equations: Option<&'static str>,
    /// Largest number of iterations.
    pub niter: usize,
}

impl Progress {
    /// A bar; nothing if it is not to be shown or there is no terminal.
    pub fn new(show: bool) -> Progress {
        if !show {
            return Progress { bar: ProgressBar::hidden() };
        }
        let bar = ProgressBar::new(0);
        let style = "{prefix}{bar:32} {pos}/{len}  {msg}{left}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style.with_key("left", left));
        }
        Progress { bar }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// How fast it goes and what that leaves; before the first iteration is done, nobody knows.
fn left(state: &ProgressState, out: &mut dyn fmt::Write) {
    if state.pos() > 0 {
        let (rate, left) = (HumanFloatCount(state.per_sec()), HumanDuration(state.eta()));
        // A bar that cannot be drawn is no reason to fail.
        let _ = write!(out, "  {rate}/s  {left:#} left");
    }
}

impl Shown<'_> {
    /// Begins a bar of the solve's iterations, whose time counts from now.
    fn begin(&self) {
        let bar = &self.progress.bar;
        let name = &self.name;
        bar.set_prefix(if name.is_empty() { String::new() } else { format!("{name} ") });
        bar.set_length(self.niter as u64);
        bar.reset();
    }

    fn show(&self, iteration: Iteration) {
        let of = self.equations.map_or(String::new(), |e| format!(" of {e}"));
        self.progress.bar.set_message(format!("residual{of} {:.4e}", iteration.residual));
        self.progress.bar.set_position(iteration.number as u64);
    }
}

/// The record of a run: every iteration with its time. Ends the run when the flag is raised.
#[derive(Debug)]
pub struct Record<'a> {
    /// Iterations so far, with the seconds since the start.
    pub iterations: Vec<(Iteration, f64)>,
    start: Instant,
    stop: Arc<AtomicBool>,
    shown: Option<Shown<'a>>,
}

impl<'a> Record<'a> {
    /// An empty record of a solve, which may be shown.
    pub fn new(stop: Arc<AtomicBool>, shown: Option<Shown<'a>>) -> Self {
        Record { iterations: Vec::new(), start: Instant::now(), stop, shown }
    }

    /// The record as CSV, one line an iteration.
    pub fn csv(&self) -> String {
        let mut text = String::from("iteration,residual,step,seconds\n");
        for (i, seconds) in &self.iterations {
            text += &format!("{},{:e},{:e},{seconds:.6}\n", i.number, i.residual, i.step);
        }
        text
    }
}

impl Monitor for Record<'_> {
    fn iteration(&mut self, iteration: Iteration, _: &dyn Seen) -> bool {
        self.note(iteration)
    }
}

impl Record<'_> {
    /// Takes down an iteration; whether the run is to end.
    fn note(&mut self, iteration: Iteration) -> bool {
        if let Some(shown) = &self.shown {
            if self.iterations.is_empty() {
                shown.begin();
            }
            shown.show(iteration);
        }
        self.iterations.push((iteration, self.start.elapsed().as_secs_f64()));
        self.stop.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_solve_begins_at_zero_and_at_its_own_time() {
        let progress = Progress::new(false);
        let run = |name: &str, niter: usize, done: usize, pause: u64| {
            let shown = Shown { progress: &progress, name: name.into(), equations: None, niter };
            let mut record = Record::new(Arc::default(), Some(shown));
            // What comes before the first iteration does not count.
            std::thread::sleep(Duration::from_millis(30));
            for number in 0..=done {
                std::thread::sleep(Duration::from_millis(if number > 0 { pause } else { 0 }));
                assert!(!record.note(Iteration { number, residual: 1.0, step: 1.0 }));
            }
        };
        let left = || {
            let mut text = String::new();
            progress.bar.update(|state| super::left(state, &mut text));
            text
        };
        run("early", 4, 0, 0);
        assert_eq!(left(), "");
        run("first", 4, 4, 60);
        assert!(left().contains("/s") && left().ends_with(" left"), "{}", left());
        assert_eq!((progress.bar.length(), progress.bar.position()), (Some(4), 4));
        assert_eq!(progress.bar.prefix(), "first ");
        run("", 100, 50, 1);
        assert_eq!((progress.bar.length(), progress.bar.position()), (Some(100), 50));
        assert_eq!(progress.bar.prefix(), "");
        // 50 iterations of 1 ms have passed, and as many are left; the first solve took 240 ms.
        let (elapsed, left) = (progress.bar.elapsed(), progress.bar.eta());
        assert!(elapsed >= Duration::from_millis(50), "{elapsed:?}");
        assert!(left <= elapsed * 3, "{left:?} after {elapsed:?}");
    }
}

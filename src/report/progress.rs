//! Progress of a solver on a terminal, and the record of its iterations.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use crate::solvers::{Iteration, Monitor};

/// Shows iterations on standard error while they run.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    label: String,
}

impl Progress {
    /// A bar of `niter` iterations, whose residual is that of these equations; nothing if it is not to
    /// be shown or there is no terminal.
    pub fn new(niter: usize, equations: Option<&str>, show: bool) -> Progress {
        let label = equations.map_or("residual".into(), |e| format!("residual of {e}"));
        if !show || niter == 0 {
            return Progress { bar: ProgressBar::hidden(), label };
        }
        let bar = ProgressBar::new(niter as u64);
        let style = "{bar:32} {pos}/{len}  {msg}  {per_sec}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Progress { bar, label }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self, iteration: Iteration) {
        self.bar.set_message(format!("{} {:.4e}", self.label, iteration.residual));
        self.bar.set_position(iteration.number as u64);
    }
}

/// The record of a run: every iteration with its time. Ends the run when the flag is raised.
#[derive(Debug)]
pub struct Record<'a> {
    /// Iterations so far, with the seconds since the start.
    pub iterations: Vec<(Iteration, f64)>,
    start: Instant,
    stop: Arc<AtomicBool>,
    progress: Option<&'a Progress>,
}

impl<'a> Record<'a> {
    /// An empty record.
    pub fn new(stop: Arc<AtomicBool>, progress: Option<&'a Progress>) -> Self {
        Record { iterations: Vec::new(), start: Instant::now(), stop, progress }
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
    fn iteration(&mut self, iteration: Iteration) -> bool {
        self.iterations.push((iteration, self.start.elapsed().as_secs_f64()));
        if let Some(progress) = self.progress {
            progress.show(iteration);
        }
        self.stop.load(Ordering::Relaxed)
    }
}

//! Group blending of shots.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::blending::Groups;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<BlendingGroup>("BlendingGroup");

/// Blending of shots that are neighbours: each group of shots is fired within one record.
///
/// ```text
/// d(g, r, t) = sum_j m(g group_size + j, r, t - times(j, g))
/// ```
/// Shots are delayed by Fourier transforms of `nt` samples, so they are periodic. Model `(ns, nr, nt)`,
/// data `(n_groups, nr, nt)`. PyLops: `BlendingGroup`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct BlendingGroup {
    /// Number of time samples.
    nt: usize,
    /// Number of receivers.
    nr: usize,
    /// Number of sources, `group_size n_groups`.
    ns: usize,
    /// Time between two samples.
    dt: f64,
    /// Firing times, `(group_size, n_groups)`.
    times: ArrayParam,
    /// Number of sources in a group.
    group_size: usize,
    /// Number of groups.
    n_groups: usize,
}

impl Parameters for BlendingGroup {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let BlendingGroup { nt, nr, ns, dt, ref times, group_size, n_groups } = self;
        let groups = Groups { nt, nr, ns, dt, times, group_size, n_groups };
        groups.blended(1, dtype, scope, at)
    }
}

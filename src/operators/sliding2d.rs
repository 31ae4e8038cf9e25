//! Windows that slide along the first axis of a plane.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::windowed::{Settings, TaperType};
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Sliding2D>("Sliding2D");

/// An operator on overlapping windows along the first of two axes.
///
/// ```text
/// y_ij = sum_w t_w(i - w s) (Op x_w)_(i - w s, j),     s = nwin - nover
/// ```
/// Window `w` covers rows `w s` to `w s + nwin - 1`. There are `nwins = (dimsd[0] - nwin) / s + 1`
/// windows, rounded down: all are full, and rows after the last one are zero. The model has dims
/// `(nwins, dims[0] / nwins, dims[1])`. `Op` acts on one window, or on all at once if its model has
/// as many elements as `dims`. One program serves all windows, unless `Op` contains `Spread` or
/// `Kirchhoff`. The first window is not tapered at its start, the last not at its end. PyLops:
/// `Sliding2D`, which fails if there is only one window.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Sliding2D {
    /// Operator by name or as an expression, from the model of a window to its data `(nwin, dimsd[1])`, or of
    /// all.
    #[serde(rename = "Op")]
    op: String,
    /// Dims of the models of all windows side by side: `nwins` times those of one along the first axis.
    dims: OneOrMany<usize>,
    /// Dims of the data, two axes.
    dimsd: OneOrMany<usize>,
    /// Rows of a window.
    nwin: usize,
    /// Rows that neighbouring windows share; with a taper at most half of a window.
    nover: usize,
    /// How windows fall off where they overlap: `hanning`, `cosine`, `cosinesquare`, `cosinesqrt` or `none`.
    #[serde(default)]
    tapertype: TaperType,
}

impl Parameters for Sliding2D {
    fn build(self, _: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let settings = Settings {
            op: &self.op,
            keys: ["dims", "dimsd"],
            dims: at.dims_of("dims", &self.dims, 2)?,
            dimsd: at.dims_of("dimsd", &self.dimsd, 2)?,
            nwin: vec![self.nwin],
            nover: vec![self.nover],
            nop: None,
            tapertype: self.tapertype,
            only_is_last: false,
            scalings: None,
        };
        settings.build(scope, at)
    }
}

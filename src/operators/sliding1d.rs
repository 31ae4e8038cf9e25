//! Windows that slide along a line.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::windowed::{Settings, TaperType};
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Sliding1D>("Sliding1D");

/// An operator on overlapping windows of a line.
///
/// ```text
/// y_i = sum_w t_w(i - w s) (Op x_w)_(i - w s),     s = nwin - nover
/// ```
/// Window `w` covers samples `w s` to `w s + nwin - 1`. There are `nwins = (dimd - nwin) / s + 1`
/// windows, rounded down: all are full, and samples after the last one are zero. The model has dims
/// `(nwins, dim / nwins)`. `Op` acts on one window, or on all at once if its model has as many
/// elements as `dim`. One program serves all windows, unless `Op` contains `Spread` or `Kirchhoff`.
/// The first window is not tapered at its start, the last not at its end. PyLops: `Sliding1D`,
/// which fails if there is only one window.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Sliding1D {
    /// Operator by name or as an expression, from the model of a window to its `nwin` samples, or of all.
    #[serde(rename = "Op")]
    op: String,
    /// Elements of the model: `nwins` times those of the model of a window.
    dim: OneOrMany<usize>,
    /// Samples of the data.
    dimd: OneOrMany<usize>,
    /// Samples of a window.
    nwin: usize,
    /// Samples that neighbouring windows share; with a taper at most half of a window.
    nover: usize,
    /// How windows fall off where they overlap: `hanning`, `cosine`, `cosinesquare`, `cosinesqrt` or `none`.
    #[serde(default)]
    tapertype: TaperType,
}

impl Parameters for Sliding1D {
    fn build(self, _: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let settings = Settings {
            op: &self.op,
            keys: ["dim", "dimd"],
            dims: at.dims_of("dim", &self.dim, 1)?,
            dimsd: at.dims_of("dimd", &self.dimd, 1)?,
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

//! Windows that slide along the first two axes of a volume.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::windowed::{Settings, TaperType};
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::OneOrMany;

pub(crate) const ENTRY: Entry = Entry::of::<Sliding3D>("Sliding3D");

/// An operator on overlapping windows along the first two of three axes.
///
/// ```text
/// y_ijk = sum_vw t_v(i - v s_0) t_w(j - w s_1) (Op x_vw)_(i - v s_0, j - w s_1, k),     s = nwin - nover
/// ```
/// Along each of the first two axes, windows start every `s` samples. There are `nwins = (dimsd -
/// nwin) / s + 1`, rounded down: all are full, and samples after the last one are zero. The model
/// has dims `(nwins[0], nwins[1], nop[0], nop[1], dims[2])`. `Op` acts on one window, or on all at
/// once if its model has as many elements as `dims`. One program serves all windows, unless `Op`
/// contains `Spread` or `Kirchhoff`. Along each axis, the first window is not tapered at its start,
/// the last not at its end; a single one counts as the last, as in PyLops. PyLops: `Sliding3D`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Sliding3D {
    /// Operator by name or as an expression, from the model of a window to its data `(*nwin, dimsd[2])`, or of
    /// all.
    #[serde(rename = "Op")]
    op: String,
    /// Dims of the models of all windows side by side: `nwins` times `nop`, and the last of a window's.
    dims: OneOrMany<usize>,
    /// Dims of the data, three axes.
    dimsd: OneOrMany<usize>,
    /// Samples of a window along the first two axes.
    nwin: OneOrMany<usize>,
    /// Samples that neighbouring windows share along each; with a taper at most half of a window.
    nover: OneOrMany<usize>,
    /// Samples of the model of a window along the first two axes; a third value is not used.
    nop: OneOrMany<usize>,
    /// How windows fall off where they overlap: `hanning`, `cosine`, `cosinesquare`, `cosinesqrt` or `none`.
    #[serde(default)]
    tapertype: TaperType,
}

impl Parameters for Sliding3D {
    fn build(self, _: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let mut nop = self.nop.to_vec();
        nop.truncate(2);
        let settings = Settings {
            op: &self.op,
            keys: ["dims", "dimsd"],
            dims: at.dims_of("dims", &self.dims, 3)?,
            dimsd: at.dims_of("dimsd", &self.dimsd, 3)?,
            nwin: at.per_axis("nwin", &self.nwin, 2)?,
            nover: at.per_axis("nover", &self.nover, 2)?,
            nop: Some(at.per_axis("nop", &OneOrMany::Many(nop), 2)?),
            tapertype: self.tapertype,
            only_is_last: true,
            scalings: None,
        };
        settings.build(scope, at)
    }
}

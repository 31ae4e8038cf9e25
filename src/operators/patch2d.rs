//! Windows that slide along all axes of a plane.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::windowed::{Settings, TaperType};
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<Patch2D>("Patch2D");

/// An operator on overlapping patches of a plane.
///
/// ```text
/// y_ij = sum_vw t_v(i - v s_0) t_w(j - w s_1) (Op x_vw)_(i - v s_0, j - w s_1),     s = nwin - nover
/// ```
/// Along each axis, patches start every `s = nwin - nover` samples. There are `nwins = (dimsd -
/// nwin) / s + 1`, rounded down: all are full, and samples after the last one are zero. The model
/// has dims `(*nwins, *nop)`. `Op` acts on one patch, or on all at once if its model has as many
/// elements as `dims`. One program serves all patches, unless `Op` contains `Spread` or
/// `Kirchhoff`. Along each axis, the first patch is not tapered at its start, the last not at its
/// end; a single one counts as the last, as in PyLops. PyLops: `Patch2D`, which ignores `scalings`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Patch2D {
    /// Operator by name or as an expression, from the model of a patch to its data of dims `nwin`, or of all.
    #[serde(rename = "Op")]
    op: String,
    /// Dims of the models of all patches side by side: `nwins` times `nop`.
    dims: OneOrMany<usize>,
    /// Dims of the data, two axes.
    dimsd: OneOrMany<usize>,
    /// Samples of a patch along each axis.
    nwin: OneOrMany<usize>,
    /// Samples that neighbouring patches share along each axis; with a taper at most half of a patch.
    nover: OneOrMany<usize>,
    /// Dims of the model of a patch.
    nop: OneOrMany<usize>,
    /// How patches fall off where they overlap: `hanning`, `cosine`, `cosinesquare`, `cosinesqrt` or `none`.
    #[serde(default)]
    tapertype: TaperType,
    /// A factor for each patch, in the order of the model; 1 by default.
    scalings: Option<ArrayParam>,
}

impl Parameters for Patch2D {
    fn build(self, _: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let settings = Settings {
            op: &self.op,
            keys: ["dims", "dimsd"],
            dims: at.dims_of("dims", &self.dims, 2)?,
            dimsd: at.dims_of("dimsd", &self.dimsd, 2)?,
            nwin: at.per_axis("nwin", &self.nwin, 2)?,
            nover: at.per_axis("nover", &self.nover, 2)?,
            nop: Some(at.per_axis("nop", &self.nop, 2)?),
            tapertype: self.tapertype,
            only_is_last: true,
            scalings: self.scalings.as_ref(),
        };
        settings.build(scope, at)
    }
}

//! Windows that slide along all axes of a volume.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::windowed::{Settings, TaperType};
use crate::operators::{Op, Scope};
use crate::scalar::DType;
use crate::spec::{ArrayParam, OneOrMany};

pub(crate) const ENTRY: Entry = Entry::of::<Patch3D>("Patch3D");

/// An operator on overlapping patches of a volume.
///
/// ```text
/// y_ijk = sum_uvw t_u(i - u s_0) t_v(j - v s_1) t_w(k - w s_2) (Op x_uvw)_(i - u s_0, j - v s_1, k - w s_2)
/// ```
/// Along each axis, patches start every `s = nwin - nover` samples. There are `nwins = (dimsd -
/// nwin) / s + 1`, rounded down: all are full, and samples after the last one are zero. The model
/// has dims `(*nwins, *nop)`. `Op` acts on one patch, or on all at once if its model has as many
/// elements as `dims`. One program serves all patches, unless `Op` contains `Spread` or
/// `Kirchhoff`. Along each axis, the first patch is not tapered at its start, the last not at its
/// end; a single one counts as the last, as in PyLops. PyLops: `Patch3D`, which ignores `scalings`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Patch3D {
    /// Operator by name or as an expression, from the model of a patch to its data of dims `nwin`, or of all.
    #[serde(rename = "Op")]
    op: String,
    /// Dims of the models of all patches side by side: `nwins` times `nop`.
    dims: OneOrMany<usize>,
    /// Dims of the data, three axes.
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

impl Parameters for Patch3D {
    fn build(self, _: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let settings = Settings {
            op: &self.op,
            keys: ["dims", "dimsd"],
            dims: at.dims_of("dims", &self.dims, 3)?,
            dimsd: at.dims_of("dimsd", &self.dimsd, 3)?,
            nwin: at.per_axis("nwin", &self.nwin, 3)?,
            nover: at.per_axis("nover", &self.nover, 3)?,
            nop: Some(at.per_axis("nop", &self.nop, 3)?),
            tapertype: self.tapertype,
            only_is_last: true,
            scalings: self.scalings.as_ref(),
        };
        settings.build(scope, at)
    }
}

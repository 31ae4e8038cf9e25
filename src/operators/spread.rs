//! Samples spread over traces at the indices of a table.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::graph::{self, Value};
use crate::io::Array;
use crate::operators::entry::{Checker, Entry, Parameters};
use crate::operators::{Op, Operator, Scope};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::ArrayParam;

pub(crate) const ENTRY: Entry = Entry::of::<Spread>("Spread");

/// Samples spread over traces at the indices of a table.
///
/// ```text
/// y_{j,k} += (1-w) x_{i,l},   y_{j,k+1} += w x_{i,l},   k = trunc(table_{i,l,j}),   w = dtable_{i,l,j}
/// ```
/// for every sample (i, l) of the model and every trace j; w = 0 without `dtable`. NaN in `table`
/// skips a trace. Samples that fall outside their trace, also before its start, are dropped
/// silently, in the adjoint too: tables are read during the run, so `check` cannot see this.
/// PyLops: `Spread`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Spread {
    /// Dims `(nx0, nt0)` of the model.
    dims: Vec<usize>,
    /// Dims `(nx, nt)` of the data.
    dimsd: Vec<usize>,
    /// Indices `(nx0, nt0, nx)` of samples; real numbers are truncated.
    table: ArrayParam,
    /// Fractions of a sample beyond `table`, of the same dims, for linear interpolation.
    dtable: Option<ArrayParam>,
    /// Whether to interpolate between two neighbours; by default, if `dtable` is given.
    interp: Option<bool>,
}

impl Parameters for Spread {
    fn build(self, dtype: DType, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let pair = |dims: &[usize], names: &str| {
            format!("expected two axes {names}, found {}", show_dims(dims))
        };
        at.require(self.dims.len() == 2, "dims", pair(&self.dims, "(nx0, nt0)"))?;
        at.require(self.dimsd.len() == 2, "dimsd", pair(&self.dimsd, "(nx, nt)"))?;
        let dims = at.fits("dims", self.dims)?;
        let dimsd = at.fits("dimsd", self.dimsd)?;
        let wanted = [dims[0], dims[1], dimsd[0]];
        let label = "interpolation needs the fractions of `dtable`";
        at.require(self.interp != Some(true) || self.dtable.is_some(), "interp", label)?;
        let label = "`dtable` asks for interpolation; remove one of the two";
        at.require(self.interp != Some(false) || self.dtable.is_none(), "interp", label)?;
        let mut read = |key: &str, param: &ArrayParam| {
            let array = at.array(key, param, DType::Float64, scope)?.exact();
            at.require(!array.is_mask(), key, "expected indices, found booleans")?;
            let ty = array.ty();
            let label = format!("expected real numbers, found {}", ty.dtype);
            at.require(!ty.dtype.is_complex(), key, label)?;
            let label = format!(
                "expected (nx0, nt0, nx) = {}, found {}",
                show_dims(&wanted),
                show_dims(&ty.dims)
            );
            at.require(ty.dims == wanted, key, label)?;
            at.reshaped(key, array, &[dims[0] * dims[1], dimsd[0]])
        };
        let table = read("table", &self.table)?;
        let fractions = match &self.dtable {
            Some(param) => Some(read("dtable", param)?),
            None => None,
        };
        let one =
            fractions.as_ref().map_or(table.ty().dtype, |f| f.ty().dtype.promote(table.ty().dtype));
        let table = at.as_type("table", table, one)?;
        let fractions = match fractions {
            Some(array) => Some(at.as_type("dtable", array, one)?),
            None => None,
        };
        Some(Arc::new(Built { model: ArrayType { dims, dtype }, nt: dimsd[1], table, fractions }))
    }
}

#[derive(Debug)]
struct Built {
    model: ArrayType,
    nt: usize,
    /// `(nx0 nt0, nx)`
    table: Array,
    fractions: Option<Array>,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let fractions = self.fractions.as_ref().map(|f| x.constant(f));
        x.flatten().spread_by(&x.constant(&self.table), fractions.as_ref(), self.nt)
    }
}

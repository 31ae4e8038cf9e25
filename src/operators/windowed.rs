//! What operators on windows share: how many windows there are, their tapers, one operator on all of them.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::{self, Along, Value, repeated};
use crate::io::Array;
use crate::operators::algebra::{as_model, program_for};
use crate::operators::entry::Checker;
use crate::operators::{Op, Operator, Scope, data};
use crate::scalar::DType;
use crate::space::{ArrayType, show_dims};
use crate::spec::ArrayParam;
use crate::synthetics::tapers::{self, taper};

/// How windows fall off where they overlap.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TaperType {
    /// `(1 + cos) / 2`.
    #[default]
    Hanning,
    /// The same, despite its name.
    Cosine,
    /// The square of it.
    CosineSquare,
    /// The square root of it.
    CosineSqrt,
    /// Ones.
    None,
}

/// The parameters of an operator on windows, whichever it is.
pub(super) struct Settings<'a> {
    /// The operator of one window or of all.
    pub(super) op: &'a str,
    /// Keys of the model's and the data's dims.
    pub(super) keys: [&'a str; 2],
    /// Dims of the model, windows side by side.
    pub(super) dims: Vec<usize>,
    /// Dims of the data.
    pub(super) dimsd: Vec<usize>,
    /// Samples of a window along each axis of windows, which are the first.
    pub(super) nwin: Vec<usize>,
    /// Samples that neighbours share.
    pub(super) nover: Vec<usize>,
    /// Dims of the model of a window along those axes, if they are given.
    pub(super) nop: Option<Vec<usize>>,
    /// Taper.
    pub(super) tapertype: TaperType,
    /// Whether an only window has a taper at its start, like a last one, as in PyLops where it has any.
    pub(super) only_is_last: bool,
    /// A factor for each window.
    pub(super) scalings: Option<&'a ArrayParam>,
}

impl Settings<'_> {
    pub(super) fn build(self, scope: &mut dyn Scope, at: &mut Checker<'_>) -> Option<Op> {
        let op = at.operator("Op", self.op, scope)?;
        let axes: Option<Vec<Along>> = (0..self.nwin.len()).map(|a| self.along(a, at)).collect();
        let axes = axes?;
        let counts: Vec<usize> = axes.iter().map(|along| along.count).collect();
        let rest = &self.dimsd[axes.len()..];
        let windows = at.fits(self.keys[1], [&counts, &self.nwin, rest].concat())?;
        let nop = self.model_of_one(&op, &counts, at)?;
        let whole = op.model().len() == self.dims.iter().product::<usize>();
        let given = match data(op.as_ref()) {
            Ok(data) => data,
            Err(error) => {
                at.require(false, "Op", error.to_string())?;
                return None;
            }
        };
        let (what, expected) = match whole {
            true => ("of all windows", &windows[..]),
            false => ("of a window", &windows[axes.len()..]),
        };
        let label = format!(
            "its data has dims {}, expected those {what}: {}",
            show_dims(&given.dims),
            show_dims(expected)
        );
        at.require(given.len() == expected.iter().product::<usize>(), "Op", label)?;
        let scalings = match self.scalings {
            Some(scalings) => {
                Some(self.factors(scalings, &counts, windows.len(), &op, scope, at)?)
            }
            None => None,
        };
        let dtype = op.model().dtype;
        let model = ArrayType::new([counts, nop].concat(), dtype);
        Some(Arc::new(Built {
            op,
            whole,
            model,
            windows,
            axes: axes.into(),
            dimsd: self.dimsd,
            scalings,
        }))
    }

    /// Windows along an axis.
    fn along(&self, axis: usize, at: &mut Checker<'_>) -> Option<Along> {
        let (n, len, over) = (self.dimsd[axis], self.nwin[axis], self.nover[axis]);
        let label = format!("expected from 1 to the {n} samples of axis {axis}");
        at.require((1..=n).contains(&len), "nwin", label)?;
        let label = format!("expected fewer than the {len} samples of a window");
        at.require(over < len, "nover", label)?;
        let step = len - over;
        let count = (n - len) / step + 1;
        let kind = match self.tapertype {
            TaperType::Hanning => tapers::Taper::Hanning,
            TaperType::Cosine => tapers::Taper::Cosine,
            TaperType::CosineSquare => tapers::Taper::CosineSquare,
            TaperType::CosineSqrt => tapers::Taper::CosineSqrt,
            TaperType::None => return Some(Along { count, len, step, tapers: None }),
        };
        let between = match taper(len, over, kind) {
            Ok(taper) => taper,
            Err(error) => {
                let label = format!("{error}, unless `tapertype` is \"none\"");
                at.require(false, "nover", label)?;
                return None;
            }
        };
        let (mut first, mut last) = (between.clone(), between.clone());
        first[..over].fill(1.0);
        last[len - over..].fill(1.0);
        if count == 1 {
            if !self.only_is_last {
                last[..over].fill(1.0);
            }
            first.clone_from(&last);
        }
        Some(Along { count, len, step, tapers: Some([first.into(), between.into(), last.into()]) })
    }

    /// Dims of the model of one window.
    fn model_of_one(&self, op: &Op, counts: &[usize], at: &mut Checker<'_>) -> Option<Vec<usize>> {
        let (key, dims) = (self.keys[0], &self.dims);
        let axes = counts.len();
        let (one, rest) = (op.model(), &dims[axes..]);
        let windows = counts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
        let plural = if counts.iter().product::<usize>() == 1 { "" } else { "s" };
        let wrong = |at: &mut Checker<'_>, of: &[usize], side_by_side: &[usize]| {
            let axes = side_by_side.iter().enumerate();
            let expected: Vec<usize> =
                axes.map(|(a, n)| n.saturating_mul(*counts.get(a).unwrap_or(&1))).collect();
            let label = format!(
                "{windows} window{plural} of models of dims {}: expected dims {}, found {}",
                show_dims(of),
                show_dims(&expected),
                show_dims(dims)
            );
            at.require(false, key, label)
        };
        if let Some(nop) = &self.nop {
            let fits =
                |((n, count), d): ((&usize, &usize), &usize)| n.checked_mul(*count) == Some(*d);
            if !nop.iter().zip(counts).zip(dims).all(fits) {
                wrong(at, nop, &[nop, rest].concat())?;
            }
        }
        let elements = |dims: &[usize]| dims.iter().product::<usize>();
        let nop: Vec<usize> = dims.iter().zip(counts).map(|(n, count)| n / count).collect();
        let divides = dims.iter().zip(counts).all(|(n, count)| n % count == 0);
        let fits = elements(&nop) * elements(rest) == one.len() || elements(dims) == one.len();
        if divides && fits {
            return Some([&nop, rest].concat());
        }
        if self.nop.is_some() {
            let label = format!(
                "its model has dims {}, expected those of a window, {}, or of all, {}",
                show_dims(&one.dims),
                show_dims(&[&nop, rest].concat()),
                show_dims(dims)
            );
            at.require(false, "Op", label)?;
        }
        // Without `nop` there is one axis of windows.
        let side_by_side = match one.dims.len() == dims.len() {
            true => one.dims.clone(),
            false => [&[one.len().div_ceil(elements(rest))], rest].concat(),
        };
        wrong(at, &one.dims, &side_by_side)?;
        None
    }

    /// The factors of windows, with axes for their samples.
    fn factors(
        &self,
        scalings: &ArrayParam,
        counts: &[usize],
        axes: usize,
        op: &Op,
        scope: &mut dyn Scope,
        at: &mut Checker<'_>,
    ) -> Option<Array> {
        let real = DType::of(false, op.model().dtype.is_double());
        let array = at.array_as("scalings", scalings, real, scope)?;
        let mut dims = counts.to_vec();
        let n = dims.iter().product::<usize>();
        let found = array.ty().len();
        let label = format!("expected {n} factors, one for each window; found {found}");
        at.require(found == n, "scalings", label)?;
        dims.resize(axes, 1);
        at.reshaped("scalings", array, &dims)
    }
}

#[derive(Debug)]
struct Built {
    op: Op,
    /// Whether the operator is applied to all windows at once.
    whole: bool,
    model: ArrayType,
    /// Dims of the windows: how many, and of one.
    windows: Vec<usize>,
    axes: Arc<[Along]>,
    dimsd: Vec<usize>,
    scalings: Option<Array>,
}

impl Operator for Built {
    fn model(&self) -> ArrayType {
        self.model.clone()
    }

    fn forward(&self, x: &Value) -> graph::Result<Value> {
        let y = if self.whole {
            self.op.forward(&as_model(x, &self.op.model())?)?
        } else {
            self.each(x)?
        };
        let mut y = y.reshape(&self.windows)?;
        if let Some(scalings) = &self.scalings {
            y = y.multiply(&y.constant(scalings))?;
        }
        y.overlap_add(self.axes.clone(), &self.dimsd)
    }
}

impl Built {
    /// The operator applied to each window: one program for all of them, if that can be.
    fn each(&self, x: &Value) -> graph::Result<Value> {
        let x = x.cast(x.dtype().promote(self.op.model().dtype));
        let one = program_for(&self.op, x.dtype())?;
        let counts = &self.windows[..self.axes.len()];
        let all = counts.iter().rev().try_fold(Some(one), |all, &n| match all {
            Some(program) => repeated(&program, n),
            None => Ok(None),
        })?;
        if let Some(all) = all {
            return Ok(x.reshape(&all.inputs[0].dims)?.apply(&all));
        }
        let one = self.op.model();
        let n = counts.iter().product::<usize>();
        let x = x.reshape(&[n, one.len()])?;
        let parts = (0..n).map(|k| {
            let y = self.op.forward(&as_model(&x.slice(0, k, 1, 1)?, &one)?)?;
            y.reshape(&[&[1], y.dims()].concat())
        });
        Value::concatenate(&parts.collect::<graph::Result<Vec<_>>>()?, 0)
    }
}

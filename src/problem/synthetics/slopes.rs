//! Arrays of local slopes.

use super::{Draft, Names, input};
use crate::space::show_dims;
use crate::spec::{ArrayRef, Diagnostic, Diagnostics, SlopeResult, SlopesSpec};
use crate::synthetics::pwd::{self, Pwd};
use crate::synthetics::slopes::{Structure, Tensor, structure};

pub(super) fn draft(spec: &SlopesSpec, names: &mut Names, out: &mut Diagnostics) -> Option<Draft> {
    match spec {
        SlopesSpec::Structure { d, steps, smooth, eps, wanted } => {
            let data = input(d, "data", names, out)?;
            let dims = data.ty().dims.clone();
            let &[nz, nx] = &dims[..] else { return misfit(d, "two axes (nz, nx)", &dims, out) };
            if nz < 2 || nx < 2 {
                return misfit(d, "two samples or more along each axis", &dims, out);
            }
            let tensor = Tensor { dims: [nz, nx], steps: *steps, smooth: *smooth, eps: *eps };
            let wanted = match wanted {
                SlopeResult::Slopes => Structure::Slopes,
                SlopeResult::Dips => Structure::Dips,
                SlopeResult::Anisotropies => Structure::Anisotropies,
            };
            // Gradients, their three products, and those half smoothed.
            let scratch = data.ty().len().saturating_mul(7);
            let run = move |inputs: &[Vec<f64>]| Ok(structure(&inputs[0], &tensor, wanted));
            Some(Draft { scratch, ..Draft::new(vec![data], dims, run) })
        }
        SlopesSpec::Pwd { d, niter, liter, order, triangle, nsmooth, damp, axis } => {
            let data = input(d, "data", names, out)?;
            let dims = data.ty().dims.clone();
            let n = dims.len();
            if !(2..=3).contains(&n) || dims.contains(&0) {
                return misfit(d, "two or three axes", &dims, out);
            }
            if nsmooth.len() != 1 && nsmooth.len() != n {
                let expected = format!("{} axes, as many as `nsmooth` has lengths", nsmooth.len());
                return misfit(d, &expected, &dims, out);
            }
            let axis = if *axis < 0.0 { axis + n as f64 } else { *axis };
            if axis != 1.0 && axis != 2.0 || axis >= n as f64 {
                return misfit(d, "`axis` to be one of the others than the first", &dims, out);
            }
            let each = |k: usize| nsmooth[if nsmooth.len() == 1 { 0 } else { k }];
            let halved = |n: usize| if *triangle { n.div_ceil(2) } else { n };
            let pwd = Pwd {
                niter: *niter,
                liter: *liter,
                reach: *order,
                nsmooth: (0..n).map(|k| halved(each(k))).collect(),
                passes: if *triangle { 2 } else { 1 },
                damp: *damp,
                last: axis == 2.0,
            };
            let whole = dims.clone();
            let run = move |inputs: &[Vec<f64>]| Ok(pwd::slopes(&inputs[0], &whole, &pwd));
            let scratch = data.ty().len().saturating_mul(10);
            Some(Draft { scratch, ..Draft::new(vec![data], dims, run) })
        }
    }
}

fn misfit(
    place: &ArrayRef,
    expected: &str,
    dims: &[usize],
    out: &mut Diagnostics,
) -> Option<Draft> {
    let label = format!("expected {expected}, found dims {}", show_dims(dims));
    let message = "these data have no slopes";
    out.push(Diagnostic::new(place.span().clone(), message, label));
    None
}

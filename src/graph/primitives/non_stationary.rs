//! Filters that vary with the sample that they are applied to.

use std::ops::Range;

use crate::graph::primitives::convolve::worthwhile;
use crate::graph::primitives::prelude::*;
use crate::kernels::Scratch;
use crate::kernels::estimate::{Estimate, estimate};
use crate::kernels::non_stationary::{Bank, Way, apply};
use crate::kernels::{Knots, pointwise};

/// `y_q = sum_p x_p h^(p)_{q-p+c}` along some axes, `h^(p)` interpolated linearly between filters that are
/// known at knots. It is linear in the model `x`, and in the filters `h`, of dims `(filters along each
/// axis, taps along each axis)`; what is not the unknown is the second input.
#[derive(Clone, Debug, PartialEq)]
pub struct NonStationary {
    /// Axes that it works along, ascending; all of them if the filters are the unknown.
    pub axes: Vec<usize>,
    /// Where filters are known, along each of them.
    pub knots: Arc<[Knots]>,
    /// Odd lengths of a filter.
    pub taps: Vec<usize>,
    /// What it computes.
    pub gives: Gives,
    /// Whether the second input is conjugated.
    pub conj: bool,
}

/// What is computed of the model `x`, the data `y` and the filters `h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gives {
    /// `y` of `[x, h]`.
    Data,
    /// `x_p = sum_q y_q h^(p)_{q-p+c}` of `[y, h]`.
    Model,
    /// `y` of `[h, x]`.
    DataOfFilters,
    /// `h_{f,t} = sum_p w_f(p) x_p y_{p+t-c}` of `[y, x]`.
    Filters,
}

impl Value {
    /// This, filtered along axes in ascending order by filters `(filters.., taps..)` at knots.
    pub fn non_stationary(
        &self,
        axes: &[usize],
        knots: impl Into<Arc<[Knots]>>,
        filters: &Value,
    ) -> Result<Value> {
        let knots = knots.into();
        let taps = checked(self.dims(), axes, &knots, filters.dims())?;
        let (x, h) = typed(self, filters);
        let axes = axes.to_vec();
        let filter = NonStationary { axes, knots, taps, gives: Gives::Data, conj: false };
        Ok(x.node(filter, &[x.clone(), h], x.ty().clone()))
    }

    /// A signal filtered along all its axes by these filters `(filters.., taps..)` at knots.
    pub fn non_stationary_filters(
        &self,
        knots: impl Into<Arc<[Knots]>>,
        signal: &Value,
    ) -> Result<Value> {
        let knots = knots.into();
        let axes: Vec<usize> = (0..signal.dims().len()).collect();
        let taps = checked(signal.dims(), &axes, &knots, self.dims())?;
        let (h, x) = typed(self, signal);
        let filter = NonStationary { axes, knots, taps, gives: Gives::DataOfFilters, conj: false };
        let ty = ArrayType::new(x.dims(), h.dtype());
        Ok(h.node(filter, &[h.clone(), x], ty))
    }
}

/// The lengths of filters that fit an array.
fn checked(
    dims: &[usize],
    axes: &[usize],
    knots: &[Knots],
    filters: &[usize],
) -> Result<Vec<usize>> {
    let n = axes.len();
    let fits = n > 0
        && axes.windows(2).all(|w| w[0] < w[1])
        && knots.len() == n
        && filters.len() == 2 * n
        && (0..n).all(|a| dims.get(axes[a]).is_some_and(|&len| knots[a].last() < len))
        && (0..n).all(|a| knots[a].count() == filters[a] && filters[n + a] % 2 == 1);
    if !fits {
        let (filters, dims) = (show_dims(filters), show_dims(dims));
        return wrong(format!("filters of dims {filters} along axes {axes:?} of dims {dims}"));
    }
    Ok(filters[n..].to_vec())
}

/// The unknown and a factor in types that go together.
fn typed(unknown: &Value, factor: &Value) -> (Value, Value) {
    let dtype = unknown.dtype().promote(factor.dtype());
    let factor = factor.cast(DType::of(factor.dtype().is_complex(), dtype.is_double()));
    (unknown.cast(dtype), factor)
}

impl NonStationary {
    /// A box with the reach of the filters around it, within an array.
    fn around(&self, b: &IndexBox, dims: &[usize]) -> IndexBox {
        self.axes.iter().zip(&self.taps).fold(b.clone(), |around, (&axis, taps)| {
            let (r, c) = (&b.0[axis], taps / 2);
            around.with(axis, r.start.saturating_sub(c)..(r.end + c).min(dims[axis]))
        })
    }

    /// The filters that samples in a box need.
    fn filters(&self, b: &IndexBox) -> IndexBox {
        let filters = self.axes.iter().zip(self.knots.iter()).map(|(&a, k)| k.filters(&b.0[a]));
        IndexBox(filters.chain(self.taps.iter().map(|&taps| 0..taps)).collect())
    }

    /// The samples that filters in a box count for.
    fn samples(&self, filters: &IndexBox, dims: &[usize]) -> IndexBox {
        let of = |a: usize| self.knots[a].samples(&filters.0[a], dims[a]);
        IndexBox((0..dims.len()).map(of).collect())
    }

    /// An input as elements of the result's type.
    fn pulled<'a>(
        &self,
        job: &Job<'a>,
        i: usize,
        conj: bool,
    ) -> std::result::Result<Tile<'a>, Failure> {
        let (b, dtype) = (job.need(i), job.at.ty().dtype);
        if b.is_empty() {
            return Ok(Tile::Made(Scratch::dirty(dtype, b.dims())));
        }
        if job.at.input(i).dtype == dtype && !(conj && dtype.is_complex()) {
            return job.pull_rows(i, &b);
        }
        let mut scratch = Scratch::dirty(dtype, b.dims());
        pointwise::copy(scratch.view_mut(), job.pull(i, &b)?.view());
        if conj {
            pointwise::conj(scratch.view_mut());
        }
        Ok(Tile::Made(scratch))
    }

    /// Filters as the kernel wants them.
    fn bank<T: Viewed>(&self, ndim: usize, filters: &IndexBox, values: View<'_>) -> Bank<'_, T> {
        let mut bank = Bank {
            knots: vec![None; ndim],
            taps: vec![1; ndim],
            filters: vec![0..1; ndim],
            values: Viewed::typed(values).iter().copied().collect(),
        };
        for (a, &axis) in self.axes.iter().enumerate() {
            bank.knots[axis] = Some(&self.knots[a]);
            bank.taps[axis] = self.taps[a];
            bank.filters[axis] = filters.0[a].clone();
        }
        bank
    }
}

impl Definition for NonStationary {
    fn label(&self) -> String {
        let axes: Vec<String> = self.axes.iter().map(usize::to_string).collect();
        let axes = format!("{} {}", if axes.len() == 1 { "axis" } else { "axes" }, axes.join(", "));
        match self.gives {
            Gives::Data => format!("convolve by varying filters {axes}"),
            Gives::Model => format!("correlate by varying filters {axes}"),
            Gives::DataOfFilters => "varying filters".into(),
            Gives::Filters => "varying filters T".into(),
        }
    }

    fn facts(&self) -> Facts {
        let order = match self.gives {
            Gives::Data | Gives::Model => Order::Matters,
            Gives::DataOfFilters | Gives::Filters => Order::Lost,
        };
        Facts { linear: Linear::First, pulls: Pulls::Again, order }
    }

    fn needs(&self, at: Applied<'_>, i: usize, out: &IndexBox, f: Visit<'_>) {
        let dims = &at.input(0).dims;
        f(match (self.gives, i) {
            (Gives::Data | Gives::Model, 0) => self.around(out, dims),
            (Gives::Data, _) => self.filters(&self.around(out, dims)),
            (Gives::Model, _) => self.filters(out),
            (Gives::DataOfFilters, 0) => self.filters(&self.around(out, at.dims())),
            (Gives::DataOfFilters, _) => self.around(out, at.dims()),
            (Gives::Filters, 0) => {
                let samples = self.samples(out, dims);
                let reach = |a: usize| {
                    let (s, t) = (&samples.0[a], &out.0[dims.len() + a]);
                    let lag = |sample: usize| sample.saturating_sub(self.taps[a] / 2).min(dims[a]);
                    lag(s.start + t.start)..lag(s.end + t.end - 1)
                };
                IndexBox((0..dims.len()).map(reach).collect())
            }
            (Gives::Filters, _) => self.samples(out, dims),
        });
    }

    fn cut(&self, at: Applied<'_>) -> Cut {
        let mut cut = Cut::free(at.ty());
        let last = at.dims().len() - 1;
        if self.gives == Gives::Filters {
            // An element costs all samples that its filter counts for.
            let dims = &at.input(0).dims;
            let around =
                dims.iter().zip(self.knots.iter()).map(|(&n, k)| 2.0 * n as f64 / k.count() as f64);
            cut.bytes = cut.bytes.max(around.product::<f64>() * at.ty().dtype.size() as f64);
            cut.align[last] = Some(8);
        } else if self.axes[0] != last {
            let along_rows =
                if self.axes.ends_with(&[last]) { self.taps[self.taps.len() - 1] } else { 1 };
            cut.align[self.axes[0]] = Some(worthwhile(self.taps[0], along_rows));
        }
        cut
    }

    fn flops(&self, at: Applied<'_>) -> f64 {
        let samples = if self.gives == Gives::Filters { at.input(0) } else { at.ty() };
        4.0 * self.taps.iter().product::<usize>() as f64 * samples.len() as f64 * at.reals()
    }

    fn transpose(&self, back: &Back<'_>) -> Result<Value> {
        let gives = match self.gives {
            Gives::Data => Gives::Model,
            Gives::Model => Gives::Data,
            Gives::DataOfFilters => Gives::Filters,
            Gives::Filters => Gives::DataOfFilters,
        };
        back.with_factors(NonStationary { gives, conj: !self.conj, ..self.clone() })
    }

    fn conjugate(&self) -> Conjugate {
        Conjugate::Other(NonStationary { conj: !self.conj, ..self.clone() }.into())
    }

    fn batched(&self) -> Batched {
        match self.gives {
            Gives::Data | Gives::Model => {
                let axes = self.axes.iter().map(|axis| axis + 1).collect();
                Batched::OneFactor(NonStationary { axes, ..self.clone() }.into())
            }
            Gives::DataOfFilters | Gives::Filters => Batched::Never,
        }
    }

    fn compute(&self, job: &Job<'_>, out: ViewMut<'_>) -> Done {
        let (first, second) = (self.pulled(job, 0, false)?, self.pulled(job, 1, self.conj)?);
        let (needs, start) = ([job.need(0), job.need(1)], job.b.start());
        // The input that is an array of samples, and that of filters.
        let (x, h) = if self.gives == Gives::DataOfFilters { (1, 0) } else { (0, 1) };
        let (samples, filters) = if x == 0 { (&first, &second) } else { (&second, &first) };
        let way = if self.gives == Gives::Model { Way::Collect } else { Way::Spread };
        let ndim = needs[x].ndim();
        in_rows(out, |out| {
            with_view!(ViewMut, out, y => {
                if self.gives == Gives::Filters {
                    let (filters, taps): (&[Range<usize>], &[Range<usize>]) = job.b.0.split_at(ndim);
                    let of = Estimate {
                        knots: self.knots.iter().collect(),
                        centre: self.taps.iter().map(|taps| taps / 2).collect(),
                        filters: filters.to_vec(),
                        taps: taps.to_vec(),
                        signal: Viewed::typed(second.view()),
                        start: needs[1].start(),
                    };
                    estimate(y, Viewed::typed(first.view()), &needs[0].start(), &of);
                } else {
                    let bank = self.bank(ndim, &needs[h], filters.view());
                    apply(y, &start, Viewed::typed(samples.view()), &needs[x].start(), bank, way);
                }
            });
        });
        Ok(())
    }

    #[cfg(test)]
    fn define(&self, at: Applied<'_>, args: &[&Whole]) -> Whole {
        let factor = args[1].mapv(|v| if self.conj { v.conj() } else { v });
        let samples = match self.gives {
            Gives::DataOfFilters => at.dims(),
            _ => args[0].shape(),
        };
        let mut out = Whole::default(IxDyn(at.dims()));
        let (n, taps) = (self.axes.len(), ndarray::indices(IxDyn(&self.taps)));
        for p in ndarray::indices(IxDyn(samples)) {
            for t in taps.clone() {
                let mut q = p.clone();
                let inside = (0..n).all(|a| {
                    let lag = t[a] as isize - (self.taps[a] / 2) as isize;
                    let at = p[self.axes[a]] as isize + lag;
                    q[self.axes[a]] = at.max(0) as usize;
                    (0..samples[self.axes[a]] as isize).contains(&at)
                });
                // All filters around the sample, and their weights.
                for corner in (0..1_usize << n).filter(|_| inside) {
                    let (mut f, mut weight) = (vec![0; n], 1.0);
                    for a in 0..n {
                        let (k, w) = self.knots[a].between(p[self.axes[a]]);
                        let after = corner >> a & 1;
                        f[a] = k + after;
                        weight *= if after == 1 { w } else { 1.0 - w };
                    }
                    let h: Vec<usize> = f.into_iter().chain((0..n).map(|a| t[a])).collect();
                    let h = IxDyn(&h);
                    if weight == 0.0 {
                        continue;
                    }
                    match self.gives {
                        Gives::Data => out[q.clone()] += args[0][p.clone()] * factor[h] * weight,
                        Gives::Model => out[p.clone()] += args[0][q.clone()] * factor[h] * weight,
                        Gives::DataOfFilters => {
                            out[q.clone()] += factor[p.clone()] * args[0][h] * weight;
                        }
                        Gives::Filters => out[h] += factor[p.clone()] * args[0][q.clone()] * weight,
                    }
                }
            }
        }
        out
    }

    #[cfg(test)]
    fn examples() -> Vec<Example> {
        fn at(knots: &[&[usize]]) -> Vec<Knots> {
            knots.iter().map(|at| Knots::new(at.to_vec()).expect("ascending")).collect()
        }
        vec![
            ("non-stationary", &[2, 7], |x| {
                x.non_stationary(&[1], at(&[&[1, 5]]), &alike(x, &[2, 3], 0.2))
            }),
            ("non-stationary first axis", &[6, 2], |x| {
                x.non_stationary(&[0], at(&[&[0, 1, 4]]), &complex(x, &[3, 5], 0.2))
            }),
            ("non-stationary plane", &[5, 6], |x| {
                let knots = at(&[&[1, 3], &[0, 3, 4]]);
                x.non_stationary(&[0, 1], knots, &complex(x, &[2, 3, 3, 5], 0.2))
            }),
            ("non-stationary one filter", &[3, 4], |x| {
                x.non_stationary(&[0, 1], at(&[&[1], &[2]]), &alike(x, &[1, 1, 3, 1], 0.2))
            }),
            ("non-stationary filters", &[2, 5], |h| {
                h.non_stationary_filters(at(&[&[1, 4]]), &alike(h, &[7], 0.2))
            }),
            ("non-stationary filters in a plane", &[2, 2, 3, 3], |h| {
                h.non_stationary_filters(at(&[&[1, 3], &[0, 2]]), &complex(h, &[4, 5], 0.2))
            }),
        ]
    }
}

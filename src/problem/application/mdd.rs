//! Multi-dimensional deconvolution.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Application;
use super::expansion::{Expansion, array_type, switched};
use crate::operators::Checker;
use crate::problem::names::Names;
use crate::scalar::DType;
use crate::space::show_dims;
use crate::spec::{ArrayParam, NodeValue};

/// Multi-dimensional deconvolution of data in time.
///
/// ```text
/// d(t, s, v) = dr dt sqrt(nt2) sum_r G(t, s, r) * m(t, r, v),   solved for m
/// ```
/// Kernel and data are given in time; `add_negative` puts zeros at negative times in front, so that
/// nt2 = 2 nt - 1. Outputs: `minv` `(nr, [nv,] nt2)`, `madj` its adjoint estimate, `psfinv` and
/// `psfadj` `(nr, nr, nt2)` the same for the kernel itself: point spread functions. The factor
/// sqrt(nt2) comes from PyLops. PyLops: `MDD`, with the solver of `[solve]`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(super) struct Mdd {
    /// Kernel `(ns, nr, nt)`: name of an array.
    #[serde(rename = "G")]
    g: String,
    /// Data `(ns, nt)` or `(ns, nv, nt)`: name of an array.
    d: String,
    /// Time between two samples.
    #[serde(default = "dt")]
    dt: f64,
    /// Sampling of the receivers, which are summed over.
    #[serde(default = "one")]
    dr: f64,
    /// Number of frequencies to keep; by default all.
    nfmax: Option<usize>,
    /// Wavelet centred at time zero, with which `minv` and `psfinv` are convolved.
    wav: Option<ArrayParam>,
    /// Whether the model has negative times too.
    #[serde(default = "yes")]
    twosided: bool,
    /// Whether to add negative times to kernel and data.
    #[serde(default = "yes")]
    add_negative: bool,
    /// Whether to compute `madj`; by default, if an output has that name.
    adjoint: Option<bool>,
    /// Whether to compute `psfinv`; by default, if an output has that name.
    psf: Option<bool>,
    /// Restricts the model to times from zero on, with a preconditioner.
    #[serde(default)]
    causality_precond: bool,
    /// Number of samples over which to smooth the onset of that preconditioner.
    #[serde(default)]
    smooth_precond: usize,
}

fn dt() -> f64 {
    0.004
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

impl Application for Mdd {
    const OUTPUTS: &'static [&'static str] = &["minv", "madj", "psfinv", "psfadj"];

    fn expand(self, at: &mut Checker<'_>, names: &mut Names, to: &mut Expansion) -> Option<()> {
        let sizes = self.sizes(at, names, to)?;
        let &Sizes { ns, nr, nv, before, nt2, nf, real, .. } = &sizes;
        // The kernel by frequency, (nf, ns, nr), and the data, (nt2, ns, nv).
        let times = sizes.pad(to, "mdd_times_G", &[ns, nr, nt2 - before]);
        let dims = [ns, nr, nt2];
        let spectrum = spectrum(to, "mdd", &dims, nf, real.name(), real.complex().name());
        let kernel = to.applied("mdd_G", &format!("{spectrum} @ {times}"), &self.g);
        let data = sizes.time_first(to, &self.d);
        let operator = self.mdc(&sizes, &kernel, ("mdd_M", nv), to);
        to.solve(at, "operator", operator.as_str())?;
        to.solve(at, "data", data.as_str())?;
        self.precondition(&sizes, at, to)?;

        let [inverse, adjoint] = self.time_last(&sizes, ("mdd", &sizes.model()), at, names, to)?;
        to.output("minv", [("operator", inverse.into()), ("to", "model".into())])?;
        let adjoint = format!("{adjoint} @ {operator}.H");
        to.output("madj", [("operator", adjoint.into()), ("to", data.into())])?;
        if !(to.wants("psfinv") || to.wants("psfadj")) {
            return Some(());
        }
        let spread = self.mdc(&sizes, &kernel, ("mdd_psf", nr), to);
        let front = sizes.transpose(to, "mdd_front_G", &dims, to_front(3));
        let data = to.applied("mdd_G_time", &format!("{front} @ {times}"), &self.g);
        let points = ("mdd_psf", &[nt2, nr, nr][..]);
        let [inverse, adjoint] = self.time_last(&sizes, points, at, names, to)?;
        let adjoint = format!("{adjoint} @ {spread}.H");
        to.output("psfadj", [("operator", adjoint.into()), ("to", data.as_str().into())])?;
        if to.wants("psfinv") {
            let solve = to.further("psf", &spread, &data);
            to.output("psfinv", [("operator", inverse.into()), ("to", solve.into())])?;
        }
        Some(())
    }
}

/// What the parameters and the headers of their arrays say, checked.
struct Sizes {
    ns: usize,
    nr: usize,
    nv: usize,
    /// Dims of the data as they are given.
    data: Vec<usize>,
    /// Zeros in front, for negative times.
    before: usize,
    nt2: usize,
    nf: usize,
    real: DType,
}

/// The axes of an array of `n`, the last one first.
fn to_front(n: usize) -> Vec<usize> {
    [&[n - 1][..], &(0..n - 1).collect::<Vec<_>>()].concat()
}

impl Sizes {
    fn dtype(&self) -> (&'static str, NodeValue) {
        ("dtype", self.real.name().into())
    }

    /// Dims of the model, time first.
    fn model(&self) -> Vec<usize> {
        let all = [self.nt2, self.nr, self.nv];
        all[..self.data.len()].to_vec()
    }

    /// Puts zeros at negative times, time last.
    fn pad(&self, to: &mut Expansion, base: &str, dims: &[usize]) -> String {
        let mut pads = vec![vec![0, 0]; dims.len()];
        pads[dims.len() - 1][0] = self.before;
        let entries = [("dims", dims.into()), ("pad", pads.into()), self.dtype()];
        to.operator(base, "Pad", entries)
    }

    fn transpose(
        &self,
        to: &mut Expansion,
        base: &str,
        dims: &[usize],
        axes: Vec<usize>,
    ) -> String {
        let entries = [("dims", dims.into()), ("axes", axes.into()), self.dtype()];
        to.operator(base, "Transpose", entries)
    }

    /// The data with all times, time first: the name of an array.
    fn time_first(&self, to: &mut Expansion, data: &str) -> String {
        let times = self.pad(to, "mdd_times_d", &self.data);
        let mut dims = self.data.clone();
        let axes = to_front(dims.len());
        dims[axes[0]] = self.nt2;
        let front = self.transpose(to, "mdd_front_d", &dims, axes);
        to.applied("mdd_d", &format!("{front} @ {times}"), data)
    }
}

impl Mdd {
    /// Reads the headers and checks that all fits together.
    fn sizes(&self, at: &mut Checker<'_>, names: &mut Names, to: &Expansion) -> Option<Sizes> {
        let g = array_type("G", &self.g, at, names);
        let d = array_type("d", &self.d, at, names);
        let (g, d) = (g?, d?);
        let label = format!("expected (ns, nr, nt), found {}", show_dims(&g.dims));
        at.require(g.dims.len() == 3, "G", label)?;
        for (key, ty) in [("G", &g), ("d", &d)] {
            let label = "complex; expected samples in time, which are real";
            at.require(!ty.dtype.is_complex(), key, label)?;
        }
        at.require(self.dt > 0.0, "dt", "expected a sampling above 0")?;
        let (ns, nr, given) = (g.dims[0], g.dims[1], g.dims[2]);
        let label = format!(
            "expected ({ns}, {given}) or ({ns}, nv, {given}), found {}",
            show_dims(&d.dims)
        );
        let fits =
            matches!(d.dims.len(), 2 | 3) && d.dims[0] == ns && d.dims.last() == Some(&given);
        at.require(fits, "d", label)?;
        let nv = if d.dims.len() == 3 { d.dims[1] } else { 1 };
        switched("adjoint", self.adjoint, &["madj", "psfadj"], at, to)?;
        switched("psf", self.psf, &["psfinv", "psfadj"], at, to)?;
        let before = if self.twosided && self.add_negative { given - 1 } else { 0 };
        let nt2 = given + before;
        let odd = !self.twosided || nt2 % 2 == 1;
        let label = format!(
            "expected an odd number of time samples, zero in the middle, found {given}; \
             `add_negative = true` adds the negative ones"
        );
        at.require(odd, "G", label)?;
        let nfft = nt2 / 2 + 1;
        let nf = self.nfmax.unwrap_or(nfft).min(nfft);
        at.count("nfmax", nf)?;
        let real = to.dtype.unwrap_or(g.dtype).real();
        Some(Sizes { ns, nr, nv, data: d.dims, before, nt2, nf, real })
    }

    /// The convolution with the kernel, for so many sources.
    fn mdc(
        &self,
        sizes: &Sizes,
        kernel: &str,
        (base, nv): (&str, usize),
        to: &mut Expansion,
    ) -> String {
        let entries = [
            ("G", kernel.into()),
            ("nt", sizes.nt2.into()),
            ("nv", nv.into()),
            ("dt", self.dt.into()),
            ("dr", self.dr.into()),
            ("twosided", self.twosided.into()),
        ];
        to.operator(base, "MDC", entries)
    }

    /// The preconditioner that keeps the model at times from zero on, if it is asked for.
    fn precondition(&self, sizes: &Sizes, at: &mut Checker<'_>, to: &mut Expansion) -> Option<()> {
        if !(self.twosided && self.causality_precond) {
            return Some(());
        }
        let nt = sizes.nt2.div_ceil(2);
        let causal: NodeValue = [("nt", nt.into()), ("nsmooth", self.smooth_precond.into())].into();
        let causal = to.array("mdd_causal", [("causal", causal), sizes.dtype()]);
        let entries = [
            ("diag", causal.into()),
            ("dims", vec![sizes.nt2, sizes.nr, sizes.nv].into()),
            ("axis", 0_usize.into()),
        ];
        let precondition = to.operator("mdd_P", "Diagonal", entries);
        to.solve(at, "preconditioner", precondition)
    }

    /// Puts time last again: with the wavelet, if there is one, and without.
    fn time_last(
        &self,
        sizes: &Sizes,
        (base, dims): (&str, &[usize]),
        at: &mut Checker<'_>,
        names: &mut Names,
        to: &mut Expansion,
    ) -> Option<[String; 2]> {
        let axes = [&(1..dims.len()).collect::<Vec<_>>()[..], &[0]].concat();
        let plain = sizes.transpose(to, &format!("{base}_back"), dims, axes);
        let Some(wav) = &self.wav else { return Some([plain.clone(), plain]) };
        let nw = at.array("wav", wav, sizes.real, names)?.ty().clone();
        let label = format!("expected at most {} samples of one axis", sizes.nt2);
        at.require(nw.dims.len() == 1 && nw.len() <= sizes.nt2, "wav", label)?;
        let wav = NodeValue::from(at.table.params.get("wav")?);
        let mut dims = dims.to_vec();
        dims.rotate_left(1);
        let entries = [
            ("dims", dims.into()),
            ("h", wav),
            ("offset", ((nw.len() - 1) / 2).into()),
            sizes.dtype(),
        ];
        let convolve = to.operator(&format!("{base}_wav"), "Convolve1D", entries);
        Some([format!("{convolve} @ {plain}"), plain])
    }
}

/// The first `nf` frequencies of an array `[.., .., time]` as NumPy's `rfft` gives them, frequency
/// first: an expression.
pub(super) fn spectrum(
    to: &mut Expansion,
    base: &str,
    dims: &[usize; 3],
    nf: usize,
    real: &str,
    complex: &str,
) -> String {
    let [a, b, nt] = *dims;
    let entries = [
        ("dims", dims[..].into()),
        ("real", true.into()),
        ("norm", "none".into()),
        ("unweighted", true.into()),
        ("dtype", real.into()),
    ];
    let fourier = to.operator(&format!("{base}_F"), "FFT", entries);
    let entries = [
        ("N", vec![a, b, nf].into()),
        ("M", vec![a, b, nt / 2 + 1].into()),
        ("dtype", complex.into()),
    ];
    let cut = to.operator(&format!("{base}_cut"), "Identity", entries);
    let entries = [
        ("dims", vec![a, b, nf].into()),
        ("axes", vec![2_usize, 0, 1].into()),
        ("dtype", complex.into()),
    ];
    let front = to.operator(&format!("{base}_front"), "Transpose", entries);
    format!("{front} @ {cut} @ {fourier}")
}

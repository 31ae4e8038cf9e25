//! Marchenko redatuming.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Application;
use super::expansion::{Expansion, array_type, switched};
use super::mdd::spectrum;
use crate::operators::Checker;
use crate::problem::names::Names;
use crate::scalar::DType;
use crate::space::show_dims;
use crate::spec::{ArrayParam, NodeValue};

/// Marchenko redatuming: Green's functions between a buried point and the surface.
///
/// Computed from nothing but the reflection response at the surface and the direct wave:
///
/// ```text
/// [ I       -W R ] [ W f- ]   [ W R fd+ ]          g- = -(f- - R f+),   f+ = fd+ + f+'
/// [ -W Z R*    I ] [ W f+']  = [    0    ]          g+ = reversed (f+ - Z R* f-)
/// ```
/// with R the multi-dimensional convolution with the reflection response, R* the correlation, Z a
/// shift by one sample, W the window around time zero up to the direct wave, fd+ the direct wave
/// reversed in time. R includes the factor 2. Outputs, with nt2 = 2 nt - 1 and time zero at
/// sample nt - 1: `f1_inv_minus`, `f1_inv_plus`, `p0_minus` (the first estimate, R fd+),
/// `g_inv_minus`, `g_inv_plus`, all `(nr, nt2)`, or `(nr, nvs, nt2)` for `trav` of `(nr, nvs)`.
/// PyLops: `Marchenko`, `apply_onepoint` and `apply_multiplepoints`, with the solver of `[solve]`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(super) struct Marchenko {
    /// Reflection response in time `(ns, nr, nt)`, or by frequency `(ns, nr, nf)`, complex, as NumPy's
    /// rfft of `nt - 1` zeros and the response gives it, over sqrt(2 nt - 1): name of an array.
    #[serde(rename = "R")]
    r: String,
    /// Number of time samples; required if the response is given by frequency.
    nt: Option<usize>,
    /// Time between two samples.
    #[serde(default = "dt")]
    dt: f64,
    /// Distance between neighbouring receivers.
    #[serde(default = "one")]
    dr: f64,
    /// Number of frequencies to keep; by default all.
    nfmax: Option<usize>,
    /// Wavelet of the analytic direct wave, if `G0` is not given.
    wav: Option<ArrayParam>,
    /// How long before the direct wave the window ends.
    #[serde(default)]
    toff: f64,
    /// Number of samples over which to smooth the window.
    #[serde(default = "nsmooth")]
    nsmooth: usize,
    /// The response already includes `dr dt sqrt(2 nt - 1)`.
    #[serde(default)]
    prescaled: bool,
    /// Traveltime of the direct wave `(nr,)`, or `(nr, nvs)` for many points: name of an array.
    trav: String,
    /// Distance from the points to the receivers, like `trav`; with it the analytic direct wave is
    /// 3-D, else 2-D.
    dist: Option<ArrayParam>,
    /// Direct wave `(nr, nt)` or `(nr, nvs, nt)`: name of an array; by default the analytic one.
    #[serde(rename = "G0")]
    g0: Option<String>,
    /// Length of the Fourier transform for the analytic direct wave.
    nfft: Option<usize>,
    /// Whether to compute `p0_minus`; by default, if an output has that name.
    rtm: Option<bool>,
    /// Whether to compute `g_inv_minus` and `g_inv_plus`; by default, if outputs have those names.
    greens: Option<bool>,
}

fn dt() -> f64 {
    0.004
}

fn one() -> f64 {
    1.0
}

fn nsmooth() -> usize {
    10
}

impl Application for Marchenko {
    const OUTPUTS: &'static [&'static str] =
        &["f1_inv_minus", "f1_inv_plus", "p0_minus", "g_inv_minus", "g_inv_plus"];

    fn expand(self, at: &mut Checker<'_>, names: &mut Names, to: &mut Expansion) -> Option<()> {
        let sizes = self.sizes(at, names, to)?;
        let kernel = self.kernel(&sizes, to);
        let parts = self.operators(&sizes, &kernel, to);
        let direct = self.reversed_wave(&sizes, at, names, to)?;
        let placed = to.applied("m_fd_placed", &parts.plus_in, &direct);
        let data = format!("{} @ {} @ {}", parts.minus_in, parts.window, parts.convolve);
        let data = to.applied("m_d", &data, &direct);
        to.solve(at, "operator", parts.system.as_str())?;
        to.solve(at, "data", data)?;
        outputs(&sizes, &parts, direct, &placed, to)
    }
}

/// What the parameters and the headers of their arrays say, checked.
struct Sizes {
    /// Dims of the response, of which the first two are alike.
    response: Vec<usize>,
    by_frequency: bool,
    nr: usize,
    nt: usize,
    nt2: usize,
    nf: usize,
    /// Dims of the points.
    points: Vec<usize>,
    /// How many points.
    nv: usize,
    real: DType,
}

impl Sizes {
    fn dtype(&self) -> (&'static str, NodeValue) {
        ("dtype", self.real.name().into())
    }
}

/// Names of operators.
struct Parts {
    /// R for the wave fields of one kind.
    convolve: String,
    /// W for one wave field.
    window: String,
    /// Time reversed.
    reversed: String,
    /// From f- and from f+ to the unknowns (u, v).
    minus_in: String,
    plus_in: String,
    system: String,
    /// From (u, v) to the Green's functions.
    greens: String,
}

/// An operator of type `type_name` with `dims`, one parameter more, and the real type.
fn along(
    to: &mut Expansion,
    sizes: &Sizes,
    (base, type_name): (&str, &str),
    dims: &[usize],
    entry: (&str, NodeValue),
) -> String {
    to.operator(base, type_name, [("dims", dims.into()), entry, sizes.dtype()])
}

/// The five outputs, time last; `direct` is fd+, and `placed` the same in the unknowns.
fn outputs(
    sizes: &Sizes,
    parts: &Parts,
    direct: String,
    placed: &str,
    to: &mut Expansion,
) -> Option<()> {
    let Parts { convolve, reversed, minus_in, plus_in, greens, .. } = parts;
    let many = [&[sizes.nt2, sizes.nr][..], &sizes.points].concat();
    let axes = [&(1..many.len()).collect::<Vec<_>>()[..], &[0]].concat();
    let back = along(to, sizes, ("m_back", "Transpose"), &many, ("axes", axes.into()));
    let first = to.expression("m_first", format!("{minus_in}.H"));
    let second = to.expression("m_second", format!("{plus_in}.H"));
    let mut total = |name: &str, operator: String| {
        let apply =
            [("operator", operator.into()), ("to", "model".into()), ("plus", placed.into())];
        to.output(name, apply)
    };
    total("f1_inv_minus", format!("{back} @ {first}"))?;
    total("f1_inv_plus", format!("{back} @ {second}"))?;
    total("g_inv_minus", format!("-1 * {back} @ {first} @ {greens}"))?;
    total("g_inv_plus", format!("{back} @ {reversed} @ {second} @ {greens}"))?;
    let rtm = format!("{back} @ {convolve}");
    to.output("p0_minus", [("operator", rtm.into()), ("to", direct.into())])
}

impl Marchenko {
    /// Reads the headers and checks that all fits together.
    fn sizes(&self, at: &mut Checker<'_>, names: &mut Names, to: &Expansion) -> Option<Sizes> {
        let r = array_type("R", &self.r, at, names);
        let trav = array_type("trav", &self.trav, at, names);
        let (r, trav) = (r?, trav?);
        let label = format!("expected (ns, nr, nt) or (ns, nr, nf), found {}", show_dims(&r.dims));
        at.require(r.dims.len() == 3, "R", label)?;
        let (ns, nr, by_frequency) = (r.dims[0], r.dims[1], r.dtype.is_complex());
        at.require(
            ns == nr,
            "R",
            format!("expected as many sources as receivers, found {ns} and {nr}"),
        )?;
        let nt = match (by_frequency, self.nt) {
            (true, None) => {
                at.wrong("R", "a response by frequency needs `nt`", "this is complex");
                return None;
            }
            (true, Some(nt)) => at.count("nt", nt)?,
            (false, nt) => {
                let label = format!("the response has {} samples", r.dims[2]);
                at.require(nt.is_none_or(|nt| nt == r.dims[2]), "nt", label)?;
                r.dims[2]
            }
        };
        let fits = matches!(trav.dims.len(), 1 | 2) && trav.dims[0] == nr;
        let label = format!("expected ({nr},) or ({nr}, nvs), found {}", show_dims(&trav.dims));
        at.require(fits, "trav", label)?;
        let points = trav.dims[1..].to_vec();
        let nv = points.first().copied().unwrap_or(1);
        switched("rtm", self.rtm, &["p0_minus"], at, to)?;
        switched("greens", self.greens, &["g_inv_minus", "g_inv_plus"], at, to)?;
        let nt2 = 2 * nt - 1;
        let limit = if by_frequency { r.dims[2].min(nt) } else { nt };
        let nf = at.count("nfmax", self.nfmax.unwrap_or(limit).min(limit))?;
        let real = to.dtype.unwrap_or(r.dtype).real();
        Some(Sizes { response: r.dims, by_frequency, nr, nt, nt2, nf, points, nv, real })
    }

    /// The response by frequency, `(nf, ns, nr)`, scaled as PyLops has it.
    fn kernel(&self, sizes: &Sizes, to: &mut Expansion) -> String {
        let &Sizes { nr, nt, nt2, nf, real, .. } = sizes;
        let (real_name, complex_name) = (real.name(), real.complex().name());
        let dims = sizes.response.as_slice();
        if sizes.by_frequency {
            let entries = [
                ("N", vec![nr, nr, nf].into()),
                ("M", dims.into()),
                ("dtype", complex_name.into()),
            ];
            let cut = to.operator("m_cut", "Identity", entries);
            let entries = [
                ("dims", vec![nr, nr, nf].into()),
                ("axes", vec![2_usize, 0, 1].into()),
                ("dtype", complex_name.into()),
            ];
            let front = to.operator("m_front", "Transpose", entries);
            to.applied("m_R", &format!("{front} @ {cut}"), &self.r)
        } else {
            let pads: Vec<Vec<usize>> = vec![vec![0, 0], vec![0, 0], vec![nt - 1, 0]];
            let times = along(to, sizes, ("m_times", "Pad"), dims, ("pad", pads.into()));
            let spectrum = spectrum(to, "m", &[nr, nr, nt2], nf, real_name, complex_name);
            let scale = 1.0 / (nt2 as f64).sqrt();
            to.applied("m_R", &format!("{scale:?} * {spectrum} @ {times}"), &self.r)
        }
    }

    /// R, for so many wave fields.
    fn mdc(
        &self,
        sizes: &Sizes,
        kernel: &str,
        (base, columns): (&str, usize),
        to: &mut Expansion,
    ) -> String {
        let entries = [
            ("G", kernel.into()),
            ("nt", sizes.nt2.into()),
            ("nv", columns.into()),
            ("dt", self.dt.into()),
            ("dr", self.dr.into()),
            ("prescaled", self.prescaled.into()),
        ];
        to.operator(base, "MDC", entries)
    }

    /// The window W, as an array.
    fn window(&self, sizes: &Sizes, to: &mut Expansion) -> String {
        let window: NodeValue = [
            ("trav", self.trav.as_str().into()),
            ("toff", self.toff.into()),
            ("dt", self.dt.into()),
            ("nt", sizes.nt.into()),
            ("nsmooth", self.nsmooth.into()),
        ]
        .into();
        to.array("m_window", [("window", window), sizes.dtype()])
    }

    /// The system, and what leads to its unknowns and back.
    ///
    /// Z R* is R between two reversals J of time, and W is even. So the rows are alike for (J f-, f+),
    /// ```text
    /// (J f-, f+) - W J R (f+, J f-),
    /// ```
    /// and apart for their sum and difference over the square root of 2, an orthogonal change:
    /// ```text
    /// (u, v) - W J R (u, -v).
    /// ```
    /// One pass over R serves both.
    fn operators(&self, sizes: &Sizes, kernel: &str, to: &mut Expansion) -> Parts {
        let &Sizes { nr, nt2, nv, .. } = sizes;
        let convolve = self.mdc(sizes, kernel, ("m_conv", nv), to);
        let both = self.mdc(sizes, kernel, ("m_conv_both", 2 * nv), to);
        let pair = [nt2, nr, 2, nv];
        let dimsd = ("dimsd", vec![nt2, nr, 2 * nv].into());
        let joined = along(to, sizes, ("m_joined", "Reshape"), &pair, dimsd);
        let both = to.expression("m_both", format!("{joined}.H @ {both} @ {joined}"));
        // A wave field as one of two, the other zero.
        let place = |to: &mut Expansion, base: &str, side: usize| {
            let mut pads = vec![vec![0_usize, 0]; 4];
            pads[2][1 - side] = 1;
            along(to, sizes, (base, "Pad"), &[nt2, nr, 1, nv], ("pad", pads.into()))
        };
        let (minus, plus) = (place(to, "m_minus", 0), place(to, "m_plus", 1));
        let flip = |to: &mut Expansion, base: &str, dims: &[usize]| {
            along(to, sizes, (base, "Flip"), dims, ("axis", 0_usize.into()))
        };
        let reversed = flip(to, "m_J", &[nt2, nr, nv]);
        let window = self.window(sizes, to);
        let diagonal = |to: &mut Expansion, base: &str, diag: &str| {
            to.operator(base, "Diagonal", [("diag", diag.into()), sizes.dtype()])
        };
        let twice = to.applied("m_windows", &format!("{minus} + {plus}"), &window);
        let signed = to.applied("m_windows_signed", &format!("{plus} - {minus}"), &window);
        let (window, windows) = (diagonal(to, "m_W", &window), diagonal(to, "m_WW", &twice));
        let signed = diagonal(to, "m_WS", &signed);
        let reverse = flip(to, "m_JJ", &pair);
        let dims: NodeValue = pair[..].into();
        let diag = ("diag", vec![1.0, -1.0].into());
        let entries = [("dims", dims.clone()), diag, ("axis", 2_usize.into()), sizes.dtype()];
        let sign = to.operator("m_S", "Diagonal", entries);
        let identity = to.operator("m_I", "Identity", [("N", dims), sizes.dtype()]);
        let system = to
            .expression("m_M", format!("({identity} + {signed} @ {reverse} @ {both}) @ {windows}"));
        let greens = to.expression("m_G", format!("{identity} - {sign} @ {reverse} @ {both}"));
        let half = format!("{:?}", std::f64::consts::FRAC_1_SQRT_2);
        let minus_in =
            to.expression("m_from_minus", format!("{half} * ({minus} + {plus}) @ {reversed}"));
        let plus_in = to.expression("m_from_plus", format!("{half} * ({minus} - {plus})"));
        Parts { convolve, window, reversed, minus_in, plus_in, system, greens }
    }

    /// fd+: the direct wave reversed in time, then zeros.
    fn reversed_wave(
        &self,
        sizes: &Sizes,
        at: &mut Checker<'_>,
        names: &mut Names,
        to: &mut Expansion,
    ) -> Option<String> {
        let Sizes { nr, nt, points, .. } = sizes;
        let (wave, time_last) =
            self.direct_wave(*nt, &[&[*nr][..], points].concat(), at, names, to)?;
        let early = [&[*nt, *nr][..], points].concat();
        let reverse = along(to, sizes, ("m_reverse", "Flip"), &early, ("axis", 0_usize.into()));
        let mut pads = vec![vec![0, 0]; early.len()];
        pads[0][1] = nt - 1;
        let pad = along(to, sizes, ("m_pad", "Pad"), &early, ("pad", pads.into()));
        let mut direct = format!("{pad} @ {reverse}");
        if time_last {
            let given = [&[*nr][..], points, &[*nt]].concat();
            let last = given.len() - 1;
            let axes = [&[last][..], &(0..last).collect::<Vec<_>>()].concat();
            let axes = ("axes", axes.into());
            let front = along(to, sizes, ("m_front_G0", "Transpose"), &given, axes);
            direct = format!("{direct} @ {front}");
        }
        Some(to.applied("m_fd", &direct, &wave))
    }

    /// The direct wave: the name of an array, and whether its time is the last axis.
    fn direct_wave(
        &self,
        nt: usize,
        receivers: &[usize],
        at: &mut Checker<'_>,
        names: &mut Names,
        to: &mut Expansion,
    ) -> Option<(String, bool)> {
        let unused = ["dist", "nfft"].into_iter().find(|k| at.table.params.get(k).is_some());
        if let Some(g0) = &self.g0 {
            let ty = array_type("G0", g0, at, names)?;
            let expected = [receivers, &[nt]].concat();
            let found = show_dims(&ty.dims);
            let label = format!("expected {}, found {found}", show_dims(&expected));
            at.require(ty.dims == expected, "G0", label)?;
            if let Some(key) = unused {
                let message =
                    format!("`{key}` belongs to the analytic direct wave, but `G0` is given");
                at.wrong(key, message, "remove one of them");
                return None;
            }
            return Some((g0.clone(), true));
        }
        let (Some(_), Some(nfft)) = (&self.wav, self.nfft) else {
            let message = "Marchenko needs the direct wave";
            at.wrong("type", message, "expected `G0`, or `wav` and `nfft` for the analytic one");
            return None;
        };
        let mut entries = vec![
            ("wav", NodeValue::from(at.table.params.get("wav")?)),
            ("trav", self.trav.as_str().into()),
            ("nt", nt.into()),
            ("dt", self.dt.into()),
            ("nfft", nfft.into()),
        ];
        if let (Some(_), Some(dist)) = (&self.dist, at.table.params.get("dist")) {
            entries.push(("dist", NodeValue::from(dist)));
            entries.push(("kind", "3d".into()));
        }
        let wave = NodeValue::Table(crate::spec::table(entries));
        Some((to.array("m_G0", [("directwave", wave)]), false))
    }
}

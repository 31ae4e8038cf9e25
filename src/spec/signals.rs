//! `chirp`, `sines` and `get_window`, under SciPy's parameter names where it has them.

use super::node::TomlNode;
use super::reader::{self, Reader};
use super::synthetics::{mistake, positive, samples};

/// A signal of time, or a window.
#[derive(Clone, Debug, PartialEq)]
pub enum SignalSpec {
    /// `chirp`
    Chirp(ChirpSpec),
    /// `sines`: frequency, amplitude and phase in radians of each.
    Sines {
        /// Samples, their distance, and the time of the first.
        axis: TimeAxis,
        /// Frequency, amplitude and phase of each sine.
        sines: Vec<[f64; 3]>,
    },
    /// `get_window`
    Window {
        /// Which, with its own parameter.
        shape: WindowShape,
        /// Samples.
        num: usize,
        /// Symmetric; otherwise periodic, for Fourier transforms.
        sym: bool,
    },
}

/// Samples, their distance, and the time of the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeAxis {
    /// Number of samples.
    pub nt: usize,
    /// Time between samples.
    pub dt: f64,
    /// Time of the first sample.
    pub ot: f64,
}

/// SciPy's `signal.chirp`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChirpSpec {
    /// Samples in time.
    pub axis: TimeAxis,
    /// Frequency at time 0.
    pub f0: f64,
    /// Time of the second frequency.
    pub t1: f64,
    /// Frequency at that time.
    pub f1: f64,
    /// How the frequency goes from one to the other.
    pub method: ChirpMethod,
    /// Phase in degrees.
    pub phi: f64,
}

/// How the frequency of a chirp goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChirpMethod {
    /// `f(t) = f0 + (f1 - f0) t / t1`
    Linear,
    /// `f(t) = f0 + (f1 - f0) t^2 / t1^2`
    Quadratic,
    /// `f(t) = f0 (f1 / f0)^(t / t1)`
    Logarithmic,
    /// `f(t) = f0 f1 t1 / ((f0 - f1) t + f1 t1)`
    Hyperbolic,
}

/// A window of NumPy or SciPy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WindowShape {
    /// Ones.
    Boxcar,
    /// A triangle whose ends are not 0.
    Triang,
    /// A triangle whose ends are 0; NumPy's `bartlett`.
    Bartlett,
    /// Parzen's.
    Parzen,
    /// Bohman's.
    Bohman,
    /// Of Bartlett and Hann.
    Barthann,
    /// Half a period of a sine.
    Cosine,
    /// The main lobe of a sinc.
    Lanczos,
    /// Sums of cosines: `hann`, `hamming`, `blackman`, `nuttall`, `blackmanharris`, `flattop`.
    Cosines(&'static [f64]),
    /// `alpha - (1 - alpha) cos`.
    GeneralHamming(f64),
    /// Flat but for its edges, the part `alpha`.
    Tukey(f64),
    /// A Gaussian of a standard deviation in samples.
    Gaussian(f64),
    /// `exp(-|n / sig|^(2 p) / 2)`: `p` and `sig`.
    GeneralGaussian(f64, f64),
    /// `exp(-|n| / tau)` about the centre.
    Exponential(f64),
    /// Kaiser's, of `beta`.
    Kaiser(f64),
}

/// Windows without parameters.
const WINDOWS: [(&str, WindowShape); 15] = [
    ("boxcar", WindowShape::Boxcar),
    ("triang", WindowShape::Triang),
    ("bartlett", WindowShape::Bartlett),
    ("parzen", WindowShape::Parzen),
    ("bohman", WindowShape::Bohman),
    ("barthann", WindowShape::Barthann),
    ("cosine", WindowShape::Cosine),
    ("lanczos", WindowShape::Lanczos),
    ("hann", WindowShape::Cosines(&[0.5, 0.5])),
    ("hanning", WindowShape::Cosines(&[0.5, 0.5])),
    ("hamming", WindowShape::Cosines(&[0.54, 0.46])),
    ("blackman", WindowShape::Cosines(&[0.42, 0.5, 0.08])),
    ("nuttall", WindowShape::Cosines(&[0.3635819, 0.4891775, 0.1365995, 0.0106411])),
    ("blackmanharris", WindowShape::Cosines(&[0.35875, 0.48829, 0.14128, 0.01168])),
    (
        "flattop",
        WindowShape::Cosines(&[0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368]),
    ),
];

/// Windows with a parameter, of which some must be given.
const WITH: [&str; 6] =
    ["general_hamming", "tukey", "gaussian", "general_gaussian", "exponential", "kaiser"];

/// Reads the table of such a source.
pub(super) fn read(source: &str, r: &mut Reader<'_, '_>) -> Option<SignalSpec> {
    match source {
        "chirp" => chirp(r),
        "sines" => sines(r),
        _ => window(r),
    }
}

fn time_axis(r: &mut Reader<'_, '_>) -> Option<TimeAxis> {
    let nt = r.require("nt", samples);
    let dt = r.require("dt", positive);
    let ot = r.read("ot", reader::number).map_or(0.0, |ot| ot.value);
    Some(TimeAxis { nt: nt?, dt: dt?, ot })
}

fn chirp(r: &mut Reader<'_, '_>) -> Option<SignalSpec> {
    let axis = time_axis(r);
    let f0 = r.require("f0", reader::number);
    let f1 = r.require("f1", reader::number);
    let last = axis.map_or(1.0, |axis| axis.ot + (axis.nt.max(2) - 1) as f64 * axis.dt);
    let t1 = r.read("t1", positive).unwrap_or(last);
    let methods = [
        ("linear", ChirpMethod::Linear),
        ("quadratic", ChirpMethod::Quadratic),
        ("logarithmic", ChirpMethod::Logarithmic),
        ("hyperbolic", ChirpMethod::Hyperbolic),
    ];
    let method = r.read("method", |n, k| reader::word(n, k, &methods));
    let method = method.map_or(ChirpMethod::Linear, |m| m.value);
    let phi = r.read("phi", reader::number).map_or(0.0, |phi| phi.value);
    let (f0, f1) = (f0?.value, f1?.value);
    let apart = match method {
        ChirpMethod::Logarithmic => f0 * f1 <= 0.0,
        ChirpMethod::Hyperbolic => f0 == 0.0 || f1 == 0.0,
        _ => false,
    };
    if apart {
        let label = "expected frequencies of one sign, neither of them 0";
        r.out.push(mistake(r.table, "f1", label));
    }
    Some(SignalSpec::Chirp(ChirpSpec { axis: axis?, f0, t1, f1, method, phi }))
}

fn sines(r: &mut Reader<'_, '_>) -> Option<SignalSpec> {
    let axis = time_axis(r);
    let list = |node: &TomlNode, key: &str| match &node.value {
        super::NodeValue::Array(_) => {
            reader::list(node, key, "numbers", |n, k| Ok(reader::number(n, k)?.value))
        }
        _ => Ok(vec![reader::number(node, key)?.value]),
    };
    let f = r.require("f", list)?;
    let amp = r.read("amp", list).unwrap_or_else(|| vec![1.0]);
    let phase = r.read("phase", list).unwrap_or_else(|| vec![0.0]);
    for (key, values) in [("amp", &amp), ("phase", &phase)] {
        if values.len() != 1 && values.len() != f.len() {
            let label = format!("expected one value, or {} as in `f`", f.len());
            r.out.push(mistake(r.table, key, label));
            return None;
        }
    }
    if f.is_empty() {
        r.out.push(mistake(r.table, "f", "expected at least one frequency"));
    }
    let of = |values: &[f64], k: usize| values[k.min(values.len() - 1)];
    let sines = f.iter().enumerate().map(|(k, &f)| [f, of(&amp, k), of(&phase, k)]).collect();
    Some(SignalSpec::Sines { axis: axis?, sines })
}

fn window(r: &mut Reader<'_, '_>) -> Option<SignalSpec> {
    let word = r.require("window", reader::name);
    let num = r.require("Nx", samples);
    let sym = r.read("sym", reader::boolean).is_none_or(|sym| sym.value);
    let word = word?;
    let shape = match word.value.as_str() {
        "general_hamming" => WindowShape::GeneralHamming(r.require("alpha", reader::number)?.value),
        "tukey" => WindowShape::Tukey(r.read("alpha", reader::number).map_or(0.5, |a| a.value)),
        "gaussian" => WindowShape::Gaussian(r.require("std", positive)?),
        "general_gaussian" => {
            WindowShape::GeneralGaussian(r.require("p", positive)?, r.require("sig", positive)?)
        }
        "exponential" => WindowShape::Exponential(r.read("tau", positive).unwrap_or(1.0)),
        "kaiser" => WindowShape::Kaiser(r.require("beta", reader::number)?.value),
        name => {
            let Some((_, shape)) = WINDOWS.iter().find(|(known, _)| *known == name) else {
                let known: Vec<&str> = WINDOWS.iter().map(|(n, _)| *n).chain(WITH).collect();
                let label = format!("expected one of {}", known.join(", "));
                let mut unknown = mistake(r.table, "window", label);
                unknown.help = super::nearest(name, known).map(|n| format!("did you mean `{n}`?"));
                r.out.push(unknown);
                return None;
            };
            *shape
        }
    };
    Some(SignalSpec::Window { shape, num: num?, sym })
}

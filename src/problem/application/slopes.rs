//! Transforms from slopes to receivers, whole and in windows, as tables.

use super::expansion::Expansion;
use crate::operators::Checker;
use crate::scalar::DType;
use crate::spec::{NodeValue, table};

/// The axes of such a transform, with one or two axes of receivers.
pub(super) struct Slopes {
    /// Times.
    pub(super) time: Axis,
    /// Positions of the receivers.
    pub(super) space: Vec<Axis>,
    /// Slopes.
    pub(super) slopes: Vec<Axis>,
    /// Number of windows, receivers of one, and shared ones, for each axis.
    pub(super) windows: [Option<Vec<usize>>; 3],
    /// Whether positions count from the middle.
    pub(super) centeredh: bool,
    /// Element type.
    pub(super) real: DType,
}

/// An axis as the file has it, and its values, at least two.
pub(super) struct Axis {
    pub(super) node: NodeValue,
    pub(super) values: Vec<f64>,
}

impl Axis {
    fn step(&self) -> f64 {
        (self.values[1] - self.values[0]).abs()
    }
}

impl Slopes {
    fn dtype(&self) -> (&'static str, NodeValue) {
        ("dtype", self.real.name().into())
    }

    /// Dimension, keys of the positions, keys of the slopes.
    fn keys(&self) -> (&'static str, &'static [&'static str], &'static [&'static str]) {
        match self.space.len() {
            1 => ("2D", &["haxis"], &["pxaxis"]),
            _ => ("3D", &["hyaxis", "hxaxis"], &["pyaxis", "pxaxis"]),
        }
    }

    fn positions(&self) -> Vec<NodeValue> {
        self.space.iter().map(|axis| axis.node.clone()).collect()
    }

    /// The number of samples of some axes and of time.
    fn dims(&self, axes: &[Axis]) -> Vec<usize> {
        axes.iter().chain([&self.time]).map(|axis| axis.values.len()).collect()
    }

    /// A Radon transform: an expression, and the dims of its coefficients.
    pub(super) fn radon(
        &self,
        kind: &str,
        at: &mut Checker<'_>,
        to: &mut Expansion,
    ) -> Option<(String, Option<Vec<usize>>)> {
        let shape = at.fits("paxis", self.dims(&self.slopes))?;
        let one = self.radon_over(self.positions(), kind, self.centeredh, to);
        if self.space.len() == 1 {
            return Some((one, Some(shape)));
        }
        // The traces of an area lie along one axis of a Radon3D.
        let dims = self.dims(&self.space);
        let entries = [
            ("dims", vec![dims[0] * dims[1], dims[2]].into()),
            ("dimsd", dims.into()),
            self.dtype(),
        ];
        let area = to.operator("si_area", "Reshape", entries);
        Some((format!("{area} @ {one}"), Some(shape)))
    }

    fn radon_over(
        &self,
        positions: Vec<NodeValue>,
        kind: &str,
        centeredh: bool,
        to: &mut Expansion,
    ) -> String {
        let (dims, position_keys, slope_keys) = self.keys();
        let mut entries = vec![
            ("type", NodeValue::from(format!("Radon{dims}"))),
            ("taxis", self.time.node.clone()),
            ("kind", kind.into()),
            ("centeredh", centeredh.into()),
            self.dtype(),
        ];
        entries.extend(position_keys.iter().copied().zip(positions));
        let slopes = self.slopes.iter().map(|axis| axis.node.clone());
        entries.extend(slope_keys.iter().copied().zip(slopes));
        to.operator_of("si_S", table(entries))
    }

    /// A chirp Radon transform: an expression.
    pub(super) fn chirp(&self, to: &mut Expansion) -> String {
        self.chirp_over(self.positions(), to)
    }

    fn chirp_over(&self, positions: Vec<NodeValue>, to: &mut Expansion) -> String {
        let (dims, position_keys, _) = self.keys();
        let largest = |axis: &Axis| axis.values.iter().fold(f64::NEG_INFINITY, |m, p| m.max(*p));
        let pmax: Vec<f64> = self
            .slopes
            .iter()
            .zip(&self.space)
            .map(|(slopes, space)| largest(slopes) * space.step() / self.time.step())
            .collect();
        let pmax = if let [pmax] = pmax[..] { pmax.into() } else { pmax.into() };
        let mut entries = vec![
            ("type", NodeValue::from(format!("ChirpRadon{dims}"))),
            ("taxis", self.time.node.clone()),
            ("pmax", pmax),
            self.dtype(),
        ];
        entries.extend(position_keys.iter().copied().zip(positions));
        format!("{}.H", to.operator_of("si_S", table(entries)))
    }

    /// One of them in windows: an expression; with one axis of receivers, the dims of all slopes as well.
    pub(super) fn sliding(
        &self,
        chirp: bool,
        at: &mut Checker<'_>,
        to: &mut Expansion,
    ) -> Option<(String, Option<Vec<usize>>)> {
        let axes = self.space.len();
        let [Some(nwins), Some(nwin), Some(nover)] = &self.windows else {
            let message = "this `kind` needs `nwins`, `nwin` and `nover`";
            at.wrong("kind", message, format!("one number for each of {axes} axes of receivers"));
            return None;
        };
        let mut local = Vec::new();
        for (axis, &n) in self.space.iter().zip(nwin) {
            at.require(n > 1, "nwin", "expected at least 2")?;
            // PyLops' positions in a window, whose ends are rounded down.
            let width = axis.step() * n as f64;
            let line: NodeValue = [
                ("start", (-width / 2.0).floor().into()),
                ("stop", (width / 2.0).floor().into()),
                ("num", n.into()),
            ]
            .into();
            // In single precision, curves that end on the last sample would miss it.
            let dtype = NodeValue::from("float64");
            local.push(to.array("si_window", [("linspace", line), ("dtype", dtype)]).into());
        }
        let (one, counts): (String, Vec<usize>) = match chirp {
            true => (self.chirp_over(local, to), nwin.clone()),
            false => {
                let counts = self.slopes.iter().map(|axis| axis.values.len()).collect();
                (self.radon_over(local, "linear", true, to), counts)
            }
        };
        let nt = self.time.values.len();
        let all = nwins.iter().zip(&counts).map(|(n, count)| n.checked_mul(*count));
        let all: Vec<usize> = all.map(|n| n.unwrap_or(usize::MAX)).collect();
        let dims = at.fits("nwins", [all.as_slice(), &[nt]].concat())?;
        let each = |n: &[usize]| -> NodeValue { if let [n] = n { (*n).into() } else { n.into() } };
        let mut entries = vec![
            ("type", NodeValue::from(if axes == 1 { "Sliding2D" } else { "Sliding3D" })),
            ("Op", one.into()),
            ("dims", dims.as_slice().into()),
            ("dimsd", self.dims(&self.space).into()),
            ("nwin", each(nwin)),
            ("nover", each(nover)),
            ("tapertype", "cosine".into()),
            self.dtype(),
        ];
        if axes == 2 {
            entries.push(("nop", counts.into()));
        }
        let shape = (axes == 1).then_some(dims);
        Some((to.operator_of("si_W", table(entries)), shape))
    }
}

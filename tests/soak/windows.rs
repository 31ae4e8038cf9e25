//! An operator on windows that slide, by its definition.

use std::f64::consts::PI;

use super::map::{Map, Space};
use super::seeded::Seeded;

/// Windows along an axis: how many, samples of each, and how many of these neighbours share.
#[derive(Clone, Copy)]
struct Along {
    count: usize,
    len: usize,
    over: usize,
}

impl Along {
    fn start(&self, w: usize) -> usize {
        w * (self.len - self.over)
    }

    /// The raised cosine over the samples that are shared, at the ends that have one.
    fn weight(&self, w: usize, k: usize, kind: &str) -> f64 {
        let edge = |k: usize| match k {
            k if k >= self.over || self.over == 1 => 1.0,
            k => 0.5 - 0.5 * (PI * k as f64 / (self.over - 1) as f64).cos(),
        };
        let only = self.count == 1;
        let at_start =
            w > 0 || (only && !kind.starts_with("Sliding1D") && !kind.starts_with("Sliding2D"));
        let at_end = w + 1 < self.count;
        let start = if at_start { edge(k) } else { 1.0 };
        start * if at_end { edge(self.len - 1 - k) } else { 1.0 }
    }
}

/// A table of windows of the operator `op`, and its matrix; `most` elements.
pub(crate) fn windowed(r: &mut Seeded, op: &str, one: &Map, most: usize) -> Option<(String, Map)> {
    let inner = &one.data.dims;
    let (kind, axes) = match (inner.len(), r.below(2)) {
        (1, _) => ("Sliding1D", 1),
        (2, 0) => ("Sliding2D", 1),
        (2, _) => ("Patch2D", 2),
        (3, 0) => ("Sliding3D", 2),
        (3, _) => ("Patch3D", 3),
        _ => return None,
    };
    let tapered = r.below(2) == 0;
    let along: Vec<Along> = inner[..axes]
        .iter()
        .map(|&len| {
            let over = r.below(if tapered { len / 2 + 1 } else { len });
            Along { count: 1 + r.below(4), len, over }
        })
        .collect();
    // The model of a window with as many axes as its data.
    let mut nop = vec![1; inner.len()];
    match one.model.dims.len() == nop.len() {
        true => nop.clone_from(&one.model.dims),
        false => nop[0] = one.model.len(),
    }
    let counts: Vec<usize> = along.iter().map(|a| a.count).collect();
    let mut dims = nop.clone();
    let mut dimsd = inner.clone();
    for (axis, a) in along.iter().enumerate() {
        dims[axis] *= a.count;
        // Samples behind the last window, but not a window of them.
        dimsd[axis] = a.start(a.count - 1) + a.len + r.below(a.len - a.over);
    }
    let elements = |dims: &[usize]| dims.iter().product::<usize>();
    if elements(&dims) > most || elements(&dimsd) > most {
        return None;
    }
    let list = |key: &str, values: Vec<usize>| match kind {
        "Sliding1D" | "Sliding2D" => format!("{key} = {}", values[0]),
        _ => format!("{key} = {values:?}"),
    };
    let (model, data) = if kind == "Sliding1D" { ("dim", "dimd") } else { ("dims", "dimsd") };
    let mut table = format!(
        "type = \"{kind}\", Op = \"{op}\", {model} = {dims:?}, {data} = {dimsd:?}, {}, {}",
        list("nwin", along.iter().map(|a| a.len).collect()),
        list("nover", along.iter().map(|a| a.over).collect()),
    );
    if !kind.starts_with("Sliding1D") && !kind.starts_with("Sliding2D") {
        table += &format!(", nop = {:?}", &nop[..axes]);
    }
    if !tapered {
        table += ", tapertype = \"none\"";
    }
    let model = Space::new(&[counts.clone(), nop].concat(), one.model.complex);
    let data = Space::new(&dimsd, one.data.complex);
    // Column after column of each window, its samples where they go.
    let place = |w: &[usize], k: &[usize]| -> (usize, f64) {
        let (mut to, mut weight) = (0, 1.0);
        for (axis, (&n, &k)) in dimsd.iter().zip(k).enumerate() {
            let at = match along.get(axis) {
                Some(a) => {
                    weight *= if tapered { a.weight(w[axis], k, kind) } else { 1.0 };
                    a.start(w[axis]) + k
                }
                None => k,
            };
            to = to * n + at;
        }
        (to, weight)
    };
    let windows = indices(&counts);
    let samples = indices(inner);
    let matrix = one.laid(model, data, windows.len(), |w, k| place(&windows[w], &samples[k]));
    Some((table, matrix))
}

/// All indices of an array, in order.
fn indices(dims: &[usize]) -> Vec<Vec<usize>> {
    dims.iter().fold(vec![vec![]], |all, &n| {
        all.iter().flat_map(|i| (0..n).map(move |k| [&i[..], &[k]].concat())).collect()
    })
}

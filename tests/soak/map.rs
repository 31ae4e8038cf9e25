//! Operators as dense matrices over the real numbers, in double precision: the truth that runs are
//! compared with. A complex element is two rows or columns, its real and its imaginary part.

pub(crate) use num_complex::Complex64 as C;

/// Dims, and whether elements are complex.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Space {
    pub(crate) dims: Vec<usize>,
    pub(crate) complex: bool,
}

impl Space {
    pub(crate) fn new(dims: &[usize], complex: bool) -> Space {
        Space { dims: dims.to_vec(), complex }
    }

    pub(crate) fn len(&self) -> usize {
        self.dims.iter().product()
    }

    fn reals(&self) -> usize {
        self.len() * if self.complex { 2 } else { 1 }
    }
}

/// A matrix, and one of numbers that bound how rounding grows: the product of the absolute values of
/// all factors.
#[derive(Clone, Debug)]
pub(crate) struct Map {
    pub(crate) model: Space,
    pub(crate) data: Space,
    /// By column.
    pub(crate) matrix: Vec<Vec<f64>>,
    bound: Vec<Vec<f64>>,
    /// Whether it is the same on the real and imaginary parts of complex models: `Real(A)` is not, on
    /// complex models it is the real part of what `A` gives.
    pub(crate) splits: bool,
}

/// Values of an array, and a bound on what its rounding is proportional to.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) reals: Vec<f64>,
    pub(crate) bound: Vec<f64>,
}

impl Value {
    pub(crate) fn exact(reals: Vec<f64>) -> Value {
        let bound = reals.iter().map(|v| v.abs()).collect();
        Value { reals, bound }
    }

    pub(crate) fn plus(&self, other: &Value) -> Value {
        let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a + b).collect();
        Value { reals: sum(&self.reals, &other.reals), bound: sum(&self.bound, &other.bound) }
    }
}

pub(crate) fn norm(v: &[f64]) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}

fn times(matrix: &[Vec<f64>], x: &[f64], rows: usize) -> Vec<f64> {
    let mut y = vec![0.0; rows];
    for (column, x) in matrix.iter().zip(x).filter(|(_, x)| **x != 0.0) {
        y.iter_mut().zip(column).for_each(|(y, a)| *y += a * x);
    }
    y
}

fn transposed(matrix: &[Vec<f64>], rows: usize) -> Vec<Vec<f64>> {
    (0..rows).map(|i| matrix.iter().map(|column| column[i]).collect()).collect()
}

/// Every second column or row of complex elements has the imaginary parts.
fn reals_only(matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    matrix.into_iter().step_by(2).collect()
}

fn with_zeros(columns: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    columns.into_iter().map(|c| c.into_iter().flat_map(|v| [v, 0.0]).collect()).collect()
}

impl Map {
    /// The matrix of a function, column by column.
    pub(crate) fn of(model: Space, data: Space, f: impl Fn(&[C]) -> Vec<C>) -> Map {
        let mut matrix = Vec::new();
        for j in 0..model.len() {
            let units: &[C] = &[C::new(1.0, 0.0), C::new(0.0, 1.0)];
            for unit in &units[..if model.complex { 2 } else { 1 }] {
                let mut x = vec![C::default(); model.len()];
                x[j] = *unit;
                let y = f(&x);
                assert_eq!(y.len(), data.len(), "the reference gives the data's dims");
                matrix.push(match data.complex {
                    true => y.iter().flat_map(|y| [y.re, y.im]).collect(),
                    false => y.iter().map(|y| y.re).collect(),
                });
            }
        }
        // A small entry may be what is left of large ones.
        let grown = |c: &Vec<f64>| {
            let most = c.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            c.iter().map(|v| v.abs().max(0.1 * most)).collect()
        };
        let bound = matrix.iter().map(grown).collect();
        Map { model, data, matrix, bound, splits: true }
    }

    /// The same, told whether it splits.
    pub(crate) fn splitting(self, splits: bool) -> Map {
        Map { splits, ..self }
    }

    pub(crate) fn apply(&self, x: &Value) -> Value {
        let rows = self.data.reals();
        Value {
            reals: times(&self.matrix, &x.reals, rows),
            bound: times(&self.bound, &x.bound, rows),
        }
    }

    fn map_both(self, f: impl Fn(Vec<Vec<f64>>) -> Vec<Vec<f64>>) -> Map {
        Map { matrix: f(self.matrix), bound: f(self.bound), ..self }
    }

    /// The same with a model of complex numbers: linear over them.
    pub(crate) fn widened(self) -> Map {
        if self.model.complex {
            return self;
        }
        let map = self.with_complex_data();
        let turned = |column: &[f64], sign: f64| -> Vec<f64> {
            column.chunks_exact(2).flat_map(|c| [sign * c[1], c[0]]).collect()
        };
        let matrix = map.matrix.iter().flat_map(|c| [c.clone(), turned(c, -1.0)]).collect();
        let bound = map.bound.iter().flat_map(|c| [c.clone(), turned(c, 1.0)]).collect();
        Map { model: Space { complex: true, ..map.model }, matrix, bound, ..map }
    }

    pub(crate) fn with_complex_data(self) -> Map {
        if self.data.complex {
            return self;
        }
        let data = Space { complex: true, ..self.data.clone() };
        Map { data, ..self.map_both(with_zeros) }
    }

    /// The same on real models, of an operator on complex ones.
    fn on_reals(self) -> Map {
        if !self.model.complex {
            return self;
        }
        let model = Space { complex: false, ..self.model.clone() };
        // The real data of a complex model are not those of its parts.
        let splits = self.splits && self.data.complex;
        Map { model, splits, ..self.map_both(reals_only) }
    }

    /// `self @ other`
    pub(crate) fn after(&self, other: &Map) -> Map {
        let first = match (self.model.complex, other.data.complex) {
            (true, false) => self.clone().on_reals(),
            (false, true) => self.clone().widened(),
            _ => self.clone(),
        };
        let rows = first.data.reals();
        let product =
            |a: &[Vec<f64>], b: &[Vec<f64>]| b.iter().map(|c| times(a, c, rows)).collect();
        Map {
            model: other.model.clone(),
            matrix: product(&first.matrix, &other.matrix),
            bound: product(&first.bound, &other.bound),
            splits: first.splits && other.splits,
            data: first.data,
        }
    }

    /// Maps of the same kind of numbers.
    pub(crate) fn alike(maps: &[&Map]) -> Vec<Map> {
        let mut maps: Vec<Map> = maps.iter().map(|m| (*m).clone()).collect();
        if maps.iter().any(|m| m.model.complex) {
            maps = maps.into_iter().map(Map::widened).collect();
        }
        if maps.iter().any(|m| m.data.complex) {
            maps = maps.into_iter().map(Map::with_complex_data).collect();
        }
        maps
    }

    /// `a + sign b`
    pub(crate) fn sum(a: &Map, b: &Map, sign: f64) -> Map {
        let both = Map::alike(&[a, b]);
        let sum = |a: &[Vec<f64>], b: &[Vec<f64>], sign: f64| -> Vec<Vec<f64>> {
            let column = |(a, b): (&Vec<f64>, &Vec<f64>)| {
                a.iter().zip(b).map(|(a, b)| a + sign * b).collect()
            };
            a.iter().zip(b).map(column).collect()
        };
        Map {
            matrix: sum(&both[0].matrix, &both[1].matrix, sign),
            bound: sum(&both[0].bound, &both[1].bound, 1.0),
            splits: a.splits && b.splits,
            ..both[0].clone()
        }
    }

    pub(crate) fn scaled(&self, c: C) -> Map {
        let wide = || self.clone().widened().with_complex_data();
        let map = if c.im == 0.0 { self.clone() } else { wide() };
        let turn = |column: &Vec<f64>| -> Vec<f64> {
            if c.im == 0.0 {
                return column.iter().map(|v| v * c.re).collect();
            }
            let turned = |v: &[f64]| C::new(v[0], v[1]) * c;
            column.chunks_exact(2).flat_map(|v| [turned(v).re, turned(v).im]).collect()
        };
        let matrix = map.matrix.iter().map(turn).collect();
        let size = c.norm() * if c.im == 0.0 { 1.0 } else { 2.0 };
        // A complex factor mixes real and imaginary parts.
        let grown = |column: &Vec<f64>| -> Vec<f64> {
            if c.im == 0.0 {
                return column.iter().map(|v| v * size).collect();
            }
            column.chunks_exact(2).flat_map(|v| [size * v[0].max(v[1]); 2]).collect()
        };
        let bound = map.bound.iter().map(grown).collect();
        Map { matrix, bound, ..map }
    }

    pub(crate) fn adjoint(&self) -> Map {
        let rows = self.data.reals();
        Map {
            model: self.data.clone(),
            data: self.model.clone(),
            matrix: transposed(&self.matrix, rows),
            bound: transposed(&self.bound, rows),
            splits: self.splits,
        }
    }

    /// `conj(A conj(x))`
    pub(crate) fn conj(&self) -> Map {
        let sign = |k: usize, complex: bool| if complex && k % 2 == 1 { -1.0 } else { 1.0 };
        let mut map = self.clone();
        for (j, column) in map.matrix.iter_mut().enumerate() {
            for (i, v) in column.iter_mut().enumerate() {
                *v *= sign(j, self.model.complex) * sign(i, self.data.complex);
            }
        }
        map
    }

    /// The real or imaginary part of the data of a real model.
    pub(crate) fn part(&self, imaginary: bool) -> Map {
        let map = Map { splits: false, ..self.clone().on_reals() };
        let data = Space { complex: false, ..map.data.clone() };
        if !map.data.complex {
            return if imaginary { map.map_both(zeros) } else { map };
        }
        let pick = |matrix: Vec<Vec<f64>>| {
            let first = usize::from(imaginary);
            let column = |c: Vec<f64>| c.into_iter().skip(first).step_by(2).collect();
            matrix.into_iter().map(column).collect()
        };
        Map { data, ..map.map_both(pick) }
    }

    /// Maps one above the other, with a flat data space.
    pub(crate) fn above(maps: &[&Map]) -> Map {
        let maps = Map::alike(maps);
        let stacked = |of: fn(&Map) -> &Vec<Vec<f64>>| {
            (0..maps[0].matrix.len())
                .map(|j| maps.iter().flat_map(|m| of(m)[j].clone()).collect())
                .collect()
        };
        let rows = maps.iter().map(|m| m.data.len()).sum();
        Map {
            model: maps[0].model.clone(),
            data: Space::new(&[rows], maps[0].data.complex),
            matrix: stacked(|m| &m.matrix),
            bound: stacked(|m| &m.bound),
            splits: maps.iter().all(|m| m.splits),
        }
    }

    /// Maps side by side, with a flat model space.
    pub(crate) fn beside(maps: &[&Map]) -> Map {
        let maps = Map::alike(maps);
        let columns = maps.iter().map(|m| m.model.len()).sum();
        Map {
            model: Space::new(&[columns], maps[0].model.complex),
            data: maps[0].data.clone(),
            matrix: maps.iter().flat_map(|m| m.matrix.clone()).collect(),
            bound: maps.iter().flat_map(|m| m.bound.clone()).collect(),
            splits: maps.iter().all(|m| m.splits),
        }
    }

    /// The entries, if the matrix is one of complex numbers, or of real ones between real spaces.
    fn entries(&self) -> Option<Vec<Vec<C>>> {
        match (self.model.complex, self.data.complex) {
            (false, false) => {
                let real = |c: &Vec<f64>| c.iter().map(|v| C::new(*v, 0.0)).collect();
                Some(self.matrix.iter().map(real).collect())
            }
            (true, true) => {
                let linear = self.matrix.chunks_exact(2).all(|pair| {
                    let both = pair[0].chunks_exact(2).zip(pair[1].chunks_exact(2));
                    both.into_iter().all(|(a, b)| a[0] == b[1] && a[1] == -b[0])
                });
                let column = |c: &Vec<f64>| c.chunks_exact(2).map(|v| C::new(v[0], v[1])).collect();
                linear.then(|| self.matrix.iter().step_by(2).map(column).collect())
            }
            _ => None,
        }
    }

    /// The Kronecker product, of matrices of the same kind of numbers.
    pub(crate) fn kronecker(a: &Map, b: &Map) -> Option<Map> {
        let (first, second) = (a.entries()?, b.entries()?);
        if a.model.complex != b.model.complex {
            return None;
        }
        let (m1, m2) = (a.model.len(), b.model.len());
        let (n1, n2) = (a.data.len(), b.data.len());
        let model = Space::new(&[m1 * m2], a.model.complex);
        let data = Space::new(&[n1 * n2], a.data.complex);
        let map = Map::of(model, data, |x| {
            let row = |i: usize| {
                let (i1, i2) = (i / n2, i % n2);
                (0..m1 * m2).map(|j| first[j / m2][i1] * second[j % m2][i2] * x[j]).sum()
            };
            (0..n1 * n2).map(row).collect()
        });
        // Sums of both factors cancel on their own.
        let size = 1.0 + norm(&a.bound.concat()) * norm(&b.bound.concat());
        let bound = map.bound.iter().map(|c| c.iter().map(|v| v.max(0.01 * size)).collect());
        Some(Map { bound: bound.collect(), splits: a.splits && b.splits, ..map })
    }

    /// The map of each of `count` models in turn, its row `k` of element `j` added to element `place(j, k)` of the
    /// data, with a weight.
    pub(crate) fn laid(
        &self,
        model: Space,
        data: Space,
        count: usize,
        place: impl Fn(usize, usize) -> (usize, f64),
    ) -> Map {
        let parts = if data.complex { 2 } else { 1 };
        let moved = |columns: &[Vec<f64>]| -> Vec<Vec<f64>> {
            let column = |w: usize, from: &Vec<f64>| {
                let mut column = vec![0.0; data.reals()];
                for (i, v) in from.iter().enumerate() {
                    let (to, weight) = place(w, i / parts);
                    column[to * parts + i % parts] += weight * v;
                }
                column
            };
            (0..count)
                .flat_map(|w| columns.iter().map(move |from| (w, from)))
                .map(|(w, c)| column(w, c))
                .collect()
        };
        let (matrix, bound) = (moved(&self.matrix), moved(&self.bound));
        Map { model, matrix, bound, splits: self.splits, data }
    }

    /// The same matrix between spaces of other dims.
    pub(crate) fn shaped(mut self, dims: Option<&[usize]>, dimsd: Option<&[usize]>) -> Map {
        if let Some(dims) = dims {
            self.model.dims = dims.to_vec();
        }
        if let Some(dimsd) = dimsd {
            self.data.dims = dimsd.to_vec();
        }
        self
    }
}

fn zeros(matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    matrix.into_iter().map(|c| vec![0.0; c.len()]).collect()
}

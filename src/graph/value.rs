//! `Value`: a handle on a node, with one method a primitive, so that operator code reads like NumPy.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::graph::{
    Aperture, AxisStep, Banded, Error, Graph, NodeId, Primitive, Program, Result, transpose,
};
use crate::io::Array;
use crate::scalar::{C128, DType};
use crate::space::{ArrayType, show_dims};

/// An array that a graph under construction will give.
#[derive(Clone, Debug)]
pub struct Value {
    graph: Rc<RefCell<Graph>>,
    id: NodeId,
    ty: ArrayType,
}

fn wrong<T>(message: String) -> Result<T> {
    Err(Error(message))
}

impl Value {
    /// Builds a program: `f` gets one value an input and returns the outputs.
    pub fn program(
        inputs: &[ArrayType],
        f: impl FnOnce(&[Value]) -> Result<Vec<Value>>,
    ) -> Result<Program> {
        let graph = Rc::new(RefCell::new(Graph::default()));
        let values: Vec<Value> = inputs
            .iter()
            .enumerate()
            .map(|(k, ty)| Value::leaf(&graph, Primitive::Input(k), ty.clone()))
            .collect();
        // A program without inputs still needs a value to start from.
        let anchor = [Value::leaf(&graph, Primitive::Zeros, ArrayType::new([], DType::Float64))];
        let outputs = f(if values.is_empty() { &anchor } else { &values })?;
        let outputs = outputs.iter().map(|v| v.id).collect();
        Ok(Program { graph: graph.take(), inputs: inputs.to_vec(), outputs })
    }

    /// Copies a program into this value's graph, applied to `inputs`. `map` gets the number of each
    /// node, its arguments and its plain copy, and may put another value in its place.
    pub(crate) fn replay(
        &self,
        program: &Program,
        inputs: &[Value],
        mut map: impl FnMut(usize, &[Value], Value) -> Value,
    ) -> Vec<Value> {
        let needed = program.needed();
        let mut values: Vec<Option<Value>> = Vec::with_capacity(needed.len());
        for (k, node) in program.graph.nodes().iter().enumerate() {
            values.push(needed[k].then(|| {
                let args: Vec<Value> =
                    node.inputs.iter().filter_map(|id| values[id.0].clone()).collect();
                let value = match &node.primitive {
                    Primitive::Input(number) => inputs[*number].clone(),
                    primitive if args.is_empty() => {
                        map(k, &args, Value::leaf(&self.graph, primitive.clone(), node.ty.clone()))
                    }
                    primitive => {
                        map(k, &args, args[0].node(primitive.clone(), &args, node.ty.clone()))
                    }
                };
                value.chunked(node.chunks.clone())
            }));
        }
        program.outputs.iter().filter_map(|id| values[id.0].clone()).collect()
    }

    /// The primitive that gives this value.
    pub(crate) fn primitive(&self) -> Primitive {
        self.graph.borrow().node(self.id).primitive.clone()
    }

    /// Whether something holds for it.
    pub(crate) fn is(&self, holds: impl FnOnce(&Primitive) -> bool) -> bool {
        holds(&self.graph.borrow().node(self.id).primitive)
    }

    /// To how many values it is applied.
    pub(crate) fn count_arguments(&self) -> usize {
        self.graph.borrow().node(self.id).inputs.len()
    }

    /// What that primitive is applied to.
    pub(crate) fn arguments(&self) -> Vec<Value> {
        let ids = self.graph.borrow().node(self.id).inputs.clone();
        ids.into_iter()
            .map(|id| {
                let ty = self.graph.borrow().node(id).ty.clone();
                Value { graph: self.graph.clone(), id, ty }
            })
            .collect()
    }

    /// A program of one input and one output, applied to this value.
    pub fn apply(&self, program: &Program) -> Value {
        self.replay(program, std::slice::from_ref(self), |_, _, v| v).swap_remove(0)
    }

    /// The transpose of a program of one input and one output, applied to this value.
    pub fn apply_transposed(&self, program: &Program) -> Result<Value> {
        Ok(self.apply(&transpose(program)?))
    }

    fn leaf(graph: &Rc<RefCell<Graph>>, primitive: Primitive, ty: ArrayType) -> Value {
        let id = graph.borrow_mut().push(primitive, Vec::new(), ty.clone());
        Value { graph: graph.clone(), id, ty }
    }

    pub(crate) fn node(&self, primitive: Primitive, inputs: &[Value], ty: ArrayType) -> Value {
        let ids = inputs.iter().map(|v| v.id).collect();
        let id = self.graph.borrow_mut().push(primitive, ids, ty.clone());
        Value { graph: self.graph.clone(), id, ty }
    }

    fn unary(&self, primitive: Primitive, dims: Vec<usize>, dtype: DType) -> Value {
        self.node(primitive, std::slice::from_ref(self), ArrayType { dims, dtype })
    }

    fn same(&self, primitive: Primitive) -> Value {
        self.unary(primitive, self.ty.dims.clone(), self.ty.dtype)
    }

    fn resized(&self, primitive: Primitive, axis: usize, n: usize) -> Value {
        let mut dims = self.ty.dims.clone();
        dims[axis] = n;
        self.unary(primitive, dims, self.ty.dtype)
    }

    fn has_axis(&self, axis: usize) -> Result<usize> {
        match self.ty.dims.get(axis) {
            Some(&n) => Ok(n),
            None => wrong(format!(
                "axis {axis} of an array with dims {}, which has {} axes",
                show_dims(&self.ty.dims),
                self.ty.dims.len()
            )),
        }
    }

    /// The node.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Dims and element type.
    pub fn ty(&self) -> &ArrayType {
        &self.ty
    }

    /// Dims.
    pub fn dims(&self) -> &[usize] {
        &self.ty.dims
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.ty.dtype
    }

    /// An array of the problem.
    pub fn constant(&self, array: &Array) -> Value {
        Value::leaf(&self.graph, Primitive::Constant(array.clone()), array.ty().clone())
            .chunked(array.chunks().map(<[usize]>::to_vec))
    }

    /// Zeros.
    pub fn zeros(&self, dims: &[usize], dtype: DType) -> Value {
        Value::leaf(&self.graph, Primitive::Zeros, ArrayType::new(dims, dtype))
    }

    /// The same value, in chunks of these lengths where it is kept.
    pub fn chunked(&self, chunks: Option<Vec<usize>>) -> Value {
        self.graph.borrow_mut().set_chunks(self.id, chunks);
        self.clone()
    }

    /// `c x`. A complex factor makes a real value complex.
    pub fn scale(&self, c: impl Into<C128>) -> Value {
        let c = c.into();
        let x = if c.im == 0.0 { self.clone() } else { self.to_complex() };
        if c == C128::new(1.0, 0.0) { x } else { x.same(Primitive::Scale(c)) }
    }

    /// `factor x`, element by element; axes of length 1 in `factor` are broadcast.
    pub fn multiply(&self, factor: &Value) -> Result<Value> {
        let fits = factor.dims().len() == self.dims().len()
            && factor.dims().iter().zip(self.dims()).all(|(&f, &n)| f == n || f == 1);
        if !fits {
            return wrong(format!(
                "a factor of dims {} does not broadcast over {}",
                show_dims(factor.dims()),
                show_dims(self.dims())
            ));
        }
        let dtype = self.dtype().promote(factor.dtype());
        let (x, f) = (
            self.cast(dtype),
            factor.cast(DType::of(factor.dtype().is_complex(), dtype.is_double())),
        );
        Ok(x.node(Primitive::Multiply { conj: false }, &[x.clone(), f], x.ty.clone()))
    }

    /// `x + other`
    pub fn add(&self, other: &Value) -> Result<Value> {
        Value::sum_of(&[self.clone(), other.clone()])
    }

    /// The sum of at least one value of the same dims.
    pub fn sum_of(values: &[Value]) -> Result<Value> {
        let first = &values[0];
        let dtype = values.iter().fold(first.dtype(), |d, v| d.promote(v.dtype()));
        if let Some(other) = values.iter().find(|v| v.dims() != first.dims()) {
            return wrong(format!(
                "a sum of dims {} and {}",
                show_dims(first.dims()),
                show_dims(other.dims())
            ));
        }
        let values: Vec<Value> = values.iter().map(|v| v.cast(dtype)).collect();
        match values.as_slice() {
            [one] => Ok(one.clone()),
            many => Ok(many[0].node(Primitive::Add, many, many[0].ty.clone())),
        }
    }

    /// The same numbers in another element type; complex to real takes the real part.
    pub fn cast(&self, dtype: DType) -> Value {
        if dtype == self.dtype() {
            return self.clone();
        }
        self.unary(Primitive::Cast, self.ty.dims.clone(), dtype)
    }

    /// The complex type of the same width.
    pub fn to_complex(&self) -> Value {
        self.cast(self.dtype().complex())
    }

    /// `Re x`
    pub fn real(&self) -> Value {
        self.cast(self.dtype().real())
    }

    /// `Im x = Re(-i x)`
    pub fn imag(&self) -> Value {
        if self.dtype().is_complex() {
            self.scale(C128::new(0.0, -1.0)).real()
        } else {
            self.zeros(self.dims(), self.dtype())
        }
    }

    /// `conj(x)`
    pub fn conj(&self) -> Value {
        if self.dtype().is_complex() { self.same(Primitive::Conj) } else { self.clone() }
    }

    /// The same elements in C order with other dims.
    pub fn reshape(&self, dims: &[usize]) -> Result<Value> {
        if dims == self.dims() {
            return Ok(self.clone());
        }
        if dims.iter().product::<usize>() != self.ty.len() {
            return wrong(format!(
                "{} elements of dims {} as {}",
                self.ty.len(),
                show_dims(self.dims()),
                show_dims(dims)
            ));
        }
        Ok(self.unary(Primitive::Reshape, dims.to_vec(), self.dtype()))
    }

    /// All elements along one axis.
    pub fn flatten(&self) -> Value {
        let n = self.ty.len();
        if self.dims() == [n] {
            return self.clone();
        }
        self.unary(Primitive::Reshape, vec![n], self.dtype())
    }

    /// Axis `k` of the result is axis `axes[k]` of this.
    pub fn permute(&self, axes: &[usize]) -> Result<Value> {
        let mut seen = axes.to_vec();
        seen.sort_unstable();
        if seen != (0..self.dims().len()).collect::<Vec<_>>() {
            return wrong(format!("{axes:?} is no permutation of {} axes", self.dims().len()));
        }
        let dims = axes.iter().map(|&a| self.dims()[a]).collect();
        Ok(self.unary(Primitive::Permute(axes.to_vec()), dims, self.dtype()))
    }

    /// `len` elements of an axis, every `step`-th from `start`.
    pub fn slice(&self, axis: usize, start: usize, len: usize, step: usize) -> Result<Value> {
        let n = self.has_axis(axis)?;
        if len > 0 && (step == 0 || start + (len - 1) * step >= n) {
            return wrong(format!("{len} samples from {start} by {step} of an axis of length {n}"));
        }
        if start == 0 && len == n {
            return Ok(self.clone());
        }
        let mut steps = vec![AxisStep { start: 0, step: 1 }; self.dims().len()];
        steps[axis] = AxisStep { start, step };
        Ok(self.resized(Primitive::Slice(steps), axis, len))
    }

    /// The first `len` elements of an axis.
    pub fn take(&self, axis: usize, len: usize) -> Result<Value> {
        self.slice(axis, 0, len, 1)
    }

    /// Zeros before and after, on one axis.
    pub fn pad(&self, axis: usize, before: usize, after: usize) -> Result<Value> {
        let n = self.has_axis(axis)?;
        self.spread(axis, before, n + before + after, 1)
    }

    /// Samples `0, 1, ..` of this at `start, start + step, ..` of an axis of length `len`; zeros elsewhere.
    pub fn spread(&self, axis: usize, start: usize, len: usize, step: usize) -> Result<Value> {
        let n = self.has_axis(axis)?;
        if n > 0 && (step == 0 || start + (n - 1) * step >= len) {
            return wrong(format!("{n} samples from {start} by {step} on an axis of length {len}"));
        }
        if start == 0 && len == n {
            return Ok(self.clone());
        }
        let mut steps = vec![AxisStep { start: 0, step: 1 }; self.dims().len()];
        steps[axis] = AxisStep { start, step };
        Ok(self.resized(Primitive::Pad(steps), axis, len))
    }

    /// Values one after the other along an axis.
    pub fn concatenate(values: &[Value], axis: usize) -> Result<Value> {
        let first = &values[0];
        first.has_axis(axis)?;
        let fits = |v: &Value| {
            v.dims().len() == first.dims().len()
                && (0..v.dims().len()).all(|a| a == axis || v.dims()[a] == first.dims()[a])
        };
        if let Some(other) = values.iter().find(|v| !fits(v)) {
            return wrong(format!(
                "dims {} and {} side by side along axis {axis}",
                show_dims(first.dims()),
                show_dims(other.dims())
            ));
        }
        let dtype = values.iter().fold(first.dtype(), |d, v| d.promote(v.dtype()));
        let values: Vec<Value> = values.iter().map(|v| v.cast(dtype)).collect();
        if let [one] = values.as_slice() {
            return Ok(one.clone());
        }
        let mut dims = first.dims().to_vec();
        dims[axis] = values.iter().map(|v| v.dims()[axis]).sum();
        Ok(values[0].node(Primitive::Concatenate(axis), &values, ArrayType { dims, dtype }))
    }

    /// An axis backwards.
    pub fn flip(&self, axis: usize) -> Result<Value> {
        self.has_axis(axis)?;
        Ok(self.same(Primitive::Flip(axis)))
    }

    /// `y_{(i+shift) mod n} = x_i` along an axis.
    pub fn roll(&self, axis: usize, shift: isize) -> Result<Value> {
        let n = self.has_axis(axis)?;
        let shift = if n == 0 { 0 } else { shift.rem_euclid(n as isize) as usize };
        if shift == 0 {
            return Ok(self.clone());
        }
        Ok(self.same(Primitive::Roll { axis, shift }))
    }

    /// NumPy's `fftshift` of an axis.
    pub fn fftshift(&self, axis: usize) -> Result<Value> {
        let n = self.has_axis(axis)?;
        self.roll(axis, (n / 2) as isize)
    }

    /// NumPy's `ifftshift` of an axis.
    pub fn ifftshift(&self, axis: usize) -> Result<Value> {
        let n = self.has_axis(axis)?;
        self.roll(axis, -((n / 2) as isize))
    }

    /// A banded matrix along an axis.
    pub fn stencil(&self, axis: usize, rows: Banded) -> Result<Value> {
        let n = self.has_axis(axis)?;
        if rows.len() != n {
            return wrong(format!("a stencil of {} rows on an axis of length {n}", rows.len()));
        }
        Ok(self.same(Primitive::Stencil(vec![(axis, Arc::new(rows))])))
    }

    /// `y_i = sum_k h_k x_{i-k+offset}` along an axis, zeros outside, the same length.
    pub fn convolve(&self, axis: usize, h: &Value, offset: usize) -> Result<Value> {
        self.has_axis(axis)?;
        if h.dims().len() != 1 {
            return wrong(format!("a filter of dims {}", show_dims(h.dims())));
        }
        if offset >= h.dims()[0] {
            return wrong(format!("zero lag at sample {offset} of a filter of {}", h.dims()[0]));
        }
        let dtype = self.dtype().promote(h.dtype());
        let (x, h) =
            (self.cast(dtype), h.cast(DType::of(h.dtype().is_complex(), dtype.is_double())));
        let taps = h.dims()[0];
        let convolve = Primitive::Convolve { axis, offset, taps, flip: false, conj: false };
        Ok(x.node(convolve, &[x.clone(), h], x.ty.clone()))
    }

    /// `y_k = sum_j x_j exp(-2 pi i jk/n)` along an axis.
    pub fn fft(&self, axis: usize) -> Result<Value> {
        self.has_axis(axis)?;
        Ok(self.to_complex().same(Primitive::Fft { axis, inverse: false, scale: 1.0 }))
    }

    /// `y_j = sum_k x_k exp(2 pi i jk/n)` along an axis, without a factor.
    pub fn ifft(&self, axis: usize) -> Result<Value> {
        self.has_axis(axis)?;
        Ok(self.to_complex().same(Primitive::Fft { axis, inverse: true, scale: 1.0 }))
    }

    /// The `n/2 + 1` non-negative frequencies of a real axis; `weight` on those that stand for two.
    pub fn rfft(&self, axis: usize, weight: f64) -> Result<Value> {
        let n = self.has_axis(axis)?;
        if self.dtype().is_complex() {
            return wrong(format!(
                "a real Fourier transform of a {} array of dims {}; it takes real ones only",
                self.dtype(),
                show_dims(&self.ty.dims)
            ));
        }
        let mut dims = self.dims().to_vec();
        dims[axis] = n / 2 + 1;
        let dtype = self.dtype().complex();
        Ok(self.unary(Primitive::Rfft { axis, n, weight, scale: 1.0 }, dims, dtype))
    }

    /// The transpose of [`Value::rfft`]: `n` real samples from `n/2 + 1` frequencies.
    pub fn irfft(&self, axis: usize, n: usize, weight: f64) -> Result<Value> {
        let bins = self.has_axis(axis)?;
        if bins != n / 2 + 1 {
            return wrong(format!("{bins} frequencies for {n} samples, which have {}", n / 2 + 1));
        }
        let mut dims = self.dims().to_vec();
        dims[axis] = n;
        let x = self.to_complex();
        let dtype = x.dtype().real();
        Ok(x.unary(Primitive::Irfft { axis, n, weight, scale: 1.0 }, dims, dtype))
    }

    /// `Y_b = K_b X_b` for every batch: this `[b, k, n]`, kernel `[b, m, k]`.
    pub fn matmul(&self, kernel: &Value) -> Result<Value> {
        let (x, k) = (self.dims(), kernel.dims());
        if x.len() != 3 || k.len() != 3 || x[0] != k[0] || x[1] != k[2] {
            return wrong(format!("a product of {} and {}", show_dims(k), show_dims(x)));
        }
        let dtype = self.dtype().promote(kernel.dtype());
        let (x, kernel) = (self.cast(dtype), kernel.cast(dtype));
        let dims = vec![kernel.dims()[0], kernel.dims()[1], x.dims()[2]];
        let matmul = Primitive::Matmul { transpose: false, conj: false };
        Ok(x.node(matmul, &[x.clone(), kernel], ArrayType { dims, dtype }))
    }

    /// `y_i = x_{indices_i}` along an axis.
    pub fn gather(&self, axis: usize, indices: Arc<[usize]>) -> Result<Value> {
        let n = self.has_axis(axis)?;
        if let Some(i) = indices.iter().find(|&&i| i >= n) {
            return wrong(format!("sample {i} of an axis of length {n}"));
        }
        let len = indices.len();
        Ok(self.resized(Primitive::Gather { axis, indices }, axis, len))
    }

    /// Sums over an axis, which keeps length 1.
    pub fn sum(&self, axis: usize) -> Result<Value> {
        self.has_axis(axis)?;
        Ok(self.resized(Primitive::Sum(axis), axis, 1))
    }

    /// Repeats an axis of length 1.
    pub fn broadcast(&self, axis: usize, n: usize) -> Result<Value> {
        match self.has_axis(axis)? {
            1 => Ok(self.resized(Primitive::Broadcast(axis), axis, n)),
            found => wrong(format!("an axis of length {found} repeated")),
        }
    }

    /// Samples of this `(points,)` at indices of traces, with fractions to the next ones: tables
    /// `(points, traces)` of one real type; data `(traces, nt)`.
    pub fn spread_by(&self, table: &Value, fractions: Option<&Value>, nt: usize) -> Result<Value> {
        self.spread_at(table, fractions, None, nt)
    }

    /// Samples of this `(points,)` at times `(points, traces)`, between two samples `dt` apart; data
    /// `(traces, nt)`.
    pub fn spread_at_times(&self, times: &Value, dt: f64, nt: usize) -> Result<Value> {
        self.spread_at(times, None, Some(dt), nt)
    }

    fn spread_at(
        &self,
        table: &Value,
        fractions: Option<&Value>,
        dt: Option<f64>,
        nt: usize,
    ) -> Result<Value> {
        let dims = table.dims();
        let fits = dims.len() == 2
            && [dims[0]] == *self.dims()
            && !table.dtype().is_complex()
            && fractions.is_none_or(|f| f.ty() == table.ty());
        if !fits {
            let dims = show_dims(dims);
            return wrong(format!("a table of dims {dims} for {} points", self.ty.len()));
        }
        let mut inputs = vec![self.clone(), table.clone()];
        inputs.extend(fractions.cloned());
        let ty = ArrayType { dims: vec![dims[1], nt], dtype: self.dtype() };
        Ok(self.node(Primitive::Spread { dt, transpose: false }, &inputs, ty))
    }

    /// Samples of this `(points,)` at the sum of a source's and a receiver's time: `times` of sources
    /// and receivers `(.., points)`, `weights` `(.., 2, points)`, all `float64`; data `(sources,
    /// receivers, nt)`.
    pub fn demigrate(
        &self,
        times: [Value; 2],
        weights: Option<[Value; 2]>,
        nt: usize,
        dt: f64,
        aperture: Option<Arc<Aperture>>,
    ) -> Result<Value> {
        let points = self.ty.len();
        let (ns, nr) = (times[0].dims()[0], times[1].dims()[0]);
        let both = [ns, nr];
        let fits = |v: &Value, dims: &[usize]| v.ty() == &ArrayType::new(dims, DType::Float64);
        let right = self.dims().len() == 1
            && (0..2).all(|k| fits(&times[k], &[both[k], points]))
            && weights.iter().flatten().zip(both).all(|(w, n)| fits(w, &[n, 2, points]));
        if !right {
            let [s, r] = times.map(|t| show_dims(t.dims()));
            return wrong(format!("times of dims {s} and {r} for {points} points"));
        }
        let inputs: Vec<Value> = std::iter::once(self.clone())
            .chain(times)
            .chain(weights.into_iter().flatten())
            .collect();
        let ty = ArrayType { dims: vec![ns, nr, nt], dtype: self.dtype() };
        Ok(self.node(Primitive::Kirchhoff { dt, aperture, transpose: false }, &inputs, ty))
    }

    /// `y_i = sum_{j<=i} x_j` along an axis.
    pub fn cumulative_sum(&self, axis: usize) -> Result<Value> {
        self.has_axis(axis)?;
        Ok(self.same(Primitive::CumulativeSum { axis, reverse: false }))
    }
}

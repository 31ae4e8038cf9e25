//! What `info` and `compare` say of arrays of any size, read in boxes of bounded size.

use ndarray::{ArrayD, IxDyn};

use crate::scalar::{C128, DType, Scalar};
use crate::space::{IndexBox, show_dims};
use crate::view::Viewed;

use super::array::Array;
use super::error::{Error, Result};
use super::output::boxes;

/// The names that `key` can take for a .npz file, in the archive's order, or `path` for a Zarr
/// group; `None` for a Zarr folder that is one array.
pub fn members(path: &std::path::Path) -> Result<Option<Vec<String>>> {
    match path.is_dir() {
        true => super::zarr::members(path),
        false => super::npz::members(path).map(Some),
    }
}

/// Elements read at a time.
const BOX: usize = 1 << 18;

/// What an array holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Length of each axis.
    pub dims: Vec<usize>,
    /// Element type as stored: `float32`, `int64`, `float64 (big-endian)`.
    pub dtype: String,
    /// Whether the first axis varies fastest.
    pub fortran: bool,
    /// Chunks and compression, where there are any.
    pub storage: Option<String>,
    /// Bytes of the data as stored, before compression.
    pub bytes: u64,
    /// Least finite value; least magnitude, if complex. `None` without finite values.
    pub min: Option<f64>,
    /// Greatest finite value; greatest magnitude, if complex.
    pub max: Option<f64>,
    /// Mean of the finite values.
    pub mean: Option<C128>,
    /// 2-norm of the finite values.
    pub norm: f64,
    /// Values that are not a number, in any part.
    pub nan: usize,
    /// Values that are infinite in some part and a number in the other.
    pub inf: usize,
}

/// How far an array is from a reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// `norm(a - b) / norm(b)`; 0 where both are 0, infinite where only `b` is, or where one has
    /// NaN and the other has not.
    pub relative_error: f64,
    /// `norm(a - b)`.
    pub difference: f64,
    /// Greatest `|a - b|`; infinite where one is NaN and the other is not.
    pub max_abs: f64,
    /// Where that is, the first such element. `None` if nothing differs.
    pub at: Option<Vec<usize>>,
    /// The values there.
    pub values: Option<(C128, C128)>,
    /// 2-norm of the finite values of the first array.
    pub norm_a: f64,
    /// 2-norm of the finite values of the reference.
    pub norm_b: f64,
    /// Elements that are NaN in one array only.
    pub nan_differences: usize,
}

impl Comparison {
    /// Whether `norm(a - b) <= atol + rtol * norm(b)`, with NaN in the same places.
    pub fn is_within(&self, rtol: f64, atol: f64) -> bool {
        self.nan_differences == 0 && self.difference <= atol + rtol * self.norm_b
    }
}

/// Reads a whole array and says what it holds.
pub fn summarize(array: &Array) -> Result<Summary> {
    let ty = array.ty().clone();
    let (dtype, size) = match array.stored_type().filter(|s| s.dtype() == ty.dtype) {
        Some(stored) => (stored.to_string(), stored.size()),
        None => (ty.dtype.to_string(), ty.dtype.size()),
    };
    let fortran = array.is_fortran();
    // A Fortran-ordered file is read in its own order.
    let ordered = match fortran {
        true => array.clone().transpose(&(0..ty.dims.len() as isize).rev().collect::<Vec<_>>())?,
        false => array.clone(),
    };
    let mut statistics = Statistics::default();
    if ty.dtype.is_complex() {
        each_box::<C128>(&ordered, |_, values| statistics.add(values, |v| v.norm()))?;
    } else {
        each_box::<f64>(&ordered, |_, values| statistics.add(values, |v| v))?;
    }
    let count = ty.len() - statistics.nan - statistics.inf;
    Ok(Summary {
        bytes: (ty.len() * size) as u64,
        dims: ty.dims,
        dtype,
        fortran,
        storage: array.storage().map(|storage| match array.missing_chunks() {
            Some(missing) => format!("{storage}, {missing}"),
            None => storage.to_string(),
        }),
        min: (count > 0).then_some(statistics.min),
        max: (count > 0).then_some(statistics.max),
        mean: (count > 0).then(|| statistics.mean(count)),
        norm: statistics.norm.value(),
        nan: statistics.nan,
        inf: statistics.inf,
    })
}

/// Reads two arrays of equal dims and says how far the first is from the second, the reference.
/// Real and complex arrays can be compared.
pub fn compare(a: &Array, b: &Array) -> Result<Comparison> {
    if a.ty().dims != b.ty().dims {
        return Err(Error::input(format!(
            "cannot compare {} of dims {} with {} of dims {}: the dims must be equal",
            a.name(),
            show_dims(&a.ty().dims),
            b.name(),
            show_dims(&b.ty().dims)
        )));
    }
    if a.ty().dtype.is_complex() || b.ty().dtype.is_complex() {
        compare_as::<C128>(a, b)
    } else {
        compare_as::<f64>(a, b)
    }
}

fn compare_as<T: Viewed>(a: &Array, b: &Array) -> Result<Comparison> {
    let b = &b.clone().cast(T::DTYPE)?;
    let (mut norm_a, mut norm_b, mut difference) =
        (Norm::default(), Norm::default(), Norm::default());
    let mut nan_differences = 0;
    let mut max_abs = 0.0;
    let mut worst: Option<(Vec<usize>, T, T)> = None;
    let mut other = Vec::new();
    let order = b.pieces(&IndexBox::whole(&b.ty().dims));
    each_box_of::<T>(a, order, |at, left| {
        other.resize(left.len(), T::default());
        let dims = at.dims();
        let view = ndarray::ArrayViewMutD::from_shape(IxDyn(&dims), &mut other[..])
            .unwrap_or_else(|e| unreachable!("a box has its length: {e}"));
        b.read_box(at, T::erase_mut(view))?;
        let mut differences = Vec::with_capacity(left.len());
        for (k, (&x, &y)) in left.iter().zip(&other).enumerate() {
            let distance = match (is_nan(x), is_nan(y)) {
                (true, true) => 0.0,
                (false, false) if x == y => 0.0,
                (false, false) => magnitude(x - y),
                _ => {
                    nan_differences += 1;
                    f64::INFINITY
                }
            };
            // Two infinite parts of opposite meaning can leave NaN.
            let distance = if distance.is_nan() { f64::INFINITY } else { distance };
            differences.push(distance);
            // Boxes may come in another order than elements.
            let first = |worst: &Option<(Vec<usize>, T, T)>| {
                worst.as_ref().is_some_and(|(found, ..)| index_in(at, &dims, k) < *found)
            };
            if distance > max_abs || (distance == max_abs && distance > 0.0 && first(&worst)) {
                max_abs = distance;
                worst = Some((index_in(at, &dims, k), x, y));
            }
        }
        let numbers = |values: &[T]| -> Vec<f64> {
            values.iter().filter(|v| v.is_finite()).map(|&v| magnitude(v)).collect()
        };
        norm_a.add(&numbers(left));
        norm_b.add(&numbers(&other));
        difference.add(&differences);
        Ok(())
    })?;
    let (norm_b, difference) = (norm_b.value(), difference.value());
    let relative_error = match (difference == 0.0, norm_b == 0.0) {
        (true, _) => 0.0,
        (false, true) => f64::INFINITY,
        (false, false) => difference / norm_b,
    };
    let (at, values) = match worst {
        Some((at, x, y)) => (Some(at), Some((x.to_c128(), y.to_c128()))),
        None => (None, None),
    };
    Ok(Comparison {
        relative_error,
        difference,
        max_abs,
        at,
        values,
        norm_a: norm_a.value(),
        norm_b,
        nan_differences,
    })
}

/// Index of element `k` of a box, in the array.
fn index_in(b: &IndexBox, dims: &[usize], mut k: usize) -> Vec<usize> {
    let mut index = b.start();
    for axis in (0..dims.len()).rev() {
        index[axis] += k % dims[axis];
        k /= dims[axis];
    }
    index
}

fn each_box<T: Viewed>(
    array: &Array,
    visit: impl FnMut(&IndexBox, &[T]) -> Result<()>,
) -> Result<()> {
    each_box_of(array, None, visit)
}

/// Reads an array in boxes: its own chunks, else those of another array, else runs.
fn each_box_of<T: Viewed>(
    array: &Array,
    order: Option<Vec<IndexBox>>,
    mut visit: impl FnMut(&IndexBox, &[T]) -> Result<()>,
) -> Result<()> {
    let array = array.clone().cast(T::DTYPE)?;
    let dims = &array.ty().dims;
    let own = array.pieces(&IndexBox::whole(dims)).or(order);
    for b in own.unwrap_or_else(|| boxes(dims, BOX).collect()) {
        let mut data = ArrayD::<T>::default(IxDyn(&b.dims()));
        array.read_box(&b, T::erase_mut(data.view_mut()))?;
        if let Some(values) = data.as_slice() {
            visit(&b, values)?;
        }
    }
    Ok(())
}

fn is_nan<T: Scalar>(value: T) -> bool {
    let v = value.to_c128();
    v.re.is_nan() || v.im.is_nan()
}

/// Absolute value that neither overflows nor underflows.
fn magnitude<T: Scalar>(value: T) -> f64 {
    let v = value.to_c128();
    if T::DTYPE.is_complex() { v.re.hypot(v.im) } else { v.re.abs() }
}

/// A 2-norm summed in parts, whose squares neither overflow nor underflow: each part is scaled by a
/// power of two, which rounds nothing.
#[derive(Default)]
struct Norm {
    /// Power of two near the greatest value so far; 0 before there is one.
    scale: f64,
    /// Sum of the squares of values divided by `scale`.
    squares: f64,
}

impl Norm {
    fn add(&mut self, values: &[f64]) {
        let max = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        if max == 0.0 {
            return;
        }
        if max.is_infinite() || self.scale.is_infinite() {
            (self.scale, self.squares) = (f64::INFINITY, 1.0);
            return;
        }
        // The exponent kept within what can be inverted.
        let scale = 2_f64.powi((max.log2().floor() as i32).clamp(-1000, 1000));
        if scale > self.scale {
            let ratio = self.scale / scale;
            self.squares *= ratio * ratio;
            self.scale = scale;
        }
        let factor = 1.0 / self.scale;
        self.squares += values.iter().map(|v| (v * factor) * (v * factor)).sum::<f64>();
    }

    fn value(&self) -> f64 {
        if self.scale == 0.0 { 0.0 } else { self.scale * self.squares.sqrt() }
    }
}

struct Statistics {
    min: f64,
    max: f64,
    sum: [Compensated; 2],
    norm: Norm,
    nan: usize,
    inf: usize,
}

impl Default for Statistics {
    fn default() -> Self {
        Statistics {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            sum: Default::default(),
            norm: Norm::default(),
            nan: 0,
            inf: 0,
        }
    }
}

impl Statistics {
    /// `size` is what minimum and maximum compare.
    fn add<T: Scalar>(&mut self, values: &[T], size: impl Fn(T) -> f64) -> Result<()> {
        let mut magnitudes = Vec::with_capacity(values.len());
        for &v in values {
            if !v.is_finite() {
                if is_nan(v) {
                    self.nan += 1
                } else {
                    self.inf += 1
                }
                continue;
            }
            let s = size(v);
            self.min = self.min.min(s);
            self.max = self.max.max(s);
            magnitudes.push(magnitude(v));
            let v = v.to_c128();
            self.sum[0].add(v.re);
            if T::DTYPE != DType::Float64 {
                self.sum[1].add(v.im);
            }
        }
        self.norm.add(&magnitudes);
        Ok(())
    }

    fn mean(&self, count: usize) -> C128 {
        let n = count as f64;
        C128::new(self.sum[0].value() / n, self.sum[1].value() / n)
    }
}

/// Neumaier's sum: the rounding of each addition is kept and added in the end.
#[derive(Clone, Copy, Default)]
struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
    }

    fn value(&self) -> f64 {
        self.sum + self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Generator;

    fn reals(values: &[f64]) -> Array {
        let values = values.iter().map(|&v| C128::from(v)).collect::<Vec<_>>();
        Array::values([values.len()], values, DType::Float64).unwrap()
    }

    fn complexes(values: &[(f64, f64)]) -> Array {
        let values = values.iter().map(|&(re, im)| C128::new(re, im)).collect::<Vec<_>>();
        Array::values([values.len()], values, DType::Complex128).unwrap()
    }

    const NAN: f64 = f64::NAN;
    const INF: f64 = f64::INFINITY;

    #[test]
    fn a_summary_is_of_the_finite_values() {
        let s = summarize(&reals(&[3.0, NAN, -4.0, INF, -INF])).unwrap();
        assert_eq!((s.min, s.max, s.norm, s.nan, s.inf), (Some(-4.0), Some(3.0), 5.0, 1, 2));
        assert_eq!(s.mean, Some(C128::from(-0.5)));
        assert_eq!((s.dims, s.dtype.as_str(), s.bytes), (vec![5], "float64", 40));
        let s = summarize(&complexes(&[(3.0, 4.0), (0.0, -1.0), (NAN, INF), (0.0, INF)])).unwrap();
        assert_eq!((s.min, s.max, s.norm), (Some(1.0), Some(5.0), 26_f64.sqrt()));
        assert_eq!((s.mean, s.nan, s.inf), (Some(C128::new(1.5, 1.5)), 1, 1));
        let s = summarize(&reals(&[NAN])).unwrap();
        assert_eq!((s.min, s.max, s.mean, s.norm), (None, None, None, 0.0));
        assert_eq!(summarize(&reals(&[])).unwrap().nan, 0);
    }

    #[test]
    fn stored_types_are_named_and_large_arrays_are_read_in_boxes() {
        let mut bytes = b"\x93NUMPY\x01\x00\x3a\x00".to_vec();
        bytes.extend(b"{'descr':'>i2','fortran_order':True,'shape':(700,1000,)} \n");
        bytes.extend((0..700_000_u32).flat_map(|i| ((i % 1000) as i16).to_be_bytes()));
        let array = Array::from_reader(&mut &bytes[..], "-").unwrap();
        let s = summarize(&array).unwrap();
        assert_eq!((s.dtype.as_str(), s.fortran, s.bytes), ("int16 (big-endian)", true, 1_400_000));
        assert_eq!((s.min, s.max, s.mean), (Some(0.0), Some(999.0), Some(C128::from(499.5))));
        let squares: f64 = (0..1000).map(|i| (i * i) as f64).sum::<f64>() * 700.0;
        assert!((s.norm / squares.sqrt() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn norms_neither_overflow_nor_vanish() {
        for scale in [1e-320, 1e-300, 1e-160, 1.0, 1e160, 1e300] {
            let s = summarize(&reals(&[3.0 * scale, -4.0 * scale])).unwrap();
            assert!((s.norm / (5.0 * scale) - 1.0).abs() < 1e-3, "{scale} {}", s.norm);
        }
        let c = compare(&reals(&[2e200, 1e200]), &reals(&[1e200, 1e200])).unwrap();
        assert!((c.relative_error - 0.5_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn the_worst_difference_is_found_where_it_is() {
        let ones = Array::generated(Generator::Full(C128::from(1.0)), [3, 400_000], DType::Float32);
        let ones = ones.unwrap();
        let mut values = vec![C128::from(1.0); 1_200_000];
        values[800_123] = C128::from(1.5);
        values[5] = C128::from(0.75);
        let a = Array::values([3, 400_000], values, DType::Float64).unwrap();
        let c = compare(&a, &ones).unwrap();
        assert_eq!((c.at, c.max_abs), (Some(vec![2, 123]), 0.5));
        assert_eq!(c.values, Some((C128::from(1.5), C128::from(1.0))));
        assert_eq!(c.difference, (0.25_f64 + 0.0625).sqrt());
        assert!((c.relative_error - c.difference / 1_200_000_f64.sqrt()).abs() < 1e-18);
        let same = compare(&a, &a).unwrap();
        assert_eq!((same.relative_error, same.at, same.max_abs), (0.0, None, 0.0));
    }

    #[test]
    fn special_values_count_as_different_unless_both_have_them() {
        let c = compare(&reals(&[NAN, INF, 1.0]), &reals(&[NAN, INF, 1.0])).unwrap();
        assert_eq!((c.relative_error, c.nan_differences, c.difference), (0.0, 0, 0.0));
        assert!(c.is_within(0.0, 0.0));
        let c = compare(&reals(&[1.0, NAN]), &reals(&[1.0, 2.0])).unwrap();
        assert_eq!((c.relative_error, c.nan_differences, c.at.clone()), (INF, 1, Some(vec![1])));
        assert!(!c.is_within(1e9, 1e9) && !c.is_within(INF, INF));
        let c = compare(&reals(&[INF]), &reals(&[-INF])).unwrap();
        assert_eq!((c.relative_error, c.max_abs), (INF, INF));
        let c = compare(&complexes(&[(3.0, 4.0)]), &reals(&[0.0])).unwrap();
        assert_eq!((c.relative_error, c.max_abs, c.difference), (INF, 5.0, 5.0));
        assert!(c.is_within(0.0, 5.0) && !c.is_within(1.0, 4.9));
        // An infinite value does not make the reference so large that everything is near it.
        let c = compare(&reals(&[INF, 5.0]), &reals(&[INF, 1.0])).unwrap();
        assert_eq!((c.relative_error, c.at.clone()), (4.0, Some(vec![1])));
        assert!(!c.is_within(0.1, 0.0));
        let error = compare(&reals(&[1.0]), &reals(&[1.0, 2.0]).named("b.npy")).unwrap_err();
        assert!(error.message().contains("b.npy of dims (2,)"), "{error}");
    }
}

//! Numbers that are rounded to single precision: those that it cannot hold, and those that it makes
//! zero.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ndarray::{ArrayViewD, ArrayViewMutD, Zip};

use crate::scalar::{C128, DType, Scalar};
use crate::space::strides;
use crate::view::Viewed;
use crate::with_dtype;

/// What became of elements that were converted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Fate {
    /// Some finite one is infinite now.
    pub(crate) lost: bool,
    /// How many are zero now, and were not.
    pub(crate) vanished: usize,
    /// The largest part of any, without its sign.
    pub(crate) largest: f64,
}

impl Fate {
    pub(crate) fn and(self, other: Fate) -> Fate {
        Fate {
            lost: self.lost || other.lost,
            vanished: self.vanished + other.vanished,
            largest: self.largest.max(other.largest),
        }
    }

    /// That of one element as a `T`.
    pub(crate) fn of<T: Scalar>(value: C128) -> Fate {
        let narrow = T::from_c128(value);
        Fate {
            lost: !narrow.is_finite() && is_finite(value),
            vanished: usize::from(narrow == T::default() && value != C128::default()),
            largest: value.re.abs().max(value.im.abs()),
        }
    }
}

/// What reads of an array in single precision made of its elements, by all who read it.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    vanished: AtomicBool,
    /// Bits of the largest part; those of numbers without a sign are in the numbers' order.
    largest: AtomicU64,
}

/// An array whose largest element is below this is not resolved by single precision: below its least
/// normal number over its rounding.
const RESOLVED: f64 = f32::MIN_POSITIVE as f64 / f32::EPSILON as f64;

impl Losses {
    pub(crate) fn add(&self, fate: Fate) {
        if fate.vanished > 0 {
            self.vanished.store(true, Ordering::Relaxed);
        }
        self.largest.fetch_max(fate.largest.to_bits(), Ordering::Relaxed);
    }

    /// Whether elements have vanished, as 0 or 1, and bits of the largest one.
    pub(crate) fn told(&self) -> [u64; 2] {
        let vanished = self.vanished.load(Ordering::Relaxed);
        [u64::from(vanished), self.largest.load(Ordering::Relaxed)]
    }
}

/// The largest of an array's elements, from what all processes tell, if some vanished that may matter
/// beside it.
pub fn too_small(told: impl Iterator<Item = [u64; 2]>) -> Option<f64> {
    let all = told.fold([0, 0], |a, b| [a[0] | b[0], a[1].max(b[1])]);
    let largest = f64::from_bits(all[1]);
    (all[0] != 0 && largest < RESOLVED).then_some(largest)
}

/// What became of an array that was written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Narrowed {
    /// The first element that the file's type cannot hold: its number in C order, and its value.
    pub lost: Option<(usize, C128)>,
    /// How many elements are zero now, and were not.
    pub vanished: usize,
    /// How many elements are NaN or infinite.
    pub not_finite: usize,
}

impl Narrowed {
    /// What became of both parts of an array.
    pub fn and(self, other: Narrowed) -> Narrowed {
        let lost = match (self.lost, other.lost) {
            (Some(a), Some(b)) => Some(if a.0 <= b.0 { a } else { b }),
            (a, b) => a.or(b),
        };
        Narrowed {
            lost,
            vanished: self.vanished + other.vanished,
            not_finite: self.not_finite + other.not_finite,
        }
    }
}

/// Whether elements of one type may be too large or too small for another.
fn narrows(from: DType, to: DType) -> bool {
    from.is_double() && !to.is_double()
}

fn is_finite(value: C128) -> bool {
    value.re.is_finite() && value.im.is_finite()
}

/// Whether a finite number is infinite as a `T`.
pub(crate) fn is_lost<T: Scalar>(value: C128) -> bool {
    Fate::of::<T>(value).lost
}

/// Puts elements where they belong.
pub(crate) fn convert<S: Viewed, T: Viewed>(
    out: ArrayViewMutD<'_, T>,
    from: ArrayViewD<'_, S>,
) -> Fate {
    let mut fate = Fate::default();
    let zip = Zip::from(out).and(from);
    if !narrows(S::DTYPE, T::DTYPE) {
        zip.for_each(|o, &v| *o = T::from_c128(v.to_c128()));
        return fate;
    }
    zip.for_each(|o, &v| {
        let value = v.to_c128();
        *o = T::from_c128(value);
        fate = fate.and(Fate::of::<T>(value));
    });
    fate
}

/// Why a type cannot hold a number that stands beside arrays: it is infinite or zero there.
pub fn unheld(value: C128, ty: DType) -> Option<String> {
    let fate = with_dtype!(ty, T => Fate::of::<T>(value));
    let value = shown(value);
    if fate.lost {
        return Some(format!("{value} is beyond {ty}"));
    }
    (fate.vanished > 0).then(|| format!("{value} is zero as {ty}"))
}

/// A number as a message says it.
fn shown(value: C128) -> String {
    match (value.re, value.im) {
        (re, 0.0) => format!("{re:?}"),
        (0.0, im) => format!("{im:?}j"),
        (re, im) => format!("{re:?}{im:+?}j"),
    }
}

/// A number of an array and its place, and why its type cannot hold it.
pub fn too_large(value: C128, at: usize, dims: &[usize], ty: DType) -> String {
    let index: Vec<String> = strides(dims)
        .iter()
        .zip(dims)
        .map(|(&stride, &n)| (at / stride.max(1) % n.max(1)).to_string())
        .collect();
    let (value, index) = (shown(value), index.join(", "));
    format!("its value {value} at [{index}] is beyond the largest {ty}, {:.1e}", f32::MAX)
}

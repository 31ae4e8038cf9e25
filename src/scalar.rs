//! The four element types, and the sealed trait that kernels are generic over.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use bytemuck::Pod;
use num_complex::Complex;
use serde::{Deserialize, Serialize};

/// Single-precision complex number, NumPy's `complex64`.
pub type C64 = Complex<f32>;
/// Double-precision complex number, NumPy's `complex128`.
pub type C128 = Complex<f64>;

/// Element type of an array, by NumPy's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DType {
    /// `float32`
    Float32,
    /// `float64`
    Float64,
    /// `complex64`
    Complex64,
    /// `complex128`
    Complex128,
}

impl DType {
    /// Every element type, in the order of promotion.
    pub const ALL: [DType; 4] =
        [DType::Float32, DType::Float64, DType::Complex64, DType::Complex128];

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            DType::Float32 => 4,
            DType::Float64 | DType::Complex64 => 8,
            DType::Complex128 => 16,
        }
    }

    /// Whether elements have an imaginary part.
    pub fn is_complex(self) -> bool {
        matches!(self, DType::Complex64 | DType::Complex128)
    }

    /// Whether real and imaginary parts are 64 bits wide.
    pub fn is_double(self) -> bool {
        matches!(self, DType::Float64 | DType::Complex128)
    }

    /// The element type with this kind and width.
    pub fn of(complex: bool, double: bool) -> DType {
        match (complex, double) {
            (false, false) => DType::Float32,
            (false, true) => DType::Float64,
            (true, false) => DType::Complex64,
            (true, true) => DType::Complex128,
        }
    }

    /// The real type of the same width.
    pub fn real(self) -> DType {
        DType::of(false, self.is_double())
    }

    /// The complex type of the same width.
    pub fn complex(self) -> DType {
        DType::of(true, self.is_double())
    }

    /// NumPy's promotion among the four types.
    pub fn promote(self, other: DType) -> DType {
        DType::of(self.is_complex() || other.is_complex(), self.is_double() || other.is_double())
    }

    /// NumPy's name.
    pub fn name(self) -> &'static str {
        match self {
            DType::Float32 => "float32",
            DType::Float64 => "float64",
            DType::Complex64 => "complex64",
            DType::Complex128 => "complex128",
        }
    }

    /// The type with this NumPy name.
    pub fn from_name(name: &str) -> Option<DType> {
        DType::ALL.into_iter().find(|d| d.name() == name)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl Sealed for super::C64 {}
    impl Sealed for super::C128 {}
}

/// An element that kernels compute with: `f32`, `f64`, [`C64`] or [`C128`].
pub trait Scalar:
    sealed::Sealed
    + Copy
    + Default
    + PartialEq
    + Pod
    + Send
    + Sync
    + fmt::Debug
    + fmt::Display
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + Sum
{
    /// Type of the real and imaginary parts.
    type Real: Real;
    /// The element type as a value.
    const DTYPE: DType;
    /// Rounds a double-precision complex number; a real type takes the real part.
    fn from_c128(value: C128) -> Self;
    /// Widens to double precision without loss.
    fn to_c128(self) -> C128;
    /// Complex conjugate; the number itself if real.
    fn conj(self) -> Self;
    /// Squared magnitude in double precision.
    fn abs2(self) -> f64;
    /// Product with a real number.
    fn scale(self, factor: Self::Real) -> Self;
    /// `self * b + c`, with one rounding for real types where the processor can.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// Whether no part is NaN or infinite.
    fn is_finite(self) -> bool;
}

/// A real [`Scalar`].
pub trait Real: Scalar<Real = Self> + PartialOrd + rustfft::FftNum {
    /// Rounds an `f64` to this type.
    fn rounded(value: f64) -> Self;
    /// Widens to `f64` without loss.
    fn widened(self) -> f64;
}

macro_rules! real_scalar {
    ($t:ty, $dtype:expr) => {
        impl Scalar for $t {
            type Real = $t;
            const DTYPE: DType = $dtype;
            #[inline(always)]
            fn from_c128(value: C128) -> Self {
                value.re as $t
            }
            #[inline(always)]
            fn to_c128(self) -> C128 {
                C128::new(f64::from(self), 0.0)
            }
            #[inline(always)]
            fn conj(self) -> Self {
                self
            }
            #[inline(always)]
            fn abs2(self) -> f64 {
                f64::from(self) * f64::from(self)
            }
            #[inline(always)]
            fn scale(self, factor: $t) -> Self {
                self * factor
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                <$t>::mul_add(self, b, c)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                <$t>::is_finite(self)
            }
        }
        impl Real for $t {
            #[inline(always)]
            fn rounded(value: f64) -> Self {
                value as $t
            }
            #[inline(always)]
            fn widened(self) -> f64 {
                f64::from(self)
            }
        }
    };
}

macro_rules! complex_scalar {
    ($t:ty, $dtype:expr) => {
        impl Scalar for Complex<$t> {
            type Real = $t;
            const DTYPE: DType = $dtype;
            #[inline(always)]
            fn from_c128(value: C128) -> Self {
                Complex::new(value.re as $t, value.im as $t)
            }
            #[inline(always)]
            fn to_c128(self) -> C128 {
                C128::new(f64::from(self.re), f64::from(self.im))
            }
            #[inline(always)]
            fn conj(self) -> Self {
                Complex::new(self.re, -self.im)
            }
            #[inline(always)]
            fn abs2(self) -> f64 {
                f64::from(self.re) * f64::from(self.re) + f64::from(self.im) * f64::from(self.im)
            }
            #[inline(always)]
            fn scale(self, factor: $t) -> Self {
                Complex::new(self.re * factor, self.im * factor)
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                let re = self.re.mul_add(b.re, c.re);
                let im = self.re.mul_add(b.im, c.im);
                Complex::new((-self.im).mul_add(b.im, re), self.im.mul_add(b.re, im))
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                self.re.is_finite() && self.im.is_finite()
            }
        }
    };
}

real_scalar!(f32, DType::Float32);
real_scalar!(f64, DType::Float64);
complex_scalar!(f32, DType::Complex64);
complex_scalar!(f64, DType::Complex128);

/// Runs an expression with the type name `$T` bound to the Rust type of a [`DType`].
#[macro_export]
macro_rules! with_dtype {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::scalar::DType::Float32 => {
                type $T = f32;
                $body
            }
            $crate::scalar::DType::Float64 => {
                type $T = f64;
                $body
            }
            $crate::scalar::DType::Complex64 => {
                type $T = $crate::scalar::C64;
                $body
            }
            $crate::scalar::DType::Complex128 => {
                type $T = $crate::scalar::C128;
                $body
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promotion_is_numpys() {
        assert_eq!(DType::Float64.promote(DType::Complex64), DType::Complex128);
        assert_eq!(DType::Float32.promote(DType::Complex64), DType::Complex64);
        assert_eq!(DType::Float32.promote(DType::Float64), DType::Float64);
    }

    #[test]
    fn complex_mul_add_is_the_product_plus_the_addend() {
        let (a, b, c) = (C128::new(1.0, 2.0), C128::new(-3.0, 0.5), C128::new(0.25, -1.0));
        assert_eq!(Scalar::mul_add(a, b, c), a * b + c);
    }
}

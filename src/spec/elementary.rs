//! The functions of formulas, on numbers. Sines, exponentials and logarithms are those of the `libm`
//! crate: the system's differ between machines in the last bit.

use std::f64::consts::PI;

use num_complex::Complex;

use super::formula::{Binary, Unary};
use crate::scalar::C128;

impl Unary {
    /// Whether complex numbers have it.
    pub fn takes_complex(self) -> bool {
        use Unary::{Arctan, Ceil, Floor, Log2, Log10, Round, Sinc, Tan, Tanh};
        !matches!(self, Arctan | Ceil | Floor | Log2 | Log10 | Round | Sinc | Tan | Tanh)
    }

    /// Whether it gives real numbers of complex ones.
    pub fn gives_real(self) -> bool {
        matches!(self, Unary::Abs | Unary::Angle | Unary::Imag | Unary::Not | Unary::Real)
    }

    /// Whether it gives whole numbers of whole numbers.
    pub fn keeps_whole(self) -> bool {
        use Unary::{Abs, Ceil, Conj, Floor, Neg, Not, Real, Round, Sign, Square};
        matches!(self, Abs | Ceil | Conj | Floor | Neg | Not | Real | Round | Sign | Square)
    }

    /// Its value at a real number.
    pub fn of_real(self, x: f64) -> f64 {
        match self {
            Unary::Neg => -x,
            Unary::Not => truth(x == 0.0),
            Unary::Abs => x.abs(),
            Unary::Sign if x == 0.0 || x.is_nan() => x,
            Unary::Sign => x.signum(),
            Unary::Sqrt => x.sqrt(),
            Unary::Square => x * x,
            Unary::Exp => libm::exp(x),
            Unary::Log => libm::log(x),
            Unary::Log10 => libm::log10(x),
            Unary::Log2 => libm::log2(x),
            Unary::Sin => libm::sin(x),
            Unary::Cos => libm::cos(x),
            Unary::Tan => libm::tan(x),
            Unary::Tanh => libm::tanh(x),
            Unary::Arctan => libm::atan(x),
            Unary::Sinc if x == 0.0 => 1.0,
            Unary::Sinc => libm::sin(PI * x) / (PI * x),
            Unary::Floor => x.floor(),
            Unary::Ceil => x.ceil(),
            Unary::Round => x.round_ties_even(),
            Unary::Real | Unary::Conj => x,
            Unary::Imag => 0.0,
            Unary::Angle => libm::atan2(0.0, x),
        }
    }

    /// Its value at a complex number, if complex numbers have it.
    pub fn of_complex(self, z: C128) -> C128 {
        let (re, im) = (z.re, z.im);
        match self {
            Unary::Neg => -z,
            Unary::Not => truth(z == C128::ZERO).into(),
            Unary::Abs => libm::hypot(re, im).into(),
            Unary::Sign if z == C128::ZERO => z,
            Unary::Sign => z / libm::hypot(re, im),
            Unary::Sqrt => root(z),
            Unary::Square => z * z,
            Unary::Exp => exponential(z),
            Unary::Log => logarithm(z),
            // sin(a + ib) = sin a cosh b + i cos a sinh b
            Unary::Sin => {
                Complex::new(libm::sin(re) * libm::cosh(im), libm::cos(re) * libm::sinh(im))
            }
            Unary::Cos => {
                Complex::new(libm::cos(re) * libm::cosh(im), -libm::sin(re) * libm::sinh(im))
            }
            Unary::Conj => z.conj(),
            Unary::Real => re.into(),
            Unary::Imag => im.into(),
            Unary::Angle => libm::atan2(im, re).into(),
            _ => unreachable!("{} is a function of real numbers", self.name()),
        }
    }
}

impl Binary {
    /// Whether complex numbers have it: those of order do not.
    pub fn takes_complex(self) -> bool {
        use Binary::{Add, And, Div, Equal, Mul, NotEqual, Or, Pow, Sub};
        matches!(self, Add | And | Div | Equal | Mul | NotEqual | Or | Pow | Sub)
    }

    /// Whether it gives whole numbers of whole numbers.
    pub fn keeps_whole(self) -> bool {
        !matches!(self, Binary::Div | Binary::Pow | Binary::Arctan2 | Binary::Hypot)
    }

    /// Its value at two real numbers.
    pub fn of_real(self, x: f64, y: f64) -> f64 {
        match self {
            Binary::Add => x + y,
            Binary::Sub => x - y,
            Binary::Mul => x * y,
            Binary::Div => x / y,
            Binary::FloorDiv => (x / y).floor(),
            Binary::Remainder => x - y * (x / y).floor(),
            Binary::Pow => libm::pow(x, y),
            Binary::Less => truth(x < y),
            Binary::LessEqual => truth(x <= y),
            Binary::Greater => truth(x > y),
            Binary::GreaterEqual => truth(x >= y),
            Binary::Equal => truth(x == y),
            Binary::NotEqual => truth(x != y),
            Binary::And => truth(x != 0.0 && y != 0.0),
            Binary::Or => truth(x != 0.0 || y != 0.0),
            // NaN is passed on, as NumPy does.
            Binary::Maximum if x.is_nan() || y.is_nan() => f64::NAN,
            Binary::Maximum => x.max(y),
            Binary::Minimum if x.is_nan() || y.is_nan() => f64::NAN,
            Binary::Minimum => x.min(y),
            Binary::Arctan2 => libm::atan2(x, y),
            Binary::Hypot => libm::hypot(x, y),
        }
    }

    /// Its value at two complex numbers, if complex numbers have it.
    pub fn of_complex(self, x: C128, y: C128) -> C128 {
        match self {
            Binary::Add => x + y,
            Binary::Sub => x - y,
            Binary::Mul => x * y,
            Binary::Div => x / y,
            Binary::Pow => power(x, y),
            Binary::Equal => truth(x == y).into(),
            Binary::NotEqual => truth(x != y).into(),
            Binary::And => truth(x != C128::ZERO && y != C128::ZERO).into(),
            Binary::Or => truth(x != C128::ZERO || y != C128::ZERO).into(),
            _ => unreachable!("{} is a function of real numbers", self.name()),
        }
    }
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn exponential(z: C128) -> C128 {
    let size = libm::exp(z.re);
    Complex::new(size * libm::cos(z.im), size * libm::sin(z.im))
}

fn logarithm(z: C128) -> C128 {
    Complex::new(libm::log(libm::hypot(z.re, z.im)), libm::atan2(z.im, z.re))
}

/// The square root whose real part is not negative.
fn root(z: C128) -> C128 {
    if z == C128::ZERO {
        return z;
    }
    // |re| + |z| does not cancel.
    let half = ((z.re.abs() + libm::hypot(z.re, z.im)) / 2.0).sqrt();
    let other = z.im.abs() / (2.0 * half);
    match z.re >= 0.0 {
        true => Complex::new(half, other.copysign(z.im)),
        false => Complex::new(other, half.copysign(z.im)),
    }
}

fn power(x: C128, y: C128) -> C128 {
    if y == C128::ZERO {
        return C128::ONE;
    }
    if x == C128::ZERO {
        return x;
    }
    // Whole powers are products.
    if y.im == 0.0 && y.re.fract() == 0.0 && y.re.abs() <= 64.0 {
        let (mut product, mut n, mut square) = (C128::ONE, y.re.abs() as u32, x);
        while n > 0 {
            if n % 2 == 1 {
                product *= square;
            }
            square *= square;
            n /= 2;
        }
        return if y.re < 0.0 { C128::ONE / product } else { product };
    }
    exponential(y * logarithm(x))
}

//! Functions of one, two or three numbers, applied to arrays element by element with NumPy's broadcasting.

use std::fmt;

use ndarray::{ArrayD, ArrayViewMutD, IxDyn, Zip};

use crate::io::{Array, Error, Result, Rule};
use crate::scalar::C128;
use crate::space::IndexBox;
use crate::spec::{Binary, Unary};
use crate::view::{ViewMut, Viewed};
use crate::with_view;

/// A function of as many numbers as there are operands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Function {
    Unary(Unary),
    Binary(Binary),
    /// The second operand where the first is not 0, else the third.
    Where,
}

/// A function applied to operands of double precision.
pub(super) struct Elementwise {
    pub(super) function: Function,
    pub(super) operands: Vec<Array>,
    /// Whether any operand is complex: then all are.
    pub(super) complex: bool,
}

impl fmt::Debug for Elementwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {:?}", self.function, self.operands)
    }
}

impl Rule for Elementwise {
    fn read(&self, b: &IndexBox, out: ViewMut<'_>) -> Result<()> {
        with_view!(ViewMut, out, out => match self.complex {
            true => self.complex(b, out),
            false => self.real(b, out),
        })
    }

    fn inputs(&self) -> &[Array] {
        &self.operands
    }
}

impl Elementwise {
    fn real<T: Viewed>(&self, b: &IndexBox, out: ArrayViewMutD<'_, T>) -> Result<()> {
        let to = |x: f64| T::from_c128(C128::new(x, 0.0));
        match self.function {
            Function::Unary(f) => self.one(b, out, |x| to(f.of_real(x))),
            Function::Binary(f) => self.two(b, out, |x, y| to(f.of_real(x, y))),
            Function::Where => {
                self.three(b, out, |test: f64, x, y| to(if test == 0.0 { y } else { x }))
            }
        }
    }

    fn complex<T: Viewed>(&self, b: &IndexBox, out: ArrayViewMutD<'_, T>) -> Result<()> {
        match self.function {
            Function::Unary(f) => self.one(b, out, |x| T::from_c128(f.of_complex(x))),
            Function::Binary(f) => self.two(b, out, |x, y| T::from_c128(f.of_complex(x, y))),
            Function::Where => self.three(b, out, |test: C128, x, y| {
                T::from_c128(if test == C128::ZERO { y } else { x })
            }),
        }
    }

    fn one<S: Viewed, T: Viewed>(
        &self,
        b: &IndexBox,
        out: ArrayViewMutD<'_, T>,
        f: impl Fn(S) -> T,
    ) -> Result<()> {
        let x = self.operand::<S>(0, b)?;
        Zip::from(out).and(&x).for_each(|o, &x| *o = f(x));
        Ok(())
    }

    fn two<S: Viewed, T: Viewed>(
        &self,
        b: &IndexBox,
        out: ArrayViewMutD<'_, T>,
        f: impl Fn(S, S) -> T,
    ) -> Result<()> {
        let (x, y) = (self.operand::<S>(0, b)?, self.operand::<S>(1, b)?);
        let dims = out.raw_dim();
        let wide = |x: Option<_>| x.ok_or_else(|| misfit(b));
        let (x, y) = (wide(x.broadcast(dims.clone()))?, wide(y.broadcast(dims))?);
        Zip::from(out).and(x).and(y).for_each(|o, &x, &y| *o = f(x, y));
        Ok(())
    }

    fn three<S: Viewed, T: Viewed>(
        &self,
        b: &IndexBox,
        out: ArrayViewMutD<'_, T>,
        f: impl Fn(S, S, S) -> T,
    ) -> Result<()> {
        let all = [self.operand::<S>(0, b)?, self.operand(1, b)?, self.operand(2, b)?];
        let dims = out.raw_dim();
        let [test, x, y] = all.each_ref().map(|a| a.broadcast(dims.clone()));
        let wide = |x: Option<_>| x.ok_or_else(|| misfit(b));
        let (test, x, y) = (wide(test)?, wide(x)?, wide(y)?);
        Zip::from(out).and(test).and(x).and(y).for_each(|o, &t, &x, &y| *o = f(t, x, y));
        Ok(())
    }

    /// What a box of the result needs of an operand: of an axis of length 1, its only sample.
    fn operand<S: Viewed>(&self, number: usize, b: &IndexBox) -> Result<ArrayD<S>> {
        let array = &self.operands[number];
        let dims = &array.ty().dims;
        let ahead = b.ndim() - dims.len();
        let range =
            |(axis, &n): (usize, &usize)| if n == 1 { 0..1 } else { b.0[axis + ahead].clone() };
        let own = IndexBox(dims.iter().enumerate().map(range).collect());
        let mut values = ArrayD::<S>::default(IxDyn(&own.dims()));
        array.read_box(&own, S::erase_mut(values.view_mut()))?;
        Ok(values)
    }
}

fn misfit(b: &IndexBox) -> Error {
    Error::run(format!("an operand does not fit the box {b}"))
}

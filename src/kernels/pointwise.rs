//! Elementwise copies, casts, scaling, products and sums.

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

use crate::kernels::rows::{each_row, long_rows, reals, reals_mut, vectorized, zip_rows};
use crate::scalar::{C128, Scalar};
use crate::view::{View, ViewMut, Viewed};
use crate::{with_dtype, with_view};

/// Fewest elements of a row that are worth a call.
const LONG: usize = 16;

/// `y = x`, in `y`'s element type; complex to real takes the real part.
pub fn copy(y: ViewMut<'_>, x: View<'_>) {
    with_dtype!(y.dtype(), A => {
        let y = A::typed_mut(y);
        with_view!(View, x, x => copy_as(y, x))
    });
}

fn copy_as<A: Viewed, B: Viewed>(y: ArrayViewMutD<'_, A>, x: ArrayViewD<'_, B>) {
    if A::DTYPE == B::DTYPE {
        let x = A::typed(B::erase(x));
        let (mut y, x) = long_rows(y, x);
        let last = y.ndim() - 1;
        let long = y.shape()[last] >= LONG;
        if long && y.strides()[last] == 1 && x.strides()[last] == 1 {
            zip_rows(y, x, |y, x| y.copy_from_slice(x));
        } else {
            y.assign(&x);
        }
    } else {
        zip_rows(y, x, |y, x| {
            y.iter_mut().zip(x).for_each(|(y, x)| *y = A::from_c128(x.to_c128()));
        });
    }
}

/// `y = 0`
pub fn zero(y: ViewMut<'_>) {
    with_view!(ViewMut, y, y => fill_zero(y));
}

fn fill_zero<T: Scalar>(mut y: ArrayViewMutD<'_, T>) {
    y.fill(T::default());
}

/// `y = c y`
pub fn scale(y: ViewMut<'_>, c: C128) {
    with_view!(ViewMut, y, y => scale_typed(y, c));
}

fn scale_typed<T: Scalar>(y: ArrayViewMutD<'_, T>, c: C128) {
    let c = T::from_c128(c);
    if c.to_c128().im == 0.0 {
        let c = reals(&[c])[0];
        each_row(y, |y| {
            vectorized(
                #[inline(always)]
                || reals_mut(y).iter_mut().for_each(|y| *y *= c),
            )
        });
    } else {
        each_row(y, |y| {
            vectorized(
                #[inline(always)]
                || y.iter_mut().for_each(|y| *y *= c),
            )
        });
    }
}

/// `y = y + c x`
pub fn add_scaled(y: ViewMut<'_>, c: C128, x: View<'_>) {
    with_view!(ViewMut, y, y => add_scaled_typed(y, c, Viewed::typed(x)));
}

fn add_scaled_typed<T: Scalar>(y: ArrayViewMutD<'_, T>, c: C128, x: ArrayViewD<'_, T>) {
    let c = T::from_c128(c);
    if c.to_c128() == C128::new(1.0, 0.0) {
        zip_rows(y, x, |y, x| {
            vectorized(
                #[inline(always)]
                || y.iter_mut().zip(x).for_each(|(y, x)| *y += *x),
            )
        });
    } else {
        zip_rows(y, x, |y, x| {
            vectorized(
                #[inline(always)]
                || y.iter_mut().zip(x).for_each(|(y, x)| *y = x.mul_add(c, *y)),
            );
        });
    }
}

/// `y = conj(y)`
pub fn conj(y: ViewMut<'_>) {
    with_view!(ViewMut, y, y => conj_typed(y));
}

fn conj_typed<T: Scalar>(y: ArrayViewMutD<'_, T>) {
    each_row(y, |y| y.iter_mut().for_each(|y| *y = y.conj()));
}

/// `y = f y` or `conj(f) y`; axes of length 1 in `f` are broadcast. A real `f` of `y`'s precision
/// may multiply a complex `y`.
pub fn multiply(y: ViewMut<'_>, f: View<'_>, conjugate: bool) {
    with_view!(ViewMut, y, y => multiply_typed(y, f, conjugate));
}

fn multiply_typed<T: Viewed>(y: ArrayViewMutD<'_, T>, f: View<'_>, conjugate: bool)
where
    T::Real: Viewed,
{
    if f.dtype() == T::DTYPE {
        let f = T::typed(f);
        if conjugate {
            by_rows(y, f, |y: &mut T, f: T| *y *= f.conj());
        } else {
            by_rows(y, f, |y: &mut T, f: T| *y *= f);
        }
    } else {
        by_rows(y, <T::Real as Viewed>::typed(f), |y: &mut T, f: T::Real| *y = y.scale(f));
    }
}

/// Pairs rows of `y` with rows of the broadcast factor; reads a factor that is constant along rows
/// once per row.
fn by_rows<T: Scalar, F: Scalar>(
    y: ArrayViewMutD<'_, T>,
    f: ArrayViewD<'_, F>,
    op: impl Fn(&mut T, F) + Copy,
) {
    let dims = y.raw_dim();
    let last = y.ndim().saturating_sub(1);
    let constant_rows = y.ndim() > 0 && f.len_of(Axis(last)) == 1 && y.len_of(Axis(last)) != 1;
    let Some(f) = f.broadcast(dims) else { unreachable!("the graph checked that factors fit") };
    if !constant_rows {
        zip_rows(y, f.view(), |y, f| {
            vectorized(
                #[inline(always)]
                || y.iter_mut().zip(f).for_each(|(y, f)| op(y, *f)),
            );
        });
        return;
    }
    let mut y = y;
    for (mut y, f) in y.rows_mut().into_iter().zip(f.rows()) {
        let f = f[0];
        match y.as_slice_mut() {
            Some(y) => vectorized(
                #[inline(always)]
                || y.iter_mut().for_each(|y| op(y, f)),
            ),
            None => y.iter_mut().for_each(|y| op(y, f)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::C64;
    use ndarray::{Array2, ArrayD};

    #[test]
    fn products_broadcast_and_conjugate() {
        let mut y: ArrayD<C128> =
            Array2::from_shape_fn((2, 3), |(i, j)| C128::new(i as f64, j as f64)).into_dyn();
        let f = ndarray::arr2(&[[C128::new(0.0, 1.0)], [C128::new(2.0, -1.0)]]).into_dyn();
        let expected = Array2::from_shape_fn((2, 3), |(i, j)| {
            C128::new(i as f64, j as f64) * f[[i, 0]].conj()
        });
        multiply(C128::erase_mut(y.view_mut()), C128::erase(f.view()), true);
        assert_eq!(y, expected.into_dyn());
    }

    #[test]
    fn casts_round_and_drop_imaginary_parts() {
        let x = ndarray::arr1(&[C64::new(1.5, 2.0), C64::new(-3.0, 1.0)]).into_dyn();
        let mut y = ndarray::arr1(&[0.0f64, 0.0]).into_dyn();
        copy(f64::erase_mut(y.view_mut()), C64::erase(x.view()));
        assert_eq!(y, ndarray::arr1(&[1.5, -3.0]).into_dyn());
    }

    #[test]
    fn transposed_views_are_scaled_in_place() {
        let mut y = Array2::from_shape_fn((3, 4), |(i, j)| (i * 4 + j) as f32);
        let expected = y.mapv(|v| v * 2.0);
        let t = y.view_mut().reversed_axes().into_dyn();
        scale(f32::erase_mut(t), C128::new(2.0, 0.0));
        assert_eq!(y, expected);
    }
}

//! Sums along an axis. Single precision is accumulated in double.

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

use crate::kernels::rows::parts;
use crate::scalar::{C128, Scalar};

/// `y = sum_i x_i` along an axis, which `y` keeps with length 1.
pub fn sum<T: Scalar>(y: ArrayViewMutD<'_, T>, x: ArrayViewD<'_, T>, axis: usize) {
    if parts::<T>() == 1 {
        sum_as::<T, f64>(y, x, axis);
    } else {
        sum_as::<T, C128>(y, x, axis);
    }
}

fn sum_as<T: Scalar, W: Scalar>(mut y: ArrayViewMutD<'_, T>, x: ArrayViewD<'_, T>, axis: usize) {
    let mut lane = y.index_axis_mut(Axis(axis), 0);
    let mut total = ndarray::ArrayD::<W>::from_elem(lane.raw_dim(), W::default());
    for x in x.axis_iter(Axis(axis)) {
        total.zip_mut_with(&x, |t, x| *t += W::from_c128(x.to_c128()));
    }
    lane.zip_mut_with(&total, |y, t| *y = T::from_c128(t.to_c128()));
}

/// `y_i = sum_{j<=i} x_j` along an axis, or `sum_{j>=i}` if `reverse`. `x` covers the array from
/// its start (its end, if `reverse`) to the end (start) of `y`.
pub fn cumulative_sum<T: Scalar>(
    mut y: ArrayViewMutD<'_, T>,
    x: ArrayViewD<'_, T>,
    axis: usize,
    reverse: bool,
) {
    let (n, len) = (x.shape()[axis], y.shape()[axis]);
    let mut dims = x.shape().to_vec();
    dims.remove(axis);
    let mut total = ndarray::ArrayD::<C128>::from_elem(dims, C128::default());
    for step in 0..n {
        let j = if reverse { n - 1 - step } else { step };
        total.zip_mut_with(&x.index_axis(Axis(axis), j), |t, x| *t += x.to_c128());
        if step + len >= n {
            let i = if reverse { j } else { j + len - n };
            let mut y = y.index_axis_mut(Axis(axis), i);
            y.zip_mut_with(&total, |y, t| *y = T::from_c128(*t));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayD, arr1, arr2};

    #[test]
    fn sums_keep_the_axis_and_widen() {
        let x = arr2(&[[1.0e8f32, 1.0, -1.0e8], [1.0, 2.0, 3.0]]).into_dyn();
        let mut y = ArrayD::from_elem(vec![2, 1], 0.0f32);
        sum(y.view_mut(), x.view(), 1);
        assert_eq!(y, arr2(&[[1.0f32], [6.0]]).into_dyn());
    }

    #[test]
    fn cumulative_sums_of_a_part_see_what_lies_before() {
        let x = arr1(&[1.0, 2.0, 3.0, 4.0]).into_dyn();
        let mut y = ArrayD::from_elem(vec![2], 0.0);
        cumulative_sum(y.view_mut(), x.view(), 0, false);
        assert_eq!(y, arr1(&[6.0, 10.0]).into_dyn());
        cumulative_sum(y.view_mut(), x.view(), 0, true);
        assert_eq!(y, arr1(&[10.0, 9.0]).into_dyn());
    }
}

//! Picks samples from an axis, and adds samples to it.

use std::ops::Range;

use ndarray::{ArrayViewD, ArrayViewMutD, Axis};

use crate::scalar::Scalar;

/// `y_i = x_{indices_i}` along an axis; `x` starts at index `x_start` there.
pub fn gather<T: Scalar>(
    mut y: ArrayViewMutD<'_, T>,
    x: ArrayViewD<'_, T>,
    axis: usize,
    x_start: usize,
    indices: &[usize],
) {
    for (mut y, &i) in y.axis_iter_mut(Axis(axis)).zip(indices) {
        y.assign(&x.index_axis(Axis(axis), i - x_start));
    }
}

/// `y_{indices_i} += x_i` along an axis, from zeros; `y` holds `range` of it, `x` all samples.
pub fn scatter_add<T: Scalar>(
    mut y: ArrayViewMutD<'_, T>,
    range: Range<usize>,
    x: ArrayViewD<'_, T>,
    axis: usize,
    indices: &[usize],
) {
    y.fill(T::default());
    for (x, &i) in x.axis_iter(Axis(axis)).zip(indices) {
        if range.contains(&i) {
            let mut y = y.index_axis_mut(Axis(axis), i - range.start);
            y.zip_mut_with(&x, |y, x| *y += *x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayD, arr2};

    #[test]
    fn repeated_samples_accumulate() {
        let x = arr2(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]).into_dyn();
        let mut y = ArrayD::from_elem(vec![3, 2], 9.0);
        gather(y.view_mut(), x.view(), 0, 0, &[2, 0, 2]);
        assert_eq!(y, arr2(&[[5.0, 6.0], [1.0, 2.0], [5.0, 6.0]]).into_dyn());
        let mut back = ArrayD::from_elem(vec![3, 2], 9.0);
        scatter_add(back.view_mut(), 0..3, y.view(), 0, &[2, 0, 2]);
        assert_eq!(back, arr2(&[[1.0, 2.0], [0.0, 0.0], [10.0, 12.0]]).into_dyn());
    }
}

//! Default values that many parameters share.

use crate::spec::OneOrMany;

pub(super) fn one() -> f64 {
    1.0
}

pub(super) fn minus_one() -> isize {
    -1
}

pub(super) fn yes() -> bool {
    true
}

pub(super) fn last_two_axes() -> Vec<isize> {
    vec![-2, -1]
}

pub(super) fn last_three_axes() -> Vec<isize> {
    vec![-3, -2, -1]
}

pub(super) fn one_each() -> OneOrMany<f64> {
    OneOrMany::One(1.0)
}

pub(super) fn no_each() -> OneOrMany<bool> {
    OneOrMany::One(false)
}

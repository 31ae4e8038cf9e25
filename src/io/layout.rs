//! Strided layouts over a base of elements: NumPy's slicing, transposing and reshaping, without
//! data.

use crate::space::{show_dims, strides};

/// Where the elements of an array are among those of its base: element `i` is number
/// `offset + sum(i[k] * strides[k])`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) dims: Vec<usize>,
    pub(crate) strides: Vec<isize>,
    pub(crate) offset: usize,
}

impl Layout {
    /// The base itself, in C or Fortran order.
    pub(crate) fn whole(dims: &[usize], fortran: bool) -> Self {
        let own = if fortran {
            let reversed: Vec<usize> = dims.iter().rev().copied().collect();
            strides(&reversed).into_iter().rev().collect()
        } else {
            strides(dims)
        };
        Layout {
            dims: dims.to_vec(),
            strides: own.into_iter().map(|s| s as isize).collect(),
            offset: 0,
        }
    }

    /// Base numbers of the elements of a box.
    pub(crate) fn start_of(&self, start: &[usize]) -> usize {
        let moved: isize = start.iter().zip(&self.strides).map(|(&i, &s)| i as isize * s).sum();
        self.offset.wrapping_add_signed(moved)
    }

    /// Whether elements follow each other in the base in C order.
    pub(crate) fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        self.dims.contains(&0)
            || self.dims.iter().zip(&self.strides).rev().all(|(&n, &s)| {
                let right = n == 1 || s == expected;
                expected *= n as isize;
                right
            })
    }

    /// How this runs through a base of these dims in C order; `None` if an axis of this does not run
    /// along one axis of the base, or two run along the same, as after some reshapes.
    pub(crate) fn courses(&self, base: &[usize]) -> Option<Courses> {
        let own = strides(base);
        let start: Vec<usize> =
            own.iter().zip(base).map(|(&s, &n)| self.offset / s.max(1) % n.max(1)).collect();
        let mut taken = vec![false; base.len()];
        let mut axes = Vec::with_capacity(self.dims.len());
        for (&n, &stride) in self.dims.iter().zip(&self.strides) {
            if n <= 1 {
                axes.push(None);
                continue;
            }
            let size = stride.unsigned_abs();
            let along = (0..base.len()).find(|&j| {
                base[j] > 1 && own[j] <= size && size < own[j] * base[j] && size % own[j] == 0
            })?;
            let step = stride / own[along] as isize;
            let last = start[along] as isize + (n as isize - 1) * step;
            if std::mem::replace(&mut taken[along], true)
                || !(0..base[along] as isize).contains(&last)
            {
                return None;
            }
            axes.push(Some(Course { axis: along, step }));
        }
        Some(Courses { start, axes })
    }

    /// NumPy's basic slicing. The error says what is wrong, to follow the array's name.
    pub(crate) fn slice(&self, text: &str) -> Result<Layout, String> {
        let items = parse_slice(text)?;
        let used =
            items.iter().filter(|i| matches!(i, SlicePart::At(_) | SlicePart::Range(..))).count();
        let ndim = self.dims.len();
        if used > ndim {
            return Err(format!(
                "the slice \"{text}\" has {used} indices for an array of {ndim} axes, {}",
                show_dims(&self.dims)
            ));
        }
        let mut out = Layout { dims: Vec::new(), strides: Vec::new(), offset: self.offset };
        let mut offset = self.offset as isize;
        let mut axis = 0;
        let keep = |out: &mut Layout, axis: usize| {
            out.dims.push(self.dims[axis]);
            out.strides.push(self.strides[axis]);
        };
        for item in &items {
            match *item {
                SlicePart::NewAxis => {
                    out.dims.push(1);
                    out.strides.push(0);
                }
                SlicePart::Ellipsis => {
                    for _ in 0..ndim - used {
                        keep(&mut out, axis);
                        axis += 1;
                    }
                }
                SlicePart::At(i) => {
                    let n = self.dims[axis] as i64;
                    let at = if i < 0 { i.saturating_add(n) } else { i };
                    if at < 0 || at >= n {
                        return Err(format!(
                            "index {i} of the slice \"{text}\" is outside axis {axis}, whose length is {n}"
                        ));
                    }
                    offset += at as isize * self.strides[axis];
                    axis += 1;
                }
                SlicePart::Range(start, stop, step) => {
                    let (first, count) = adjusted(start, stop, step, self.dims[axis] as i64);
                    if count > 0 {
                        offset += first as isize * self.strides[axis];
                    }
                    out.dims.push(count);
                    // With one element at most, the step means nothing and may be huge.
                    let step = if count > 1 { step as isize } else { 1 };
                    out.strides.push(self.strides[axis] * step);
                    axis += 1;
                }
            }
        }
        for axis in axis..ndim {
            keep(&mut out, axis);
        }
        out.offset = offset as usize;
        Ok(out)
    }

    /// Axis `k` of the result is axis `axes[k]` of this; negative axes count from the end.
    pub(crate) fn transpose(&self, axes: &[isize]) -> Result<Layout, String> {
        let ndim = self.dims.len();
        let mut seen = vec![false; ndim];
        let mut order = Vec::with_capacity(ndim);
        for &axis in axes {
            let at = if axis < 0 { axis + ndim as isize } else { axis };
            match usize::try_from(at).ok().filter(|&a| a < ndim && !seen[a]) {
                Some(a) => {
                    seen[a] = true;
                    order.push(a);
                }
                None => break,
            }
        }
        if order.len() != ndim || axes.len() != ndim {
            return Err(format!(
                "transpose = {axes:?} must name each of the {ndim} axes of {} once",
                show_dims(&self.dims)
            ));
        }
        Ok(Layout {
            dims: order.iter().map(|&a| self.dims[a]).collect(),
            strides: order.iter().map(|&a| self.strides[a]).collect(),
            offset: self.offset,
        })
    }

    /// The same elements in C order under other dims, if strides can say it.
    pub(crate) fn reshape(&self, dims: &[usize]) -> Option<Layout> {
        let mut out =
            Layout { dims: dims.to_vec(), strides: vec![0; dims.len()], offset: self.offset };
        if dims.contains(&0) {
            return Some(out);
        }
        // NumPy's way: axes of both sides are taken from the left in groups of equal products, and
        // the old axes of a group must follow each other in the base.
        let old: Vec<(usize, isize)> =
            (self.dims.iter().copied().zip(self.strides.iter().copied()))
                .filter(|&(n, _)| n != 1)
                .collect();
        let (mut i, mut j) = (0, 0);
        while i < old.len() && j < dims.len() {
            let (i0, j0) = (i, j);
            let (mut np, mut op) = (dims[j], old[i].0);
            (i, j) = (i + 1, j + 1);
            while np != op {
                if np < op {
                    np *= dims.get(j)?;
                    j += 1;
                } else {
                    op *= old.get(i)?.0;
                    i += 1;
                }
            }
            if old[i0..i].windows(2).any(|w| w[0].1 != w[1].1 * w[1].0 as isize) {
                return None;
            }
            let mut stride = old[i - 1].1;
            for axis in (j0..j).rev() {
                out.strides[axis] = stride;
                stride *= dims[axis] as isize;
            }
        }
        Some(out)
    }
}

/// How the axes of a layout run along those of its base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Courses {
    /// The base's index of the first element.
    pub(crate) start: Vec<usize>,
    /// By axis of the layout; `None` for axes of length 1.
    pub(crate) axes: Vec<Option<Course>>,
}

/// Along which axis of the base an axis of a layout runs, and by which step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Course {
    pub(crate) axis: usize,
    pub(crate) step: isize,
}

/// Dims with a possible -1 filled in.
pub(crate) fn filled_dims(from: &[usize], to: &[isize]) -> Result<Vec<usize>, String> {
    let total: usize = from.iter().product();
    let wrong = || format!("reshape = {to:?} does not fit {}, {total} elements", show_dims(from));
    if to.iter().any(|&n| n < -1) || to.iter().filter(|&&n| n == -1).count() > 1 {
        return Err(format!("reshape = {to:?} may have one -1 and no other negative length"));
    }
    let known = (to.iter().filter(|&&n| n != -1))
        .try_fold(1_usize, |p, &n| p.checked_mul(n as usize))
        .ok_or_else(wrong)?;
    let free = total.checked_div(known).unwrap_or(0);
    let dims: Vec<usize> = to.iter().map(|&n| if n == -1 { free } else { n as usize }).collect();
    let fits = match to.contains(&-1) {
        true => known != 0 && known.checked_mul(free) == Some(total),
        false => known == total,
    };
    // A zero beside lengths that overflow together has no elements, yet no strides either.
    if !fits || super::npy::checked_len(&dims, 16).is_none() {
        return Err(wrong());
    }
    Ok(dims)
}

enum SlicePart {
    At(i64),
    Range(Option<i64>, Option<i64>, i64),
    Ellipsis,
    NewAxis,
}

fn parse_slice(text: &str) -> Result<Vec<SlicePart>, String> {
    let inner = text.trim();
    let inner = inner.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(inner).trim();
    let inner = inner.strip_suffix(',').unwrap_or(inner);
    let number = |t: &str| {
        t.parse::<i64>().map_err(|_| {
            format!("the slice \"{text}\" has \"{t}\" where an integer is expected, as in \"1:, ::2, -1\"")
        })
    };
    let mut items = Vec::new();
    for part in inner.split(',').map(str::trim) {
        items.push(match part {
            "..." => {
                if items.iter().any(|i| matches!(i, SlicePart::Ellipsis)) {
                    return Err(format!("the slice \"{text}\" has more than one \"...\""));
                }
                SlicePart::Ellipsis
            }
            "None" | "newaxis" | "np.newaxis" => SlicePart::NewAxis,
            _ if part.contains(':') => {
                let fields: Vec<&str> = part.split(':').map(str::trim).collect();
                if fields.len() > 3 {
                    return Err(format!("the slice \"{text}\" has too many \":\" in \"{part}\""));
                }
                let field = |k: usize| match fields.get(k) {
                    None | Some(&"") => Ok(None),
                    Some(t) => number(t).map(Some),
                };
                let step = field(2)?.unwrap_or(1);
                if step == 0 {
                    return Err(format!("the slice \"{text}\" has a step of 0"));
                }
                SlicePart::Range(field(0)?, field(1)?, step)
            }
            _ => SlicePart::At(number(part)?),
        });
    }
    Ok(items)
}

/// First index and count of Python's `range(*slice(start, stop, step).indices(n))`.
fn adjusted(start: Option<i64>, stop: Option<i64>, step: i64, n: i64) -> (i64, usize) {
    let (low, high) = if step < 0 { (-1, n - 1) } else { (0, n) };
    let clip = |i: i64| if i < 0 { i.saturating_add(n).max(low) } else { i.min(high) };
    let start = start.map_or(if step < 0 { high } else { low }, clip);
    let stop = stop.map_or(if step < 0 { low } else { high }, clip);
    let count = if step < 0 {
        if stop < start { (start - stop - 1) as u64 / step.unsigned_abs() + 1 } else { 0 }
    } else if start < stop {
        (stop - start - 1) as u64 / step as u64 + 1
    } else {
        0
    };
    (start, count as usize)
}

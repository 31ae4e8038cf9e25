//! Sparse matrices, blocks with halos, and masks of Fourier coefficients.

use std::f64::consts::TAU;

use super::{C, Draw, Leaf, Map, Space, lanes, list};

pub(super) fn sparse_matrix(d: &mut Draw<'_>) -> Option<Leaf> {
    let (rows, m, by_column) = (1 + d.r.below(6), d.dims[0], d.r.below(2) == 0);
    let (major, minor) = if by_column { (m, rows) } else { (rows, m) };
    // Entries of a row in any order, some of them twice.
    let counts: Vec<usize> = (0..major).map(|_| d.r.below(4)).collect();
    let entries: usize = counts.iter().sum();
    if entries == 0 {
        return None;
    }
    let indices: Vec<usize> = (0..entries).map(|_| d.r.below(minor)).collect();
    let indptr: Vec<usize> = (0..=major).map(|k| counts[..k].iter().sum()).collect();
    let array = d.array(&[entries], d.complex);
    let mut table = format!(
        "type = \"MatrixMult\", A = \"{}\", indices = {indices:?}, indptr = {indptr:?}, shape = [{rows}, {m}]",
        array.0
    );
    if by_column {
        table += ", format = \"csc\"";
    }
    if d.dims.len() > 1 {
        table += &format!(", otherdims = {}", list(&d.dims[1..]));
    }
    let mut a = vec![C::default(); rows * m];
    for k in 0..major {
        for e in indptr[k]..indptr[k + 1] {
            let (i, j) = if by_column { (indices[e], k) } else { (k, indices[e]) };
            a[i * m + j] += array.2[e];
        }
    }
    let mut dimsd = d.dims.to_vec();
    dimsd[0] = rows;
    let map = Map::of(d.model(), Space::new(&dimsd, d.complex), |x| {
        lanes(x, d.dims, 0, |l| {
            (0..rows).map(|i| (0..m).map(|j| a[i * m + j] * l[j]).sum()).collect()
        })
    });
    Some(Leaf { table, map, arrays: vec![array] })
}

pub(super) fn halo(d: &mut Draw<'_>) -> Option<Leaf> {
    let trimmed = d.r.below(2) == 0;
    let mut grid = Vec::new();
    let mut sides = Vec::new();
    let all = d.r.below(3);
    for &n in d.dims {
        let count = 1 + d.r.below(n.min(4));
        let last = n.checked_sub((count - 1) * n.div_ceil(count)).filter(|&last| last > 0)?;
        let side = |d: &mut Draw<'_>| if trimmed { all } else { d.r.below(last + 1) };
        let both = [side(d), side(d)];
        if both[0].max(both[1]) > last {
            return None;
        }
        grid.push(count);
        sides.push(both);
    }
    let halo = if trimmed { all.to_string() } else { format!("{:?}", sides.concat()) };
    let table = format!(
        "type = \"Halo\", dims = {}, halo = {halo}, proc_grid_shape = {grid:?}",
        list(d.dims)
    );
    // Of each block, where its samples come from, axis by axis.
    let from = |axis: usize, block: usize| -> Vec<Option<usize>> {
        let (n, each) = (d.dims[axis], d.dims[axis].div_ceil(grid[axis]));
        let (start, end) = (block * each, ((block + 1) * each).min(n));
        let all = start as isize - sides[axis][0] as isize..(end + sides[axis][1]) as isize;
        let inside = |i: isize| usize::try_from(i).ok().filter(|&i| i < n);
        all.map(inside).filter(|i| !trimmed || i.is_some()).collect()
    };
    let product = |lists: Vec<Vec<Option<usize>>>| {
        lists.into_iter().fold(vec![vec![]], |all: Vec<Vec<Option<usize>>>, list| {
            all.iter()
                .flat_map(|head| list.iter().map(move |&i| [&head[..], &[i]].concat()))
                .collect()
        })
    };
    let blocks = product(grid.iter().map(|&n| (0..n).map(Some).collect()).collect());
    let samples: Vec<Vec<Vec<Option<usize>>>> = blocks
        .iter()
        .map(|block| product((0..grid.len()).map(|a| from(a, block[a].unwrap_or(0))).collect()))
        .collect();
    let lens: Vec<Vec<usize>> = blocks
        .iter()
        .map(|block| (0..grid.len()).map(|a| from(a, block[a].unwrap_or(0)).len()).collect())
        .collect();
    let alike = lens.iter().all(|len| *len == lens[0]);
    let total = samples.iter().map(Vec::len).sum();
    let dimsd = if alike { [&[blocks.len()], &lens[0][..]].concat() } else { vec![total] };
    let map = Map::of(d.model(), Space::new(&dimsd, d.complex), |x| {
        let value = |at: &Vec<Option<usize>>| {
            let flat = at.iter().zip(d.dims).try_fold(0, |k, (i, n)| Some(k * n + (*i)?));
            flat.map_or(C::default(), |k| x[k])
        };
        samples.iter().flatten().map(value).collect()
    });
    Some(Leaf { table, map, arrays: vec![] })
}

pub(super) fn mri(d: &mut Draw<'_>) -> Option<Leaf> {
    let &[n0, n1] = d.dims else { return None };
    if !d.complex {
        return None;
    }
    // The coefficient of frequency `k`, of `n` with zero in the middle.
    let turn = |j: usize, k: usize, n: usize| {
        C::from_polar(1.0, -TAU * j as f64 * (k as f64 - (n / 2) as f64) / n as f64)
    };
    let scale = 1.0 / (n0 as f64 * n1 as f64).sqrt();
    let coefficient = move |x: &[C], k: usize, l: usize| -> C {
        let term = |j: usize, v: &C| v * turn(j / n1, k, n0) * turn(j % n1, l, n1) * scale;
        x.iter().enumerate().map(|(j, v)| term(j, v)).sum()
    };
    if d.r.below(2) == 0 {
        let nlines = 1 + d.r.below(n1);
        let columns: Vec<usize> = (0..n1).step_by(n1 / nlines).take(nlines).collect();
        let table = format!(
            "type = \"MRI2D\", dims = [{n0}, {n1}], mask = \"vertical-reg\", nlines = {nlines}, perc_center = 0"
        );
        let map = Map::of(d.model(), Space::new(&[n0, columns.len()], true), |x| {
            (0..n0)
                .flat_map(|k| columns.iter().map(move |&l| (k, l)))
                .map(|(k, l)| coefficient(x, k, l))
                .collect()
        });
        return Some(Leaf { table, map, arrays: vec![] });
    }
    let array = d.array(d.dims, false);
    let table = format!("type = \"MRI2D\", dims = [{n0}, {n1}], mask = \"{}\"", array.0);
    let mask = array.2.clone();
    let map = Map::of(d.model(), d.model(), |x| {
        (0..n0 * n1).map(|k| coefficient(x, k / n1, k % n1) * mask[k]).collect()
    });
    Some(Leaf { table, map, arrays: vec![array] })
}

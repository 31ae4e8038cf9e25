//! Blocks with halos.

use super::*;

/// Where each sample of the data comes from, by the definition: block after block, the sides of each as they are told.
fn sources(n: usize, count: usize, sides: [usize; 2], trimmed: bool) -> Vec<Vec<Option<usize>>> {
    let each = n.div_ceil(count);
    let block = |k: usize| {
        let (start, end) = (k * each, ((k + 1) * each).min(n));
        let first = start as isize - sides[0] as isize;
        let all =
            (first..(end + sides[1]) as isize).map(|i| usize::try_from(i).ok().filter(|&i| i < n));
        all.filter(|i| !trimmed || i.is_some()).collect()
    };
    (0..count).map(block).collect()
}

fn halo(dims: [usize; 2], halo: &str, grid: [usize; 2]) -> Op {
    built(&format!(
        r#"A = {{ type = "Halo", dims = {dims:?}, halo = {halo}, proc_grid_shape = {grid:?} }}"#
    ))
}

#[test]
fn blocks_have_samples_of_their_neighbours() {
    type Sides = [[usize; 2]; 2];
    let cases: [([usize; 2], &str, Sides, bool, [usize; 2]); 8] = [
        ([6, 4], "1", [[1, 1], [1, 1]], true, [3, 2]),
        ([7, 5], "1", [[1, 1], [1, 1]], true, [3, 2]),
        ([11, 4], "2", [[2, 2], [2, 2]], true, [4, 1]),
        ([12, 3], "0", [[0, 0], [0, 0]], true, [4, 3]),
        ([6, 4], "[1, 2]", [[1, 1], [2, 2]], false, [3, 2]),
        ([7, 5], "[0, 1, 2, 0]", [[0, 1], [2, 0]], false, [3, 2]),
        ([8, 1], "[2, 1, 0, 1]", [[2, 1], [0, 1]], false, [4, 1]),
        ([8, 5], "1", [[1, 1], [1, 1]], true, [2, 1]),
    ];
    for (dims, text, sides, trimmed, grid) in cases {
        let op = halo(dims, text, grid);
        let (fwd, adj) = (program(op.as_ref()).unwrap(), adjoint_program(op.as_ref()).unwrap());
        let x = vector(&op.model());
        let [rows, columns] = [0, 1].map(|a| sources(dims[a], grid[a], sides[a], trimmed));
        let mut expected = Vec::new();
        for (rows, columns) in rows.iter().flat_map(|r| columns.iter().map(move |c| (r, c))) {
            for (i, j) in rows.iter().flat_map(|i| columns.iter().map(move |j| (i, j))) {
                let both = i.zip(*j);
                expected.push(both.map_or(C128::default(), |(i, j)| x[[i, j].as_slice()]));
            }
        }
        let y = run(&fwd, &[x]).swap_remove(0);
        assert_eq!(y.iter().copied().collect::<Vec<_>>(), expected, "{dims:?} {text} {grid:?}");
        assert_same(&dense(&fwd), &dense(&adj), true, text);
    }
}

#[test]
fn blocks_that_are_alike_have_an_axis_of_their_own() {
    let dims = |n: [usize; 2], text: &str, grid: [usize; 2]| {
        data(halo(n, text, grid).as_ref()).unwrap().dims
    };
    assert_eq!(dims([6, 4], "[1, 2]", [3, 2]), [6, 4, 6]);
    assert_eq!(dims([6, 4], "1", [2, 2]), [4, 4, 3]);
    assert_eq!(dims([6, 4], "1", [3, 2]), [(3 + 4 + 3) * (3 + 3)]);
}

#[test]
fn a_plan_does_not_grow_with_the_number_of_blocks() {
    let nodes = |count: usize| {
        let op = halo([4 * count, 4 * count], "1", [count, count]);
        let programs = [program(op.as_ref()).unwrap(), adjoint_program(op.as_ref()).unwrap()];
        programs.map(|program| program.graph.nodes().len())
    };
    assert_eq!(nodes(4), nodes(100));
}

#[test]
fn halos_fit_their_blocks() {
    let mistakes: Vec<String> = [
        r#"dims = [6, 4], halo = 2, proc_grid_shape = [3, 4]"#,
        r#"dims = [6, 4], halo = [1, 2, 3], proc_grid_shape = [3, 2]"#,
        r#"dims = [6, 4], halo = 1, proc_grid_shape = 3"#,
        r#"dims = 4, halo = 1, proc_grid_shape = 3"#,
        r#"dims = 4, halo = 1, proc_grid_shape = 5"#,
        r#"dims = [1, 2, 3, 4], halo = 1, proc_grid_shape = 5"#,
    ]
    .iter()
    .map(|rest| mistake(&format!(r#"A = {{ type = "Halo", {rest} }}"#)))
    .collect();
    insta::assert_snapshot!(mistakes.join("\n"), @r#"
    error: `halo` of Halo does not fit
     --> problem.toml:2:44
      |
    2 | A = { type = "Halo", dims = [6, 4], halo = 2, proc_grid_shape = [3, 4] }
      |                                            ^ expected at most 1, the samples of the smallest block

    error: problem.toml has 1 mistake; nothing was run
    error: `halo` of Halo does not fit
     --> problem.toml:2:44
      |
    2 | A = { type = "Halo", dims = [6, 4], halo = [1, 2, 3], proc_grid_shape = [3, 2] }
      |                                            ^^^^^^^^^ expected one number, or a list of 2 or of 4

    error: problem.toml has 1 mistake; nothing was run
    error: `proc_grid_shape` of Halo does not fit
     --> problem.toml:2:65
      |
    2 | A = { type = "Halo", dims = [6, 4], halo = 1, proc_grid_shape = 3 }
      |                                                                 ^ expected 2 numbers, one for each axis

    error: problem.toml has 1 mistake; nothing was run
    error: `proc_grid_shape` of Halo does not fit
     --> problem.toml:2:60
      |
    2 | A = { type = "Halo", dims = 4, halo = 1, proc_grid_shape = 3 }
      |                                                            ^ 3 blocks of 2 samples leave none of 4 for the last

    error: problem.toml has 1 mistake; nothing was run
    error: `proc_grid_shape` of Halo does not fit
     --> problem.toml:2:60
      |
    2 | A = { type = "Halo", dims = 4, halo = 1, proc_grid_shape = 5 }
      |                                                            ^ expected from 1 to 4 blocks of 4 samples

    error: problem.toml has 1 mistake; nothing was run
    error: `dims` of Halo does not fit
     --> problem.toml:2:29
      |
    2 | A = { type = "Halo", dims = [1, 2, 3, 4], halo = 1, proc_grid_shape = 5 }
      |                             ^^^^^^^^^^^^ expected up to three axes, found dims (1, 2, 3, 4)

    error: problem.toml has 1 mistake; nothing was run

    "#);
}

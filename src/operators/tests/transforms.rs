//! Cosine and wavelet transforms, and operators along slopes.

use super::*;

fn matrix(table: &str) -> Vec<Vec<f64>> {
    dense(&program(built(&format!("A = {{ {table} }}")).as_ref()).unwrap())
}

/// Column by column, `B A`.
fn product(b: &[Vec<f64>], a: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let rows = b[0].len();
    let entry = |a: &[f64], i: usize| a.iter().zip(b).map(|(a, b)| a * b[i]).sum();
    a.iter().map(|a| (0..rows).map(|i| entry(a, i)).collect()).collect()
}

fn identity(n: usize) -> Vec<Vec<f64>> {
    (0..n).map(|j| (0..n).map(|i| f64::from(u8::from(i == j))).collect()).collect()
}

fn transposed(a: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..a[0].len()).map(|i| a.iter().map(|column| column[i]).collect()).collect()
}

#[test]
fn orthonormal_transforms_are_inverted_by_their_adjoints() {
    for table in [
        r#"type = "DCT", dims = [3, 4], dct_type = 1"#,
        r#"type = "DCT", dims = [3, 4]"#,
        r#"type = "DCT", dims = 12, dct_type = 4"#,
        r#"type = "DWT", dims = 12, wavelet = "db7", level = 2"#,
        r#"type = "DWT2D", dims = [3, 4], wavelet = "coif3", level = 2"#,
        r#"type = "DWTND", dims = [2, 3, 2], wavelet = "sym11", level = 2"#,
    ] {
        let a = matrix(table);
        assert_same(&product(&transposed(&a), &a), &identity(12), false, table);
    }
}

#[test]
fn biorthogonal_wavelets_are_inverted_by_the_reverse_ones() {
    for order in ["1.3", "2.6", "3.1", "4.4", "5.5", "6.8"] {
        let table = |kind: &str| {
            matrix(&format!(
                r#"type = "DWT2D", dims = [4, 8], wavelet = "{kind}{order}", level = 2"#
            ))
        };
        let back = transposed(&table("rbio"));
        assert_same(&product(&back, &table("bior")), &identity(32), false, order);
    }
}

#[test]
fn the_inverse_of_a_seislet_transform_is_its_inverse() {
    for more in
        ["", ", kind = \"linear\"", ", level = 1", ", level = 0", ", kind = \"linear\", level = 2"]
    {
        let table = format!(
            "type = \"Seislet\", slopes = [[0.5, 1, -1], [0.25, 0, 2], [1, 1, 1], [-0.75, 0, 0.125]]{more}"
        );
        let inverse = matrix(&format!("{table}, inverse = true"));
        assert_same(&product(&inverse, &matrix(&table)), &identity(12), false, &table);
    }
}

#[test]
fn a_cosine_transform_and_its_adjoint_cancel() {
    let text = r#"A = { type = "DCT", dims = [3, 4], dct_type = 3 }"#;
    let forward = program(built(text).as_ref()).unwrap();
    let both = graph::Value::program(&forward.inputs, |x| {
        Ok(vec![x[0].apply(&forward).apply_transposed(&forward)?])
    });
    let simple = graph::simplify(&both.unwrap()).unwrap();
    assert_eq!(simple.outputs, [graph::NodeId(0)], "{simple:?}");
}

#[test]
fn mistakes_of_transforms_are_named() {
    for (table, expected) in [
        (r#"type = "DCT", dims = 4, dct_type = 5"#, "expected 1, 2, 3 or 4"),
        (r#"type = "DCT", dims = 4, dct_type = 0"#, "expected 1, 2, 3 or 4"),
        (r#"type = "DCT", dims = [4, 1], dct_type = 1"#, "axis 1 has one sample"),
        (r#"type = "DCT", dims = 4, axes = [0, -1]"#, "an axis appears twice"),
        (r#"type = "DWT", dims = 4, wavelet = "db39""#, "did you mean `db"),
        (r#"type = "DWT", dims = 4, wavelet = "gaus""#, "there are haar, db1 to db38"),
        (r#"type = "DWT", dims = 4, level = 61"#, "expected at most 60"),
        (r#"type = "DWT2D", dims = [4, 4], level = 40"#, "more elements than any machine"),
        (r#"type = "DWT", dims = 9223372036854775807"#, "more elements than any machine"),
        (r#"type = "DWT2D", dims = [4, 4, 4], axes = [0, 1, 2]"#, "expected two axes"),
        (r#"type = "Seislet", slopes = [1, 2]"#, "expected slopes (nx, nt)"),
        (r#"type = "Seislet", slopes = [[1, 2]], level = 1"#, "expected at most 0"),
        (r#"type = "Seislet", slopes = [[1, 2]], inv = true"#, "inverse = true"),
        (r#"type = "Seislet", slopes = [[1, 2]], sampling = 0"#, "nonzero step"),
        (r#"type = "PWSprayer2D", dims = [1, 2], sigma = [1, 2]"#, "expected dims (1, 2)"),
        (r#"type = "PWSmoother2D", dims = [2], sigma = [1, 2]"#, "expected two axes (nz, nx)"),
        (r#"type = "PWSprayer2D", dims = [1, 2], sigma = [[1, 2]], alpha = inf"#, "finite factor"),
    ] {
        let found = mistake(&format!("A = {{ {table} }}"));
        assert!(found.contains(expected), "{table}: {found}");
    }
}

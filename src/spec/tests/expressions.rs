//! Expressions: precedence, places, mistakes.

use proptest::prelude::*;

use super::*;

/// An expression with all its parentheses.
fn show(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Number(z) if z.im != 0.0 => format!("{}j", z.im),
        ExprKind::Number(z) => format!("{}", z.re),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Neg(a) => format!("(-{})", show(a)),
        ExprKind::Add(a, b) => format!("({} + {})", show(a), show(b)),
        ExprKind::Sub(a, b) => format!("({} - {})", show(a), show(b)),
        ExprKind::Mul { left, right, at } => {
            format!("({} {} {})", show(left), if *at { "@" } else { "*" }, show(right))
        }
        ExprKind::Div(a, b) => format!("({} / {})", show(a), show(b)),
        ExprKind::Pow(a, n) => format!("({}**{})", show(a), n.value),
        ExprKind::Adjoint(a) => format!("{}.H", show(a)),
        ExprKind::Transpose(a) => format!("{}.T", show(a)),
        ExprKind::Conj(a) => format!("{}.conj()", show(a)),
        ExprKind::Call { function, rows } => {
            let rows: Vec<String> =
                rows.iter().map(|r| r.iter().map(show).collect::<Vec<_>>().join(", ")).collect();
            format!("{}[{}]", function.value.name(), rows.join("; "))
        }
    }
}

#[test]
fn precedence_is_pythons() {
    for (text, shown) in [
        ("-A**2", "(-(A**2))"),
        ("-A @ B", "((-A) @ B)"),
        ("A @ -B", "(A @ (-B))"),
        ("A @ B * C / 2", "(((A @ B) * C) / 2)"),
        ("A + B @ C - D", "((A + (B @ C)) - D)"),
        ("A - B - C", "((A - B) - C)"),
        ("(A - B).H ** 2", "((A - B).H**2)"),
        ("A.H.T.conj()**3", "(A.H.T.conj()**3)"),
        ("-1 * W @ Roll @ R1.H + 2*I", "(((((-1) * W) @ Roll) @ R1.H) + (2 * I))"),
        ("--A", "(-(-A))"),
        ("2j*A + 1e-3*B - .5", "(((2j * A) + (0.001 * B)) - 0.5)"),
        ("2*ü_1", "(2 * ü_1)"),
        ("VStack([R, eps * L,]).H", "VStack[R, (eps * L)].H"),
        ("Block([[A, B], [C, D]])", "Block[A, B; C, D]"),
        (
            "Kronecker(A, B) @ Real(C) + sqrt(2)*Imag(D)",
            "((Kronecker[A, B] @ Real[C]) + (sqrt[2] * Imag[D]))",
        ),
    ] {
        let e = parse_expression(text).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(show(&e), shown, "{text}");
    }
}

#[test]
fn every_mistake_is_at_its_place() {
    for (text, place, label) in [
        ("", "", "expected an operand, found the end"),
        ("A @", "", "expected an operand, found the end"),
        ("A B", "B", "expected an operator or the end, found `B`"),
        ("A)", ")", "expected an operator or the end, found `)`"),
        ("(A + [B]", "[", "expected an operand, found `[`"),
        ("(A + B", "(", "no `)` for this `(`"),
        ("VStack([A, B)", "[", "no `]` for this `[`"),
        ("VStack(A, B)", "A", "expected `[`, found `A`"),
        ("VStack([])", "]", "expected an operand, found `]`"),
        ("Block([[A, B], [C]])", "C", "expected 2 operators as in the first row"),
        ("Kronecker(A)", ")", "expected `,` and a second operand, found `)`"),
        ("Vstak([A])", "Vstak", "not a function of expressions"),
        ("A ** -1", "-", "expected a non-negative integer, found `-`"),
        ("A ** 2.5", "2.5", "expected a non-negative integer, found the number `2.5`"),
        ("A**2**3", "**", "expected an operator or the end, found `**`"),
        ("A.conj", "", "expected `()`, found the end"),
        ("A.adj", "adj", "expected `H`, `T` or `conj()`, found `adj`"),
        ("2eps * A", "2eps", "expected a number such as `2`, `1e-3` or `1j`"),
        ("1e999*A", "1e999", "expected a number such as `2`, `1e-3` or `1j`"),
        ("ü + A ? B", "?", "unexpected character '?'"),
    ] {
        let mistakes = parse_expression(text).expect_err(text);
        let mistake = mistakes.iter().next().unwrap();
        assert_eq!(mistakes.source().slice(&mistake.span), place, "{text}");
        assert_eq!(mistake.label, label, "{text}");
    }
}

#[test]
fn depth_and_length_are_bounded() {
    for (text, message) in [
        ("(".repeat(100_000), "too deep"),
        ("-".repeat(100_000), "too deep"),
        ("VStack([".repeat(100_000), "too deep"),
        (vec!["A"; 100_000].join("+"), "too long"),
        ("A".to_string() + &".H".repeat(100_000), "too long"),
    ] {
        let mistakes = parse_expression(&text).unwrap_err();
        assert!(mistakes.iter().next().unwrap().message.contains(message));
    }
    let (long, stack) = (vec!["A"; 1000].join("+"), vec!["A"; 5000].join(","));
    assert!(parse_expression(&long).is_ok());
    assert!(parse_expression(&format!("VStack([{stack}])")).is_ok());
}

proptest! {
    #[test]
    fn any_text_is_an_expression_or_a_mistake(text in "(?s).{0,80}") {
        if let Err(mistakes) = parse_expression(&text) {
            mistakes.to_string();
        }
    }

    #[test]
    fn words_in_any_order_are_an_expression_or_a_mistake(words in prop::collection::vec(
        prop::sample::select(vec![
            "A", "ü", "2", "1j", "1.", ".H", ".T", ".conj()", ".", "+", "-", "*", "@", "/", "**", "(",
            ")", "[", "]", ",", "VStack(", "Block([[", "Kronecker(", "sqrt(", " ",
        ]), 0..30)) {
        match parse_expression(&words.concat()) {
            Ok(e) => { show(&e); }
            Err(mistakes) => { mistakes.to_string(); }
        }
    }
}

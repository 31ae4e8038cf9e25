//! Numbers as people read them.

/// `1.2 GB`, `320 MB`, `17 kB`, `5 B`.
pub fn bytes(n: f64) -> String {
    let (unit, name) = match n {
        n if n >= 1e12 => (1e12, "TB"),
        n if n >= 1e9 => (1e9, "GB"),
        n if n >= 1e6 => (1e6, "MB"),
        n if n >= 1e3 => (1e3, "kB"),
        _ => return format!("{n:.0} B"),
    };
    format!("{} {name}", number(n / unit))
}

/// Three significant digits.
pub fn number(x: f64) -> String {
    match x.abs() {
        a if a >= 100.0 => format!("{x:.0}"),
        a if a >= 10.0 => format!("{x:.1}"),
        _ => format!("{x:.2}"),
    }
}

/// `3.2 h`, `5.1 min`, `2.10 s`, `12.0 ms`, `7.00 us`.
pub fn seconds(s: f64) -> String {
    match s {
        s if s >= 5400.0 => format!("{} h", number(s / 3600.0)),
        s if s >= 90.0 => format!("{} min", number(s / 60.0)),
        s if s >= 1.0 => format!("{} s", number(s)),
        s if s >= 1e-3 => format!("{} ms", number(s * 1e3)),
        s => format!("{} us", number(s * 1e6)),
    }
}

/// `310 M`, `2.50 G`: a count with a decimal prefix.
pub fn rate(x: f64) -> String {
    match x {
        x if x >= 1e12 => format!("{} T", number(x / 1e12)),
        x if x >= 1e9 => format!("{} G", number(x / 1e9)),
        x if x >= 1e6 => format!("{} M", number(x / 1e6)),
        x if x >= 1e3 => format!("{} k", number(x / 1e3)),
        x => number(x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_and_a_unit() {
        assert_eq!(bytes(134_217_728.0), "134 MB");
        assert_eq!(bytes(512.0), "512 B");
        assert_eq!(seconds(0.0123), "12.3 ms");
        assert_eq!(seconds(600.0), "10.0 min");
        assert_eq!(rate(2.5e9), "2.50 G");
    }
}

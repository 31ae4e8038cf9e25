//! Words of Python where a value of TOML is expected.

/// Quotes that word processors write.
pub(super) const QUOTES: [char; 8] =
    ['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}', '\u{201a}', '\u{ab}', '\u{bb}'];

/// Attributes of arrays and operators that are numbers or types.
const ATTRIBUTES: [&str; 7] = ["shape", "size", "ndim", "dims", "dimsd", "dtype", "real"];

/// Whether a value is something that Python would compute.
pub(super) fn computes(line: &str) -> bool {
    let line = line.split(['#', '"', '\'']).next().unwrap_or("").trim_end();
    let words: Vec<&str> = line.split_whitespace().collect();
    let first = words.first().copied().unwrap_or("");
    let between = |word: &str| words.len() > 2 && words[1..].contains(&word);
    let first_value = line.split([',', ']', '}', '[', ' ']).next().unwrap_or("");
    let attribute = first_value.rsplit_once('.').is_some_and(|(of, attribute)| {
        of.starts_with(|c: char| c.is_alphabetic() || c == '_') && ATTRIBUTES.contains(&attribute)
    });
    let word = ["lambda", "not", "await"].contains(&first) && words.len() > 1;
    attribute
        || word
        || between("for")
        || between("else")
        || ["and", "or", "is", "in", "if"]
            .iter()
            .any(|w| words.get(1) == Some(w) && words.len() > 2)
}

/// The value that braces without a key hold, a set of Python, in TOML.
pub(super) fn set(value: &str) -> Option<String> {
    let inner = value.trim().strip_prefix('{')?.split('}').next()?.trim();
    let list = format!("[{inner}]");
    if inner.is_empty() || inner.contains(['=', ':']) {
        return None;
    }
    let parsed = toml::de::DeValue::parse(&list).ok()?;
    let entries = parsed.get_ref().as_array().map_or(0, |entries| entries.len());
    Some(if entries == 1 { inner.to_string() } else { list })
}

/// The number of `key = 0` and `,5`, which is written with a decimal comma.
pub(super) fn decimal(head: &str, line: &str) -> Option<String> {
    let whole = head.rsplit_once('=')?.1.trim();
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let rest = line.strip_prefix(',')?.split('#').next()?.trim();
    let unsigned = whole.trim_start_matches(['+', '-']);
    let mantissa = rest.split(['e', 'E']).next()?;
    (digits(unsigned) && digits(mantissa)).then(|| format!("{whole}.{rest}"))
}

/// A call as the value of a key or an entry of a list, outside of strings: where it begins, and what is
/// called; nothing is where a tuple stands.
pub(super) fn call(line: &str) -> Option<(usize, &str)> {
    let mut quote = None;
    for (k, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') => return None,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, '(') => {
                let before = &line[..k];
                let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
                let start = before.trim_end_matches(word).len();
                let name = &before[start..];
                let is_value = before[..start].trim_end().ends_with(['=', '[', ',', '{']);
                if is_value && !name.starts_with(|c: char| c.is_numeric() || c == '.') {
                    return Some((start, name));
                }
            }
            _ => {}
        }
    }
    None
}

/// The number of `1.0d0`.
pub(super) fn fortran(token: &str) -> Option<f64> {
    let (mantissa, exponent) = token.split_once(['d', 'D'])?;
    let digits = mantissa.ends_with(|c: char| c.is_ascii_digit() || c == '.');
    let number = format!("{mantissa}e{exponent}").parse::<f64>().ok()?;
    (digits && number.is_finite()).then_some(number)
}

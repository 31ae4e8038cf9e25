//! Explains TOML syntax errors to people who write Python: names what they wrote, and the TOML for it.

use std::ops::Range;

use super::diagnostic::Diagnostic;
use super::python;

/// An error of TOML syntax as a diagnostic; `offset` is where the parsed text starts.
pub(super) fn error(error: &toml::de::Error, offset: usize, text: &str) -> Diagnostic {
    let span = error.span().unwrap_or(text.len()..text.len());
    let start = span.start.min(text.len());
    let mut mistake = Diagnostic::new(span.clone(), "this is not TOML", error.message());
    if let Some(found) = text.get(start..).and_then(|rest| {
        let before = text.get(..start)?;
        known(before, rest, error.message())
    }) {
        mistake.message = found.message.to_string();
        mistake.label = found.label;
        mistake.help = Some(found.help);
        if let Some(first) = found.first {
            mistake.secondary.push((first.start + offset..first.end + offset, "the first".into()));
        }
        match (found.at, found.length) {
            (Some(at), length) => mistake.span = at..at + length.max(1),
            (None, 0) => {}
            (None, length) => mistake.span = start..start + length,
        }
    }
    mistake.span = mistake.span.start + offset..mistake.span.end + offset;
    mistake
}

/// A mistake that is recognised.
struct SyntaxMistake {
    message: &'static str,
    label: String,
    help: String,
    /// Bytes from where the parser stopped; 0 leaves its own.
    length: usize,
    /// Another place; then `length` bytes from there.
    at: Option<usize>,
    /// The text before the error.
    first: Option<Range<usize>>,
}

fn found(
    message: &'static str,
    label: impl Into<String>,
    help: impl Into<String>,
) -> Option<SyntaxMistake> {
    Some(SyntaxMistake {
        message,
        label: label.into(),
        help: help.into(),
        length: 0,
        at: None,
        first: None,
    })
}

/// Explains the text at which the parser stopped, given the parser's own message.
fn known(before: &str, rest: &str, message: &str) -> Option<SyntaxMistake> {
    let line_start = before.rfind('\n').map_or(0, |k| k + 1);
    let line = rest.lines().next().unwrap_or("");
    let head = before[line_start..].trim();
    if before.trim().is_empty()
        && line.starts_with(['{', '['])
        && rest.trim_end().ends_with(['}', ']'])
    {
        return found(
            "a problem file is TOML, not JSON",
            "this looks like JSON",
            "write `[operators]` on a line, and `A = { type = \"Identity\", N = 6 }` below it",
        );
    }
    if head.starts_with("//") {
        return slashes();
    }
    if message.contains("duplicate key") {
        return duplicate(before, rest);
    }
    let whole = text_from(before, rest, before.len() - line_start);
    let whole = whole.lines().next().unwrap_or("");
    if let Some((at, name)) = python::call(whole)
        && line_start + at <= before.len()
    {
        let called = if name.is_empty() { value(&whole[at..]) } else { call(name) };
        let mut found = called?;
        found.length = found.length.max(name.len());
        found.at = Some(line_start + at);
        return Some(found);
    }
    if let Some((key, value)) = whole.split_once('=')
        && let Some(inner) = python::set(value)
    {
        let mut found = found(
            "braces hold keys and values",
            "expected `{ key = value }`",
            format!("write `{inner}`"),
        )?;
        let blank = value.len() - value.trim_start().len();
        found.at = Some(line_start + key.len() + 1 + blank);
        return Some(found);
    }
    if message.contains("key with no value") || message.contains("missing assignment") {
        return assignment(head, line);
    }
    if message.contains("missing comma between array") || message.contains("unclosed array,") {
        return list(before, line);
    }
    let in_table = ["unclosed inline table", "missing comma between key", "for inline table"];
    if in_table.iter().any(|words| message.contains(words)) {
        return table(before, line, line_start);
    }
    if message.contains("unexpected key or value") {
        return behind(head, line);
    }
    if message.contains("invalid basic string") || message.contains("invalid literal string") {
        return found(
            "a string is not closed",
            "the line ends inside it",
            "close it with the quote that it begins with, on the same line",
        );
    }
    if message.contains("missing escaped value") {
        return found(
            "`\\` begins an escape in a string",
            "this is not an escape",
            "write paths with `/`, or in single quotes, which take `\\` as it is",
        );
    }
    // The parser may have stopped inside of a number.
    let number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_');
    let read = match message.starts_with("invalid") {
        true => before.len() - before.trim_end_matches(number).len(),
        false => 0,
    };
    let text = text_from(before, rest, read);
    let line = text.lines().next().unwrap_or("");
    let mut found = range(&before[..before.len() - read], line).or_else(|| value(line))?;
    found.at = (read > 0).then(|| before.len() - read);
    Some(found)
}

/// The text from so many bytes before `rest` on.
fn text_from(before: &str, rest: &str, read: usize) -> String {
    format!("{}{rest}", before.get(before.len() - read..).unwrap_or(""))
}

/// A key or a header that appears twice in a table.
fn duplicate(before: &str, rest: &str) -> Option<SyntaxMistake> {
    let line_start = before.rfind('\n').map_or(0, |k| k + 1);
    let head = &before[line_start..];
    if head.trim_start().starts_with('[') {
        let name = rest.split(']').next()?.trim();
        let header = format!("[{name}]");
        let mut found = found(
            "a table has two headers",
            "the second",
            format!("put both parts under one `{header}`"),
        )?;
        let first = before.lines().position(|line| line.trim().starts_with(&header))?;
        let start: usize = before.split_inclusive('\n').take(first).map(str::len).sum();
        let start = start + before[start..].find('[')?;
        (found.length, found.first) = (name.len(), Some(start + 1..start + 1 + name.len()));
        return Some(found);
    }
    let end = rest.find(|c: char| c == '=' || c == '.' || c.is_whitespace())?;
    let key = &rest[..end];
    let mut found = found("a key appears twice in a table", "the second", "remove or rename one")?;
    found.length = key.len();
    // Backwards to the table's header: the key where a line or a table in braces begins, or behind
    // a comma.
    let table = before.rfind("\n[").map_or(0, |k| k + 1);
    let places = before[table..].match_indices(key).map(|(k, _)| table + k);
    let stands = |at: &usize| {
        let ahead = before[..*at].trim_end_matches([' ', '\t']);
        let behind = before[at + key.len()..].trim_start();
        (ahead.is_empty() || ahead.ends_with(['\n', '{', ','])) && (behind.starts_with(['=', '.']))
    };
    found.first = places.filter(stands).last().map(|at| at..at + key.len());
    // Keys of an application may have the names of arrays.
    let things = ["[arrays]", "[operators]", "[params]"];
    let header = before[table..].lines().next().unwrap_or("").trim();
    let after = found.first.as_ref().map_or(table, |first| first.end);
    if things.contains(&header)
        && let Some(at) = before[after..].find("\ntype").map(|k| after + k + 1)
        && before[at + 4..].trim_start().starts_with('=')
    {
        let help = "write `[application]` on the line above";
        let label = "this looks like an application";
        let mut missing = self::found("`[application]` is missing", label, help)?;
        (missing.at, missing.length) = (Some(at), 4);
        return Some(missing);
    }
    Some(found)
}

/// Behind a key without `=`.
fn assignment(head: &str, line: &str) -> Option<SyntaxMistake> {
    if head.ends_with(':') || line.starts_with(':') {
        return found(
            "`:` between a key and its value",
            "expected `=`",
            "TOML writes `key = value`",
        );
    }
    let first = head.split_whitespace().next().unwrap_or("");
    if ["import", "from", "def", "print"].contains(&first) || head.starts_with("\"\"\"") {
        return found(
            "a problem file is TOML, not Python",
            "expected `key = value` or `[table]`",
            "see the problem files in `specs/`, and `README.md` for PyLops' calls in TOML",
        );
    }
    None
}

/// Inside a list, where neither `,` nor `]` comes.
fn list(before: &str, line: &str) -> Option<SyntaxMistake> {
    if python::computes(line) {
        return computed();
    }
    let starts = |c: &[char]| line.trim_start().is_empty() || line.starts_with(c);
    if starts(&['[', '}', '#']) || line.contains(" = ") {
        let mut found = found(
            "a list is not closed",
            "no `]` for this `[`",
            "close it with `]`, and separate entries with `,`",
        )?;
        found.at = unclosed(before, '[', ']');
        return Some(found);
    }
    found("a comma is missing in a list", "expected `,` or `]`", "write entries as in `[1.0, 2.0]`")
}

/// Inside a table in braces, where neither `,` nor `}` comes.
fn table(before: &str, line: &str, line_start: usize) -> Option<SyntaxMistake> {
    // The last thing that the parser has read may be a comment, or a string that should have ended.
    let read = &before[line_start..];
    let last = if read.trim().is_empty() { before.trim_end().lines().last()? } else { read };
    if let Some(at) = comment(last)
        && last[at..].contains('}')
    {
        let mut found = found(
            "`#` begins a comment, up to the end of the line",
            "the `}` after it is part of the comment",
            "put the comment on its own line, or after the `}`",
        )?;
        let start =
            if read.trim().is_empty() { before.trim_end().len() - last.len() } else { line_start };
        found.at = Some(start + at);
        return Some(found);
    }
    if line.trim().is_empty() || line.starts_with(['[', '#']) {
        let mut found = found(
            "a table in braces is not closed",
            "no `}` for this `{`",
            "close it with `}`; a string ends with the quote that it begins with",
        )?;
        found.at = unclosed(before, '{', '}');
        return Some(found);
    }
    found(
        "a comma is missing between two keys",
        "expected `,` or `}`",
        "write keys as in `{ type = \"Identity\", N = 6 }`",
    )
}

/// Behind a value that is complete.
fn behind(head: &str, line: &str) -> Option<SyntaxMistake> {
    if head.split_once('=').is_some_and(|(_, value)| python::computes(value.trim())) {
        return computed();
    }
    let help = "outside braces, every key goes on its own line";
    match line.chars().next()? {
        ';' if line[1..].trim().is_empty() => semicolon(head.split_once('=')?.1.trim()),
        ';' => found("a comment begins with `#`", "TOML has no `;`", "write `# ...`"),
        ',' if python::decimal(head, line).is_some() => {
            let number = python::decimal(head, line)?;
            found("a number has a decimal point", "expected `.`", format!("write `{number}`"))
        }
        ',' => found("a comma after a value", "expected the end of the line", help),
        '/' if line.starts_with("//") => slashes(),
        '+' | '-' | '*' | '@' | '/' => found(
            "an expression in pieces",
            "expected the end of the line",
            "an expression is one string, such as `\"A + 2 * B\"`",
        ),
        _ if line.contains('=') => {
            found("two keys on one line", "expected the end of the line", help)
        }
        _ => None,
    }
}

fn slashes() -> Option<SyntaxMistake> {
    found("a comment begins with `#`", "TOML has no `//`", "write `# ...`")
}

fn semicolon(value: &str) -> Option<SyntaxMistake> {
    found("a line needs no `;`", "TOML has no `;`", format!("write `{value}`"))
}

fn computed() -> Option<SyntaxMistake> {
    let help = "write the value itself";
    found("a problem file does not evaluate Python", "expected a value of TOML", help)
}

fn call(name: &str) -> Option<SyntaxMistake> {
    if name.starts_with(|c: char| c.is_uppercase()) {
        let help = format!("an operator is a table: `{{ type = \"{name}\", ... }}`");
        return found("a Python call is not a value", "expected a value of TOML", help);
    }
    let help = match name.rsplit('.').next().unwrap_or(name) {
        maker @ ("arange" | "full" | "linspace" | "ones" | "zeros") => {
            format!("an array is a table: `{{ {maker} = {{ ... }} }}`")
        }
        _ => "a file holds values: write the number, the list or the table itself".into(),
    };
    found("a Python call is not a value", "expected a value of TOML", help)
}

/// A value that TOML does not know.
fn value(line: &str) -> Option<SyntaxMistake> {
    let token = line.split([',', ']', '}', '#']).next().unwrap_or("").trim_end();
    let word: String =
        line.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.')).collect();
    let after = line[word.len()..].trim_start();
    if line.starts_with(python::QUOTES) {
        let inner = line[..token.len()].trim_matches(python::QUOTES);
        let help = format!("write `\"{inner}\"`");
        let mut quoted = found("typographic quotes do not quote in TOML", "expected `\"`", help)?;
        quoted.length = token.len();
        return Some(quoted);
    }
    if python::computes(line) {
        let mut found = computed()?;
        found.length = token.len();
        return Some(found);
    }
    if let Some((plain, _)) = token.split_once(';') {
        let plain = plain.trim_end();
        if toml::de::DeValue::parse(plain).is_ok() {
            let mut found = semicolon(plain)?;
            found.length = token.len();
            return Some(found);
        }
        return value(plain);
    }
    let lower = word.to_lowercase();
    if let Some(inner) = line.strip_prefix('(') {
        let end = inner.find(')');
        let entries = inner[..end.unwrap_or(0)].trim().trim_end_matches(',');
        let help = match end {
            Some(_) if !entries.contains(['(', '=']) => format!("write `[{entries}]`"),
            _ => "write `[...]`".into(),
        };
        let mut tuple = found("a tuple is a list here", "TOML has no `(...)`", help)?;
        tuple.length = end.map_or(1, |k| k + 2);
        return Some(tuple);
    }
    let mut found = match lower.as_str() {
        "true" | "false" => found(
            "TOML writes `true` and `false` in lower case",
            format!("expected `{lower}`"),
            format!("write `{lower}`"),
        )?,
        "yes" | "on" | "no" | "off" if token == word => {
            let plain = ["yes", "on"].contains(&lower.as_str());
            let label = format!("expected `{plain}`");
            found("TOML writes `true` and `false`", label, format!("write `{plain}`"))?
        }
        "pi" if token == word => {
            let help = format!("write `{}`", std::f64::consts::PI);
            found("write the number in digits", "TOML has no `pi`", help)?
        }
        "none" | "null" | "nil" => found(
            "TOML has no null",
            format!("expected a value, found `{word}`"),
            "leave the key out to get its default",
        )?,
        "nan" | "inf" => found(
            "TOML writes `nan` and `inf` in lower case",
            format!("expected `{lower}`"),
            format!("write `{lower}`"),
        )?,
        _ if !word.is_empty() && after.starts_with('(') => call(&word)?,
        _ if super::aliases::of_module(&word).is_some() => found(
            "a Python name is not a value",
            "expected a value of TOML",
            format!("write `\"{}\"`", super::aliases::of_module(&word).unwrap_or_default()),
        )?,
        _ if ["np.", "numpy.", "math."].iter().any(|module| word.starts_with(module)) => found(
            "a Python name is not a value",
            "expected a value of TOML",
            "write the number itself",
        )?,
        _ if !word.is_empty() && word.len() <= 2 && line[word.len()..].starts_with(['"', '\'']) => {
            found(
                "a string has no prefix before its quote",
                format!("found `{word}`"),
                format!("leave `{word}` out; single quotes take `\\` as it is"),
            )?
        }
        _ => return number(token).or_else(|| commented(token)).or_else(|| unquoted(token)),
    };
    found.length = word.len();
    Some(found)
}

/// Numbers that Python would read.
fn number(token: &str) -> Option<SyntaxMistake> {
    let is_number = |text: &str| text.trim().parse::<f64>().is_ok();
    let digits = ["numpy.pi", "math.pi", "np.pi", "pi"];
    let digits = digits.iter().fold(token.to_string(), |text, pi| text.replace(pi, "3"));
    let words: Vec<&str> = token.split_whitespace().collect();
    let mut found = if words.len() > 1 && words.iter().all(|w| is_number(w)) {
        let help = format!("write `{}`", words.join(", "));
        found("a comma is missing in a list", "expected `,` between the numbers", help)?
    } else if token.ends_with(['j', 'J']) && super::parse_complex(token).is_some() {
        let help = format!("write `\"{token}\"`");
        found("a complex number is written as a string", "TOML has no complex numbers", help)?
    } else if digits.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
        && digits.contains(['/', '*', '+', '-', '('])
        && !is_number(&digits)
        && digits.chars().all(|c| c.is_ascii_digit() || " .eE+-*/()".contains(c))
    {
        let help = "write the number itself; TOML does not compute";
        found("a computation is not a value", "expected a number", help)?
    } else if let Some(x) = python::fortran(token) {
        let label = "an exponent follows `e`";
        found("TOML writes this number differently", label, format!("write `{x:?}`"))?
    } else if let (Ok(x), Err(_)) = (token.parse::<f64>(), toml::de::DeValue::parse(token)) {
        let help = if token.contains(['.', 'e', 'E']) { format!("{x:?}") } else { format!("{x}") };
        let label = "a decimal point needs digits on both sides; a number has no leading zero";
        found("TOML writes this number differently", label, format!("write `{help}`"))?
    } else {
        return None;
    };
    found.length = token.len();
    Some(found)
}

/// A value with a comment as C writes it.
fn commented(token: &str) -> Option<SyntaxMistake> {
    let (value, comment) = token.split_once("//")?;
    let value = value.trim_end();
    toml::de::DeValue::parse(value).ok()?;
    let mut found = slashes()?;
    (found.help, found.length) = (format!("write `{value} #{comment}`"), token.len());
    Some(found)
}

/// A range of Python where no slice is.
fn range(before: &str, line: &str) -> Option<SyntaxMistake> {
    let token = line.split([',', ']', '}', '#']).next().unwrap_or("").trim_end();
    let slice =
        before.trim_end().strip_suffix('=').is_some_and(|b| b.trim_end().ends_with("slice"));
    let ranges =
        token.contains(':') && token.chars().all(|c| c.is_ascii_digit() || "-:".contains(c));
    if slice || !ranges {
        return None;
    }
    let help = format!(
        "numbers in a row are `{{ arange = {{ start = 0, stop = 5 }} }}`; a slice is a string, `slice = \"{token}\"`"
    );
    let mut found = found("a range is not a value", "expected a value of TOML", help)?;
    found.length = token.len();
    Some(found)
}

/// Words without quotes.
fn unquoted(token: &str) -> Option<SyntaxMistake> {
    if token.is_empty() || token.contains(['"', '\'', '[', '{', '=']) || token.len() > 80 {
        return None;
    }
    let quoted = if token.contains('\\') { format!("'{token}'") } else { format!("\"{token}\"") };
    let mut found =
        found("a string without quotes", "expected quotes", format!("write `{quoted}`"))?;
    found.length = token.len();
    Some(found)
}

/// Where a comment begins on a line.
fn comment(line: &str) -> Option<usize> {
    let mut quote = None;
    for (k, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') => return Some(k),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

/// The last bracket that is not closed.
fn unclosed(before: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (k, c) in before.char_indices().rev() {
        if c == close {
            depth += 1;
        } else if c == open {
            if depth == 0 {
                return Some(k);
            }
            depth -= 1;
        }
    }
    None
}

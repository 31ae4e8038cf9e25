//! Columns of text.

use std::fmt::Write;

/// Rows as lines: every column as wide as its widest cell, two spaces between, an indent before.
pub fn table<const N: usize>(indent: usize, rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = " ".repeat(indent);
        // What follows the last cell would trail.
        let last = row.iter().rposition(|cell| !cell.is_empty()).unwrap_or(0);
        for (cell, width) in row[..last].iter().zip(widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        line += &row[last];
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// A text in lines of at most `width` characters where its words allow it. Formulas, between fences
/// or indented by four spaces, stay as they are.
pub fn wrapped(text: &str, indent: usize, width: usize) -> String {
    let margin = " ".repeat(indent);
    let mut lines: Vec<String> = Vec::new();
    let (mut fenced, mut open) = (false, false);
    for source in text.lines() {
        if source.trim_start().starts_with("```") {
            (fenced, open) = (!fenced, false);
            if !fenced {
                lines.push(String::new());
            }
        } else if fenced || source.starts_with("    ") || source.trim().is_empty() {
            let formula = source.strip_prefix("    ").unwrap_or(source).trim_end();
            let line = format!("{margin}    {formula}");
            lines.push(if formula.is_empty() { String::new() } else { line });
            open = false;
        } else {
            for word in source.split_whitespace() {
                match lines.last_mut() {
                    Some(line)
                        if open && line.chars().count() + 1 + word.chars().count() <= width =>
                    {
                        line.push(' ');
                        line.push_str(word);
                    }
                    _ => lines.push(format!("{margin}{word}")),
                }
                open = true;
            }
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_nothing_trails() {
        let row = |a: &str, b: &str| [a.to_string(), b.to_string()];
        assert_eq!(table(2, &[row("a", "model"), row("long", "")]), "  a     model\n  long\n");
    }

    #[test]
    fn words_are_wrapped_and_formulas_are_not() {
        let text = "One two\nthree four.\n\n```text\ny = A x,  z = 1\n```\nEnd.";
        let expected = "  One two\n  three\n  four.\n\n      y = A x,  z = 1\n\n  End.\n";
        assert_eq!(wrapped(text, 2, 10), expected);
    }
}

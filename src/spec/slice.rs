//! NumPy's basic slicing: `1:, ::2, -1, ..., None`.

/// One item of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliceItem {
    /// One index, which removes its axis; negative ones count from the end.
    Index(i64),
    /// `start:stop:step`.
    Range {
        /// First index.
        start: Option<i64>,
        /// Index behind the last.
        stop: Option<i64>,
        /// Step; never 0.
        step: i64,
    },
    /// `...`: all axes that no other item names.
    Ellipsis,
    /// `None` or `newaxis`: a new axis of length 1.
    NewAxis,
}

/// Reads a slice; the error is the byte range in `text` and what was expected there.
pub fn parse_slice(text: &str) -> Result<Vec<SliceItem>, (std::ops::Range<usize>, String)> {
    let mut items = Vec::new();
    let mut at = 0;
    let parts: Vec<&str> = text.split(',').collect();
    for (k, part) in parts.iter().enumerate() {
        let trimmed = part.trim();
        let start = at + (part.len() - part.trim_start().len());
        let span = start..start + trimmed.len();
        at += part.len() + 1;
        // NumPy allows one comma at the end.
        if trimmed.is_empty() && k > 0 && k + 1 == parts.len() {
            continue;
        }
        let item = parse_item(trimmed).map_err(|what| (span.clone(), what))?;
        if item == SliceItem::Ellipsis && items.contains(&item) {
            return Err((span, "`...` may appear only once".to_string()));
        }
        items.push(item);
    }
    Ok(items)
}

fn parse_item(text: &str) -> Result<SliceItem, String> {
    let integer = |text: &str| {
        let text = text.trim();
        text.parse::<i64>().map_err(|_| format!("expected an integer, found {text:?}"))
    };
    match text {
        "..." => return Ok(SliceItem::Ellipsis),
        "None" | "newaxis" => return Ok(SliceItem::NewAxis),
        _ => {}
    }
    let parts: Vec<&str> = text.split(':').collect();
    let bound = |k: usize| match parts.get(k).map(|p| p.trim()) {
        None | Some("") => Ok(None),
        Some(part) => integer(part).map(Some),
    };
    match parts.len() {
        1 if text.is_empty() => Err("expected an index or `start:stop:step`".to_string()),
        1 => Ok(SliceItem::Index(integer(text)?)),
        2 | 3 => {
            let step = bound(2)?.unwrap_or(1);
            if step == 0 {
                return Err("the step cannot be 0".to_string());
            }
            Ok(SliceItem::Range { start: bound(0)?, stop: bound(1)?, step })
        }
        _ => Err("expected at most `start:stop:step`".to_string()),
    }
}

//! Mistakes of a problem file, collected and shown as rustc shows them.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};
use serde::{Deserialize, Serialize};

use super::source::{SourceText, Span, char_boundary};

/// One mistake and its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// Where the caret points.
    pub span: Span,
    /// What is wrong, in one line.
    pub message: String,
    /// What was expected and found, at the caret.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
    /// Other places that matter, each with its label.
    pub secondary: Vec<(Span, String)>,
}

impl Diagnostic {
    /// A mistake at a place.
    pub fn new(span: Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        Diagnostic {
            span,
            message: message.into(),
            label: label.into(),
            help: None,
            secondary: Vec::new(),
        }
    }

    /// A mistake that follows from another one, which was told; nothing is said of it.
    pub(super) fn told() -> Self {
        Diagnostic::new(0..0, "", "")
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says which of the candidates was probably meant, if one is near; else lists them if few.
    pub fn did_you_mean(self, name: &str, candidates: &[&str]) -> Self {
        match nearest(name, candidates.iter().copied()) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None if (1..=20).contains(&candidates.len()) => {
                let list: Vec<String> = candidates.iter().map(|c| format!("`{c}`")).collect();
                self.help(format!("available: {}", list.join(", ")))
            }
            None => self,
        }
    }

    /// Points at another place too.
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.secondary.push((span, label.into()));
        self
    }
}

/// A mistake with its place, for machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonDiagnostic {
    /// What is wrong, in one line.
    pub message: String,
    /// What was expected and found, at the place.
    pub label: String,
    /// The problem file; none if it is an argument of the command line.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// What to do.
    pub help: Option<String>,
}

/// Mistakes and warnings of one source. Shown in the order of their places by `Display`, without
/// colours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    source: Arc<SourceText>,
    items: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    /// The warnings again, to find equal ones.
    warned: HashSet<Diagnostic>,
}

impl Diagnostics {
    /// No mistakes yet.
    pub fn new(source: Arc<SourceText>) -> Self {
        Diagnostics { source, items: Vec::new(), warnings: Vec::new(), warned: HashSet::new() }
    }

    /// Adds a mistake.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if !diagnostic.message.is_empty() {
            self.items.push(diagnostic);
        }
    }

    /// Adds advice to the mistakes from number `first` on that have none.
    pub fn advise(&mut self, first: usize, help: &str) {
        for mistake in self.items.iter_mut().skip(first).filter(|mistake| mistake.help.is_none()) {
            mistake.help = Some(help.into());
        }
    }

    /// Adds a warning: something that runs, but is probably not what was meant.
    pub fn warn(&mut self, diagnostic: Diagnostic) {
        if self.warned.insert(diagnostic.clone()) {
            self.warnings.push(diagnostic);
        }
    }

    /// Adds the mistake of a result, and gives what else it holds.
    pub fn take<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|d| self.push(d)).ok()
    }

    /// Adds all mistakes and warnings of another collection over the same source.
    pub fn append(&mut self, other: Diagnostics) {
        for item in other.items {
            if !self.items.contains(&item) {
                self.items.push(item);
            }
        }
        other.warnings.into_iter().for_each(|warning| self.warn(warning));
    }

    /// The same, with every warning a mistake.
    pub fn denied(mut self) -> Diagnostics {
        self.items.append(&mut self.warnings);
        self
    }

    /// The warnings, in the order they were found.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Whether there is no mistake.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Number of mistakes.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The mistakes, in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.items.iter()
    }

    /// The texts that the spans are in.
    pub fn source(&self) -> &Arc<SourceText> {
        &self.source
    }

    /// The value if there is no mistake, else the mistakes.
    pub fn or<T>(self, value: T) -> Result<T, Diagnostics> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    /// All mistakes and warnings with their lines; if there is a mistake, a last line counts them.
    pub fn render(&self, colours: bool) -> String {
        let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
        let mistakes = self.items.iter().map(|item| (item, Level::ERROR));
        let warnings = self.warnings.iter().map(|item| (item, Level::WARNING));
        let mut items: Vec<(&Diagnostic, Level<'_>)> = mistakes.chain(warnings).collect();
        items.sort_by_key(|(d, _)| (d.span.start, d.span.end));
        let lines = Lines::of(&self.source.text);
        let mut out = String::new();
        for (item, level) in items {
            out.push_str(&self.render_one(&renderer, &lines, item, level));
            out.push_str("\n\n");
        }
        if !self.items.is_empty() {
            let count = Group::with_title(Level::ERROR.primary_title(self.count()));
            out.push_str(&renderer.render(&[count]));
        }
        out
    }

    fn render_one(
        &self,
        renderer: &Renderer,
        lines: &Lines,
        item: &Diagnostic,
        level: Level<'_>,
    ) -> String {
        let mut group = level.primary_title(item.message.as_str()).elements(None::<Element>);
        // Secondary places in the same text share its snippet; others get their own.
        let primary = self.source.text_at(item.span.start);
        let mut texts = vec![primary];
        for (span, _) in &item.secondary {
            let text = self.source.text_at(span.start);
            if texts.iter().all(|t| t.start != text.start) {
                texts.push(text);
            }
        }
        for text in texts {
            let secondary = item.secondary.iter().map(|(span, _)| span);
            let spans = std::iter::once(&item.span).chain(secondary);
            let spans = spans.filter(|span| self.source.text_at(span.start).start == text.start);
            // An argument shows its own option, and has no lines to number; of a file, only the lines
            // that matter are looked at.
            let (first, part) = match text.name {
                Some(_) => lines.around(text.text, spans),
                None => (0, 0..text.text.len()),
            };
            let inside = |span: &Span| {
                let cut = |at: usize| char_boundary(text.text, at.saturating_sub(text.start));
                let start = cut(span.start);
                start - part.start..cut(span.end).max(start) - part.start
            };
            let snippet = Snippet::source(&text.text[part.clone()]).line_start(first + 1);
            let mut snippet = match text.name {
                Some(name) => snippet.path(name),
                None => snippet.line_numbering(false),
            };
            if text.start == primary.start {
                let annotation = AnnotationKind::Primary.span(inside(&item.span));
                snippet = snippet.annotation(annotation.label(item.label.as_str()));
            }
            for (span, label) in &item.secondary {
                if self.source.text_at(span.start).start == text.start {
                    let annotation = AnnotationKind::Context.span(inside(span));
                    snippet = snippet.annotation(annotation.label(label.as_str()));
                }
            }
            group = group.element(snippet);
        }
        if let Some(help) = &item.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }

    /// The mistakes for machines, in the order they were found.
    pub fn told(&self) -> Vec<JsonDiagnostic> {
        let told = |item: &Diagnostic| {
            let (line, column) = self.source.line_column(item.span.start);
            JsonDiagnostic {
                message: item.message.clone(),
                label: item.label.clone(),
                file: self.source.is_in_file(&item.span).then(|| self.source.name.clone()),
                line,
                column,
                help: item.help.clone(),
            }
        };
        self.items.iter().map(told).collect()
    }

    /// How many mistakes there are, and where.
    pub fn count(&self) -> String {
        let in_file = self.items.iter().filter(|d| self.source.is_in_file(&d.span)).count();
        let (where_, has) = match (in_file, self.items.len() - in_file) {
            (_, 0) => (self.source.name.clone(), "has"),
            (0, _) => ("the command line".to_string(), "has"),
            _ => (format!("{} and the command line", self.source.name), "have"),
        };
        let mistakes = if self.items.len() == 1 { "mistake" } else { "mistakes" };
        format!("{where_} {has} {} {mistakes}; nothing was run", self.items.len())
    }
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Lines {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Lines(std::iter::once(0).chain(breaks.map(|(k, _)| k + 1)).collect())
    }

    /// The lines that spans are in with one before and one after: the number of the first, and their
    /// place.
    fn around<'a>(&self, text: &str, spans: impl Iterator<Item = &'a Span>) -> (usize, Span) {
        let (start, end) =
            spans.fold((text.len(), 0), |(a, b), span| (a.min(span.start), b.max(span.end)));
        let line = |at: usize| self.0.partition_point(|&start| start <= at).saturating_sub(1);
        let first = line(start).saturating_sub(1);
        let end = self.0.get(line(end.max(start)) + 2).copied().unwrap_or(text.len());
        (first, self.0[first]..end.min(text.len()))
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

/// The candidate that was probably meant by a name: the same but for case, or a few edits away.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let length = lower.chars().count();
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&lower, &c.to_lowercase()), c))
        // A third of the longer name, at least one edit; never all of a short name.
        .filter(|(d, c)| *d <= (length.max(c.chars().count()) / 3).max(1) && *d < length.max(1))
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

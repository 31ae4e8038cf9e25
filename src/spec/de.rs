//! Tables to the registries' own types by serde, every mistake at its place.
//!
//! Serde stops at the first mistake. It is written down, its entry is skipped, and the table is read
//! again until nothing new is found. Keys that a type does not have are found at every level, since
//! serde names a struct's fields before it reads it.

#![allow(clippy::result_large_err, reason = "a mistake ends the reading of its table")]

use std::cell::RefCell;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::inline::parse_complex;
use super::node::{NodeValue, ParamTable, TomlNode};
use super::reader::{is_misspelt, unknown_key, whole};
use super::source::Span;
use crate::scalar::C128;

/// What types of parameters ask for by these names: one value, handed on as it is, or a list.
pub(super) const ONE_OR_LIST: &str = "one or a list";
/// A number, which a formula may give, or a string that is a name.
pub(super) const NUMBER_OR_NAME: &str = "a number or a name";
/// A number, which a formula may give, or a complex one as a string.
pub(super) const NUMBER_OR_COMPLEX: &str = "a number or a complex one";

/// Reads a table as a `T`. Unknown and missing keys and wrong values are all reported; `None` if
/// there was any. `known` lists the keys that the table may have, `required` those it must have.
pub fn deserialize<T: DeserializeOwned>(
    table: &ParamTable,
    known: &[&str],
    required: &[&str],
    diagnostics: &mut Diagnostics,
) -> Option<T> {
    let mut value = None;
    let mut read = |table: TableDeserializer<'_>| match T::deserialize(table) {
        Ok(found) => {
            value = Some(found);
            None
        }
        Err(error) => Some(error),
    };
    let is_whole = read_again(table, known, required, diagnostics, &mut read);
    value.filter(|_| is_whole)
}

/// Reads until nothing new is wrong; whether nothing was.
fn read_again(
    table: &ParamTable,
    known: &[&str],
    required: &[&str],
    diagnostics: &mut Diagnostics,
    read: &mut dyn FnMut(TableDeserializer<'_>) -> Option<Error>,
) -> bool {
    let before = diagnostics.len();
    let mut skipped = Vec::new();
    for (key, _) in &table.entries {
        if !known.contains(&key.value.as_str()) {
            diagnostics.push(unknown_key(key, &table.owner, known));
            skipped.push(key.span.clone());
        }
    }
    for key in required {
        if table.get(key).is_none() && !is_misspelt(table, key, known) {
            diagnostics.push(missing(table, key));
        }
    }
    let mut state = Shared { skipped, unknown: RefCell::new(Vec::new()), top: table };
    let mut wrong = false;
    while let Some(error) = read(TableDeserializer { table, state: &state }) {
        let entry = error.entry.clone();
        // What is missing may be an entry that was skipped.
        if error.missing.is_none() || (diagnostics.len() == before && !wrong) {
            diagnostics.push(error.diagnostic(table));
        }
        wrong = true;
        match entry {
            Some(entry) if !state.skipped.contains(&entry) => state.skipped.push(entry),
            _ => break,
        }
    }
    for diagnostic in state.unknown.into_inner() {
        diagnostics.push(diagnostic);
    }
    diagnostics.len() == before && !wrong
}

fn missing(table: &ParamTable, key: &str) -> Diagnostic {
    Diagnostic::new(
        table.head.clone(),
        format!("{} has no `{key}`", table.owner),
        format!("`{key}` is required"),
    )
}

/// What all levels share.
struct Shared<'a> {
    /// Keys of entries with a mistake, by place.
    skipped: Vec<Span>,
    /// Keys that inner types do not have.
    unknown: RefCell<Vec<Diagnostic>>,
    /// The outermost table, whose keys are checked before.
    top: &'a ParamTable,
}

/// A mistake on its way out.
#[derive(Debug)]
struct Error {
    label: String,
    help: Option<String>,
    span: Option<Span>,
    /// The innermost key that the mistake is under.
    key: Option<String>,
    entry: Option<Span>,
    missing: Option<&'static str>,
    /// The whole mistake, if it was told elsewhere.
    told: Option<Box<Diagnostic>>,
}

impl Error {
    fn new(label: String) -> Self {
        Error { label, help: None, span: None, key: None, entry: None, missing: None, told: None }
    }

    fn told(mistake: Diagnostic) -> Self {
        Error { told: Some(Box::new(mistake)), ..Error::new(String::new()) }
    }

    fn at(mut self, span: &Span) -> Self {
        self.span.get_or_insert_with(|| span.clone());
        self
    }

    fn diagnostic(self, table: &ParamTable) -> Diagnostic {
        if let Some(mistake) = self.told {
            return *mistake;
        }
        let span = self.span.unwrap_or_else(|| table.head.clone());
        let message = match (&self.missing, &self.key) {
            (Some(field), None) => return missing(table, field),
            (Some(field), Some(key)) => format!("`{key}` has no `{field}`"),
            (None, Some(key)) => format!("invalid value for `{key}`"),
            (None, None) => format!("invalid parameters for {}", table.owner),
        };
        let mut diagnostic = Diagnostic::new(span, message, self.label);
        diagnostic.help = self.help;
        diagnostic
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Error::new(message.to_string())
    }
    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = plain(expected);
        let mut error = Error::new(format!("expected {expected}, found {}", found(unexpected)));
        if let Unexpected::Float(x) = unexpected
            && expected.contains("integer")
        {
            error.help = whole(x).map(|n| format!("write `{n}`"));
        }
        error
    }
    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Error::new(format!("expected {}, found {}", plain(expected), found(unexpected)))
    }
    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Error::new(format!("expected {}, found {length} entries", plain(expected)))
    }
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let list: Vec<String> = expected.iter().map(|v| format!("\"{v}\"")).collect();
        let mut error =
            Error::new(format!("expected one of {}, found \"{variant}\"", list.join(", ")));
        error.help = super::nearest(variant, expected.iter().copied())
            .map(|near| format!("did you mean \"{near}\"?"));
        error
    }
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let mut error = Error::new(format!("unknown key `{field}`"));
        error.help = super::nearest(field, expected.iter().copied())
            .map(|near| format!("did you mean `{near}`?"));
        error
    }
    fn missing_field(field: &'static str) -> Self {
        let mut error = Error::new(format!("`{field}` is required"));
        error.missing = Some(field);
        error
    }
}

/// What serde expects, in words for people who do not write Rust.
fn plain(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a non-negative integer".to_string(),
        "isize" | "i64" | "i32" | "i16" | "i8" => "an integer".to_string(),
        "f64" | "f32" => "a number".to_string(),
        "a boolean" => "`true` or `false`".to_string(),
        "a sequence" => "a list".to_string(),
        "a map" => "a table".to_string(),
        text if text.starts_with("a nonzero u") => "a positive integer".to_string(),
        text if text.starts_with("struct ") => "a table".to_string(),
        text if text.starts_with("a tuple of size ") => {
            format!("a list of {}", &text["a tuple of size ".len()..])
        }
        text if text.starts_with("string or table") => "a string".to_string(),
        _ => text,
    }
}

fn found(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Bool(b) => format!("the boolean {b}"),
        Unexpected::Unsigned(n) => format!("the integer {n}"),
        Unexpected::Signed(n) => format!("the integer {n}"),
        Unexpected::Float(x) => format!("the float {x:?}"),
        Unexpected::Str(s) if s.chars().count() <= 40 => format!("the string {s:?}"),
        Unexpected::Str(_) => "a string".to_string(),
        Unexpected::Seq => "a list".to_string(),
        Unexpected::Map | Unexpected::StructVariant => "a table".to_string(),
        other => other.to_string(),
    }
}

#[derive(Clone, Copy)]
struct NodeDeserializer<'a> {
    node: &'a TomlNode,
    state: &'a Shared<'a>,
}

impl NodeDeserializer<'_> {
    fn is_text(&self) -> bool {
        matches!(self.node.value, NodeValue::String(..))
    }

    /// An integer, which a formula may give.
    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.integer().map_err(Error::told)? {
            Some(n) if self.is_text() => {
                visitor.visit_i64(n).map_err(|e: Error| e.at(&self.node.span))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    /// A real number, which a formula may give.
    fn real<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.real().map_err(Error::told)? {
            Some(x) if self.is_text() => {
                visitor.visit_f64(x).map_err(|e: Error| e.at(&self.node.span))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    /// A number that a formula gives, if the string is one and no name.
    fn number(self, name: &str) -> Result<Option<C128>, Error> {
        let NodeValue::String(text, _) = &self.node.value else { return Ok(None) };
        if name == NUMBER_OR_COMPLEX && parse_complex(text).is_some() {
            return Ok(None);
        }
        match self.node.complex() {
            Ok(found) => Ok(found),
            // Words that are no formula are told by whoever reads them.
            Err(_) if !self.node.names_params() => Ok(None),
            Err(mistake) => Err(Error::told(mistake)),
        }
    }
}

macro_rules! integers {
    ($($name:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.integer(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for NodeDeserializer<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.value {
            NodeValue::String(s, _) => visitor.visit_str(s),
            NodeValue::Integer(n) => visitor.visit_i64(*n),
            NodeValue::Float(x) => visitor.visit_f64(*x),
            NodeValue::Boolean(b) => visitor.visit_bool(*b),
            NodeValue::Datetime(_) => {
                Err(de::Error::invalid_type(Unexpected::Other("a date"), &visitor))
            }
            NodeValue::Array(items) => {
                let mut seq = Seq { items: items.iter(), state: self.state };
                let value = visitor.visit_seq(&mut seq);
                match seq.items.len() {
                    0 => value,
                    rest => value.and(Err(Error::new(format!(
                        "expected a list of {}, found {} entries",
                        items.len() - rest,
                        items.len()
                    )))),
                }
            }
            NodeValue::Table(table) => {
                TableDeserializer { table, state: self.state }.deserialize_any(visitor)
            }
        }
        .map_err(|e| e.at(&self.node.span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let is_list = matches!(self.node.value, NodeValue::Array(_) | NodeValue::Table(_));
        match name {
            ONE_OR_LIST if is_list => self.deserialize_any(visitor),
            NUMBER_OR_NAME | NUMBER_OR_COMPLEX => match self.number(name)? {
                Some(x) if x.im == 0.0 => visitor.visit_f64(x.re),
                Some(x) => visitor.visit_str(&x.to_string()),
                None => self.deserialize_any(visitor),
            },
            _ => visitor.visit_newtype_struct(self),
        }
        .map_err(|e| e.at(&self.node.span))
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.real(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.real(visitor)
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.node.value {
            NodeValue::Table(table) => TableDeserializer { table, state: self.state }
                .deserialize_struct(name, fields, visitor)
                .map_err(|e| e.at(&self.node.span)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.node.value {
            NodeValue::String(s, _) => {
                let unit: StrDeserializer<'_, Error> = s.as_str().into_deserializer();
                visitor.visit_enum(unit)
            }
            NodeValue::Table(table) if table.entries.len() == 1 => {
                visitor.visit_enum(Variant { table, state: self.state })
            }
            _ => self.deserialize_any(visitor),
        }
        .map_err(|e| e.at(&self.node.span))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i128 u128 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        identifier
    }
}

struct TableDeserializer<'a> {
    table: &'a ParamTable,
    state: &'a Shared<'a>,
}

impl TableDeserializer<'_> {
    /// Writes down the keys of an inner table that are none of these.
    fn note_unknown(&self, fields: &[&str]) {
        if std::ptr::eq(self.table, self.state.top) {
            return;
        }
        for (key, _) in &self.table.entries {
            if !fields.contains(&key.value.as_str()) {
                let mistake = unknown_key(key, &self.table.owner, fields);
                let mut unknown = self.state.unknown.borrow_mut();
                // The table may be read again.
                if !unknown.contains(&mistake) {
                    unknown.push(mistake);
                }
            }
        }
    }
}

impl<'de> Deserializer<'de> for TableDeserializer<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Map { table: self.table, state: self.state, next: 0 })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.note_unknown(fields);
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Map<'a> {
    table: &'a ParamTable,
    state: &'a Shared<'a>,
    next: usize,
}

impl<'de> MapAccess<'de> for Map<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        while let Some((key, _)) = self.table.entries.get(self.next) {
            if !self.state.skipped.contains(&key.span) {
                let key: StrDeserializer<'_, Error> = key.value.as_str().into_deserializer();
                return seed.deserialize(key).map(Some);
            }
            self.next += 1;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some((key, node)) = self.table.entries.get(self.next) else {
            return Err(Error::new("a value without a key".to_string()));
        };
        self.next += 1;
        seed.deserialize(NodeDeserializer { node, state: self.state }).map_err(|mut e| {
            e = e.at(&node.span);
            e.key.get_or_insert_with(|| key.value.clone());
            e.entry.get_or_insert_with(|| key.span.clone());
            e
        })
    }
}

struct Seq<'a> {
    items: std::slice::Iter<'a, TomlNode>,
    state: &'a Shared<'a>,
}

impl<'de> SeqAccess<'de> for &mut Seq<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        match self.items.next() {
            Some(node) => seed.deserialize(NodeDeserializer { node, state: self.state }).map(Some),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// `{ variant = value }`, of exactly one entry.
struct Variant<'a> {
    table: &'a ParamTable,
    state: &'a Shared<'a>,
}

impl<'a> Variant<'a> {
    fn value(&self) -> NodeDeserializer<'a> {
        NodeDeserializer { node: &self.table.entries[0].1, state: self.state }
    }
}

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = Error;
    type Variant = Variant<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let key = &self.table.entries[0].0;
        let name: StrDeserializer<'_, Error> = key.value.as_str().into_deserializer();
        Ok((seed.deserialize(name).map_err(|e| e.at(&key.span))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Err(Error::new("expected a string".to_string()))
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.value())
    }
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.value().deserialize_tuple(len, visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.value().deserialize_struct("variant", fields, visitor)
    }
}

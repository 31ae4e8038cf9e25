//! Types for parameters that PyLops takes in more than one form.

use std::fmt;
use std::marker::PhantomData;

use num_complex::Complex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};

use super::de::{NUMBER_OR_COMPLEX, NUMBER_OR_NAME, ONE_OR_LIST};
use super::inline::{Inline, parse_complex};
use crate::scalar::C128;

/// One value for every axis, or a list: `dims = 5`, `dims = [5, 4]`.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMany<T> {
    /// One value.
    One(T),
    /// A list.
    Many(Vec<T>),
}

impl<T: Clone> OneOrMany<T> {
    /// The values as they are written.
    pub fn as_slice(&self) -> &[T] {
        match self {
            OneOrMany::One(value) => std::slice::from_ref(value),
            OneOrMany::Many(values) => values,
        }
    }

    /// The values as they are written.
    pub fn to_vec(&self) -> Vec<T> {
        self.as_slice().to_vec()
    }

    /// `n` values: one is repeated, a list must have that length.
    pub fn broadcast(&self, n: usize) -> Option<Vec<T>> {
        match self {
            OneOrMany::One(value) => Some(vec![value.clone(); n]),
            OneOrMany::Many(values) => (values.len() == n).then(|| values.clone()),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrManyVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or a list of values")
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                one: D,
            ) -> Result<Self::Value, D::Error> {
                T::deserialize(one).map(OneOrMany::One)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(OneOrMany::Many)
            }
        }

        deserializer.deserialize_newtype_struct(ONE_OR_LIST, OneOrManyVisitor(PhantomData))
    }
}

/// A parameter that is an array: its name, a number, or a list in place.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(untagged)]
pub enum ArrayParam {
    /// Name of an array of `[arrays]`.
    Name(String),
    /// One number.
    Scalar(f64),
    /// A nested list of numbers; complex ones are strings such as `"1.5-2j"`.
    List(Inline),
}

impl ArrayParam {
    /// The array if it is written in place; a number has no dims.
    pub fn inline(&self) -> Option<Inline> {
        match self {
            ArrayParam::Name(_) => None,
            ArrayParam::Scalar(x) => Some(Inline::scalar(Complex::new(*x, 0.0), false)),
            ArrayParam::List(inline) => Some(inline.clone()),
        }
    }

    /// The array's name, if it is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            ArrayParam::Name(name) => Some(name),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for ArrayParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ArrayVisitor;
        impl<'de> Visitor<'de> for ArrayVisitor {
            type Value = ArrayParam;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array's name, a number or a list of numbers")
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<ArrayParam, E> {
                Ok(ArrayParam::Scalar(value as f64))
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<ArrayParam, E> {
                Ok(ArrayParam::Scalar(value))
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<ArrayParam, E> {
                Ok(ArrayParam::Name(value.to_string()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<ArrayParam, A::Error> {
                InlineVisitor.visit_seq(seq).map(ArrayParam::List)
            }
        }
        deserializer.deserialize_newtype_struct(NUMBER_OR_NAME, ArrayVisitor)
    }
}

struct InlineVisitor;

impl<'de> Visitor<'de> for InlineVisitor {
    type Value = Inline;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a complex one such as \"1.5-2j\"")
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Inline, E> {
        Ok(Inline::scalar(Complex::new(value as f64, 0.0), false))
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Inline, E> {
        Ok(Inline::truth(value))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Inline, E> {
        Ok(Inline::scalar(Complex::new(value, 0.0), false))
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<Inline, E> {
        match parse_complex(value) {
            Some(z) => Ok(Inline::scalar(z, true)),
            None => Err(E::invalid_value(de::Unexpected::Str(value), &self)),
        }
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Inline, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = seq.next_element()? {
            parts.push(part);
        }
        Inline::stack(parts).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Inline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NUMBER_OR_COMPLEX, InlineVisitor)
    }
}

impl JsonSchema for Inline {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NumberList".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<Inline>();
        json_schema!({
            "description": "A nested list of numbers; complex ones are strings such as \"1.5-2j\".",
            "anyOf": [
                { "type": "number" },
                { "type": "string" },
                { "type": "boolean" },
                { "type": "array", "items": item },
            ],
        })
    }
}

/// A number, or a complex one as a string such as `"1.5-2j"`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComplexParam(
    /// The number.
    pub C128,
);

impl<'de> Deserialize<'de> for ComplexParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let inline = Inline::deserialize(deserializer)?;
        match (inline.dims.as_slice(), inline.values.as_slice()) {
            ([], [value]) if inline.boolean => {
                Err(de::Error::invalid_type(de::Unexpected::Bool(value.re != 0.0), &InlineVisitor))
            }
            ([], [value]) => Ok(ComplexParam(*value)),
            _ => Err(de::Error::invalid_type(de::Unexpected::Seq, &InlineVisitor)),
        }
    }
}

impl JsonSchema for ComplexParam {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ComplexNumber".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number, or a complex one as a string such as \"1.5-2j\".",
            "type": ["number", "string"],
        })
    }
}

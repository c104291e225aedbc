//! What a type looks like to serde, as a small JSON document, and documents of that shape.
//!
//! ```text
//! "bool" "i8" … "u128" "f32" "f64" "char" "bytes" "unit"    a value
//! "str" | {"str": "2026-01-01T00:00:00Z"}                   a text; one like this, if not every text will do
//! {"option": S} {"list": S} {"map": [K, V]}                 any number of them
//! {"tuple": [S, …]} {"struct": {"field": S, …}}             each of them
//! {"enum": {"Variant": S, …}}                               one of them
//! {"again": "Name"}                                         the type around, which contains itself
//! ```

use serde_json::{Map, Value, json};
use serde_reflection::{
    ContainerFormat, Format, Named, Registry, Samples, Tracer, TracerConfig, VariantFormat,
};

use crate::durable::Durable;

/// Texts that types which read a text may accept.
const TEXTS: [&str; 7] = [
    "",
    "2026-01-01T00:00:00Z",
    "2026-01-01",
    "00000000-0000-0000-0000-000000000000",
    "0",
    "127.0.0.1",
    "PT1H",
];

/// The shape of a type; `None` where serde does not tell: a type that looks at the document before it says what it wants.
pub(crate) fn shape_of<T: Durable>() -> Option<Value> {
    TEXTS.into_iter().find_map(|text| {
        let config = TracerConfig::default().is_human_readable(true).default_string_value(text.into());
        let samples = Samples::new();
        let mut tracer = Tracer::new(config);
        let (format, _) = tracer.trace_type::<T>(&samples).ok()?;
        let registry = tracer.registry().ok()?;
        Shapes { registry, text, open: Vec::new() }.of(&format)
    })
}

struct Shapes {
    registry: Registry,
    text: &'static str,
    /// The named types that are being written, outermost first.
    open: Vec<String>,
}

impl Shapes {
    fn of(&mut self, format: &Format) -> Option<Value> {
        Some(match format {
            Format::Variable(variable) => {
                let format = variable.borrow().clone()?;
                return self.of(&format);
            }
            Format::TypeName(name) => return self.named(name),
            Format::Unit => json!("unit"),
            Format::Bool => json!("bool"),
            Format::I8 => json!("i8"),
            Format::I16 => json!("i16"),
            Format::I32 => json!("i32"),
            Format::I64 => json!("i64"),
            Format::I128 => json!("i128"),
            Format::U8 => json!("u8"),
            Format::U16 => json!("u16"),
            Format::U32 => json!("u32"),
            Format::U64 => json!("u64"),
            Format::U128 => json!("u128"),
            Format::F32 => json!("f32"),
            Format::F64 => json!("f64"),
            Format::Char => json!("char"),
            Format::Str if self.text.is_empty() => json!("str"),
            Format::Str => json!({ "str": self.text }),
            Format::Bytes => json!("bytes"),
            Format::Option(inner) => json!({ "option": self.of(inner)? }),
            Format::Seq(inner) => json!({ "list": self.of(inner)? }),
            Format::Map { key, value } => json!({ "map": [self.of(key)?, self.of(value)?] }),
            Format::Tuple(parts) => json!({ "tuple": self.all(parts)? }),
            Format::TupleArray { content, size } => json!({ "tuple": vec![self.of(content)?; *size] }),
        })
    }

    fn all(&mut self, formats: &[Format]) -> Option<Vec<Value>> {
        formats.iter().map(|format| self.of(format)).collect()
    }

    fn named(&mut self, name: &str) -> Option<Value> {
        if self.open.iter().any(|open| open == name) {
            return Some(json!({ "again": name }));
        }
        let container = self.registry.get(name)?.clone();
        self.open.push(name.to_owned());
        let shape = self.container(&container);
        self.open.pop();
        shape
    }

    fn container(&mut self, container: &ContainerFormat) -> Option<Value> {
        Some(match container {
            ContainerFormat::UnitStruct => json!("unit"),
            ContainerFormat::NewTypeStruct(inner) => return self.of(inner),
            ContainerFormat::TupleStruct(parts) => json!({ "tuple": self.all(parts)? }),
            ContainerFormat::Struct(fields) => return self.fields(fields),
            ContainerFormat::Enum(variants) => {
                let mut named = Map::new();
                for variant in variants.values() {
                    named.insert(variant.name.clone(), self.variant(&variant.value)?);
                }
                json!({ "enum": named })
            }
        })
    }

    fn fields(&mut self, fields: &[Named<Format>]) -> Option<Value> {
        let shapes: Option<Map<String, Value>> =
            fields.iter().map(|field| Some((field.name.clone(), self.of(&field.value)?))).collect();
        Some(json!({ "struct": shapes? }))
    }

    fn variant(&mut self, variant: &VariantFormat) -> Option<Value> {
        Some(match variant {
            VariantFormat::Variable(variable) => {
                let variant = variable.borrow().clone()?;
                return self.variant(&variant);
            }
            VariantFormat::Unit => json!("unit"),
            VariantFormat::NewType(inner) => return self.of(inner),
            VariantFormat::Tuple(parts) => json!({ "tuple": self.all(parts)? }),
            VariantFormat::Struct(fields) => return self.fields(fields),
        })
    }
}

/// Documents of a shape: with the largest and the smallest numbers, and with every variant. Empty if this is no shape.
pub(super) fn documents(shape: &Value) -> Vec<Value> {
    if let Some(name) = shape.as_str() {
        return values(name);
    }
    let Some((kind, inner)) = shape.as_object().and_then(|shape| shape.iter().next()) else {
        return Vec::new();
    };
    match (kind.as_str(), inner) {
        ("str", Value::String(text)) => vec![json!(text)],
        ("option", inner) => std::iter::once(Value::Null).chain(documents(inner)).collect(),
        ("list", inner) => vec![Value::Array(documents(inner))],
        ("map", Value::Array(sides)) if sides.len() == 2 => {
            let keys =
                documents(&sides[0]).into_iter().map(|key| key.as_str().map_or(key.to_string(), Into::into));
            vec![Value::Object(keys.zip(documents(&sides[1])).collect())]
        }
        ("tuple", Value::Array(parts)) => {
            let parts: Vec<Vec<Value>> = parts.iter().map(documents).collect();
            side_by_side(&parts).map(Value::Array).collect()
        }
        ("struct", Value::Object(fields)) => {
            let parts: Vec<Vec<Value>> = fields.values().map(documents).collect();
            side_by_side(&parts)
                .map(|values| Value::Object(fields.keys().cloned().zip(values).collect()))
                .collect()
        }
        ("enum", Value::Object(variants)) => {
            variants.iter().flat_map(|(name, inner)| variant(name, inner)).collect()
        }
        (_, _) => Vec::new(),
    }
}

fn variant(name: &str, inner: &Value) -> Vec<Value> {
    if inner == "unit" {
        return vec![json!(name)];
    }
    documents(inner).into_iter().map(|inner| json!({ name: inner })).collect()
}

/// As many rows as the longest column has; shorter ones repeat their last.
fn side_by_side(columns: &[Vec<Value>]) -> impl Iterator<Item = Vec<Value>> {
    let rows =
        if columns.iter().any(Vec::is_empty) { 0 } else { columns.iter().map(Vec::len).max().unwrap_or(1) };
    (0..rows).map(|row| columns.iter().map(|column| column[row.min(column.len() - 1)].clone()).collect())
}

fn values(name: &str) -> Vec<Value> {
    match name {
        "unit" => vec![Value::Null],
        "bool" => vec![json!(true), json!(false)],
        "i8" => vec![json!(i8::MAX), json!(i8::MIN)],
        "i16" => vec![json!(i16::MAX), json!(i16::MIN)],
        "i32" => vec![json!(i32::MAX), json!(i32::MIN)],
        "i64" | "i128" => vec![json!(i64::MAX), json!(i64::MIN)],
        "u8" => vec![json!(u8::MAX), json!(0)],
        "u16" => vec![json!(u16::MAX), json!(0)],
        "u32" => vec![json!(u32::MAX), json!(0)],
        "u64" | "u128" => vec![json!(u64::MAX), json!(0)],
        "f32" | "f64" => vec![json!(0.5), json!(-1.5)],
        "char" => vec![json!("a")],
        "str" => vec![json!("")],
        "bytes" => vec![json!([0, 255])],
        _ => Vec::new(),
    }
}

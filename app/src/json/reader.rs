//! From a value of the browser to a type, in little code.
//!
//! serde offers a type's fields by name or in order. In order is a fifth of the code, and asking an object for each
//! field that the type has gives that order. An error says nothing: nobody would read it, and the words for it are code too.

use std::fmt;

use js_sys::{Array, Object, Reflect};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use wasm_bindgen::{JsCast, JsValue};

/// Reads a value; `None` where it is not what is expected.
pub(super) fn read<'de, T: Deserialize<'de>>(value: JsValue) -> Option<T> {
    T::deserialize(Reader(value)).ok()
}

/// It is not what is expected.
#[derive(Debug)]
struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unreadable")
    }
}

impl std::error::Error for Unreadable {}

// Each of these would otherwise bring the words that it is made of.
impl Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
    fn invalid_type(_: Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self
    }
    fn invalid_value(_: Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self
    }
    fn invalid_length(_: usize, _: &dyn serde::de::Expected) -> Self {
        Self
    }
    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }
    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }
    fn missing_field(_: &'static str) -> Self {
        Self
    }
    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

type Read<T> = Result<T, Unreadable>;

/// A value of the browser.
struct Reader(JsValue);

impl Reader {
    fn is_nothing(&self) -> bool {
        self.0.is_undefined() || self.0.is_null()
    }

    /// A whole number, as far as a float carries it.
    fn whole(&self) -> Read<i64> {
        let number = self.0.as_f64().ok_or(Unreadable)?;
        let whole = number as i64;
        if whole as f64 == number {
            Ok(whole)
        } else {
            Err(Unreadable)
        }
    }

    fn text(&self) -> Read<String> {
        self.0.as_string().ok_or(Unreadable)
    }

    fn items(self) -> Read<Items> {
        let items = self.0.dyn_into().map_err(|_| Unreadable)?;
        Ok(Items { items, next: 0 })
    }

    fn object(self) -> Read<Object> {
        self.0.dyn_into().map_err(|_| Unreadable)
    }

    fn fields(self, names: &'static [&'static str]) -> Read<Fields> {
        let object = self.object()?;
        Ok(Fields {
            object,
            names: names.iter(),
        })
    }

    fn entries(self) -> Read<Entries> {
        let entries = Object::entries(&self.object()?);
        Ok(Entries {
            entries,
            next: 0,
            value: JsValue::UNDEFINED,
        })
    }
}

/// What reads whole numbers.
macro_rules! whole {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
            let whole = self.whole()?;
            match u64::try_from(whole) {
                Ok(whole) => visitor.visit_u64(whole),
                Err(_) => visitor.visit_i64(whole),
            }
        })*
    };
}

/// What reads texts.
macro_rules! text {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
            visitor.visit_string(self.text()?)
        })*
    };
}

impl<'de> Deserializer<'de> for Reader {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if self.is_nothing() {
            visitor.visit_unit()
        } else if let Some(holds) = self.0.as_bool() {
            visitor.visit_bool(holds)
        } else if self.0.is_string() {
            self.deserialize_string(visitor)
        } else if let Some(number) = self.0.as_f64() {
            match self.whole() {
                Ok(_) => self.deserialize_i64(visitor),
                Err(_) => visitor.visit_f64(number),
            }
        } else if Array::is_array(&self.0) {
            visitor.visit_seq(self.items()?)
        } else {
            visitor.visit_map(self.entries()?)
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        visitor.visit_bool(self.0.as_bool().ok_or(Unreadable)?)
    }

    whole! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        visitor.visit_f64(self.0.as_f64().ok_or(Unreadable)?)
    }

    text! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_bytes<V: Visitor<'de>>(self, _: V) -> Read<V::Value> {
        Err(Unreadable)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, _: V) -> Read<V::Value> {
        Err(Unreadable)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if self.is_nothing() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if self.is_nothing() {
            visitor.visit_unit()
        } else {
            Err(Unreadable)
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Read<V::Value> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Read<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        visitor.visit_seq(self.items()?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Read<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Read<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        visitor.visit_map(self.entries()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        visitor.visit_seq(self.fields(fields)?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        if self.0.is_string() {
            let of = JsValue::UNDEFINED;
            return visitor.visit_enum(Variant { name: self.0, of });
        }
        // An object with one entry: the variant's name, and what is in it.
        let entry: Array = Object::entries(&self.object()?).get(0).unchecked_into();
        if entry.is_undefined() {
            return Err(Unreadable);
        }
        visitor.visit_enum(Variant {
            name: entry.get(0),
            of: entry.get(1),
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        visitor.visit_unit()
    }
}

/// The fields of an object, in the order of the type.
struct Fields {
    object: Object,
    names: std::slice::Iter<'static, &'static str>,
}

impl<'de> SeqAccess<'de> for Fields {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Read<Option<T::Value>> {
        let Some(name) = self.names.next() else {
            return Ok(None);
        };
        let value = Reflect::get(&self.object, &JsValue::from_str(name)).map_err(|_| Unreadable)?;
        let missing = value.is_undefined();
        match seed.deserialize(Reader(value)) {
            Ok(field) => Ok(Some(field)),
            // Then it is what the type says about a field that is not there.
            Err(_) if missing => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The items of an array.
struct Items {
    items: Array,
    next: u32,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Read<Option<T::Value>> {
        if self.next == self.items.length() {
            return Ok(None);
        }
        let item = self.items.get(self.next);
        self.next += 1;
        seed.deserialize(Reader(item)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some((self.items.length() - self.next) as usize)
    }
}

/// The entries of an object whose fields nobody knows.
struct Entries {
    entries: Array,
    next: u32,
    value: JsValue,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Read<Option<K::Value>> {
        if self.next == self.entries.length() {
            return Ok(None);
        }
        let entry: Array = self.entries.get(self.next).unchecked_into();
        self.next += 1;
        self.value = entry.get(1);
        seed.deserialize(Reader(entry.get(0))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Read<V::Value> {
        seed.deserialize(Reader(std::mem::take(&mut self.value)))
    }
}

/// One of several kinds.
struct Variant {
    name: JsValue,
    of: JsValue,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Unreadable;
    type Variant = Reader;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Read<(V::Value, Reader)> {
        Ok((seed.deserialize(Reader(self.name))?, Reader(self.of)))
    }
}

impl<'de> VariantAccess<'de> for Reader {
    type Error = Unreadable;

    fn unit_variant(self) -> Read<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Read<T::Value> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Read<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        visitor.visit_seq(self.fields(fields)?)
    }
}

//! JSON: in the browser with the parser that it brings, which costs the page a tenth of its size less.

#[cfg(feature = "hydrate")]
mod reader;

use serde::{Serialize, de::DeserializeOwned};

/// Reads a text; `None` where it is not JSON, or not what is expected.
#[cfg(feature = "hydrate")]
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    reader::read(js_sys::JSON::parse(text).ok()?)
}

/// Reads a text; `None` where it is not JSON, or not what is expected.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// Reads two shapes that lie in one object.
#[cfg(feature = "hydrate")]
pub(crate) fn read_two<A: DeserializeOwned, B: DeserializeOwned>(text: &str) -> Option<(A, B)> {
    let value = js_sys::JSON::parse(text).ok()?;
    Some((reader::read(value.clone())?, reader::read(value)?))
}

/// Reads two shapes that lie in one object.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn read_two<A: DeserializeOwned, B: DeserializeOwned>(text: &str) -> Option<(A, B)> {
    Some((read(text)?, read(text)?))
}

/// Writes a value; `None` where JSON cannot say it.
#[cfg(feature = "hydrate")]
pub(crate) fn write(value: &impl Serialize) -> Option<String> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    let value = value.serialize(&serializer).ok()?;
    js_sys::JSON::stringify(&value).ok().map(String::from)
}

/// Writes a value; `None` where JSON cannot say it.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn write(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}

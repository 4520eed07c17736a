//! The values that entries have.

/// A value, as far as entries have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A list of strings, such as the arguments of a program.
    List(Vec<String>),
    /// Strings by their names, such as headers or variables.
    Map(Vec<(String, String)>),
}

impl Value {
    /// A map with one entry.
    pub fn map_of(key: &str, value: &str) -> Self {
        Self::Map(vec![(key.to_owned(), value.to_owned())])
    }

    /// The strings in it.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![text],
            Self::List(items) => items.iter().map(String::as_str).collect(),
            Self::Map(pairs) => pairs.iter().map(|(_, value)| value.as_str()).collect(),
        }
    }

    /// The value of a key of the map `field`, if this is one and has it.
    pub fn get(&self, field: &str, key: &str) -> Option<&str> {
        let Self::Map(pairs) = self else {
            return None;
        };
        let mut pairs = pairs.iter();
        pairs
            .find(|(name, _)| same_key(field, name, key))
            .map(|(_, value)| value.as_str())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A key with its value.
pub type Field = (&'static str, Value);

/// Whether two keys of the map `field` mean the same: names of headers have no case.
pub fn same_key(field: &str, one: &str, other: &str) -> bool {
    one == other || field.ends_with("headers") && one.eq_ignore_ascii_case(other)
}

//! From the files of `locales/` (Project Fluent) to Rust.
//!
//! Every text becomes a function of `Lang` with one parameter for each placeholder, so that a text that is
//! missing in a language, or that has another placeholder there, does not compile. What stays for the page to
//! download is the text itself and a `match`: no parser, no bundle, no plural tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey},
    parser,
    unicode::unescape_unicode_to_string,
};

/// Which whole numbers a plural category covers, as a Rust pattern. From the plural rules of the CLDR.
const PLURALS: [(&str, &str, &str); 2] = [("en", "one", "1"), ("de", "one", "1")];

/// What stands for a placeholder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Text,
    Number,
}

/// A text in one language.
struct Text {
    /// The placeholders, by name: the order of a function's parameters does not follow the order of words.
    parameters: BTreeMap<String, Kind>,
    /// Rust that appends it to `out`.
    code: String,
    /// The text itself, where nothing is put into it.
    plain: Option<String>,
}

/// Writes the Rust code, or says everything that is wrong with the files.
pub fn generate(sources: &[(&str, String)]) -> Result<String, Vec<String>> {
    let mut faults = Vec::new();
    let mut locales = Vec::new();
    for (locale, source) in sources {
        locales.push((*locale, read(locale, source, &mut faults)));
    }
    let Some(((first, source), others)) = locales.split_first() else {
        return Ok(String::new());
    };
    for (locale, texts) in others {
        compare((first, source), (locale, texts), &mut faults);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut code = String::from("impl Lang {\n");
    for (id, text) in source {
        let all = locales
            .iter()
            .filter_map(|(locale, texts)| Some((*locale, texts.get(id)?)));
        function(&mut code, id, &text.parameters, &all.collect::<Vec<_>>());
    }
    code.push_str("}\n");
    Ok(code)
}

/// The texts of a file by their ids.
fn read(locale: &str, source: &str, faults: &mut Vec<String>) -> BTreeMap<String, Text> {
    let mut fault = |line: usize, what: &str| faults.push(format!("{locale}.ftl:{line}: {what}"));
    let line_of = |at: usize| source[..at.min(source.len())].lines().count().max(1);
    let resource = match parser::parse(source) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            for error in errors {
                fault(line_of(error.pos.start), &error.to_string());
            }
            resource
        }
    };
    let mut texts = BTreeMap::new();
    for entry in &resource.body {
        let (id, value) = match entry {
            Entry::Message(message) if message.attributes.is_empty() => {
                (message.id.name, &message.value)
            }
            Entry::Message(message) => {
                fault(
                    place(source, message.id.name),
                    "attributes are not used here: make it a text of its own",
                );
                continue;
            }
            Entry::Term(term) => {
                fault(
                    place(source, term.id.name),
                    "terms are not used here: write the word into the text",
                );
                continue;
            }
            // What cannot be read was said above.
            Entry::Comment(_)
            | Entry::GroupComment(_)
            | Entry::ResourceComment(_)
            | Entry::Junk { .. } => continue,
        };
        let Some(pattern) = value else { continue };
        match text(locale, pattern) {
            Ok(text) => {
                if texts.insert(id.to_owned(), text).is_some() {
                    fault(place(source, id), &format!("`{id}` is there twice"));
                }
            }
            Err(what) => fault(place(source, id), &format!("`{id}`: {what}")),
        }
    }
    texts
}

/// The line on which a text begins.
fn place(source: &str, id: &str) -> usize {
    let begins = |line: &str| {
        line.strip_prefix(id)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    source.lines().position(begins).map_or(1, |index| index + 1)
}

/// Says what one language has and another has not.
fn compare(
    (first, source): (&str, &BTreeMap<String, Text>),
    (locale, texts): (&str, &BTreeMap<String, Text>),
    faults: &mut Vec<String>,
) {
    for (id, text) in source {
        let Some(translated) = texts.get(id) else {
            faults.push(format!(
                "{locale}.ftl: `{id}` is missing; {first}.ftl has it"
            ));
            continue;
        };
        if translated.parameters != text.parameters {
            let list = |text: &Text| {
                let names = text.parameters.iter().map(|(name, kind)| match kind {
                    Kind::Text => format!("{{ ${name} }}"),
                    Kind::Number => format!("{{ ${name} }} as a number"),
                });
                let names: Vec<_> = names.collect();
                if names.is_empty() {
                    "no placeholder".to_owned()
                } else {
                    names.join(", ")
                }
            };
            faults.push(format!(
                "{locale}.ftl: `{id}` has {}; in {first}.ftl it has {}",
                list(translated),
                list(text)
            ));
        }
    }
    for id in texts.keys().filter(|id| !source.contains_key(*id)) {
        faults.push(format!(
            "{locale}.ftl: `{id}` is not in {first}.ftl: remove it, or add it there"
        ));
    }
}

fn text(locale: &str, pattern: &Pattern<&str>) -> Result<Text, String> {
    let mut parameters = BTreeMap::new();
    numbers(pattern, &mut parameters);
    let mut code = String::new();
    let plain = append(locale, pattern, &mut parameters, &mut code)?;
    Ok(Text {
        plain: plain.filter(|_| parameters.is_empty()),
        parameters,
        code,
    })
}

/// Notes which placeholders are numbers: those that a plural is chosen by.
fn numbers(pattern: &Pattern<&str>, parameters: &mut BTreeMap<String, Kind>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable {
            expression: Expression::Select { selector, variants },
        } = element
        {
            if let InlineExpression::VariableReference { id } = selector {
                parameters.insert(id.name.to_owned(), Kind::Number);
            }
            for variant in variants {
                numbers(&variant.value, parameters);
            }
        }
    }
}

/// Appends the code for a pattern, and answers with the text where nothing is put into it.
fn append(
    locale: &str,
    pattern: &Pattern<&str>,
    parameters: &mut BTreeMap<String, Kind>,
    code: &mut String,
) -> Result<Option<String>, String> {
    let mut plain = Some(String::new());
    // Neighbours that are text become one text.
    let mut pending = String::new();
    let flush = |pending: &mut String, code: &mut String| {
        if !pending.is_empty() {
            let _ = write!(code, "put(&mut out, {pending:?});");
            pending.clear();
        }
    };
    for element in &pattern.elements {
        let expression = match element {
            PatternElement::TextElement { value } => {
                pending.push_str(value);
                if let Some(plain) = &mut plain {
                    plain.push_str(value);
                }
                continue;
            }
            PatternElement::Placeable { expression } => expression,
        };
        match expression {
            Expression::Inline(InlineExpression::StringLiteral { value }) => {
                let value = unescape_unicode_to_string(value);
                pending.push_str(&value);
                if let Some(plain) = &mut plain {
                    plain.push_str(&value);
                }
            }
            Expression::Inline(InlineExpression::VariableReference { id }) => {
                plain = None;
                flush(&mut pending, code);
                let name = id.name;
                let kind = parameters.entry(name.to_owned()).or_insert(Kind::Text);
                let _ = match kind {
                    Kind::Text => write!(code, "put(&mut out, {});", rust(name)),
                    Kind::Number => write!(code, "put_number(&mut out, {});", rust(name)),
                };
            }
            Expression::Select {
                selector: InlineExpression::VariableReference { id },
                variants,
            } => {
                plain = None;
                flush(&mut pending, code);
                let _ = write!(code, "match {} {{", rust(id.name));
                for (key, variant) in arms(locale, variants)? {
                    let _ = write!(code, "{key} => {{");
                    append(locale, &variant.value, parameters, code)?;
                    code.push_str("}\n");
                }
                code.push_str("}\n");
            }
            _ => {
                return Err(
                    "only { $name }, { \"text\" } and a choice by number, { $count -> [one] … *[other] … }, can be used"
                        .to_owned(),
                );
            }
        }
    }
    flush(&mut pending, code);
    Ok(plain)
}

/// The arms of a choice: exact numbers, then plural categories, then the rest.
fn arms<'a>(
    locale: &str,
    variants: &'a [Variant<&'a str>],
) -> Result<Vec<(String, &'a Variant<&'a str>)>, String> {
    let mut exact = Vec::new();
    let mut categories = Vec::new();
    let mut rest = None;
    let mut taken = BTreeSet::new();
    for variant in variants {
        match &variant.key {
            VariantKey::Identifier { name: "other" } if variant.default => rest = Some(variant),
            _ if variant.default => {
                return Err("the variant with the star is `*[other]`".to_owned());
            }
            VariantKey::NumberLiteral { value } if value.parse::<u64>().is_ok() => {
                taken.insert((*value).to_owned());
                exact.push(((*value).to_owned(), variant));
            }
            VariantKey::NumberLiteral { value } => {
                return Err(format!("[{value}] is not a whole number"));
            }
            VariantKey::Identifier { name } => {
                let rule = PLURALS
                    .iter()
                    .find(|(of, category, _)| *of == locale && category == name);
                let Some((.., numbers)) = rule else {
                    return Err(format!(
                        "[{name}] is no plural category of `{locale}`; see PLURALS in app/build/texts.rs"
                    ));
                };
                categories.push(((*numbers).to_owned(), variant));
            }
        }
    }
    // [1] and [one] are the same in English: the exact number goes first.
    categories.retain(|(numbers, _)| !taken.contains(numbers));
    let rest = rest.ok_or("a choice ends with `*[other]`")?;
    Ok(exact
        .into_iter()
        .chain(categories)
        .chain([("_".to_owned(), rest)])
        .collect())
}

/// One function for one text.
fn function(
    code: &mut String,
    id: &str,
    parameters: &BTreeMap<String, Kind>,
    all: &[(&str, &Text)],
) {
    let name = rust(id);
    let plain: Option<Vec<_>> = all
        .iter()
        .map(|(locale, text)| Some((*locale, text.plain.as_ref()?)))
        .collect();
    if let Some(plain) = plain {
        let _ = writeln!(
            code,
            "pub(crate) const fn {name}(self) -> &'static str {{ match self {{"
        );
        for (locale, text) in plain {
            let _ = writeln!(code, "Self::{} => {text:?},", variant(locale));
        }
        code.push_str("}}\n");
        return;
    }
    let takes: String = parameters
        .iter()
        .map(|(name, kind)| match kind {
            Kind::Text => format!(", {}: &str", rust(name)),
            Kind::Number => format!(", {}: u64", rust(name)),
        })
        .collect();
    let _ = writeln!(
        code,
        "pub(crate) fn {name}(self{takes}) -> String {{ let mut out = String::new(); match self {{"
    );
    for (locale, text) in all {
        let _ = writeln!(code, "Self::{} => {{ {} }}", variant(locale), text.code);
    }
    code.push_str("} out }\n");
}

/// `found-nothing` as `found_nothing`.
fn rust(id: &str) -> String {
    id.replace('-', "_")
}

/// `de` as `De`.
fn variant(locale: &str) -> String {
    let mut letters = locale.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

//! From the files of `locales/` (Project Fluent) to Rust.
//!
//! Every text becomes a function of `Lang` with one parameter for each placeholder, so that a text that is
//! missing in a language, or that has another placeholder there, does not compile. The texts of a language are
//! one string, cut by a table of offsets; a text with placeholders is a short program for `fill`
//! (`src/wording/text.rs`). Measured on the page's WASM, that is smaller than a `match` for each text, and
//! there is no parser, no bundle and no plural table to download.

use std::{collections::BTreeMap, fmt::Write};

use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey},
    parser,
    unicode::unescape_unicode_to_string,
};

/// Which whole number a plural category covers. From the plural rules of the CLDR; a language whose categories
/// cover more than one number needs a wider rule here.
const PLURALS: [(&str, &str, u8); 2] = [("en", "one", 1), ("de", "one", 1)];

/// The marks of a text with placeholders, as `fill` reads them. After `ARGUMENT` and `CHOICE` comes the letter
/// of a parameter (`a` is the first by name), after `ARM` the number that it is for, `0` + the number, or `*`.
const ARGUMENT: char = '\u{1}';
const CHOICE: char = '\u{2}';
const ARM: char = '\u{3}';
const END: char = '\u{4}';

/// The largest number that a choice can name, so that its mark stays one visible byte.
const LARGEST_NAMED: u8 = 60;

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
    /// The text, with marks where something is put into it.
    template: String,
    /// Whether only the rest of the program needs it (`src/part.rs`): it stands behind a comment with `###`.
    rest: bool,
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
    let mut code = String::new();
    for (name, mark) in [
        ("ARGUMENT", ARGUMENT),
        ("CHOICE", CHOICE),
        ("ARM", ARM),
        ("END", END),
    ] {
        let _ = writeln!(code, "const {name}: char = {mark:?};");
    }
    for (name, texts, rest) in [("", "texts", false), ("_REST", "rest", true)] {
        // The first file says which texts are part of the rest.
        let ids: Vec<_> = source
            .iter()
            .filter(|(_, text)| text.rest == rest)
            .collect();
        for (locale, known) in &locales {
            let known = ids.iter().filter_map(|(id, _)| known.get(*id));
            table(
                &mut code,
                &format!("{}{name}", locale.to_uppercase()),
                known,
            );
        }
        code.push_str("impl Lang {\n");
        for (index, (id, text)) in ids.iter().enumerate() {
            function(&mut code, texts, index, id, &text.parameters);
        }
        code.push_str("}\n");
    }
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
    let mut rest = false;
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
            Entry::ResourceComment(_) => {
                rest = true;
                continue;
            }
            // What cannot be read was said above.
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::Junk { .. } => continue,
        };
        let Some(pattern) = value else { continue };
        match text(locale, pattern) {
            Ok(text) => {
                let text = Text { rest, ..text };
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
    placeholders(pattern, &mut parameters);
    let mut template = String::new();
    append(locale, pattern, &parameters, &mut template, false)?;
    Ok(Text {
        parameters,
        template,
        rest: false,
    })
}

/// Collects the placeholders; numbers are those that a choice is made by.
fn placeholders(pattern: &Pattern<&str>, parameters: &mut BTreeMap<String, Kind>) {
    for element in &pattern.elements {
        match element {
            PatternElement::Placeable {
                expression: Expression::Select { selector, variants },
            } => {
                if let InlineExpression::VariableReference { id } = selector {
                    parameters.insert(id.name.to_owned(), Kind::Number);
                }
                for variant in variants {
                    placeholders(&variant.value, parameters);
                }
            }
            PatternElement::Placeable {
                expression: Expression::Inline(InlineExpression::VariableReference { id }),
            } => {
                parameters.entry(id.name.to_owned()).or_insert(Kind::Text);
            }
            _ => {}
        }
    }
}

/// Appends a pattern as `fill` reads it.
fn append(
    locale: &str,
    pattern: &Pattern<&str>,
    parameters: &BTreeMap<String, Kind>,
    template: &mut String,
    in_choice: bool,
) -> Result<(), String> {
    // The first 26 parameters have a letter; no text comes near.
    let letter = |name: &str| {
        let index = parameters.keys().position(|known| known == name);
        index
            .and_then(|index| u8::try_from(index).ok())
            .map(|index| char::from(b'a' + index))
            .ok_or_else(|| format!("{{ ${name} }} is not known here"))
    };
    for element in &pattern.elements {
        let expression = match element {
            PatternElement::TextElement { value } => {
                template.push_str(value);
                continue;
            }
            PatternElement::Placeable { expression } => expression,
        };
        match expression {
            Expression::Inline(InlineExpression::StringLiteral { value }) => {
                template.push_str(&unescape_unicode_to_string(value));
            }
            Expression::Inline(InlineExpression::VariableReference { id }) => {
                template.extend([ARGUMENT, letter(id.name)?]);
            }
            Expression::Select {
                selector: InlineExpression::VariableReference { id },
                variants,
            } if !in_choice => {
                template.extend([CHOICE, letter(id.name)?]);
                for (key, variant) in arms(locale, variants)? {
                    template.extend([ARM, key]);
                    append(locale, &variant.value, parameters, template, true)?;
                }
                template.push(END);
            }
            _ => {
                return Err(
                    "only { $name }, { \"text\" } and a choice by number, { $count -> [one] … *[other] … }, can be used, and no choice inside a choice"
                        .to_owned(),
                );
            }
        }
    }
    Ok(())
}

/// The arms of a choice, in the order in which they are tried: exact numbers, then plural categories, then the
/// rest.
fn arms<'a>(
    locale: &str,
    variants: &'a [Variant<&'a str>],
) -> Result<Vec<(char, &'a Variant<&'a str>)>, String> {
    let mut exact = Vec::new();
    let mut categories = Vec::new();
    let mut rest = None;
    for variant in variants {
        match &variant.key {
            VariantKey::Identifier { name: "other" } if variant.default => rest = Some(variant),
            _ if variant.default => {
                return Err("the variant with the star is `*[other]`".to_owned());
            }
            VariantKey::NumberLiteral { value } => {
                let number = value.parse().ok().filter(|number| *number <= LARGEST_NAMED);
                let number = number.ok_or_else(|| {
                    format!("[{value}] is not a whole number from 0 to {LARGEST_NAMED}")
                })?;
                exact.push((mark(number), variant));
            }
            VariantKey::Identifier { name } => {
                let rule = PLURALS
                    .iter()
                    .find(|(of, category, _)| *of == locale && category == name);
                let Some((.., number)) = rule else {
                    return Err(format!(
                        "[{name}] is no plural category of `{locale}`; see PLURALS in app/build/texts.rs"
                    ));
                };
                categories.push((mark(*number), variant));
            }
        }
    }
    let rest = rest.ok_or("a choice ends with `*[other]`")?;
    Ok(exact
        .into_iter()
        .chain(categories)
        .chain([('*', rest)])
        .collect())
}

/// A number as the one character after `ARM`.
fn mark(number: u8) -> char {
    char::from(b'0' + number)
}

/// Texts of one language: one string, and where in it each of them begins.
fn table<'a>(code: &mut String, name: &str, texts: impl Iterator<Item = &'a Text>) {
    let mut all = String::new();
    let mut starts = String::new();
    for text in texts {
        let _ = write!(starts, "{}, ", all.len());
        all.push_str(&text.template);
    }
    let _ = writeln!(
        code,
        "static {name}: Texts = Texts {{ all: {all:?}, starts: &[{starts}{}] }};",
        all.len()
    );
}

/// One function for one text, the so-many-th of `texts`.
fn function(
    code: &mut String,
    texts: &str,
    index: usize,
    id: &str,
    parameters: &BTreeMap<String, Kind>,
) {
    let name = rust(id);
    if parameters.is_empty() {
        let _ = writeln!(
            code,
            "pub(crate) fn {name}(self) -> &'static str {{ self.{texts}().get({index}) }}"
        );
        return;
    }
    let mut takes = String::new();
    let mut arguments = String::new();
    for (parameter, kind) in parameters {
        let parameter = rust(parameter);
        let _ = match kind {
            Kind::Text => write!(takes, ", {parameter}: &str"),
            Kind::Number => write!(takes, ", {parameter}: u64"),
        };
        let _ = match kind {
            Kind::Text => write!(arguments, "Argument::Text({parameter}), "),
            Kind::Number => write!(arguments, "Argument::Number({parameter}), "),
        };
    }
    let _ = writeln!(
        code,
        "pub(crate) fn {name}(self{takes}) -> String {{ fill(self.{texts}().get({index}), &[{arguments}]) }}"
    );
}

/// `found-nothing` as `found_nothing`.
fn rust(id: &str) -> String {
    id.replace('-', "_")
}

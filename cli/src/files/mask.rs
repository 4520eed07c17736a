//! A configuration file as it may be shown to people.

use crate::token::HIDDEN;

use super::{json, language::Language, problem::Problem, toml};

/// The text with every string hidden that is a value, except those that are to be `shown`: what others keep in
/// their configuration may be secret.
///
/// # Errors
/// The text cannot be parsed.
pub fn masked(language: Language, text: &str, shown: &[&str]) -> Result<String, Problem> {
    let mut strings = match language {
        Language::Json => json::strings(text)?,
        Language::Toml => toml::strings(text)?,
    };
    strings.retain(|(_, string)| !shown.contains(&string.as_str()));
    strings.sort_by_key(|(range, _)| range.start);
    let (mut masked, mut end) = (String::new(), 0);
    for (range, _) in strings {
        masked += &text[end..range.start];
        masked += &format!("\"{HIDDEN}\"");
        end = range.end;
    }
    Ok(masked + &text[end..])
}

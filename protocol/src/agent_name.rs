//! Names of agents with a token.

/// The name of an agent, as it is allowed for one with a token.
///
/// # Errors
/// Says what is allowed.
pub fn parse_name(name: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if (1..=64).contains(&name.len()) && name.chars().all(allowed) {
        Ok(name.to_owned())
    } else {
        Err("allowed are 1 to 64 letters, digits, dots, dashes and underscores, for example cursor-anna".to_owned())
    }
}

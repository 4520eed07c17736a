//! How often the tests do what depends on chance.

/// `few`, or `all` where `STAFFEL_TEST_ROUNDS` is `all`, as in CI; a number there counts instead of both, for a longer hunt.
///
/// # Panics
/// The variable is anything else.
pub fn rounds(few: u32, all: u32) -> u32 {
    match std::env::var("STAFFEL_TEST_ROUNDS").as_deref() {
        Err(_) => few,
        Ok("all") => all,
        Ok(asked) => asked.parse().unwrap_or_else(|_| {
            panic!("STAFFEL_TEST_ROUNDS is {asked:?}: a number, `all`, or not set")
        }),
    }
}

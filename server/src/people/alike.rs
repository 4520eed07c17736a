//! Names that read alike: `Anna`, `anna` and `Аnnа` with Cyrillic letters would be one person to whoever looks at the board.

use unicode_security::confusable_detection::skeleton;

/// What names that read alike have in common: the skeleton of UTS 39, without case and spaces.
pub fn alike(name: &str) -> String {
    let lower = |text: &str| text.to_lowercase();
    // Twice, since a letter may become one of another case: a capital I reads like a small l.
    let read: String = skeleton(&lower(&skeleton(name).collect::<String>())).collect();
    read.split_whitespace().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_read_alike_are_alike() {
        for (one, other) in [
            ("Anna", "anna"),
            ("Anna", "Аnnа"), // Cyrillic А and а
            ("Anna Berg", "Anna  Berg"),
            ("paypal", "раураl"), // Cyrillic
            ("Ｂｏ", "Bo"),       // full width
        ] {
            assert_eq!(alike(one), alike(other), "{one} {other}");
        }
        for (one, other) in [("Anna", "Anne"), ("Jörg", "Jorg"), ("李", "王")] {
            assert_ne!(alike(one), alike(other), "{one} {other}");
        }
    }
}

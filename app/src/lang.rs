//! The two languages of the board.

use serde::{Deserialize, Serialize};

/// The cookie that keeps the reader's choice; its value is [`Lang::code`].
pub const LANG_COOKIE: &str = "staffel_lang";

/// The language the board speaks. The texts of agents and people stay as they were written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Lang {
    /// The language tag, as in `<html lang>` and in the cookie.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// Reads a language tag: `de`, `de-AT`, `EN` …
    pub fn from_code(code: &str) -> Option<Self> {
        let primary = code.trim().split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "de" => Some(Self::De),
            _ => None,
        }
    }

    /// Chooses by the header `Accept-Language`; English where it names neither language.
    pub fn from_accept_language(header: &str) -> Self {
        let weighted = header.split(',').filter_map(|part| {
            let (tag, weight) = part.split_once(';').unwrap_or((part, ""));
            let weight = weight
                .trim()
                .strip_prefix("q=")
                .map_or(Some(1.0), |q| q.trim().parse::<f32>().ok())?;
            (weight > 0.0).then_some((Self::from_code(tag)?, weight))
        });
        // The first of equals wins: browsers list by preference.
        weighted
            .fold(None, |best: Option<(Self, f32)>, next| match best {
                Some(best) if best.1 >= next.1 => Some(best),
                _ => Some(next),
            })
            .map_or(Self::En, |(lang, _)| lang)
    }

    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::De,
            Self::De => Self::En,
        }
    }

    /// One of two texts.
    pub(crate) const fn pick<T: Copy>(self, en: T, de: T) -> T {
        match self {
            Self::En => en,
            Self::De => de,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_s_preference_decides() {
        for (header, lang) in [
            ("", Lang::En),
            ("fr-FR,fr;q=0.9", Lang::En),
            ("de-DE,de;q=0.9,en;q=0.8", Lang::De),
            ("en-GB;q=0.7, de;q=0.8", Lang::De),
            ("de;q=0, en;q=0.1", Lang::En),
            ("fr, de;q=0.4", Lang::De),
            ("*;q=0.5", Lang::En),
        ] {
            assert_eq!(Lang::from_accept_language(header), lang, "{header}");
        }
    }
}

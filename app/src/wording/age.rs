//! Ages and spans of time.

use domain::Timestamp;

use crate::Lang;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long ago: `just now`, `8 s ago`, `12 min ago`, `3 h ago`, `2 days ago`.
pub(crate) fn ago(lang: Lang, millis: i64) -> String {
    if millis < 5 * SECOND {
        return lang.pick("just now", "gerade eben").to_owned();
    }
    let (number, unit) = match millis {
        ..MINUTE => (millis / SECOND, "s"),
        MINUTE..HOUR => (millis / MINUTE, "min"),
        HOUR..DAY => (millis / HOUR, "h"),
        _ => {
            let days = millis / DAY;
            (
                days,
                if days == 1 {
                    lang.pick("day", "Tag")
                } else {
                    lang.pick("days", "Tagen")
                },
            )
        }
    };
    match lang {
        Lang::En => format!("{number} {unit} ago"),
        Lang::De => format!("vor {number} {unit}"),
    }
}

/// How long: `45 s`, `22 min`, `3 h 10 min`, `2 days 4 h`.
pub(crate) fn span(lang: Lang, millis: i64) -> String {
    match millis {
        ..MINUTE => format!("{} s", millis / SECOND),
        MINUTE..HOUR => format!("{} min", millis / MINUTE),
        HOUR..DAY => two(millis / HOUR, "h", millis % HOUR / MINUTE, "min"),
        _ => {
            let days = millis / DAY;
            let unit = if days == 1 {
                lang.pick("day", "Tag")
            } else {
                lang.pick("days", "Tage")
            };
            two(days, unit, millis % DAY / HOUR, "h")
        }
    }
}

fn two(large: i64, large_unit: &str, small: i64, small_unit: &str) -> String {
    if small == 0 {
        format!("{large} {large_unit}")
    } else {
        format!("{large} {large_unit} {small} {small_unit}")
    }
}

/// How long the writing of a prompt took: `0.4 s`, `3 s`.
pub(crate) fn took(lang: Lang, millis: u64) -> String {
    match millis {
        ..100 => format!("{millis} ms"),
        100..10_000 => format!(
            "{}{}{} s",
            millis / 1_000,
            lang.pick('.', ','),
            millis % 1_000 / 100
        ),
        _ => format!("{} s", millis / 1_000),
    }
}

/// The exact time where the reader's time zone is not known: on the server.
pub(crate) fn exact_utc(at: Timestamp) -> String {
    let text = at.to_string();
    let (date, time) = text.split_once('T').unwrap_or((&text, ""));
    format!("{date} {} UTC", time.split('.').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_words_people_say() {
        let cases = [
            (0, "just now", "gerade eben"),
            (4_999, "just now", "gerade eben"),
            (8_200, "8 s ago", "vor 8 s"),
            (59_999, "59 s ago", "vor 59 s"),
            (60_000, "1 min ago", "vor 1 min"),
            (12 * MINUTE, "12 min ago", "vor 12 min"),
            (3 * HOUR + 59 * MINUTE, "3 h ago", "vor 3 h"),
            (DAY, "1 day ago", "vor 1 Tag"),
            (5 * DAY, "5 days ago", "vor 5 Tagen"),
        ];
        for (millis, en, de) in cases {
            assert_eq!(ago(Lang::En, millis), en);
            assert_eq!(ago(Lang::De, millis), de);
        }
    }

    #[test]
    fn spans_have_two_units_at_most() {
        let cases = [
            (45 * SECOND, "45 s"),
            (22 * MINUTE + 30 * SECOND, "22 min"),
            (3 * HOUR, "3 h"),
            (3 * HOUR + 10 * MINUTE, "3 h 10 min"),
            (DAY, "1 day"),
            (2 * DAY + 4 * HOUR, "2 days 4 h"),
        ];
        for (millis, en) in cases {
            assert_eq!(span(Lang::En, millis), en);
        }
        assert_eq!(span(Lang::De, 2 * DAY + 4 * HOUR), "2 Tage 4 h");
        assert_eq!(took(Lang::En, 12), "12 ms");
        assert_eq!(took(Lang::De, 3_420), "3,4 s");
        assert_eq!(took(Lang::En, 61_000), "61 s");
    }

    #[test]
    fn the_exact_time_names_its_zone() {
        assert_eq!(
            exact_utc(Timestamp::from_millis(1_795_363_389_125)),
            "2026-11-22 16:03:09 UTC"
        );
    }
}

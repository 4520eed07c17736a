//! Ages and spans of time.

use domain::Timestamp;

use crate::Lang;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// What is younger has no number.
const JUST_NOW: i64 = 5 * SECOND;

/// How long ago: `just now`, `8 s ago`, `12 min ago`, `3 h ago`, `2 days ago`.
pub(crate) fn ago(lang: Lang, millis: i64) -> String {
    let of = |unit| number(millis / unit);
    match millis {
        ..JUST_NOW => lang.just_now().to_owned(),
        JUST_NOW..MINUTE => lang.seconds_ago(&of(SECOND)),
        MINUTE..HOUR => lang.minutes_ago(&of(MINUTE)),
        HOUR..DAY => lang.hours_ago(&of(HOUR)),
        _ => lang.days_ago(whole(millis / DAY)),
    }
}

/// How long: `less than a minute`, `22 min`, `3 h 10 min`, `2 days 4 h`.
pub(crate) fn span(lang: Lang, millis: i64) -> String {
    match millis {
        ..MINUTE => lang.under_a_minute().to_owned(),
        _ => minutes_or_more(lang, millis),
    }
}

/// How long, where there is little room: `under 1 min`.
pub(crate) fn short_span(lang: Lang, millis: i64) -> String {
    match millis {
        ..MINUTE => lang.under_a_minute_short().to_owned(),
        // Alone: elsewhere a word stands before the span, and German has another form of `days` after it.
        DAY.. if millis / HOUR % 24 == 0 => lang.days_alone(whole(millis / DAY)),
        DAY.. => lang.days_hours_alone(whole(millis / DAY), &number(millis / HOUR % 24)),
        _ => minutes_or_more(lang, millis),
    }
}

/// How long, where seconds count: `12 s`.
pub(crate) fn exact_span(lang: Lang, millis: i64) -> String {
    match millis {
        ..MINUTE => lang.seconds(&number((millis / SECOND).max(1))),
        _ => minutes_or_more(lang, millis),
    }
}

fn minutes_or_more(lang: Lang, millis: i64) -> String {
    let (minutes, hours, days) = (millis % HOUR / MINUTE, millis / HOUR, millis / DAY);
    match (days, hours, minutes) {
        (0, 0, _) => lang.minutes(&number(minutes)),
        (0, _, 0) => lang.hours(&number(hours)),
        (0, ..) => lang.hours_minutes(&number(hours), &number(minutes)),
        _ if hours % 24 == 0 => lang.days(whole(days)),
        _ => lang.days_hours(whole(days), &number(hours % 24)),
    }
}

/// How long the writing of a prompt took: `0.4 s`, `3 s`.
pub(crate) fn took(lang: Lang, millis: u64) -> String {
    match millis {
        ..100 => lang.took_ms(&millis.to_string()),
        100..10_000 => {
            let tenth = (millis % 1_000 / 100).to_string();
            lang.took_seconds(&tenth, &(millis / 1_000).to_string())
        }
        _ => lang.seconds(&(millis / 1_000).to_string()),
    }
}

fn number(number: i64) -> String {
    number.to_string()
}

/// A number that a plural is chosen by.
fn whole(number: i64) -> u64 {
    number.unsigned_abs()
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
            (60_000, "1 min ago", "vor 1 Min."),
            (12 * MINUTE, "12 min ago", "vor 12 Min."),
            (3 * HOUR + 59 * MINUTE, "3 h ago", "vor 3 Std."),
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
            (0, "less than a minute"),
            (59 * SECOND, "less than a minute"),
            (22 * MINUTE + 30 * SECOND, "22 min"),
            (3 * HOUR, "3 h"),
            (3 * HOUR + 10 * MINUTE, "3 h 10 min"),
            (DAY, "1 day"),
            (2 * DAY + 4 * HOUR, "2 days 4 h"),
        ];
        for (millis, en) in cases {
            assert_eq!(span(Lang::En, millis), en);
        }
        assert_eq!(span(Lang::De, 2 * DAY + 4 * HOUR), "2 Tagen 4 Std.");
        assert_eq!(short_span(Lang::De, 2 * DAY + 4 * HOUR), "2 Tage 4 Std.");
        assert_eq!(short_span(Lang::De, 2 * DAY), "2 Tage");
        assert_eq!(span(Lang::De, 3 * HOUR + 10 * MINUTE), "3 Std. 10 Min.");
        assert_eq!(short_span(Lang::De, 0), "unter 1 Min.");
        assert_eq!(exact_span(Lang::En, 0), "1 s");
        assert_eq!(exact_span(Lang::De, 12 * SECOND), "12 s");
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

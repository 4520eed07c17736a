//! Invisible text goes; what emoji and scripts need stays.

use std::borrow::Cow;

use domain::{
    Command, PhaseName, Reason, Start, Verdict, decide_start,
    text::{self, strip_invisible, summary_of, visible},
};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::support::*;

/// One of each kind that was measured to reach a model, and some more.
const HIDDEN: [char; 34] = [
    '\u{ad}',
    '\u{34f}',
    '\u{61c}',
    '\u{115f}',
    '\u{1160}',
    '\u{17b4}',
    '\u{180b}',
    '\u{180d}',
    '\u{180e}',
    '\u{180f}',
    '\u{200b}',
    '\u{200e}',
    '\u{200f}',
    '\u{202a}',
    '\u{202e}',
    '\u{2060}',
    '\u{2064}',
    '\u{2066}',
    '\u{2069}',
    '\u{206f}',
    '\u{3164}',
    '\u{fe00}',
    '\u{fe0f}',
    '\u{feff}',
    '\u{ffa0}',
    '\u{fff9}',
    '\u{fffb}',
    '\u{1bca0}',
    '\u{1d173}',
    '\u{1d17a}',
    '\u{e0001}',
    '\u{e0061}',
    '\u{e0100}',
    '\u{e01ef}',
];

#[test]
fn invisible_characters_between_letters_go() {
    for hidden in HIDDEN
        .into_iter()
        .chain(['\u{200c}', '\u{200d}', '\u{fe0e}', '\u{e007f}'])
    {
        for (before, after) in [
            ("a", "b"),
            ("1", "2"),
            ("葛", "城"),
            ("д", "а"),
            (" ", "\n"),
            ("", ""),
        ] {
            let given = format!("{before}{hidden}{hidden}{after}");
            let code = u32::from(hidden);
            assert_eq!(
                strip_invisible(&given),
                format!("{before}{after}"),
                "U+{code:04X}"
            );
        }
    }
}

#[test]
fn emoji_stay_whole() {
    for emoji in [
        "🎯",
        "✅",
        "⚠️",
        "☝🏽",
        "❤︎",
        "©️",
        "™️",
        "ℹ️",
        "㊗️",
        "1️⃣",
        "#️⃣",
        "*️⃣",
        "🇩🇪",
        "👩‍💻",
        "👩🏽‍💻",
        "🧑🏻‍❤️‍💋‍🧑🏿",
        "👨‍👩‍👧‍👦",
        "🏳️‍🌈",
        "🏳️‍⚧️",
        "🏴‍☠️",
        "🕵️‍♂️",
        "🏃🏽‍♀️‍➡️",
        "👁️‍🗨️",
        "🐦‍🔥",
        "⛓️‍💥",
        "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
        "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        "🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
    ] {
        let text = format!("Done {emoji} and {emoji}{emoji}!");
        assert!(
            matches!(strip_invisible(&text), Cow::Borrowed(same) if same == text),
            "{emoji}"
        );
    }
}

#[test]
fn emoji_do_not_carry_hidden_text() {
    let tags = |text: &str| -> String {
        let tag = |byte: u8| char::from_u32(0xe0000 + u32::from(byte)).expect("a tag");
        text.bytes().map(tag).collect()
    };
    for (given, seen) in [
        (format!("🏴{}\u{e007f}", tags("obey")), "🏴"),
        (format!("🏴{}", tags("gbeng")), "🏴"),
        (format!("🎯{}\u{e007f}", tags("gbeng")), "🎯"),
        (
            format!("😀{}", "\u{fe0f}\u{fe00}\u{e0100}".repeat(9)),
            "😀\u{fe0f}",
        ),
        ("👩\u{200d}\u{200d}x".to_owned(), "👩x"),
        ("👩\u{200d}".to_owned(), "👩"),
        ("12\u{fe0f}3".to_owned(), "123"),
        ("🏽\u{fe0f}\u{200d}💻".to_owned(), "🏽💻"),
    ] {
        assert_eq!(strip_invisible(&given), seen, "{given:?}");
    }
}

#[test]
fn joiners_that_scripts_need_stay() {
    for word in [
        "می‌خواهم", // Persian: no joining between the prefix and the stem
        "کتاب‌ها",  // Persian plural
        "ه‍.ق",     // Persian abbreviation: the initial form before a full stop
        "مُ‌م",      // after a vowel sign
        "क्‍ष",
        "क्‌ष", // Hindi: half form, visible virama
        "র‍্য", // Bengali: before the virama
        "ශ්‍රී", // Sinhala
        "ക്‍",  // Malayalam: the old form of a chillu
        "ರ‍್ಕ", // Kannada
        "க்‌ஷ", // Tamil
    ] {
        let text = format!("{word} {word}");
        assert!(
            matches!(strip_invisible(&text), Cow::Borrowed(same) if same == text),
            "{word}"
        );
    }
    assert_eq!(
        strip_invisible("می\u{200c}\u{200d}\u{200c}خ"),
        "می\u{200c}خ",
        "one is enough"
    );
    assert_eq!(strip_invisible("\u{200d}a\u{301}\u{200d}"), "a\u{301}");
    assert_eq!(
        strip_invisible("٣\u{200d}३\u{200d}"),
        "٣३",
        "after digits they do nothing"
    );
}

#[test]
fn what_a_model_reads_has_no_controls_either() {
    assert_eq!(visible("a\u{202e}b\u{1b}[0m\u{200b}\tc\n"), "ab[0m\tc\n");
    assert_eq!(visible("👩‍💻\u{7f}b\rc\0ㅤ"), "👩‍💻bc");
    for kept in [" ~\n\t", "größer ⚠️ می‌خواهم"] {
        assert!(matches!(visible(kept), Cow::Borrowed(text) if text == kept));
    }
}

#[test]
fn names_are_compared_without_invisible_characters() {
    assert_eq!(
        text::line("name", "cur\u{fe01}sor \u{3164} 1\u{e0041}", 20).as_deref(),
        Ok("cursor 1")
    );
    let phase = |text| PhaseName::parse(text).map_err(|refusal| refusal.reason);
    assert_eq!(phase("PL\u{115f}AN"), phase("PLAN"));
    assert_eq!(phase("\u{3164}\u{ffa0}"), Err(Reason::Invalid));
    let start = Start {
        project: "shop".to_owned(),
        title: "Basket".to_owned(),
        goal: " \u{200b}\n\u{2800}".to_owned(),
        ..Start::default()
    };
    let started = decide_start(&start).expect("a start").events;
    assert!(matches!(&started[0], domain::Event::PipelineStarted { goal, .. } if goal.is_empty()));
}

#[test]
fn a_summary_shows_what_is_seen() {
    assert_eq!(
        summary_of("\u{200b}\n\nAll \u{202e}fixed\u{2069}."),
        "All fixed."
    );
    assert_eq!(summary_of("\u{feff}# Plan\n\nDone."), "Done.");
}

#[test]
fn text_that_nobody_sees_is_empty() {
    let mut track = Track::new();
    for nothing in [
        "\u{200b}",
        "\u{feff}\n\u{3164}",
        "\u{2800}\u{e0041}",
        "\u{1b}",
        "\u{fe0f}\u{200d}",
    ] {
        let refusal = track.refused(&agent(), &hand_over(nothing));
        assert_eq!(refusal.reason, Reason::Invalid, "{nothing:?}");
    }
    track.hand_over("# Plan");
    let refusal = track
        .decide(1, Verdict::RequestChanges, "\u{200b}")
        .expect_err("nothing is asked for");
    assert!(refusal.what.contains("is empty"), "{refusal}");
    let report = Command::Report {
        phase: None,
        progress: None,
        message: Some("\u{200b}".to_owned()),
        tasks: vec![],
    };
    track.refused(&agent(), &report);
    track
        .decide(1, Verdict::Accept, "\u{200b} ")
        .expect("accepted");
    let made = track.pipeline.handovers[0].decision(1).expect("made");
    assert_eq!(made.note, "");
}

#[test]
fn format_characters_are_found_for_links() {
    for (text, has) in [
        ("Go on & on.\n🎯 größer", false),
        ("⚠️", false),
        ("a\u{ad}b", true),
        ("\u{600}", true),
        ("👩‍💻", true),
        ("\u{fffb}", true),
        ("\u{e0041}", true),
    ] {
        assert_eq!(text::has_format_characters(text), has, "{text:?}");
    }
}

/// Every character that is not seen by itself, and some that are.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => select(HIDDEN.to_vec()),
        3 => select(vec!['\u{200c}', '\u{200d}', '\u{fe0e}', '\u{fe0f}', '\u{20e3}', '\u{e007f}']),
        2 => select("👩💻❤🏽🏴😀1#©".chars().collect::<Vec<_>>()),
        2 => select("میهُक्षর্যශ".chars().collect::<Vec<_>>()),
        1 => select(vec!['\u{e0067}', '\u{e0062}', '\u{e0065}', '\u{e006e}']),
        2 => any::<char>(),
    ];
    vec(piece, 0..30).prop_map(|pieces| pieces.into_iter().collect())
}

fn emoji() -> impl Strategy<Value = String> {
    let base = select("👩👨🧑❤☝⚠🏳🎯🔥⛓➡♀⚕✅©".chars().collect::<Vec<_>>());
    let element = (base, select(vec!["", "\u{fe0f}", "🏻", "🏿"]))
        .prop_map(|(base, after)| format!("{base}{after}"));
    let joined = vec(element, 1..5).prop_map(|elements| elements.join("\u{200d}"));
    prop_oneof![
        joined,
        select("0123456789#*".chars().collect::<Vec<_>>())
            .prop_map(|key| format!("{key}\u{fe0f}\u{20e3}"))
    ]
}

proptest! {
    #[test]
    fn letters_keep_nothing_that_is_hidden_between_them(
        letters in "[a-zA-ZäöüßА-я漢字あ .,!]{0,20}",
        hidden in vec(select([&HIDDEN[..], &['\u{200c}', '\u{200d}']].concat()), 1..40),
    ) {
        let mut given = String::new();
        for (number, letter) in letters.chars().enumerate() {
            given.extend(hidden.iter().skip(number % hidden.len()));
            given.push(letter);
        }
        given.extend(&hidden);
        prop_assert_eq!(strip_invisible(&given), letters);
    }

    #[test]
    fn what_is_seen_stays_in_its_order(text in any_text()) {
        let stripped = strip_invisible(&text);
        let seen = |text: &str| -> String {
            text.chars().filter(|c| !strip_invisible(&c.to_string()).is_empty()).collect()
        };
        prop_assert_eq!(seen(&stripped), seen(&text));
        prop_assert_eq!(strip_invisible(&stripped), stripped.as_ref(), "once is enough");
        prop_assert_eq!(matches!(stripped, Cow::Borrowed(_)), stripped == text);
    }

    #[test]
    fn an_invisible_character_never_follows_another(text in any_text()) {
        let flags = ["eng", "sct", "wls"].map(|flag| {
            let tag = |byte: u8| char::from_u32(0xe0000 + u32::from(byte)).expect("a tag");
            let tags = "gb".bytes().chain(flag.bytes()).map(tag);
            tags.chain(['\u{e007f}']).collect::<String>()
        });
        let stripped = strip_invisible(&text).into_owned();
        let stripped = flags.iter().fold(stripped, |text, flag| text.replace(flag, ""));
        let hidden = |c: &char| strip_invisible(&c.to_string()).is_empty();
        let run = stripped.chars().collect::<Vec<_>>().windows(2).any(|pair| {
            pair.iter().all(hidden) && pair != ['\u{fe0f}', '\u{200d}']
        });
        prop_assert!(!run, "{stripped:?}");
    }

    #[test]
    fn emoji_sequences_stay_whole(sequences in vec(emoji(), 1..6), between in "[a-z \n]{0,3}") {
        let text = sequences.join(&between);
        prop_assert_eq!(strip_invisible(&text), text.as_str());
    }

    #[test]
    fn a_line_is_never_longer_than_what_is_seen(text in any_text()) {
        if let Ok(line) = text::line("field", &text, 100) {
            prop_assert_eq!(strip_invisible(&line), line.as_str());
            prop_assert!(!visible(&line).trim().is_empty());
        }
    }
}

//! A fault in a file of texts fails the build, and says where it is.

#[path = "../build/texts.rs"]
mod texts;

const EN: &str = "\
greeting = Hello
waits =
    { $count ->
        [0] Nobody waits
        [one] One waits
       *[other] { $count } wait
    } for { $name }
";

/// The faults of a German file beside the English one above.
fn faults(de: &str) -> Vec<String> {
    let sources = [("en", EN.to_owned()), ("de", de.to_owned())];
    texts::generate(&sources).err().unwrap_or_default()
}

/// A German file without faults, with another second text.
fn with(waits: &str) -> String {
    format!("greeting = Hallo\n{waits}\n")
}

const WAITS: &str = "\
waits = { $count ->
    [one] Eine wartet
   *[other] { $count } warten
} auf { $name }
";

#[test]
fn complete_files_become_functions_with_a_parameter_for_each_placeholder() {
    let sources = [("en", EN.to_owned()), ("de", with(WAITS))];
    let code = texts::generate(&sources).expect("the files are complete");
    assert!(code.contains("fn greeting(self) -> &'static str"), "{code}");
    assert!(
        code.contains("fn waits(self, count: u64, name: &str) -> String"),
        "{code}"
    );
    assert!(
        code.contains(r"\u{3}0Nobody waits\u{3}1One waits"),
        "{code}"
    );
}

#[test]
fn a_missing_text_fails_the_build() {
    assert_eq!(
        faults("greeting = Hallo\n"),
        ["de.ftl: `waits` is missing; en.ftl has it"]
    );
}

#[test]
fn a_text_that_the_first_language_does_not_have_fails_the_build() {
    let more = with(WAITS) + "more = Mehr\n";
    assert_eq!(
        faults(&more),
        ["de.ftl: `more` is not in en.ftl: remove it, or add it there"]
    );
}

#[test]
fn another_placeholder_fails_the_build() {
    let expected = "de.ftl: `waits` has { $count } as a number, { $wer }; in en.ftl it has { $count } as a number, { $name }";
    assert_eq!(faults(&with(&WAITS.replace("$name", "$wer"))), [expected]);
    let expected =
        "de.ftl: `waits` has { $name }; in en.ftl it has { $count } as a number, { $name }";
    assert_eq!(faults(&with("waits = { $name } wartet")), [expected]);
}

#[test]
fn what_is_not_fluent_fails_the_build_with_its_line() {
    let faults = faults(&with("waits = { $count"));
    assert!(
        faults.iter().any(|fault| fault.starts_with("de.ftl:2: ")),
        "{faults:?}"
    );
}

#[test]
fn a_plural_category_that_the_language_does_not_have_fails_the_build() {
    let expected =
        "de.ftl:2: `waits`: [few] is no plural category of `de`; see PLURALS in app/build/texts.rs";
    assert_eq!(faults(&with(&WAITS.replace("[one]", "[few]")))[0], expected);
}

#[test]
fn a_text_that_is_there_twice_fails_the_build() {
    assert_eq!(
        faults(&(with(WAITS) + "greeting = Hallo\n")),
        ["de.ftl:1: `greeting` is there twice"]
    );
}

#[test]
fn what_the_generator_cannot_do_fails_the_build() {
    for text in [
        "waits = { greeting } { $name }",
        "waits = { NUMBER($count) } { $name }",
        "waits = { -brand } { $name }",
        // A choice needs its lines.
        "waits = { $count ->\n   *[other] { $count ->\n   *[other] { $name }\n    }\n    }",
    ] {
        let faults = faults(&with(text));
        assert!(
            faults[0].starts_with("de.ftl:2: `waits`: only { $name }"),
            "{faults:?}"
        );
    }
}

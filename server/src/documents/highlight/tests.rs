use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{grammar::*, languages::*, *};
use crate::documents::html::plain;

/// A little of everything, in each language.
const SAMPLES: [(&str, &str); 20] = [
    (
        "rust",
        "/// Books once.\nfn book(n: u32) -> Result<(), &'static str> {\n    let s = \"a\\n<b>\"; // why\n    match n { 0 => Err(s), _ => Ok(()) }\n}\n",
    ),
    (
        "ts",
        "// why\nexport const total = (rows: Row[]): number => rows.length + 42;\ninterface Row { name: string }\nconst s = `a ${total([])} b`;\n",
    ),
    (
        "tsx",
        "const Page = () => <main className=\"a\">{list.map((it) => <li key={it.id}>{it.name}</li>)}</main>;\n",
    ),
    (
        "js",
        "async function go() { return await fetch('/api?a=1&b=2'); } // why\n",
    ),
    (
        "python",
        "# why\ndef book(n: int) -> str:\n    \"\"\"Books.\"\"\"\n    return f\"{n} < {n + 1}\" if n else None\n",
    ),
    (
        "go",
        "// why\nfunc Book(n int) error {\n\treturn fmt.Errorf(\"no %d\", n)\n}\n",
    ),
    (
        "java",
        "/** Books. */\npublic class Book { private final int n = 42; String s = \"a\"; }\n",
    ),
    ("kotlin", "// why\nfun book(n: Int): String = \"no $n\"\n"),
    (
        "swift",
        "// why\nfunc book(_ n: Int) -> String { return \"no \\(n)\" }\n",
    ),
    (
        "c",
        "#include <stdio.h>\n/* why */\nint main(void) { return puts(\"a & b\") < 0; }\n",
    ),
    (
        "c++",
        "template <typename T> class Book : public Shelf<T> { std::string s = \"a\"; }; // why\n",
    ),
    (
        "csharp",
        "// why\npublic record Book(int N) { string S => $\"no {N}\"; }\n",
    ),
    (
        "sh",
        "# why\nfor f in *.rs; do echo \"$f: $(wc -l <\"$f\")\"; done\ncat <<EOF\nhello\nEOF\n",
    ),
    (
        "sql",
        "-- why\nSELECT name, count(*) FROM books WHERE n > 42 AND s = 'a' GROUP BY name;\n",
    ),
    ("json", "{\"name\": \"a\", \"n\": [1, 2.5e3, true, null]}\n"),
    (
        "yaml",
        "# why\nname: \"a\"\nlist:\n  - n: 42\n    on: true\n",
    ),
    ("toml", "# why\n[package]\nname = \"a\"\nn = 42\n"),
    (
        "html",
        "<!-- why --><p class=\"a\">x &amp; y</p><script>let a = 'b';</script><style>p { color: red }</style>\n",
    ),
    (
        "css",
        "/* why */\n.a > p { color: #fff; margin: 0 auto !important; }\n",
    ),
    (
        "dockerfile",
        "# why\nFROM rust:1.89 AS build\nRUN cargo build --release\nCMD [\"a\"]\n",
    ),
];

fn html_of(info: &str, code: &str) -> String {
    Highlighter::new().html(info, code)
}

fn escaped(code: &str) -> String {
    let mut html = String::new();
    escape(code, &mut html);
    html
}

/// Of what class is the first piece of code that reads like this?
fn class_of(html: &str, text: &str) -> Option<String> {
    let before = html.split_once(&format!("\">{}</span>", escaped(text)))?.0;
    Some(before.rsplit_once("<span class=\"")?.1.to_owned())
}

#[test]
fn every_language_is_found_by_each_of_its_names() {
    for known in &LANGUAGES {
        for name in known.names.split(' ') {
            let (found, _) = language(name).expect(name);
            assert_eq!(found.names, known.names, "{name}");
        }
    }
}

#[test]
fn comments_keywords_and_literals_have_their_classes() {
    for (info, text, class) in [
        ("rust", "fn", KEYWORD),
        ("rust", "book", NAME),
        ("ts", "// why", COMMENT),
        ("ts", "42", CONSTANT),
        ("python", "def", KEYWORD),
        ("go", "func", KEYWORD),
        ("java", "42", CONSTANT),
        ("sql", "SELECT", KEYWORD),
        ("json", "\"name\"", NAME),
        ("json", "\"a\"", STRING),
        ("yaml", "name", NAME),
        ("toml", "name", NAME),
        ("html", "class", NAME),
        ("html", "p", KEYWORD),
        ("dockerfile", "FROM", KEYWORD),
        ("rust", "Result", NAME),
        ("css", "/* why */", COMMENT),
    ] {
        let (_, code) = SAMPLES
            .iter()
            .find(|(it, _)| *it == info)
            .expect("a sample");
        let html = html_of(info, code);
        assert_eq!(
            class_of(&html, text).as_deref(),
            Some(class),
            "{info}, {text}: {html}"
        );
    }
    let diff = html_of("diff", "@@ -1 +1 @@\n-old\n+new\n same\n");
    assert_eq!(
        class_of(&diff, "-old\n").as_deref(),
        Some(DELETED),
        "{diff}"
    );
    assert_eq!(
        class_of(&diff, "+new\n").as_deref(),
        Some(INSERTED),
        "{diff}"
    );
}

#[test]
fn what_looks_like_something_else_is_none() {
    for (info, code, plain) in [
        ("rust", "fn a<'a>(b: &'a c) { 'x'; }\n", "'a c"),
        ("rust", "for i in 0..3 {}\n", ".."),
        ("ts", "later.catch(done)\n", ".catch(done)"),
        ("yaml", "it: don't # not\n", " don't"),
        ("yaml", "https://example.com\n", "https://example.com"),
        ("sh", "echo ${#list}\n", " ${#list}"),
        ("html", "a < b, class\n", "a &lt; b, class"),
    ] {
        let html = html_of(info, code);
        assert!(html.contains(plain), "{info}: {html}");
    }
    for (info, code, string) in [
        ("rust", "let a = r#\"b\"c\"#;\n", "r#\"b\"c\"#"),
        (
            "python",
            "a = \"\"\"b\n\"c\"\n\"\"\"\n",
            "\"\"\"b\n\"c\"\n\"\"\"",
        ),
        ("js", "a = 'it\\'s';\n", "'it\\'s'"),
        ("go", "a := `b\\`\n", "`b\\`"),
    ] {
        let html = html_of(info, code);
        assert_eq!(
            class_of(&html, string).as_deref(),
            Some(STRING),
            "{info}: {html}"
        );
    }
    // What is not closed ends with its line, and not with the code.
    assert!(html_of("js", "a = 'b\nlet c\n").contains(KEYWORD));
}

#[test]
fn the_info_string_names_the_language_and_does_nothing_else() {
    for known in [
        "rust",
        "Rust",
        "rust,no_run",
        "rust title=\"a\"",
        "{.rust}",
        "rs:src/main.rs",
    ] {
        assert!(html_of(known, "fn a() {}\n").contains(KEYWORD), "{known}");
    }
    for unknown in [
        "",
        " ",
        "mermaid",
        "text",
        "rust\"><script>",
        "<b>",
        "../../x",
        "ſql",
        &"x".repeat(100_000),
    ] {
        assert_eq!(
            html_of(unknown, "fn a() <b> {}\n"),
            "fn a() &lt;b&gt; {}\n",
            "{unknown}"
        );
    }
}

#[test]
fn the_text_is_the_same_with_colours_and_without() {
    for (info, code) in SAMPLES {
        let html = html_of(info, code);
        assert!(html.contains("<span class=\"code-"), "{info}: {html}");
        assert_eq!(plain(&html), escaped(code), "{info}");
    }
    // Cut anywhere, and read as any other language.
    for (info, code) in SAMPLES {
        for (_, other) in SAMPLES {
            let cut: String = other.chars().skip(7).collect();
            assert_eq!(plain(&html_of(info, &cut)), escaped(&cut), "{info}");
        }
        for code in [
            code.replace('\n', "\r\n"),
            code.replace(' ', "\u{200f}ö\u{a0}👍🏽"),
            code.trim_end().to_owned(),
        ] {
            assert_eq!(plain(&html_of(info, &code)), escaped(&code), "{info}");
        }
    }
}

#[test]
fn beyond_a_bound_code_is_plain_and_whole() {
    let line = "let a = 1; // why\n";
    let block = line.repeat(DOCUMENT_MAX / 4 / line.len());
    let mut highlighter = Highlighter::new();
    let mut is_plain = |code: &str| {
        let html = highlighter.html("rust", code);
        assert_eq!(plain(&html), escaped(code));
        !html.contains("<span")
    };
    assert!(
        is_plain(&line.repeat(DOCUMENT_MAX / line.len() + 1)),
        "too long by itself"
    );
    assert_eq!((0..10).find(|_| is_plain(&block)), Some(4));
    assert!(!is_plain(line), "a short one has room");
}

#[test]
fn hostile_code_takes_no_longer_than_its_length() {
    let begun = Instant::now();
    for known in &LANGUAGES {
        let info = known.names.split(' ').next().expect("a name");
        for atom in [
            "(", "\"", "'", "`", "a", "a ", "A", "0", "\\", "/*", "*/", "<", "<a ", "<!--", "-",
            "#", " ", "\n", "\"\"\"", "r#\"", "a=", "\"a\" ", "'\\", "[[", "ö", "@@\n",
        ] {
            let code = atom.repeat(DOCUMENT_MAX / 16 / atom.len());
            assert_eq!(plain(&html_of(info, &code)), escaped(&code), "{info}");
        }
    }
    // Some 11 MB, also without optimisation on a busy machine. With a way back over each of these it would be hours.
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
}

proptest! {
    #[test]
    fn no_code_is_changed(
        language in 0..LANGUAGES.len(),
        code in "([a-z]{1,4}|[ \n\t]|[(){}<>\\[\\]\"'`/*#$&;:=.,@!\\\\-]|\\PC){0,60}",
    ) {
        let html = html_of(LANGUAGES[language].names.split(' ').next().expect("a name"), &code);
        prop_assert_eq!(plain(&html), escaped(&code));
    }
}

//! Turns the texts of `locales/` into functions of `Lang`, before the crate itself is compiled.

use std::{env, fs, path::Path, process::exit};

#[path = "build/texts.rs"]
mod texts;

/// The languages of the board, the one that the others are compared with first. Each has a file in
/// `locales/` and a variant of `Lang`.
const LOCALES: [&str; 2] = ["en", "de"];

fn main() {
    println!("cargo::rerun-if-changed=locales");
    println!("cargo::rerun-if-changed=build/texts.rs");
    let locales = Path::new("locales");
    let read = |file: &str| {
        let path = locales.join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| {
            eprintln!("app/{}: {error}", path.display());
            exit(1)
        })
    };
    let sources = LOCALES.map(|locale| (locale, read(&format!("{locale}.ftl"))));
    match texts::generate(&sources) {
        Ok(code) => {
            let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
            fs::write(Path::new(&out).join("texts.rs"), code).expect("OUT_DIR can be written");
        }
        Err(faults) => {
            for fault in faults {
                eprintln!("app/locales/{fault}");
            }
            exit(1);
        }
    }
}

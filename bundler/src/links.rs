//! One script out of two: what wasm-bindgen wrote, and what `wasm_split` wrote for loading parts.

use anyhow::{Context, Result, ensure};

/// How `wasm_split` begins to load a part: `{}` is the file.
const FETCH: &str = "fetch(new URL(\"./{}\", import.meta.url))";

/// The line with which the second script imports the first.
const IMPORT: &str = "import { initSync } from ";

/// Puts `links` into `script`, which imports it as `link_name`. A page waits for one request less.
pub(crate) fn merge(script: &str, links: &str, link_name: &str) -> Result<String> {
    let mut names = Vec::new();
    let mut merged = String::new();
    // wasm-bindgen imports it once for each part, under one key of the same object.
    let key = format!("\"{link_name}\": ");
    let mut keyed = false;
    for line in script.lines() {
        if line.trim_start().starts_with(&key) && std::mem::replace(&mut keyed, true) {
            continue;
        }
        // `import * as import1 from "./links.js"`
        let imported = line
            .strip_prefix("import * as ")
            .and_then(|rest| rest.split_once(" from "))
            .filter(|(_, from)| from.trim_end_matches(';').trim_matches('"') == link_name);
        match imported {
            Some((name, _)) => names.push(name.to_owned()),
            None => {
                merged.push_str(line);
                merged.push('\n');
            }
        }
    }
    ensure!(
        !names.is_empty(),
        "the script of wasm-bindgen does not import {link_name}: no function is marked with wasm_split, \
         or another version of wasm-bindgen writes this line otherwise (bundler/src/links.rs)"
    );
    let links = links
        .lines()
        .filter(|line| !line.starts_with(IMPORT))
        .collect::<Vec<_>>()
        .join("\n");
    let mut exports = Vec::new();
    for rest in links.split("\nexport const ").skip(1) {
        let (name, _) = rest
            .split_once(" = ")
            .context("an export of wasm_split without a value (bundler/src/links.rs)")?;
        exports.push(name);
    }
    merged.push_str(&links.replace("\nexport const ", "\nconst "));
    for name in names {
        merged.push_str(&format!("\nconst {name} = {{ {} }};", exports.join(", ")));
    }
    merged.push('\n');
    Ok(merged)
}

/// Has `file` loaded under another name, and where the page shows something of it, from the beginning.
pub(crate) fn rename(script: &str, file: &str, name: &str) -> Result<String> {
    let before = FETCH.replace("{}", file);
    ensure!(
        script.contains(&before),
        "wasm_split does not load {file} by `{before}` any more (bundler/src/links.rs)"
    );
    // What was begun for the page is taken once; whoever tries again begins anew.
    let part = name.split('.').next().unwrap_or_default();
    let begun = format!("begun_{part}");
    let fetch = FETCH.replace("{}", name);
    let script = script.replace(
        &before,
        &format!("{begun} ?? {fetch};\n    {begun} = undefined"),
    );
    Ok(format!(
        "{script}let {begun} = document.querySelector(\"[data-parts~={part}]\") ? {fetch} : undefined;\n\
         {begun}?.catch(() => {{}});\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_scripts_become_one() {
        let script = "import * as import1 from \"./links.js\"\nimport * as import2 from \"./other.js\"\nrun({\n \"./links.js\": import1,\n \"./links.js\": import1,\n});\n";
        let links = "import { initSync } from \"./staffel.js\";\nlet shared;\nexport const load = wrap();\n";
        let merged = merge(script, links, "./links.js").expect("merged");
        assert_eq!(
            merged,
            "import * as import2 from \"./other.js\"\nrun({\n \"./links.js\": import1,\n});\nlet shared;\nconst load = wrap();\nconst import1 = { load };\n"
        );
        let said = merge("run();", links, "./links.js").expect_err("nothing is imported");
        assert!(said.to_string().contains("./links.js"), "{said}");
    }

    #[test]
    fn a_part_has_another_name() {
        let script = "const src = fetch(new URL(\"./split_rest.wasm\", import.meta.url));\n";
        let renamed = rename(script, "split_rest.wasm", "rest.1a.wasm").expect("renamed");
        assert!(!renamed.contains("split_rest"), "{renamed}");
        assert!(renamed.contains("./rest.1a.wasm"), "{renamed}");
        assert!(rename(script, "split_other.wasm", "other.1a.wasm").is_err());
    }
}

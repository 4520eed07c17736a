//! Makes what the browser loads out of what rustc compiled for it.
//!
//! `bundler INPUT.wasm OUT_DIR` writes `staffel.js` and `staffel.wasm`, which every page loads, and for each part that only
//! some pages need `<part>.<hash>.wasm`. The hash is that of the whole program. Files of earlier parts are removed. It does what the wasm-bindgen program does, with the same library, and three things before it:
//! it silences functions that are never called ([`silence`]), forgets where panics stand ([`places`]), and takes the program
//! apart at the functions that are marked with `wasm_split`. All need to know what refers to what, which is why `frontend` is linked with `--emit-relocs`.

mod links;
mod places;
mod relocations;
mod silence;

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

/// What the files are called.
const NAME: &str = "staffel";
/// The script of `wasm_split` that loads parts. It becomes a piece of `staffel.js`.
const LINKS: &str = "./links.js";
/// What that script imports.
const MAIN: &str = "./staffel.js";

/// Functions of this name are never called, and a tenth of the program all the same: the board is hydrated in one go, as its
/// pages wait for nothing, and it reads no streams of server functions.
const NEVER_CALLED: &[&str] = &["hydrate_async", "intounderlying"];

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [input, out] = arguments.as_slice() else {
        eprintln!("usage: bundler INPUT.wasm OUT_DIR");
        return ExitCode::from(2);
    };
    match bundle(input, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bundler: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bundle(input: &Path, out: &Path) -> Result<()> {
    let mut wasm = fs::read(input).with_context(|| format!("cannot read {}", input.display()))?;
    for name in NEVER_CALLED {
        wasm = silence::silence(&wasm, name)?;
    }
    wasm = places::forget(&wasm)?;
    fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    remove_parts(out).with_context(|| format!("cannot clear {}", out.display()))?;
    let first = out.join("first.wasm");
    let mut options = wasm_split_cli_support::Options::new(&wasm);
    options.output_dir = out;
    options.main_out_path = &first;
    options.link_name = LINKS;
    options.main_module = MAIN;
    let split = wasm_split_cli_support::transform(options).map_err(|error| anyhow!("{error:?}"))?;
    let taken = fs::read(&first)?;
    let links = fs::read_to_string(out.join(LINKS))?;
    fs::remove_file(&first)?;
    fs::remove_file(out.join(LINKS))?;
    let mut output = Bindgen::new()
        .input_bytes(NAME, taken)
        .web(true)?
        .keep_lld_exports(true)
        .demangle(false)
        .typescript(false)
        .generate_output()
        .context("wasm-bindgen")?;
    // wasm-opt sorts the functions by name (`--reorder-functions-by-name`) and forgets the names. Functions that were made
    // from the same generic one come to stand together, which brotli makes 3 kB of.
    for (index, function) in output.wasm_mut().funcs.iter_mut().enumerate() {
        if let Some(name) = &mut function.name {
            *name = format!("{} {index:06}", path_of(name));
        }
    }
    output.emit(out).context("wasm-bindgen")?;
    fs::rename(
        out.join(format!("{NAME}_bg.wasm")),
        out.join(format!("{NAME}.wasm")),
    )?;
    let js = out.join(format!("{NAME}.js"));
    let mut links = links::merge(&fs::read_to_string(&js)?, &links, LINKS)?;
    // A page may be older than the server: what it asks for must never be a part of another program.
    let mut hasher = DefaultHasher::new();
    wasm.hash(&mut hasher);
    let hash = hasher.finish();
    for part in &split.split_modules {
        let stem = part.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{}.{hash:016x}.wasm", stem.trim_start_matches("split_"));
        links = links::rename(&links, &format!("{stem}.wasm"), &name)?;
        fs::rename(part, out.join(name))?;
    }
    fs::write(&js, links)?;
    Ok(())
}

/// The path in a symbol such as `_ZN3app5board5Board3new17h0123456789abcdefE`, without its hash: `app/board/Board/new`. Another
/// kind of symbol is its own path.
fn path_of(symbol: &str) -> String {
    let mut rest = symbol.strip_prefix("_ZN").unwrap_or_default();
    let mut path = Vec::new();
    while let Some(digits) = rest.find(|letter: char| !letter.is_ascii_digit()) {
        let (length, after) = rest.split_at(digits);
        let Some((part, after)) = length
            .parse()
            .ok()
            .and_then(|length| after.split_at_checked(length))
        else {
            break;
        };
        path.push(part);
        rest = after;
    }
    // The last part is the hash.
    match path.split_last() {
        Some((_, path)) => path.join("/"),
        None => symbol.to_owned(),
    }
}

/// Parts of programs that were here before: their names differ.
fn remove_parts(out: &Path) -> io::Result<()> {
    for entry in fs::read_dir(out)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_part = name.contains(".wasm") && !name.starts_with(&format!("{NAME}."));
        if is_part {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_has_a_path() {
        assert_eq!(
            path_of("_ZN3app5board5Board3new17h0123456789abcdefE"),
            "app/board/Board/new"
        );
        for other in ["memcmp", "_ZN", "_RNvNtCs_3app5board3new"] {
            assert_eq!(path_of(other), other);
        }
    }
}

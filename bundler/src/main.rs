//! Makes what the browser loads out of what rustc compiled for it.
//!
//! `bundler INPUT.wasm OUT_DIR` writes `staffel.js` and `staffel.wasm`, which every page loads, and a file for each part that
//! only some pages need. It does what the wasm-bindgen program does, with the same library, and two things before it:
//! it silences functions that are never called ([`silence`]), and takes the program apart at the functions that are
//! marked with `wasm_split`. Both need to know what refers to what, which is why `frontend` is linked with `--emit-relocs`.

mod silence;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

/// What the files are called.
const NAME: &str = "staffel";

/// Functions with this in their name are never called: the board is hydrated in one go, as its pages wait for nothing.
/// Every kind of view brings one all the same, and together they are a twentieth of the program.
const NEVER_CALLED: &[&str] = &["hydrate_async", "hydrate_from_template", "intounderlying"];

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
    fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    let main = out.join("main.wasm");
    let mut options = wasm_split_cli_support::Options::new(&wasm);
    options.output_dir = out;
    options.main_out_path = &main;
    options.main_module = "./staffel.js";
    wasm_split_cli_support::transform(options).map_err(|error| anyhow!("{error:?}"))?;
    Bindgen::new()
        .input_bytes(NAME, fs::read(&main)?)
        .web(true)?
        .keep_lld_exports(true)
        .demangle(false)
        .typescript(false)
        .generate(out)
        .context("wasm-bindgen")?;
    Ok(())
}

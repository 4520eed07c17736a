//! The program `staffel`: the library, what a browser loads, and the commit that both were built from.

use std::process::ExitCode;

use server::release::Site;

// Sessions and large requests come and go; this one gives their memory back.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a browser loads. scripts/build.sh puts it in once it is built; `cargo leptos watch` serves its folder instead.
#[cfg(embedded_site)]
#[derive(rust_embed::Embed)]
#[folder = "$STAFFEL_SITE"]
struct Files;

#[cfg(embedded_site)]
fn site() -> Option<Site> {
    Some(Site::of::<Files>())
}

#[cfg(not(embedded_site))]
fn site() -> Option<Site> {
    None
}

fn main() -> ExitCode {
    let commit = option_env!("STAFFEL_COMMIT").filter(|commit| !commit.is_empty());
    server::main(commit, site())
}

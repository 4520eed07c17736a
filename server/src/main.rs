//! The program `staffel`: the library, what a browser loads, and the commit that both were built from.

use std::process::ExitCode;

use server::release::Site;

#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::ALLOCATOR;

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
    allocator::give_back_at_once();
    let commit = option_env!("STAFFEL_COMMIT").filter(|commit| !commit.is_empty());
    server::main(commit, site())
}

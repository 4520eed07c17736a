//! How the browser's program is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // What refers to what: `bundler` takes the program apart by it.
    if std::env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm") {
        println!("cargo:rustc-link-arg-cdylib=--emit-relocs");
    }
}

//! Where the program finds `LibTorch` when it starts, and which C library it needs then.

use std::env;
use std::fs;

/// What replaces newer functions of the C library in the program of a wheel.
const OLD_GLIBC: &str = "xtask/src/wheel/glibc.c";

fn main() {
    for cause in ["build.rs", OLD_GLIBC] {
        println!("cargo::rerun-if-changed={cause}");
    }
    println!("cargo::rerun-if-env-changed=SUPERFUSE_RPATH");
    let for_wheel = env::var("SUPERFUSE_RPATH");
    if for_wheel.is_ok() && env::var("TARGET").is_ok_and(|target| target == "x86_64-unknown-linux-gnu") {
        use_old_glibc();
    }
    // What is built for a wheel looks for torch beside itself, and in no folder of this machine.
    let places = for_wheel.or_else(|_| env::var("DEP_SUPERFUSE_ENGINE_RPATH")).unwrap_or_default();
    for place in places.split(':').filter(|place| !place.is_empty()) {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{place}");
    }
}

/// Lets the linker take what is in `OLD_GLIBC` for what it is named after.
fn use_old_glibc() {
    for object in cc::Build::new().file(OLD_GLIBC).compile_intermediates() {
        println!("cargo::rustc-link-arg-bins={}", object.display());
    }
    let text = fs::read_to_string(OLD_GLIBC).unwrap_or_default();
    for mark in ["__wrap_", "\nOLD("] {
        for (place, _) in text.match_indices(mark) {
            let name: String = text[place + mark.len()..]
                .chars()
                .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                .collect();
            if !name.is_empty() {
                println!("cargo::rustc-link-arg-bins=-Wl,--wrap={name}");
            }
        }
    }
}

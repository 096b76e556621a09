//! Where the program finds `LibTorch` when it starts.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Ok(places) = std::env::var("DEP_SUPERFUSE_ENGINE_RPATH") {
        for place in places.split(':') {
            println!("cargo::rustc-link-arg=-Wl,-rpath,{place}");
        }
    }
}

//! Where the tests find `LibTorch` when they start. The program's own build script says so for the program.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // From torch-sys, which is a dependency for this alone.
    if let Ok(folder) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{folder}");
    }
}

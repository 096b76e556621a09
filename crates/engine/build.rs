//! Links with `LibTorch`: where the program finds it when it starts, and the C++ shim compiled against it.

// Shared with xtask, so that both accept the same versions and name the same drivers.
#[expect(dead_code, reason = "what is downloaded is for xtask alone")]
#[path = "../../xtask/src/releases.rs"]
mod releases;
#[path = "../../xtask/src/version.rs"]
mod version;

use std::env;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use releases::RELEASES;
use version::{SUPPORTED, Version};

const SHIM: &str = "src/backend/shim.cpp";
const KERNEL: &str = "src/backend/kernel/kernel.cpp";
/// The kernel with its headers.
const KERNEL_FOLDER: &str = "src/backend/kernel";
/// A name of block shapes, and which constants of sums.h have other values in them.
type Blocks = (&'static str, &'static [(&'static str, &'static str)]);
/// Block shapes of the kernel's sums by instruction set, the first of each being what nothing has to choose. All of a set give the same
/// numbers to the bit (`tests/blocks.rs`), and a run takes what is fastest on its processor. Another one is another line.
const PLAIN: Blocks = ("plain", &[]);
const AVX2: [Blocks; 2] = [
    // Columns are copied together, and moments fetched before they are needed: for small caches and slow memory. Five rows over two
    // vectors are ten sums, which leave no gaps between two units of latency four.
    ("packed", &[("BLOCK_OF_2", "5"), ("BLOCK_ROWS", "80"), ("BLOCK_MATRIX", "64"), ("BLOCK_PACKS", "1")]),
    ("unpacked", &[("BLOCK_OF_2", "5"), ("BLOCK_ROWS", "80")]),
];
const AVX512: [Blocks; 4] = [
    PLAIN,
    // Weights are read for more rows at once.
    ("tall", &[("BLOCK_OF_2", "14"), ("BLOCK_ROWS", "112")]),
    ("packed", &[("BLOCK_ROWS", "96"), ("BLOCK_MATRIX", "64"), ("BLOCK_PACKS", "1")]),
    // For a second-level cache of 2 MB.
    ("large", &[("BLOCK_OF_2", "14"), ("BLOCK_ROWS", "112"), ("BLOCK_MATRIX", "256"), ("BLOCK_PACKS", "1")]),
];

fn main() {
    for cause in
        ["build.rs", "../../xtask/src/releases.rs", "../../xtask/src/version.rs", SHIM, KERNEL_FOLDER]
    {
        println!("cargo::rerun-if-changed={cause}");
    }
    for cause in ["LIBTORCH", "LIBTORCH_USE_PYTORCH", "CUDA_HOME"] {
        println!("cargo::rerun-if-env-changed={cause}");
    }
    let linked = libtorch().and_then(|folder| {
        let version = version(&folder)?;
        link(&folder, version);
        Ok(())
    });
    if let Err(message) = linked {
        println!("cargo::error={message}");
    }
    kernel();
}

/// A number that another kernel or other block shapes change: how fast they were is kept under it.
fn kernel_version() -> std::io::Result<u64> {
    let mut files = vec![PathBuf::from("build.rs")];
    for entry in std::fs::read_dir(KERNEL_FOLDER)? {
        files.push(entry?.path());
    }
    files.retain(|file| file.extension().is_some_and(|end| ["rs", "h", "cpp"].iter().any(|of| end == *of)));
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        std::fs::read(file)?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// The fused kernel, once for each instruction set and block shape; the program chooses when it starts. A table of them is
/// written for `kernel/ffi.rs`, the best instruction set first.
fn kernel() {
    match kernel_version() {
        Ok(version) => println!("cargo::rustc-env=SUPERFUSE_KERNEL_VERSION={version:016x}"),
        Err(error) => println!("cargo::error=the kernel in {KERNEL_FOLDER} cannot be read: {error}"),
    }
    let mut sets: Vec<(&str, &[&str], &[Blocks])> = vec![("base", &[], &[PLAIN])];
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64") {
        sets.push(("avx2", &["-mavx2", "-mfma"], &AVX2));
        sets.push(("avx512", &["-mavx512f", "-mfma", "-mprefer-vector-width=512"], &AVX512));
    }
    let (mut declared, mut tables) = (Vec::new(), Vec::new());
    for (set, flags, blocks) in sets {
        let mut table = Vec::new();
        for (name, constants) in blocks {
            let mut build = cc::Build::new();
            // Optimised in every profile: it is what training spends its time in.
            build.cpp(true).std("c++17").opt_level(3).file(KERNEL);
            let symbol = format!("superfuse_kernel_{set}_{name}");
            build.define("SUPERFUSE_KERNEL", symbol.as_str());
            for &(constant, value) in *constants {
                build.define(constant, value);
            }
            // Vectors wider than the baseline's stay within one file; square roots set no errno.
            for flag in ["-Wno-psabi", "-fno-math-errno", "-fno-trapping-math"].iter().chain(flags) {
                build.flag_if_supported(flag);
            }
            build.compile(&symbol);
            declared.push(format!("safe static {symbol}: Functions;"));
            table.push(format!("(\"{name}\", &{symbol})"));
        }
        let (set, table) = (set.to_uppercase(), table.join(", "));
        tables.push(format!("pub(super) static {set}: &[Blocks] = &[{table}];"));
    }
    let text = format!("unsafe extern \"C\" {{\n{}\n}}\n{}\n", declared.join("\n"), tables.join("\n"));
    let folder = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    if let Err(error) = std::fs::write(folder.join("kernels.rs"), text) {
        println!("cargo::error=kernels.rs cannot be written in {}: {error}", folder.display());
    }
}

/// `LIBTORCH`, from the environment or from `.cargo/config.toml`, or the installed `PyTorch`: what torch-sys
/// takes too.
fn libtorch() -> Result<PathBuf, String> {
    if env::var_os("LIBTORCH_USE_PYTORCH").is_none() {
        let folder = env::var_os("LIBTORCH").filter(|folder| !folder.is_empty());
        return folder
            .map(PathBuf::from)
            .ok_or_else(|| "LIBTORCH is not set: run `cargo xtask setup`".to_owned());
    }
    let python = if env::var_os("VIRTUAL_ENV").is_some() { "python" } else { "python3" };
    let find = "import importlib.util as i; print(i.find_spec('torch').submodule_search_locations[0])";
    match Command::new(python).args(["-c", find]).output() {
        Ok(output) if output.status.success() => {
            Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
        }
        _ => {
            Err(format!("LIBTORCH_USE_PYTORCH is set and `{python}` has no torch: install it, or unset that"))
        }
    }
}

fn version(folder: &Path) -> Result<Version, String> {
    let version = Version::of(folder)
        .ok_or_else(|| format!("there is no LibTorch in {}: run `cargo xtask setup`", folder.display()))?;
    if version.is_supported() {
        Ok(version)
    } else {
        Err(format!("{} holds LibTorch {version}, and {SUPPORTED} is needed", folder.display()))
    }
}

fn link(folder: &Path, version: Version) {
    let lib = folder.join("lib");
    // What it was built against, and then the link, which follows when the cache moves.
    let places = [lib.canonicalize().unwrap_or_else(|_| lib.clone()), lib.clone()];
    for place in &places {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", place.display());
    }
    // Link arguments do not reach dependent packages: the program's build script takes these over.
    println!("cargo::metadata=RPATH={}", places.map(|place| place.display().to_string()).join(":"));
    let cuda = lib.join("libtorch_cuda.so");
    println!("cargo::rerun-if-changed={}", lib.display());
    println!("cargo::rustc-env=SUPERFUSE_LIBTORCH_FLAVOUR={}", if cuda.exists() { "cuda" } else { "cpu" });
    println!("cargo::rustc-env=SUPERFUSE_LIBTORCH_VERSION={version}");
    println!("cargo::rustc-env=SUPERFUSE_LIBTORCH_DRIVER={}", driver(version));

    let include = folder.join("include");
    let mut shim = cc::Build::new();
    let mut libraries = vec!["torch_cpu", "c10"];
    println!("cargo::rustc-check-cfg=cfg(superfuse_graphs)");
    if cuda.exists() {
        let headers = cuda_headers(folder);
        if headers.is_empty() {
            println!(
                "cargo::warning=CUDA's headers (cuda_runtime.h and crt/) are neither beside {} nor in CUDA_HOME: steps on \
                 a GPU will go operation by operation, slower; name an installed CUDA toolkit in CUDA_HOME",
                folder.display()
            );
        } else {
            println!("cargo::rustc-cfg=superfuse_graphs");
            shim.define("SUPERFUSE_CUDA", None);
            libraries.extend(["torch_cuda", "c10_cuda"]);
        }
        for headers in headers {
            shim.flag("-isystem").flag(headers);
        }
    }
    shim.cpp(true).std("c++17").define("_GLIBCXX_USE_CXX11_ABI", "1").file(SHIM);
    for headers in [&include, &include.join("torch/csrc/api/include")] {
        shim.flag("-isystem").flag(headers); // no warnings about LibTorch's own
    }
    shim.compile("superfuse_shim");
    println!("cargo::rustc-link-search=native={}", lib.display());
    for library in libraries {
        println!("cargo::rustc-link-lib={library}");
    }
}

/// The first series of NVIDIA's driver for a LibTorch: that of its release, or of the next older one.
fn driver(version: Version) -> u32 {
    let release = RELEASES.iter().find(|release| release.version <= version);
    release.or(RELEASES.last()).map_or(0, |release| release.driver)
}

/// The folders of CUDA's own headers: beside the LibTorch of a wheel (CUDA 13 has one folder, CUDA 12 one for each of its
/// packages), else of an installed toolkit. None where some are missing; then no step is recorded.
fn cuda_headers(libtorch: &Path) -> Vec<PathBuf> {
    let packages = libtorch.canonicalize().ok().and_then(|torch| Some(torch.parent()?.join("nvidia")));
    let packages = packages.and_then(|nvidia| nvidia.read_dir().ok()).into_iter().flatten().flatten();
    let mut beside: Vec<PathBuf> = packages.map(|package| package.path().join("include")).collect();
    beside.sort(); // the same command line each time
    let toolkit = env::var_os("CUDA_HOME").map_or_else(|| "/usr/local/cuda".into(), PathBuf::from);
    let is_whole = |folders: &Vec<PathBuf>| {
        let has = |header: &str| folders.iter().any(|folder| folder.join(header).exists());
        ["cuda_runtime.h", "crt/host_config.h"].into_iter().all(has)
    };
    [beside, vec![toolkit.join("include")]].into_iter().find(is_whole).unwrap_or_default()
}

//! Which GPUs are really usable, and why the others are not.

use std::path::Path;

use tch::{Cuda, Kind, Tensor};

use crate::backend::shim;

/// `cpu` or `cuda`: which LibTorch this program was built against.
pub const LIBTORCH_FLAVOUR: &str = env!("SUPERFUSE_LIBTORCH_FLAVOUR");

/// Where a driver with a card shows: Linux, containers that were handed one, and the Windows Subsystem for Linux. A container
/// that was handed none may see the host's `/proc/driver/nvidia` all the same.
const DRIVER: [&str; 2] = ["dev/nvidiactl", "usr/lib/wsl/lib/libcuda.so.1"];

/// What to do where LibTorch has no code for a GPU.
pub(crate) const OTHER_LIBTORCH: &str = "`cargo xtask build` takes the LibTorch that fits the GPU, where there is one, and there is a wheel for each";

/// Why no CUDA device is usable, and what would fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoCuda {
    /// The reason.
    pub why: String,
    /// What to do.
    pub fix: &'static str,
    /// Whether there is a card all the same.
    pub has_card: bool,
}

/// The GPUs that answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usable {
    /// Their numbers.
    pub gpus: Vec<usize>,
    /// Which others there are, and why they do not train.
    pub refused: Option<String>,
}

/// The first `most` CUDA devices that are really usable, all where it is 0; or why none is. The others are not touched:
/// a process that has looked at a GPU keeps some of its memory.
///
/// # Errors
/// Where there is none, with the reason.
pub fn usable(most: usize) -> Result<Usable, NoCuda> {
    let count = count()?;
    let mut answers = Vec::new();
    for index in 0..count {
        answers.push(check(index, count));
        if most > 0 && answers.iter().filter(|answer| answer.is_ok()).count() == most {
            break;
        }
    }
    among(&answers)
}

/// Free memory of a GPU that answers, in bytes, where CUDA says it.
pub fn free_memory(index: usize) -> Option<u64> {
    shim::free_memory(index)
}

/// Those of the GPUs that answered.
fn among(answers: &[Result<(), NoCuda>]) -> Result<Usable, NoCuda> {
    let gpus: Vec<usize> = (0..answers.len()).filter(|&index| answers[index].is_ok()).collect();
    let mut refused = answers.iter().filter_map(|answer| answer.as_ref().err()).peekable();
    if let (true, Some(first)) = (gpus.is_empty(), refused.peek()) {
        return Err((*first).clone());
    }
    let reasons: Vec<String> = refused.map(|none| format!("{}; {}", none.why, none.fix)).collect();
    Ok(Usable { gpus, refused: (!reasons.is_empty()).then(|| reasons.join("; ")) })
}

/// How many CUDA devices LibTorch sees.
pub(super) fn count() -> Result<usize, NoCuda> {
    let has_card = has_driver(Path::new("/"));
    let no_cuda = |why: &str, fix| Err(NoCuda { why: why.into(), fix, has_card });
    if LIBTORCH_FLAVOUR != "cuda" {
        return no_cuda(
            "this build is without CUDA",
            "`cargo xtask build --cuda` makes one with it, and a wheel for CUDA holds one",
        );
    }
    if !has_card {
        return no_cuda("there is no NVIDIA driver", "install NVIDIA's driver, or train on the CPU");
    }
    let count = if Cuda::is_available() { Cuda::device_count() } else { 0 };
    if count == 0 {
        return no_cuda(
            "LibTorch sees no CUDA device",
            concat!(
                "it wants NVIDIA's driver ",
                env!("SUPERFUSE_LIBTORCH_DRIVER"),
                " or newer (`nvidia-smi` names yours), and CUDA_VISIBLE_DEVICES unset or not empty"
            ),
        );
    }
    Ok(count as usize)
}

/// Whether device `index` of so many works: one can be visible and still refuse (exclusive use, an old driver, a GPU that
/// LibTorch has no code for).
pub(super) fn check(index: usize, count: usize) -> Result<(), NoCuda> {
    let no_cuda = |why: String, fix| Err(NoCuda { why, fix, has_card: true });
    if index >= count {
        let why = format!("there is no device {index}; visible devices: {count}");
        return no_cuda(why, "name one of them");
    }
    let ones = Tensor::f_ones([2, 2], (Kind::Float, tch::Device::Cuda(index)));
    match ones.and_then(|ones| ones.f_matmul(&ones)).and_then(|product| product.f_to(tch::Device::Cpu)) {
        Ok(_) => Ok(()),
        Err(error) => {
            let (what, fix) = refusal(&error.to_string());
            no_cuda(format!("cuda:{index} {what}"), fix)
        }
    }
}

/// What a GPU's first operation failed with, and what to do.
fn refusal(message: &str) -> (String, &'static str) {
    if has_no_code(message) {
        return ("is a GPU that this LibTorch has no code for".to_owned(), OTHER_LIBTORCH);
    }
    let first = message.lines().next().unwrap_or_default();
    (
        format!("failed its first operation ({first})"),
        "look at `nvidia-smi`: another process may hold the device",
    )
}

/// Whether LibTorch says that it was not compiled for this GPU.
pub(crate) fn has_no_code(message: &str) -> bool {
    message.contains("no kernel image is available")
}

fn has_driver(root: &Path) -> bool {
    DRIVER.iter().any(|file| root.join(file).exists())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn each_place_of_a_driver_is_one() {
        for (number, file) in DRIVER.iter().enumerate() {
            let root = std::env::temp_dir().join(format!("driver-{number}-{}", std::process::id()));
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            assert!(!has_driver(&root), "{file}");
            fs::write(root.join(file), "").unwrap();
            assert!(has_driver(&root), "{file}");
            fs::remove_dir_all(root).unwrap();
        }
    }

    #[test]
    fn a_gpu_without_code_is_named_so() {
        let message = "CUDA error: no kernel image is available for execution on the device\nmore";
        assert!(refusal(message).0.contains("no code for"));
        let (what, fix) = refusal("CUDA error: all CUDA-capable devices are busy or unavailable\nmore");
        assert!(what.contains("busy or unavailable)") && fix.contains("nvidia-smi"), "{what}");
    }

    #[test]
    fn gpus_that_answer_train_and_the_others_are_named() {
        let broken = || Err(NoCuda { why: "cuda:1 failed".into(), fix: "look", has_card: true });
        let usable = among(&[Ok(()), broken(), Ok(())]).unwrap();
        assert_eq!((usable.gpus, usable.refused.as_deref()), (vec![0, 2], Some("cuda:1 failed; look")));
        assert_eq!(among(&[Ok(())]).unwrap().refused, None);
        assert_eq!(among(&[broken()]), broken().map(|()| unreachable!()));
    }

    #[test]
    fn a_device_behind_the_last_is_refused() {
        assert!(check(3, 2).unwrap_err().why.contains("no device 3; visible devices: 2"));
    }
}

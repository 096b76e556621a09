//! Makes the CPU flavour out of a CUDA flavour's files: hard links, so that it takes no room.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::platform::needs_gpu;

/// Fills `cpu` from `cuda`, both a flavour's folder in the cache.
pub(crate) fn cpu_from_cuda(cuda: &Path, cpu: &Path) -> Result<(), Error> {
    for part in ["torch/include", "torch/lib", "nvidia"] {
        link_tree(&cuda.join(part), &cpu.join(part))?;
    }
    Ok(())
}

fn link_tree(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(Error::file("make", to))?;
    for entry in fs::read_dir(from).map_err(Error::file("read", from))? {
        let source = entry.map_err(Error::file("read", from))?.path();
        let name = source.file_name().unwrap_or_default();
        let target = to.join(name);
        if source.is_dir() {
            link_tree(&source, &target)?;
        } else if !(to.ends_with("torch/lib") && needs_gpu(&name.to_string_lossy())) {
            fs::hard_link(&source, &target)
                .or_else(|_| fs::copy(&source, &target).map(drop)) // a disk without hard links
                .map_err(Error::file("write", &target))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flavour::Flavour;

    #[test]
    fn the_result_is_a_cpu_flavour_with_the_companions_of_libtorch_cpu() {
        let root = crate::scratch::Folder::new();
        let kept = [
            "torch/include/ATen/cuda/CUDAContext.h",
            "torch/lib/libtorch_cpu.so",
            "nvidia/cu13/lib/libcudart.so.13",
            "nvidia/cuda_runtime/lib/libcudart.so.12",
        ];
        for file in kept.into_iter().chain(["torch/lib/libtorch_cuda.so"]) {
            root.write(&format!("cuda/{file}"), file);
        }
        let cpu = root.path().join("cpu");
        cpu_from_cuda(&root.path().join("cuda"), &cpu).unwrap();
        assert_eq!(Flavour::of(&cpu.join("torch")), Flavour::Cpu);
        for kept in kept {
            assert_eq!(fs::read_to_string(cpu.join(kept)).unwrap(), kept);
        }
    }
}

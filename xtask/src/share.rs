//! Makes the CPU flavour out of a CUDA flavour's files: hard links, so that it takes no room.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::platform::needs_gpu;

/// Fills `cpu` from `cuda`, both a flavour's folder in the cache.
pub(crate) fn cpu_from_cuda(cuda: &Path, cpu: &Path) -> Result<(), Error> {
    for part in ["torch/include", "torch/lib", "nvidia/cu13"] {
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
        let root = std::env::temp_dir().join(format!("xtask-share-{}", std::process::id()));
        let (cuda, cpu) = (root.join("cuda"), root.join("cpu"));
        for file in [
            "torch/include/ATen/cuda/CUDAContext.h",
            "torch/lib/libtorch_cpu.so",
            "torch/lib/libtorch_cuda.so",
            "nvidia/cu13/lib/libcudart.so.13",
        ] {
            fs::create_dir_all(cuda.join(file).parent().unwrap()).unwrap();
            fs::write(cuda.join(file), file).unwrap();
        }
        cpu_from_cuda(&cuda, &cpu).unwrap();
        assert_eq!(Flavour::of(&cpu.join("torch")), Flavour::Cpu);
        for kept in [
            "torch/include/ATen/cuda/CUDAContext.h",
            "torch/lib/libtorch_cpu.so",
            "nvidia/cu13/lib/libcudart.so.13",
        ] {
            assert_eq!(fs::read_to_string(cpu.join(kept)).unwrap(), kept);
        }
        fs::remove_dir_all(root).unwrap();
    }
}

//! Which of torch's dependencies carry CUDA's libraries, read from the wheel's METADATA.

/// The requirements on NVIDIA's packages, without their markers. The others are for Python alone.
pub(crate) fn cuda_requirements(metadata: &str) -> Vec<String> {
    metadata
        .lines()
        .take_while(|line| !line.is_empty()) // then the description follows
        .filter_map(|line| line.strip_prefix("Requires-Dist:"))
        .filter_map(|line| match line.split_once(';') {
            Some((_, marker)) if marker.contains("extra") => None,
            Some((requirement, _)) => Some(requirement.trim()),
            None => Some(line.trim()),
        })
        .filter(|requirement| ["cuda-toolkit", "nvidia-"].iter().any(|name| requirement.starts_with(name)))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nvidia_packages_are_taken_and_python_ones_left() {
        let metadata = "Name: torch\n\
            Requires-Dist: filelock\n\
            Requires-Dist: cuda-toolkit[cublas,cudart]==13.0.2; platform_system == \"Linux\"\n\
            Requires-Dist: cuda-bindings<14,>=13.0.3; platform_system == \"Linux\"\n\
            Requires-Dist: nvidia-nccl-cu13==2.28.9\n\
            Requires-Dist: nvidia-extra==1; extra == \"more\"\n\
            Requires-Dist: triton==3.6.0; platform_system == \"Linux\"\n\
            \n\
            Requires-Dist: nvidia-in-the-description==1\n";
        assert_eq!(
            cuda_requirements(metadata),
            ["cuda-toolkit[cublas,cudart]==13.0.2", "nvidia-nccl-cu13==2.28.9"]
        );
    }

    #[test]
    fn those_of_cuda_12_have_their_markers_too() {
        let metadata = "Requires-Dist: cuda-bindings==12.9.4; platform_system == \"Linux\"\n\
            Requires-Dist: nvidia-cublas-cu12==12.8.4.1; platform_system == \"Linux\" and platform_machine == \"x86_64\"\n";
        assert_eq!(cuda_requirements(metadata), ["nvidia-cublas-cu12==12.8.4.1"]);
    }
}

//! What this machine has of NVIDIA's: the driver's version and its GPUs' compute capabilities.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::releases::{Capability, Release};

/// A driver with a device behind it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Nvidia {
    /// Such as `550.54.14`, where anything says so.
    driver: Option<String>,
    /// One for each GPU, in nvidia-smi's order; none where it does not answer.
    capabilities: Vec<Capability>,
}

impl Nvidia {
    /// Of this machine.
    pub(crate) fn find() -> Option<Self> {
        Self::under(Path::new("/"), nvidia_smi)
    }

    /// What the files under `root` and `smi`, which answers a query with a line for each GPU, say.
    pub(crate) fn under(root: &Path, smi: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let has_device = [
            "dev/nvidiactl",                // Linux, and containers that were handed a GPU
            "usr/lib/wsl/lib/libcuda.so.1", // the Windows Subsystem for Linux, which has none of NVIDIA's files below /proc
        ]
        .iter()
        .any(|file| root.join(file).exists());
        // Drivers before 510 do not know the second field, and then refuse the whole query.
        let said = smi("driver_version,compute_cap").or_else(|| smi("driver_version"));
        let gpus = said.as_deref().map(gpus).unwrap_or_default();
        if !has_device && gpus.is_empty() {
            return None;
        }
        // The kernel's own word first: nvidia-smi may be missing in a container, or belong to another driver.
        let driver = ["proc/driver/nvidia/version", "sys/module/nvidia/version"]
            .iter()
            .find_map(|file| driver_version(&fs::read_to_string(root.join(file)).ok()?))
            .or_else(|| gpus.first().map(|(driver, _)| driver.clone()));
        Some(Self {
            driver,
            capabilities: gpus.into_iter().filter_map(|(_, capability)| capability).collect(),
        })
    }

    /// Whether the driver is new enough; `None` where its version is not known.
    pub(crate) fn runs(&self, release: &Release) -> Option<bool> {
        let series: u32 = self.driver.as_ref()?.split('.').next()?.parse().ok()?;
        Some(series >= release.driver)
    }

    /// How many GPUs the release has code for, of how many; `None` where that is not known.
    pub(crate) fn covered(&self, release: &Release) -> Option<(usize, usize)> {
        let all = self.capabilities.len();
        let covered = self.capabilities.iter().filter(|&&of| of >= release.capability).count();
        (all > 0).then_some((covered, all))
    }
}

impl fmt::Display for Nvidia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.driver {
            Some(driver) => write!(f, "NVIDIA driver {driver}")?,
            None => f.write_str("NVIDIA driver of an unknown version")?,
        }
        let mut kinds = self.capabilities.clone();
        kinds.sort_unstable();
        kinds.dedup();
        for (place, capability) in kinds.iter().enumerate() {
            write!(f, "{}{capability}", if place == 0 { ", compute capability " } else { " and " })?;
        }
        Ok(())
    }
}

/// A line of nvidia-smi's for each GPU: the driver's version, and the capability where it says so.
fn gpus(said: &str) -> Vec<(String, Option<Capability>)> {
    let gpu = |line: &str| {
        let (driver, capability) = line.split_once(',').unwrap_or((line, ""));
        let capability = capability.trim().split_once('.');
        let capability =
            capability.and_then(|(major, minor)| Some(Capability(major.parse().ok()?, minor.parse().ok()?)));
        Some((driver_version(driver)?, capability))
    };
    said.lines().filter_map(gpu).collect()
}

/// The first word of the first line that is numbers with dots between: `NVRM version: NVIDIA UNIX x86_64 Kernel Module
/// 550.54.14  Thu Feb 22 01:44:30 UTC 2024`.
fn driver_version(text: &str) -> Option<String> {
    let is_version = |word: &&str| {
        word.contains('.')
            && word.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    text.lines().next()?.split_whitespace().find(is_version).map(str::to_owned)
}

fn nvidia_smi(fields: &str) -> Option<String> {
    let ask = |program: &str| {
        Command::new(program)
            .args([format!("--query-gpu={fields}"), "--format=csv,noheader".into()])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
    };
    // WSL's lies there, and not in every PATH.
    let said = ask("nvidia-smi").or_else(|_| ask("/usr/lib/wsl/lib/nvidia-smi")).ok()?;
    said.status.success().then(|| String::from_utf8_lossy(&said.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROC: &str = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\n\
        GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n";
    const OPEN: &str =
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (root@host)\n";

    /// A folder with these files, in which drivers are looked for.
    fn found(files: &[(&str, &str)], smi: impl Fn(&str) -> Option<String>) -> Option<Nvidia> {
        let root = crate::scratch::Folder::new();
        for (name, text) in files {
            root.write(name, text);
        }
        Nvidia::under(root.path(), smi)
    }

    fn driver(files: &[(&str, &str)], said: Option<&str>) -> Option<String> {
        found(files, |_| said.map(str::to_owned))?.driver
    }

    #[test]
    fn a_device_file_is_a_driver_and_a_kernel_module_without_one_is_none() {
        assert_eq!(found(&[("proc/driver/nvidia/version", PROC)], |_| None), None);
        assert_eq!(found(&[("dev/nvidiactl", "")], |_| None), Some(Nvidia::default()));
    }

    #[test]
    fn the_kernel_says_the_version_then_its_module_then_nvidia_smi() {
        let device = ("dev/nvidiactl", "");
        let (proc, sys) =
            (("proc/driver/nvidia/version", PROC), ("sys/module/nvidia/version", "535.183.01\n"));
        let smi = Some("470.256.02, 8.0\n");
        assert_eq!(driver(&[device, proc, sys], smi).unwrap(), "550.54.14");
        assert_eq!(driver(&[device, sys], smi).unwrap(), "535.183.01");
        assert_eq!(driver(&[device], smi).unwrap(), "470.256.02");
        assert_eq!(driver(&[device, ("proc/driver/nvidia/version", OPEN)], None).unwrap(), "580.65.06");
    }

    #[test]
    fn nvidia_smi_alone_is_a_driver_and_its_complaint_is_none() {
        assert_eq!(driver(&[], Some("566.36, 8.9\n")).unwrap(), "566.36");
        assert_eq!(found(&[], |_| Some("No devices were found\n".into())), None);
    }

    #[test]
    fn under_windows_the_library_is_the_sign_and_nvidia_smi_has_the_version() {
        let library = ("usr/lib/wsl/lib/libcuda.so.1", "");
        assert_eq!(driver(&[library], Some("581.15, 8.6\n")).unwrap(), "581.15");
        assert_eq!(driver(&[library], None), None);
        assert!(found(&[library], |_| None).is_some());
    }

    #[test]
    fn capabilities_are_those_of_all_gpus_and_an_old_nvidia_smi_is_asked_for_less() {
        let two = found(&[], |_| Some("550.54.14, 7.0\n550.54.14, 8.0\n".into())).unwrap();
        assert_eq!(two.capabilities, [Capability(7, 0), Capability(8, 0)]);
        assert_eq!(two.to_string(), "NVIDIA driver 550.54.14, compute capability 7.0 and 8.0");
        let old = found(&[], |fields| (fields == "driver_version").then(|| "470.256.02\n".into())).unwrap();
        assert_eq!(old, Nvidia { driver: Some("470.256.02".into()), capabilities: Vec::new() });
    }
}

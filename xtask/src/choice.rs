//! Which LibTorch fits this machine: what was asked for, else what its NVIDIA driver and its GPUs can run.
//!
//! Of several GPUs as many as possible count: the release that has code for most of them is taken, of equals the newest.
//! So a Volta beside an Ampere gets the older release, and an old card for a display beside an Ampere changes nothing but
//! the sentence, which says how to leave it out.

use std::fmt;

use crate::driver::Nvidia;
use crate::flavour::Flavour;
use crate::platform::Platform;
use crate::releases::{NEWEST, RELEASES, Release};

/// What the command line asks for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Asked {
    pub(crate) flavour: Option<Flavour>,
    pub(crate) release: Option<&'static Release>,
}

/// A release and a flavour of it, with the reason where there is a driver.
pub(crate) struct Choice {
    pub(crate) release: &'static Release,
    pub(crate) flavour: Flavour,
    pub(crate) reason: Option<String>,
}

impl Choice {
    /// `nvidia` is looked for only where CUDA may be built for.
    pub(crate) fn make(asked: Asked, platform: Platform, nvidia: impl FnOnce() -> Option<Nvidia>) -> Self {
        let newest = asked.release.unwrap_or(NEWEST);
        let without = asked.flavour.unwrap_or(Flavour::Cpu);
        let nvidia = if asked.flavour == Some(Flavour::Cpu) { None } else { nvidia() };
        let Some(nvidia) = nvidia else { return Self { release: newest, flavour: without, reason: None } };

        let candidates: Vec<&Release> = match asked.release {
            Some(release) => vec![release],
            None => RELEASES.iter().filter(|release| platform.has_cuda(release)).collect(),
        };
        let obstacle = |release| Obstacle::find(&nvidia, release, platform, candidates.len() == 1);
        let covered = |release: &Release| nvidia.covered(release).map_or(0, |(covered, _)| covered);
        // The last of equals is taken, so the newest comes last.
        let fitting = candidates.iter().rev().filter(|release| obstacle(release).is_none());
        let Some(&release) = fitting.max_by_key(|release| covered(release)) else {
            let why = candidates.last().and_then(|release| obstacle(release));
            let reason = why.map(|why| format!("{nvidia}: {why}, so {}", why.consequence(without)));
            return Self { release: newest, flavour: without, reason };
        };
        let mut reason = format!("{nvidia}: LibTorch {} for CUDA {}", release.version, release.cuda);
        if release.version != newest.version {
            let fewer = || {
                nvidia
                    .covered(newest)
                    .map(|(covered, all)| format!("{} has code for {covered} of {all} GPUs", newest.version))
            };
            let why = obstacle(newest).map(|why| why.to_string()).or_else(fewer);
            reason = format!("{reason} ({})", why.unwrap_or_default());
        }
        if let Some((covered, all)) = nvidia.covered(release).filter(|(covered, all)| covered < all) {
            reason = format!(
                "{reason}; it has no code for {} of {all} GPUs (below {}): name the others in CUDA_VISIBLE_DEVICES to train",
                all - covered,
                release.capability
            );
        }
        Self { release, flavour: Flavour::Cuda, reason: Some(reason) }
    }
}

/// Why a release cannot use this machine's GPUs.
enum Obstacle {
    /// Its wheel for this processor has no CUDA in it.
    Processor(&'static Release),
    /// It has no code for any of the GPUs.
    Gpus(&'static Release),
    Driver(&'static Release),
}

impl Obstacle {
    /// A driver of an unknown version runs the oldest release alone, or the only one that is asked about.
    fn find(nvidia: &Nvidia, release: &'static Release, platform: Platform, is_only: bool) -> Option<Self> {
        let is_oldest = || is_only || RELEASES.iter().all(|other| other.driver >= release.driver);
        if !platform.has_cuda(release) {
            Some(Self::Processor(release))
        } else if nvidia.covered(release).is_some_and(|(covered, _)| covered == 0) {
            Some(Self::Gpus(release))
        } else if nvidia.runs(release).unwrap_or_else(is_oldest) {
            None
        } else {
            Some(Self::Driver(release))
        }
    }

    /// What is done about it.
    fn consequence(&self, flavour: Flavour) -> &'static str {
        match (self, flavour) {
            (Self::Driver(_), Flavour::Cpu) => {
                "this builds for the CPU; update the driver to train on the GPU"
            }
            (_, Flavour::Cpu) => "this builds for the CPU",
            (_, Flavour::Cuda) => "what is built with CUDA will not train on a GPU of this machine",
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Processor(release) => {
                write!(f, "LibTorch {} has no CUDA for this processor", release.version)
            }
            Self::Gpus(release) => {
                write!(
                    f,
                    "LibTorch {} needs compute capability {} or newer",
                    release.version, release.capability
                )
            }
            Self::Driver(release) => {
                write!(f, "LibTorch {} needs driver {} or newer", release.version, release.driver)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINUX: Platform = Platform::Linux { arch: "x86_64" };

    /// The driver of this version in a folder of files, and GPUs of these capabilities.
    fn nvidia(driver: &str, capabilities: &[&str]) -> Option<Nvidia> {
        let root = crate::scratch::Folder::new();
        root.write("dev/nvidiactl", "");
        if !driver.is_empty() {
            root.write(
                "proc/driver/nvidia/version",
                &format!(
                    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  {driver}  Thu Feb 22 01:44:30 UTC 2024\n"
                ),
            );
        }
        let said = capabilities
            .iter()
            .fold(String::new(), |said, capability| format!("{said}{driver}, {capability}\n"));
        Nvidia::under(root.path(), |_| (!said.is_empty()).then(|| said.clone()))
    }

    fn choose(asked: Asked, driver: &str, capabilities: &[&str]) -> (String, String) {
        let choice = Choice::make(asked, LINUX, || nvidia(driver, capabilities));
        (format!("{} {}", choice.release.version, choice.flavour), choice.reason.unwrap_or_default())
    }

    #[track_caller]
    fn assert_choice(driver: &str, capabilities: &[&str], chosen: &str, reason: &str) {
        assert_eq!(choose(Asked::default(), driver, capabilities), (chosen.to_owned(), reason.to_owned()));
    }

    #[test]
    fn the_drivers_series_chooses_the_release() {
        assert_choice(
            "580.65.06",
            &["9.0"],
            "2.11.0 cuda",
            "NVIDIA driver 580.65.06, compute capability 9.0: LibTorch 2.11.0 for CUDA 13.0",
        );
        assert_choice(
            "550.54.14",
            &["9.0"],
            "2.10.0 cuda",
            "NVIDIA driver 550.54.14, compute capability 9.0: LibTorch 2.10.0 for CUDA 12.8 (LibTorch 2.11.0 needs driver 580 or newer)",
        );
        assert_eq!(choose(Asked::default(), "535.183.01", &["8.0"]).0, "2.10.0 cuda");
        assert_eq!(choose(Asked::default(), "525.60.13", &["8.0"]).0, "2.10.0 cuda");
        assert_eq!(choose(Asked::default(), "600.1", &["12.0"]).0, "2.11.0 cuda");
    }

    #[test]
    fn a_driver_that_is_too_old_builds_for_the_cpu_and_says_so() {
        assert_choice(
            "470.256.02",
            &[],
            "2.11.0 cpu",
            "NVIDIA driver 470.256.02: LibTorch 2.10.0 needs driver 525 or newer, so this builds for the CPU; \
             update the driver to train on the GPU",
        );
        assert_eq!(choose(Asked::default(), "520.61.05", &["8.0"]).0, "2.11.0 cpu");
    }

    #[test]
    fn compute_capability_counts_too() {
        assert_choice(
            "580.65.06",
            &["6.1"],
            "2.11.0 cpu",
            "NVIDIA driver 580.65.06, compute capability 6.1: LibTorch 2.10.0 needs compute capability 7.0 or newer, \
             so this builds for the CPU",
        );
        assert_choice(
            "580.65.06",
            &["7.0"],
            "2.10.0 cuda",
            "NVIDIA driver 580.65.06, compute capability 7.0: LibTorch 2.10.0 for CUDA 12.8 (LibTorch 2.11.0 needs \
             compute capability 7.5 or newer)",
        );
        assert_eq!(choose(Asked::default(), "580.65.06", &["7.5"]).0, "2.11.0 cuda");
    }

    #[test]
    fn of_several_gpus_as_many_as_possible_count() {
        assert_choice(
            "580.65.06",
            &["7.0", "8.0"],
            "2.10.0 cuda",
            "NVIDIA driver 580.65.06, compute capability 7.0 and 8.0: LibTorch 2.10.0 for CUDA 12.8 (2.11.0 has code for \
             1 of 2 GPUs)",
        );
        assert_choice(
            "580.65.06",
            &["6.1", "8.9"],
            "2.11.0 cuda",
            "NVIDIA driver 580.65.06, compute capability 6.1 and 8.9: LibTorch 2.11.0 for CUDA 13.0; it has no code for \
             1 of 2 GPUs (below 7.5): name the others in CUDA_VISIBLE_DEVICES to train",
        );
    }

    #[test]
    fn an_unknown_version_gets_the_release_that_needs_least() {
        assert_choice(
            "",
            &[],
            "2.10.0 cuda",
            "NVIDIA driver of an unknown version: LibTorch 2.10.0 for CUDA 12.8 (LibTorch 2.11.0 needs driver 580 or newer)",
        );
    }

    #[test]
    fn what_was_asked_for_wins_over_the_machine() {
        let asked = |flavour, release| Asked { flavour, release };
        let (cpu, cuda, older) = (Some(Flavour::Cpu), Some(Flavour::Cuda), Some(&RELEASES[1]));
        assert_eq!(choose(asked(cpu, None), "580.65.06", &["9.0"]), ("2.11.0 cpu".into(), String::new()));
        assert_eq!(choose(asked(cpu, older), "580.65.06", &["9.0"]), ("2.10.0 cpu".into(), String::new()));
        assert_eq!(choose(asked(cuda, None), "550.54.14", &["9.0"]).0, "2.10.0 cuda");
        assert_eq!(choose(asked(None, older), "580.65.06", &["9.0"]).0, "2.10.0 cuda");
        let (chosen, reason) = choose(asked(None, Some(NEWEST)), "550.54.14", &["9.0"]);
        assert_eq!(chosen, "2.11.0 cpu");
        assert!(reason.ends_with("LibTorch 2.11.0 needs driver 580 or newer, so this builds for the CPU; update the driver to train on the GPU"), "{reason}");
        let (chosen, reason) = choose(asked(cuda, None), "470.256.02", &["8.0"]);
        assert_eq!(chosen, "2.11.0 cuda");
        assert!(
            reason.ends_with("what is built with CUDA will not train on a GPU of this machine"),
            "{reason}"
        );
    }

    #[test]
    fn without_a_driver_cuda_is_the_newest_and_nothing_is_said() {
        let make = |flavour, release| Choice::make(Asked { flavour, release }, LINUX, || None);
        assert_eq!((make(None, None).flavour, make(None, None).reason), (Flavour::Cpu, None));
        assert_eq!(make(Some(Flavour::Cuda), None).release.version, NEWEST.version);
        assert_eq!(make(Some(Flavour::Cuda), Some(&RELEASES[1])).release.version, RELEASES[1].version);
    }

    #[test]
    fn a_processor_whose_wheels_have_cuda_in_the_newest_alone_gets_that_or_none() {
        let arm = Platform::Linux { arch: "aarch64" };
        let on = |driver| Choice::make(Asked::default(), arm, || nvidia(driver, &["9.0"]));
        assert_eq!(
            (on("580.65.06").release.version, on("580.65.06").flavour),
            (NEWEST.version, Flavour::Cuda)
        );
        assert_eq!(on("550.54.14").flavour, Flavour::Cpu);
        assert!(on("550.54.14").reason.unwrap().contains("LibTorch 2.11.0 needs driver 580 or newer"));
    }
}

//! What NVIDIA's driver says of its GPUs, through the library (NVML) that is installed with it and loaded at run time.
//! Where there is none, nothing.

use std::ffi::OsStr;

use nvml_wrapper::enum_wrappers::device::TemperatureSensor;
use nvml_wrapper::{Device, Nvml};

/// Where the library is looked for, in this order. Many systems have no plain `.so`, which may also be the stub of a CUDA
/// toolkit; the last is of the Windows Subsystem for Linux.
pub const LIBRARIES: [&str; 3] =
    ["libnvidia-ml.so.1", "libnvidia-ml.so", "/usr/lib/wsl/lib/libnvidia-ml.so.1"];

/// The driver's library, loaded and ready.
#[derive(Debug)]
pub struct Driver(Nvml);

/// What a GPU does now. What it does not report is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// What it is called.
    pub name: Option<String>,
    /// Percent of the last moments in which it computed.
    pub utilisation: Option<u32>,
    /// Its memory in bytes: taken, and all.
    pub memory: Option<(u64, u64)>,
    /// Milliwatts.
    pub power: Option<u32>,
    /// Degrees Celsius.
    pub temperature: Option<u32>,
}

impl Driver {
    /// Loads the first library that works; none where none does.
    pub fn load(libraries: &[impl AsRef<OsStr>]) -> Option<Self> {
        libraries.iter().find_map(|library| Nvml::builder().lib_path(library.as_ref()).init().ok()).map(Self)
    }

    /// The driver's version, as `nvidia-smi` shows it.
    pub fn version(&self) -> Option<String> {
        self.0.sys_driver_version().ok()
    }

    /// What the GPU with this UUID does; nothing where the driver does not know it. Numbers of GPUs would not do:
    /// `CUDA_VISIBLE_DEVICES` changes them for CUDA, and not for the driver.
    pub fn figures(&self, uuid: [u8; 16]) -> Option<Figures> {
        self.device(uuid).map(|(_, gpu)| figures(&gpu))
    }

    /// What it and its model are called; nothing where the driver does not know it.
    pub fn named(&self, uuid: [u8; 16]) -> Option<(String, Option<String>)> {
        self.device(uuid).map(|(name, gpu)| (name, gpu.name().ok()))
    }

    fn device(&self, uuid: [u8; 16]) -> Option<(String, Device<'_>)> {
        let known = |name: String| self.0.device_by_uuid(&*name).ok().map(|gpu| (name, gpu));
        names(uuid).into_iter().find_map(known)
    }
}

fn figures(gpu: &Device<'_>) -> Figures {
    Figures {
        name: gpu.name().ok(),
        utilisation: gpu.utilization_rates().ok().map(|rates| rates.gpu),
        memory: gpu.memory_info().ok().map(|memory| (memory.used, memory.total)),
        power: gpu.power_usage().ok(),
        temperature: gpu.temperature(TemperatureSensor::Gpu).ok(),
    }
}

/// How the driver names the GPU with this UUID, and a part of a GPU (MIG).
fn names(uuid: [u8; 16]) -> [String; 2] {
    let hex = format!("{:032x}", u128::from_be_bytes(uuid));
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    ["GPU", "MIG"].map(|kind| format!("{kind}-{parts}"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::*;

    /// A whole GPU, one that does not report its power, and a part of a GPU.
    const WHOLE: [u8; 16] =
        [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
    const WITHOUT_POWER: [u8; 16] = [0xff; 16];
    const PART: [u8; 16] = [0x11; 16];

    /// A library that answers as the driver's would, compiled in `folder`.
    fn fake(folder: &Path, name: &str, defines: &[&str]) -> PathBuf {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/nvml/fake.c");
        let library = folder.join(name);
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).args(defines);
        assert!(compiler.status().unwrap().success());
        library
    }

    #[test]
    fn figures_are_those_of_the_gpu_with_the_uuid_and_an_absent_one_is_absent_alone() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("libnvidia-ml.so.1");
        // The second in the list is taken where the first is not there.
        let driver = Driver::load(&[missing, fake(folder.path(), "libnvidia-ml.so", &[])]).unwrap();
        let whole = Figures {
            name: Some("NVIDIA H200".into()),
            utilisation: Some(97),
            memory: Some((102_400_000_000, 150_754_820_096)),
            power: Some(612_345),
            temperature: Some(64),
        };
        assert_eq!(driver.figures(WHOLE), Some(whole));
        assert_eq!(driver.version().as_deref(), Some("580.95.05"));
        let without_power = Figures {
            name: Some("NVIDIA RTX A2000".into()),
            utilisation: Some(3),
            memory: Some((1_000_000_000, 6_000_000_000)),
            power: None,
            temperature: Some(41),
        };
        assert_eq!(driver.figures(WITHOUT_POWER), Some(without_power));
        let part = Figures {
            name: Some("NVIDIA H200 MIG 1g.18gb".into()),
            memory: Some((500_000_000, 16_000_000_000)),
            ..Figures::default()
        };
        assert_eq!(driver.figures(PART), Some(part));
        let named = |uuid| driver.named(uuid).map(|(name, _)| name);
        assert_eq!(named(PART).as_deref(), Some("MIG-11111111-1111-1111-1111-111111111111"));
        assert_eq!(named(WHOLE).as_deref(), Some("GPU-01234567-89ab-cdef-0123-456789abcdef"));
        assert_eq!(driver.figures([0; 16]), None);
    }

    #[test]
    fn without_a_library_that_works_there_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("libnvidia-ml.so.1");
        let text = folder.path().join("text.so");
        fs::write(&text, "no library").unwrap();
        let empty = fake(folder.path(), "empty.so", &["-DEMPTY"]);
        let refuses = fake(folder.path(), "refuses.so", &["-DREFUSES"]);
        assert!(Driver::load(&[&missing, &text, &empty, &refuses]).is_none());
        let works = fake(folder.path(), "works.so", &[]);
        assert!(Driver::load(&[&missing, &text, &empty, &refuses, &works]).is_some());
    }

    #[test]
    fn what_an_old_library_cannot_say_is_absent() {
        let folder = tempfile::tempdir().unwrap();
        let driver = Driver::load(&[fake(folder.path(), "old.so", &["-DOLD"])]).unwrap();
        let figures = driver.figures(WHOLE).unwrap();
        assert_eq!((figures.memory, figures.utilisation, figures.power), (None, Some(97), Some(612_345)));
    }
}

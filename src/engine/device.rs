//! Which device trains, and why: `auto` takes CUDA where it is really usable and says why where not.

use std::path::Path;

use rand::RngExt;
use tch::{Cuda, Kind, Tensor};

use super::bridge;
use super::error::EngineError;
pub use super::kernel::instruction_set;
use super::shim;
use crate::study::config::{DeviceChoice, Kernels, Precision, RunConfig};
use crate::study::random::{self, Purpose};

/// LibTorch's version that this program was built against.
pub const LIBTORCH_VERSION: &str = env!("SUPERFUSE_LIBTORCH_VERSION");
/// `cpu` or `cuda`: which LibTorch this program was built against.
pub const LIBTORCH_FLAVOUR: &str = env!("SUPERFUSE_LIBTORCH_FLAVOUR");

/// The devices that were taken.
#[derive(Clone, Debug)]
pub struct Devices {
    /// One for each worker.
    pub workers: Vec<Compute>,
    /// In words, with the reason where `auto` chose.
    pub description: String,
}

/// Where and how one worker computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compute {
    /// The device.
    pub device: tch::Device,
    /// Threads on the CPU.
    pub threads: usize,
    /// What computes.
    pub arithmetic: Arithmetic,
}

/// What computes a head's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// The program's own kernel, on the CPU.
    Fused,
    /// LibTorch's operations.
    LibTorch,
}

impl Compute {
    /// The CPU with every core.
    pub fn cpu() -> Self {
        Self { device: tch::Device::Cpu, threads: cores(), arithmetic: Arithmetic::Fused }
    }

    /// The same device for burn's modules.
    pub fn burn(&self) -> burn::tensor::Device {
        bridge::device(self.device)
    }
}

/// The devices that `run` asks for, as many as its workers (0: one for each visible device; on the CPU one,
/// with all cores).
pub fn choose(run: &RunConfig) -> Result<Devices, EngineError> {
    let (asked, workers) = (run.device, run.workers);
    match (asked, cuda()) {
        (DeviceChoice::Cpu, _) => Ok(cpu(run, None)),
        (DeviceChoice::Auto, Err(none)) => Ok(cpu(run, Some(&none.why))),
        (DeviceChoice::Auto | DeviceChoice::Cuda(None), Ok(count)) => {
            cuda_devices(&(0..count).collect::<Vec<_>>(), workers, run.precision)
        }
        (DeviceChoice::Cuda(Some(index)), Ok(count)) if index < count => {
            cuda_devices(&[index], workers, run.precision)
        }
        (DeviceChoice::Cuda(Some(index)), Ok(count)) => {
            Err(refusal(asked, format!("there is no device {index}; visible devices: {count}")))
        }
        (DeviceChoice::Cuda(_), Err(NoCuda { why, mend })) => {
            Err(refusal(asked, format!("{why}: {mend}, or take run.device = \"cpu\" or \"auto\"")))
        }
    }
}

/// Why no CUDA device is usable, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoCuda {
    /// The reason.
    pub why: String,
    /// What to do.
    pub mend: &'static str,
}

/// How many CUDA devices are really usable, or why none is.
pub fn cuda() -> Result<usize, NoCuda> {
    let no_cuda = |why: &str, mend| Err(NoCuda { why: why.into(), mend });
    if LIBTORCH_FLAVOUR != "cuda" {
        return no_cuda("this build is without CUDA", "`cargo xtask build --cuda` makes the other one");
    }
    if !Path::new("/proc/driver/nvidia").exists() && !Path::new("/dev/nvidiactl").exists() {
        return no_cuda("there is no NVIDIA driver", "install NVIDIA's driver, or train on the CPU");
    }
    let count = if Cuda::is_available() { Cuda::device_count() } else { 0 };
    if count == 0 {
        return no_cuda(
            "LibTorch sees no CUDA device",
            "it wants a driver for CUDA 13, and CUDA_VISIBLE_DEVICES unset or not empty",
        );
    }
    // A device can be visible and still refuse work (exclusive use, a driver that is too old).
    let product =
        Tensor::f_ones([2, 2], (Kind::Float, tch::Device::Cuda(0))).and_then(|ones| ones.f_matmul(&ones));
    match product {
        Ok(_) => Ok(count as usize),
        Err(error) => no_cuda(
            &format!("CUDA failed its first operation ({})", first_line(&error.to_string())),
            "look at `nvidia-smi`: another process may hold the device",
        ),
    }
}

/// Cores that this process may use: those there are, or as many of them as `OMP_NUM_THREADS` leaves it.
pub fn cores() -> usize {
    let available = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let asked = std::env::var("OMP_NUM_THREADS").ok().and_then(|asked| asked.parse().ok());
    asked.unwrap_or(available).clamp(1, available)
}

fn cpu(run: &RunConfig, why: Option<&str>) -> Devices {
    let workers = run.workers.clamp(1, cores());
    let threads = cores() / workers;
    let mut description = format!("cpu, {} × {}", workers, plural(threads, "thread"));
    if workers == 1 {
        description = format!("cpu, {}", plural(threads, "thread"));
    }
    if let Some(why) = why {
        description = format!("{description} (auto: {why})");
    }
    let arithmetic = match run.kernels {
        Kernels::Fused => Arithmetic::Fused,
        Kernels::LibTorch => Arithmetic::LibTorch,
    };
    let compute = Compute { device: tch::Device::Cpu, threads, arithmetic };
    Devices { workers: vec![compute; workers], description }
}

fn cuda_devices(visible: &[usize], workers: usize, precision: Precision) -> Result<Devices, EngineError> {
    let used = &visible[..if workers == 0 { visible.len() } else { workers.min(visible.len()) }];
    let names: Vec<String> = used.iter().map(|index| format!("cuda:{index}")).collect();
    let compute = |&index: &usize| Compute {
        device: tch::Device::Cuda(index),
        threads: cores(),
        arithmetic: Arithmetic::LibTorch,
    };
    let workers = used.iter().map(compute).collect();
    let mut description = names.join(", ");
    let apart = used.first().map(|&index| parity(precision, tch::Device::Cuda(index))).transpose()?;
    if let Some(apart) = apart.filter(|_| precision == Precision::Tf32) {
        description = format!("{description}, tf32 (a first layer differs by up to {apart:.1e} from f32)");
    }
    Ok(Devices { workers, description })
}

/// Sets how LibTorch multiplies matrices from now on, and says how far a first layer's results lie from those of `f32`:
/// the largest difference over the largest result, 1,024 rows of width 1,536 and 32 units, values from a fixed stream.
fn parity(precision: Precision, device: tch::Device) -> Result<f64, EngineError> {
    let mut rng = random::stream(Purpose::Parity, 0, 0, 0);
    let mut uniform = |height: i64, width: i64| {
        let values: Vec<f32> = (0..height * width).map(|_| rng.random::<f32>() * 2.0 - 1.0).collect();
        Tensor::from_slice(&values).view([height, width]).to_device(device)
    };
    let (rows, weight) = (uniform(1024, 1536), uniform(1536, 32));
    shim::set_precision(c"highest")?;
    let exact = rows.matmul(&weight);
    if precision == Precision::Tf32 {
        shim::set_precision(c"high")?;
    }
    let apart = (rows.matmul(&weight) - &exact).abs().max() / exact.abs().max();
    Ok(apart.double_value(&[]))
}

fn refusal(asked: DeviceChoice, why: String) -> EngineError {
    EngineError::Device { asked: asked.into(), why }
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_there_and_its_threads_are_shared_out() {
        let run = |device, workers| RunConfig { device, workers, ..RunConfig::default() };
        let devices = choose(&run(DeviceChoice::Cpu, 0)).unwrap();
        assert_eq!(devices.workers, [Compute::cpu()]);
        let many = choose(&run(DeviceChoice::Cpu, 10_000)).unwrap();
        assert_eq!(many.workers.len(), cores());
        assert!(many.workers.iter().all(|worker| worker.threads == 1));
    }

    #[test]
    fn a_first_layer_in_another_precision_is_near_that_of_f32_and_in_f32_is_the_same() {
        let _no_grad = tch::no_grad_guard();
        let apart = |precision| parity(precision, tch::Device::Cpu).unwrap();
        assert_eq!(apart(Precision::F32), 0.0);
        // TF32 keeps 11 bits; processors that have none compute in f32.
        assert!(apart(Precision::Tf32) < 2e-3);
        assert_eq!(apart(Precision::F32), 0.0, "and back again");
    }

    #[test]
    fn asking_for_a_device_that_is_not_there_is_refused_with_the_reason() {
        let run = RunConfig { device: DeviceChoice::Cuda(Some(999)), ..RunConfig::default() };
        let refusal = choose(&run).unwrap_err();
        assert!(refusal.is_bad_input());
        assert!(refusal.to_string().starts_with("run.device = \"cuda:999\" cannot be used: "), "{refusal}");
    }
}

//! Which device trains, and why: `auto` takes CUDA where it is really usable, and the description gives the reason
//! where it is not.

use std::path::Path;

use tch::{Cuda, Kind, NoGradGuard, Tensor};

use crate::backend::bridge;
pub use crate::backend::kernel::instruction_set;
use crate::backend::precision;
use crate::backend::shim;
use crate::error::EngineError;
use study::config::{DeviceChoice, Kernels, Precision, RunConfig};

/// No advice where the cores in use are at least this share of those that more workers would use.
const NEARLY: f64 = 0.9;

/// LibTorch's version that this program was built against.
pub const LIBTORCH_VERSION: &str = env!("SUPERFUSE_LIBTORCH_VERSION");
/// `cpu` or `cuda`: which LibTorch this program was built against.
pub const LIBTORCH_FLAVOUR: &str = env!("SUPERFUSE_LIBTORCH_FLAVOUR");

/// Whether this program can record steps on a GPU: whether CUDA's headers were there when it was built.
pub const HAS_GRAPHS: bool = cfg!(superfuse_graphs);

/// The devices that were taken.
#[derive(Clone, Debug)]
pub struct Devices {
    /// One for each worker.
    pub workers: Vec<Compute>,
    /// For people, with the reason where `auto` chose.
    pub description: String,
    /// For people: what would use them better.
    pub advice: Option<String>,
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
    /// What training and validation rows are kept in, and so what their products with weights are made in.
    pub rows: Kind,
    /// Whether a step is recorded once and then sent to the GPU as a whole (a CUDA graph).
    pub uses_graphs: bool,
    /// Which of the GPU's streams it computes on: workers that share a GPU have one each.
    pub stream: usize,
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
        Self {
            device: tch::Device::Cpu,
            threads: cores(),
            arithmetic: Arithmetic::Fused,
            rows: Kind::Float,
            uses_graphs: false,
            stream: 0,
        }
    }

    /// Makes the calling thread compute here from now on, LibTorch's own work on `threads` cores; without gradients
    /// while the guard lives.
    pub(crate) fn enter(&self, threads: usize) -> Result<NoGradGuard, EngineError> {
        tch::set_num_threads(threads as i32);
        if let tch::Device::Cuda(index) = self.device {
            shim::use_stream(index, self.stream)?;
        }
        Ok(tch::no_grad_guard())
    }

    /// As one of so many groups that train side by side here.
    ///
    /// On a GPU they share a stream. What one gives to it while another records a step would become part of that step,
    /// so steps are recorded only where a group has the stream to itself.
    pub(crate) const fn among(self, groups: usize) -> Self {
        Self { uses_graphs: self.uses_graphs && groups < 2, ..self }
    }

    /// The same device for burn's modules.
    pub fn burn(&self) -> burn::tensor::Device {
        bridge::device(self.device)
    }
}

/// Waits until a GPU has finished the work of all threads; and before that until no thread records a step, since such a
/// wait would spoil the recording.
pub(crate) fn wait(device: tch::Device) {
    if let tch::Device::Cuda(index) = device {
        shim::while_nothing_records(|| Cuda::synchronize(index as i64));
    }
}

/// The devices that `run` asks for with its workers, each of which trains cohorts of `seeds` heads.
///
/// `run.workers = 0` is one worker for each visible GPU, or one with all cores of the CPU. More workers than GPUs share
/// them.
pub fn choose(run: &RunConfig, seeds: usize) -> Result<Devices, EngineError> {
    let asked = run.device;
    let devices = match (asked, cuda()) {
        (DeviceChoice::Cpu, _) => cpu(run, seeds, None),
        (DeviceChoice::Auto, Err(none)) => cpu(run, seeds, Some(&none.why)),
        (DeviceChoice::Auto | DeviceChoice::Cuda(None), Ok(count)) => {
            on_gpus(run, &(0..count).collect::<Vec<_>>())
        }
        (DeviceChoice::Cuda(Some(index)), Ok(count)) if index < count => on_gpus(run, &[index]),
        (DeviceChoice::Cuda(Some(index)), Ok(count)) => {
            return Err(refusal(asked, format!("there is no device {index}; visible devices: {count}")));
        }
        (DeviceChoice::Cuda(_), Err(NoCuda { why, fix })) => {
            let why = format!("{why}: {fix}, or take run.device = \"cpu\" or \"auto\"");
            return Err(refusal(asked, why));
        }
    };
    with_precision(devices, run.precision)
}

/// Why no CUDA device is usable, and what would fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoCuda {
    /// The reason.
    pub why: String,
    /// What to do.
    pub fix: &'static str,
}

/// How many CUDA devices are really usable, or why none is.
pub fn cuda() -> Result<usize, NoCuda> {
    let no_cuda = |why: &str, fix| Err(NoCuda { why: why.into(), fix });
    if LIBTORCH_FLAVOUR != "cuda" {
        return no_cuda(
            "this build is without CUDA",
            "`cargo xtask build --cuda` makes one with it, and a wheel for CUDA holds one",
        );
    }
    // The last is that of Windows' subsystem for Linux.
    let signs = ["/proc/driver/nvidia", "/dev/nvidiactl", "/usr/lib/wsl/lib/libcuda.so.1"];
    if !signs.iter().any(|sign| Path::new(sign).exists()) {
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

fn cpu(run: &RunConfig, seeds: usize, why: Option<&str>) -> Devices {
    let workers = run.workers.clamp(1, cores());
    let threads = cores() / workers;
    let mut description = format!("cpu, {} × {}", workers, plural(threads, "thread"));
    if workers == 1 {
        description = format!("cpu, {}", plural(threads, "thread"));
    }
    let arithmetic = match (run.kernels, run.precision) {
        // The fused kernel knows `f32` alone.
        (Kernels::LibTorch, _) | (_, Precision::Bf16) => Arithmetic::LibTorch,
        (Kernels::Fused, Precision::F32 | Precision::Tf32) => Arithmetic::Fused,
    };
    if arithmetic == Arithmetic::Fused {
        description = format!("{description}, {} kernel", instruction_set());
    }
    if let Some(why) = why {
        description = format!("{description} (auto: {why})");
    }
    let compute = Compute { threads, arithmetic, ..Compute::cpu() };
    let advice = if run.workers == 0 { busier(cores(), seeds) } else { None };
    Devices { workers: vec![compute; workers], description, advice }
}

/// What would keep more of `cores` cores busy than one cohort of `seeds` does. A core trains whole seeds, so cores
/// are idle where there are more of them than seeds, or where the seeds do not divide evenly.
///
/// With several workers the order of events differs from run to run, so the user decides.
fn busier(cores: usize, seeds: usize) -> Option<String> {
    let seeds = seeds.max(1);
    // Cores' worth of seeds that all workers train in the time of one.
    let busy = |workers: usize| (workers * seeds) as f64 / seeds.div_ceil(cores / workers) as f64;
    let best = (1..=cores).map(busy).fold(0.0, f64::max);
    let fewest = (1..=cores).find(|&workers| busy(workers) >= NEARLY * best)?;
    let shown = |workers: usize| format!("{:.1}", busy(workers)).trim_end_matches(".0").to_owned();
    (fewest > 1).then(|| {
        format!(
            "{} at a time use {} of {cores} cores; run.workers = {fewest} would use {}",
            plural(seeds, "seed"),
            shown(1),
            shown(fewest)
        )
    })
}

/// Workers assigned to GPUs in turn.
fn on_gpus(run: &RunConfig, visible: &[usize]) -> Devices {
    let count = if run.workers == 0 { visible.len() } else { run.workers };
    let compute = |worker: usize| Compute {
        device: tch::Device::Cuda(visible[worker % visible.len()]),
        arithmetic: Arithmetic::LibTorch,
        uses_graphs: HAS_GRAPHS && run.kernels == Kernels::Fused,
        stream: worker / visible.len(),
        ..Compute::cpu()
    };
    let workers: Vec<Compute> = (0..count).map(compute).collect();
    let of_gpu = |&index: &usize| {
        let device = tch::Device::Cuda(index);
        match workers.iter().filter(|worker| worker.device == device).count() {
            0 => None,
            1 => Some(format!("cuda:{index}")),
            several => Some(format!("cuda:{index} × {several} workers")),
        }
    };
    let description = visible.iter().filter_map(of_gpu).collect::<Vec<_>>().join(", ");
    Devices { workers, description, advice: None }
}

/// Makes products of matrices in `precision` where the devices can, and adds to the description how far that is from `f32`.
fn with_precision(mut devices: Devices, precision: Precision) -> Result<Devices, EngineError> {
    let Some(device) = devices.workers.first().map(|first| first.device) else { return Ok(devices) };
    let difference = precision::set(precision, device)?;
    if precision == Precision::Bf16 {
        for worker in &mut devices.workers {
            worker.rows = Kind::BFloat16;
        }
    }
    let name = match precision {
        Precision::F32 => return Ok(devices),
        Precision::Tf32 if device == tch::Device::Cpu => return Ok(devices),
        Precision::Tf32 => "tf32",
        Precision::Bf16 => "bf16",
    };
    devices.description =
        format!("{}, {name} (a first layer differs by up to {difference:.1e} from f32)", devices.description);
    Ok(devices)
}

fn refusal(asked: DeviceChoice, why: String) -> EngineError {
    EngineError::Device { asked: asked.into(), why }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_on_the_cpu_share_its_threads() {
        let run = |device, workers| RunConfig { device, workers, ..RunConfig::default() };
        let devices = choose(&run(DeviceChoice::Cpu, 0), 20).unwrap();
        assert_eq!(devices.workers, [Compute::cpu()]);
        let many = choose(&run(DeviceChoice::Cpu, 10_000), 20).unwrap();
        assert_eq!(many.workers.len(), cores());
        assert!(many.workers.iter().all(|worker| worker.threads == 1));
    }

    #[test]
    fn advice_names_idle_cores_and_the_workers_that_would_use_them() {
        for (cores, seeds) in [(2, 10), (2, 20), (4, 20), (1, 1)] {
            assert_eq!(busier(cores, seeds), None, "{cores} {seeds}");
        }
        let advice = |cores, seeds| busier(cores, seeds).unwrap();
        assert_eq!(advice(2, 1), "1 seed at a time use 1 of 2 cores; run.workers = 2 would use 2");
        assert_eq!(advice(2, 3), "3 seeds at a time use 1.5 of 2 cores; run.workers = 2 would use 2");
        let odd = "20 seeds at a time use 6.7 of 8 cores; run.workers = 2 would use 8";
        assert_eq!(advice(8, 20), odd);
        // Three workers of 5 threads: 20 seeds in four rounds.
        let rounds = "20 seeds at a time use 10 of 16 cores; run.workers = 3 would use 15";
        assert_eq!(advice(16, 20), rounds);
        let more = "20 seeds at a time use 20 of 64 cores; run.workers = 3 would use 60";
        assert_eq!(advice(64, 20), more);
    }

    #[test]
    fn workers_are_assigned_to_gpus_in_turn_with_a_stream_each() {
        let run = |workers, kernels| RunConfig { workers, kernels, ..RunConfig::default() };
        let devices = on_gpus(&run(0, Kernels::Fused), &[0, 1]);
        assert_eq!(devices.description, "cuda:0, cuda:1");
        let devices = on_gpus(&run(3, Kernels::Fused), &[0, 1]);
        assert_eq!(devices.description, "cuda:0 × 2 workers, cuda:1");
        let places: Vec<_> = devices.workers.iter().map(|worker| (worker.device, worker.stream)).collect();
        let cuda = tch::Device::Cuda;
        assert_eq!(places, [(cuda(0), 0), (cuda(1), 0), (cuda(0), 1)]);
        assert!(devices.workers.iter().all(|worker| worker.uses_graphs == HAS_GRAPHS));
        let one_by_one = on_gpus(&run(1, Kernels::LibTorch), &[2, 5]);
        assert_eq!(one_by_one.description, "cuda:2");
        assert!(!one_by_one.workers[0].uses_graphs);
    }

    #[test]
    fn steps_are_recorded_only_where_one_group_has_the_stream_to_itself() {
        let gpu = Compute { device: tch::Device::Cuda(0), uses_graphs: true, ..Compute::cpu() };
        assert!(gpu.among(1).uses_graphs);
        assert_eq!(gpu.among(2), Compute { uses_graphs: false, ..gpu });
        assert!(!Compute::cpu().among(1).uses_graphs);
    }

    #[test]
    fn bf16_is_computed_by_libtorch_and_named_with_its_parity_and_the_cpu_has_no_tf32() {
        let run = |precision| RunConfig {
            device: DeviceChoice::Cpu,
            workers: 1,
            precision,
            ..RunConfig::default()
        };
        let plain = choose(&run(Precision::F32), 20).unwrap();
        let kernel = format!(", {} kernel", instruction_set());
        let without_kernel = plain.description.strip_suffix(&kernel).unwrap();
        assert_eq!(choose(&run(Precision::Tf32), 20).unwrap().description, plain.description);
        let bf16 = choose(&run(Precision::Bf16), 20).unwrap();
        assert_eq!(
            (bf16.workers[0].arithmetic, bf16.workers[0].rows),
            (Arithmetic::LibTorch, Kind::BFloat16)
        );
        let parity = bf16
            .description
            .strip_prefix(&format!("{without_kernel}, bf16 (a first layer differs by up to "));
        let difference: f64 = parity.unwrap().strip_suffix(" from f32)").unwrap().parse().unwrap();
        assert!((1e-4..2e-2).contains(&difference), "{difference}");
    }

    #[test]
    fn asking_for_a_device_that_is_not_there_is_refused_with_the_reason() {
        let run = RunConfig { device: DeviceChoice::Cuda(Some(999)), ..RunConfig::default() };
        let refusal = choose(&run, 1).unwrap_err();
        assert!(refusal.is_bad_input());
        assert!(refusal.to_string().starts_with("run.device = \"cuda:999\" cannot be used: "), "{refusal}");
    }
}

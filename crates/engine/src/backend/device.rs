//! Which device trains, and why: `auto` takes CUDA where it is really usable, and the description gives the reason
//! where it is not.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use tch::{Kind, NoGradGuard};

use crate::backend::bridge;
pub use crate::backend::gpu::LIBTORCH_FLAVOUR;
use crate::backend::gpu::{self, NoCuda, Usable};
pub use crate::backend::kernel::instruction_set;
use crate::backend::precision;
use crate::backend::shim;
use crate::error::EngineError;
use host::nvml;
use study::config::{DeviceChoice, Gpus, Kernels, Precision, RunConfig};

/// LibTorch's pool has so many streams of a GPU, and begins again behind them.
const STREAMS: usize = 32;
/// How long the driver's names of GPUs are waited for.
const DRIVERS_ANSWER: Duration = Duration::from_secs(3);
/// No advice where the cores in use are at least this share of those that more workers would use.
const NEARLY: f64 = 0.9;

/// LibTorch's version that this program was built against.
pub const LIBTORCH_VERSION: &str = env!("SUPERFUSE_LIBTORCH_VERSION");

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
    /// For people: that a card which is there does not train, and why.
    pub warning: Option<String>,
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
    /// The first of the GPU's streams that are its own: the worker's, then one for each group of its cohort.
    pub stream: usize,
    /// How many are its own.
    pub streams: usize,
}

/// What computes a head's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// The program's own kernel, on the CPU.
    Fused,
    /// LibTorch's operations.
    LibTorch,
}

impl Devices {
    /// Model, UUID and driver of each GPU that trains, for the provenance; empty on the CPU. A driver that does not answer is
    /// not waited for.
    pub(crate) fn gpus(&self) -> Vec<String> {
        let numbers: BTreeSet<usize> = self.workers.iter().filter_map(Compute::gpu).collect();
        if numbers.is_empty() {
            return Vec::new();
        }
        let (send, received) = crossbeam_channel::bounded(1);
        let asked = numbers.clone();
        let ask = move || {
            let driver = nvml::Driver::load(&nvml::LIBRARIES);
            let gpu = |number| named_gpu(number, shim::gpu_uuid(number).ok(), driver.as_ref());
            let _ = send.send(asked.into_iter().map(gpu).collect());
        };
        let _ = thread::Builder::new().name("gpus-named".into()).spawn(ask);
        let unknown = |_| numbers.into_iter().map(|number| named_gpu(number, None, None)).collect();
        received.recv_timeout(DRIVERS_ANSWER).unwrap_or_else(unknown)
    }

    /// Workers that do not take time from each other: those of one GPU share it.
    pub(crate) fn independent(&self) -> usize {
        let mut gpus: Vec<tch::Device> = Vec::new();
        let takes_none = |worker: &&Compute| {
            let is_new = !worker.device.is_cuda() || !gpus.contains(&worker.device);
            gpus.push(worker.device);
            is_new
        };
        self.workers.iter().filter(takes_none).count()
    }
}

/// `cuda:0: NVIDIA H200, GPU-…, driver 580.95.05`, as far as it is known.
fn named_gpu(number: usize, uuid: Option<[u8; 16]>, driver: Option<&nvml::Driver>) -> String {
    let (uuid, model) = uuid.and_then(|uuid| driver?.named(uuid)).unzip();
    let driver = driver.and_then(nvml::Driver::version).map(|version| format!("driver {version}"));
    let known: Vec<String> = [model.flatten(), uuid, driver].into_iter().flatten().collect();
    let known = if known.is_empty() { "unknown".to_owned() } else { known.join(", ") };
    format!("cuda:{number}: {known}")
}

impl Compute {
    /// Its GPU's number, where it is one.
    pub(crate) const fn gpu(&self) -> Option<usize> {
        match self.device {
            tch::Device::Cuda(number) => Some(number),
            tch::Device::Cpu | tch::Device::Mps | tch::Device::Vulkan => None,
        }
    }

    /// The CPU with every core.
    pub fn cpu() -> Self {
        Self {
            device: tch::Device::Cpu,
            threads: cores(),
            arithmetic: Arithmetic::Fused,
            rows: Kind::Float,
            uses_graphs: false,
            stream: 0,
            streams: 1,
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

    /// As group `number` of so many that train side by side here.
    ///
    /// On a GPU each has a stream of its own: what one gives to a stream while another records a step there would become
    /// part of that step. Where they have to share streams, no steps are recorded; one group may share its worker's, which
    /// waits for it.
    pub(crate) const fn among(self, groups: usize, number: usize) -> Self {
        let stream = self.stream + (number + 1) % self.streams;
        Self {
            stream,
            streams: 1,
            uses_graphs: self.uses_graphs && (groups < self.streams || groups == 1),
            ..self
        }
    }

    /// The same device for burn's modules.
    pub fn burn(&self) -> burn::tensor::Device {
        bridge::device(self.device)
    }
}

/// Waits until a GPU has finished what the calling thread gave to it: then other threads, on streams of their own, can read
/// it, and its memory can go to others.
pub(crate) fn finish(device: tch::Device) {
    if let tch::Device::Cuda(index) = device
        && let Err(error) = shim::finish(index)
    {
        // Whatever asks the device next fails, and says so.
        tracing::error!(%error, "waiting for the GPU failed");
    }
}

/// Ends the calling thread's use of a device when it goes, however that comes: finishes its work there and gives back what
/// was kept for it.
pub(crate) struct Finished(pub(crate) tch::Device);

impl Drop for Finished {
    fn drop(&mut self) {
        finish(self.0);
        if self.0.is_cuda()
            && let Err(error) = shim::forget_workspaces()
        {
            tracing::warn!(%error, "cuBLAS keeps memory for a thread that is gone");
        }
    }
}

/// Gives the memory back that streams of a GPU have kept for themselves.
pub(crate) fn give_back(device: tch::Device) {
    if device.is_cuda()
        && let Err(error) = shim::empty_cache()
    {
        tracing::warn!(%error, "the GPU's free memory stays with the streams that used it");
    }
}

/// The devices that `run` asks for with its workers, each of which trains cohorts of `seeds` heads.
///
/// `run.workers = 0` is one worker for each GPU, or one with all cores of the CPU. More workers than GPUs share them.
pub fn choose(run: &RunConfig, seeds: usize) -> Result<Devices, EngineError> {
    let asked = run.device;
    let devices = match asked {
        DeviceChoice::Cpu => cpu(run, seeds, None),
        DeviceChoice::Auto | DeviceChoice::Cuda(None) => match gpu::usable(run.workers) {
            Ok(Usable { gpus, refused }) => Devices { warning: refused, ..on_gpus(run, &gpus) },
            Err(none) if asked == DeviceChoice::Auto => cpu(run, seeds, Some(&none)),
            Err(NoCuda { why, fix, .. }) => return Err(refusal(asked, instead(&why, fix))),
        },
        DeviceChoice::Cuda(Some(gpus)) => match named(gpus) {
            Ok(gpus) => on_gpus(run, &gpus),
            Err(NoCuda { why, fix, .. }) => return Err(refusal(asked, instead(&why, fix))),
        },
    };
    with_precision(devices, run.precision)
}

/// The devices that were named, each of which has to work.
fn named(gpus: Gpus) -> Result<Vec<usize>, NoCuda> {
    let count = gpu::count()?;
    gpus.numbers().map(|index| gpu::check(index, count).map(|()| index)).collect()
}

/// Cores that this process may use: those that it was given, or as many of them as `OMP_NUM_THREADS` leaves it.
pub fn cores() -> usize {
    let available = host::cpus::available();
    let asked = std::env::var("OMP_NUM_THREADS").ok().and_then(|asked| asked.parse().ok());
    asked.unwrap_or(available).clamp(1, available)
}

fn cpu(run: &RunConfig, seeds: usize, none: Option<&NoCuda>) -> Devices {
    let workers = run.workers.clamp(1, cores());
    let threads = cores() / workers;
    let mut description = format!("cpu, {} × {}", workers, plural(threads, "thread"));
    if workers == 1 {
        description = format!("cpu, {}", plural(threads, "thread"));
    }
    let arithmetic = match (run.kernels, run.precision) {
        // The fused kernel knows `f32` alone.
        (Kernels::LibTorch, _) | (_, Precision::Bf16) => Arithmetic::LibTorch,
        (Kernels::Fused | Kernels::Fixed, Precision::F32 | Precision::Tf32) => Arithmetic::Fused,
    };
    if arithmetic == Arithmetic::Fused {
        description = format!("{description}, {} kernel", instruction_set());
    }
    if let Some(none) = none {
        let although = if none.has_card { ", although this machine has a GPU" } else { "" };
        description = format!("{description} (auto{although}: {})", none.why);
    }
    let unused = |none: &NoCuda| {
        format!("this machine has a GPU, and the study trains on the CPU: {}; {}", none.why, none.fix)
    };
    let warning = none.filter(|none| none.has_card).map(unused);
    let compute = Compute { threads, arithmetic, ..Compute::cpu() };
    let advice = if run.workers == 0 { busier(cores(), seeds) } else { None };
    Devices { workers: vec![compute; workers], description, advice, warning }
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
        let verb = if seeds == 1 { "uses" } else { "use" };
        format!(
            "{} at a time {verb} {} of {cores} cores; run.workers = {fewest} would use {}",
            plural(seeds, "seed"),
            shown(1),
            shown(fewest)
        )
    })
}

/// Workers assigned to GPUs in turn.
fn on_gpus(run: &RunConfig, visible: &[usize]) -> Devices {
    let count = if run.workers == 0 { visible.len() } else { run.workers };
    let streams = (STREAMS / count.div_ceil(visible.len())).max(1);
    let compute = |worker: usize| Compute {
        device: tch::Device::Cuda(visible[worker % visible.len()]),
        arithmetic: Arithmetic::LibTorch,
        uses_graphs: HAS_GRAPHS && run.kernels != Kernels::LibTorch,
        stream: worker / visible.len() * streams,
        streams,
        threads: (cores() / count).max(1),
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
    Devices { workers, description, advice: None, warning: None }
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

fn instead(why: &str, fix: &str) -> String {
    format!("{why}: {fix}, or take run.device = \"cpu\" or \"auto\"")
}

fn refusal(asked: DeviceChoice, why: String) -> EngineError {
    EngineError::Device { asked: asked.into(), why }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests;

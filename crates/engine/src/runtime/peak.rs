//! What a device can do at most, measured before the first step, so that a load can be read against it.

use std::time::Instant;

use tch::{Kind, Tensor};

use crate::backend::device::{Arithmetic, Compute, finish};
use crate::backend::kernel::Kernel;
use crate::runtime::progress::Peak;

/// Sums that stay in the cache, of about 0.2 µs each.
const SUMS: u32 = 30_000;
/// Side of the matrices that LibTorch multiplies: on a core, on a GPU.
const SIDES: [i64; 2] = [512, 4096];
/// Floats that are copied, on a core and on a GPU: more than caches hold.
const FLOATS: [i64; 2] = [8 << 20, 64 << 20];
/// How often; the fastest counts.
const REPEATS: u32 = 3;

/// Of the workers' devices together: each GPU, or each core.
pub(crate) fn measure(workers: &[Compute]) -> Peak {
    let mut places: Vec<Compute> = Vec::new();
    for &worker in workers {
        match worker.device {
            tch::Device::Cpu => places.extend(vec![worker; worker.threads]),
            device if places.iter().any(|place| place.device == device) => {}
            _ => places.push(worker),
        }
    }
    // All at once: cores share memory, and often their clock.
    let all = std::thread::scope(|scope| {
        let measured: Vec<_> = places.iter().map(|&place| scope.spawn(move || alone(place))).collect();
        measured.into_iter().filter_map(|thread| thread.join().ok().flatten()).collect::<Vec<_>>()
    });
    Peak { flops: all.iter().map(|peak| peak.flops).sum(), bytes: all.iter().map(|peak| peak.bytes).sum() }
}

/// Of one core, or of a GPU; nothing of a device that does not answer.
fn alone(compute: Compute) -> Option<Peak> {
    let _no_grad = compute.enter(1).ok()?;
    let place = usize::from(compute.device != tch::Device::Cpu);
    let on = (Kind::Float, compute.device);
    let flops = match compute.arithmetic {
        Arithmetic::Fused => {
            let kernel = Kernel::new();
            kernel.sums(SUMS)
                / fastest(compute, || {
                    kernel.sums(SUMS);
                })
        }
        Arithmetic::LibTorch => {
            let side = SIDES[place];
            let on = (compute.rows, compute.device);
            let (a, b) = (Tensor::ones([side, side], on), Tensor::ones([side, side], on));
            2.0 * (side as f64).powi(3) / fastest(compute, || drop(a.matmul(&b)))
        }
    };
    let (from, mut to) = (Tensor::zeros([FLOATS[place]], on), Tensor::zeros([FLOATS[place]], on));
    let bytes = 2.0 * 4.0 * FLOATS[place] as f64;
    Some(Peak { flops, bytes: bytes / fastest(compute, || to.copy_(&from)) })
}

/// Seconds of the fastest of some repeats, the first of which is not counted.
fn fastest(compute: Compute, mut work: impl FnMut()) -> f64 {
    let mut least = f64::INFINITY;
    for repeat in 0..=REPEATS {
        let began = Instant::now();
        work();
        finish(compute.device);
        if repeat > 0 {
            least = least.min(began.elapsed().as_secs_f64());
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_backend_has_a_peak() {
        for arithmetic in [Arithmetic::Fused, Arithmetic::LibTorch] {
            let Peak { flops, bytes } = measure(&[Compute { threads: 1, arithmetic, ..Compute::cpu() }]);
            // From a slow core in a busy machine to a future one.
            assert!((1e8..1e14).contains(&flops), "{flops:e}");
            assert!((1e8..1e13).contains(&bytes), "{bytes:e}");
        }
    }
}

//! GPUs for tests: made-up readings, the same every time.

use std::sync::Arc;

use super::model::Model;
use study::gpus::{Gpu, GpuMemory, Gpus};
use study::grid::CohortId;

/// Two GPUs' readings of 40 seconds. The second one does not report its power, and its name is foreign text.
pub fn read_gpus(model: &mut Model) {
    let trains: Vec<CohortId> = model.current().into_iter().collect();
    let other = CohortId { train_size: 512, ..trains[0] };
    for second in 0..40_u32 {
        let busy = Gpu {
            number: 0,
            name: Some("NVIDIA H200".into()),
            utilisation: Some(100 - 90 / (second + 1) - second % 3),
            memory: Some(GpuMemory {
                used: 90_000_000_000 + 1_000_000_000 * u64::from(second.min(12)),
                total: 150_754_820_096,
            }),
            power: Some(612_345),
            temperature: Some(64),
            trains: trains.clone(),
        };
        let half = Gpu {
            number: 2,
            name: Some("NVIDIA RTX A2000\x1b[31m 12GB Laptop".into()),
            utilisation: Some(50 * (second / 5 % 2)),
            memory: Some(GpuMemory { used: 1_500_000_000, total: 6_000_000_000 }),
            power: None,
            temperature: Some(41),
            trains: [trains.clone(), vec![other]].concat(),
        };
        let at_ms = 1_000 * u64::from(second);
        model.gpus.take(Some(Arc::new(Gpus { at_ms, gpus: vec![busy, half] })));
    }
}

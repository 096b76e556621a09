//! Which devices are taken, and how workers share them.

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
    assert_eq!(advice(2, 1), "1 seed at a time uses 1 of 2 cores; run.workers = 2 would use 2");
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
    assert_eq!(places, [(cuda(0), 0), (cuda(1), 0), (cuda(0), 16)]);
    assert!(devices.workers.iter().all(|worker| worker.uses_graphs == HAS_GRAPHS));
    // Two of them train on one GPU, and all share the machine's cores.
    assert_eq!(devices.independent(), 2);
    assert!(devices.workers.iter().all(|worker| worker.threads == (cores() / 3).max(1)));
    let on_cpu = choose(&RunConfig { device: DeviceChoice::Cpu, ..run(2, Kernels::Fused) }, 20).unwrap();
    assert_eq!(on_cpu.independent(), cores().min(2));
    let one_by_one = on_gpus(&run(1, Kernels::LibTorch), &[2, 5]);
    assert_eq!(one_by_one.description, "cuda:2");
    assert!(!one_by_one.workers[0].uses_graphs);
}

#[test]
fn no_two_groups_of_a_gpu_share_a_stream_on_which_steps_are_recorded() {
    for (workers, groups) in [(1, 1), (1, 20), (1, 31), (2, 15), (3, 4)] {
        let run = RunConfig { workers, ..RunConfig::default() };
        let devices = on_gpus(&run, &[0]);
        let of_worker = |worker: &Compute| {
            let of_groups = (0..groups).map(|number| worker.among(groups, number).stream);
            [worker.stream].into_iter().chain(of_groups).collect::<Vec<_>>()
        };
        let mut streams: Vec<usize> = devices.workers.iter().flat_map(of_worker).collect();
        let recorded = devices.workers[0].among(groups, 0).uses_graphs;
        assert_eq!(recorded, devices.workers[0].uses_graphs, "{workers} × {groups}");
        assert!(streams.iter().all(|&stream| stream < STREAMS), "{streams:?}");
        streams.sort_unstable();
        streams.dedup();
        assert_eq!(streams.len(), workers * (groups + 1), "{workers} × {groups}");
    }
    // One group's worker waits for it.
    let crowded = on_gpus(&RunConfig { workers: 20, ..RunConfig::default() }, &[0]).workers[0];
    assert_eq!((crowded.streams, crowded.among(1, 0).uses_graphs), (1, crowded.uses_graphs));
    // Where there are more groups than streams, they share them, and record nothing.
    let gpu = Compute { device: tch::Device::Cuda(0), uses_graphs: true, streams: 4, ..Compute::cpu() };
    assert!(gpu.among(3, 0).uses_graphs && !gpu.among(4, 0).uses_graphs);
    assert_eq!(gpu.among(9, 8).stream, 1);
    assert!(!Compute::cpu().among(1, 0).uses_graphs);
}

#[test]
fn a_card_that_does_not_train_is_warned_of() {
    let none = |has_card| NoCuda { why: "the driver is too old".into(), fix: "update it", has_card };
    let run = RunConfig::default();
    let warning = cpu(&run, 20, Some(&none(true))).warning.unwrap();
    assert!(warning.contains("has a GPU") && warning.contains("too old; update it"), "{warning}");
    let description = cpu(&run, 20, Some(&none(true))).description;
    assert!(description.contains("(auto, although this machine has a GPU: "), "{description}");
    let without = cpu(&run, 20, Some(&none(false)));
    assert!(without.warning.is_none() && without.description.contains("(auto: the driver is too old)"));
}

#[test]
fn bf16_is_computed_by_libtorch_and_named_with_its_parity_and_the_cpu_has_no_tf32() {
    let run =
        |precision| RunConfig { device: DeviceChoice::Cpu, workers: 1, precision, ..RunConfig::default() };
    let plain = choose(&run(Precision::F32), 20).unwrap();
    let kernel = format!(", {} kernel", instruction_set());
    let without_kernel = plain.description.strip_suffix(&kernel).unwrap();
    assert_eq!(choose(&run(Precision::Tf32), 20).unwrap().description, plain.description);
    let bf16 = choose(&run(Precision::Bf16), 20).unwrap();
    assert_eq!((bf16.workers[0].arithmetic, bf16.workers[0].rows), (Arithmetic::LibTorch, Kind::BFloat16));
    let parity =
        bf16.description.strip_prefix(&format!("{without_kernel}, bf16 (a first layer differs by up to "));
    let difference: f64 = parity.unwrap().strip_suffix(" from f32)").unwrap().parse().unwrap();
    assert!((1e-4..2e-2).contains(&difference), "{difference}");
}

#[test]
fn asking_for_a_device_that_is_not_there_is_refused_with_the_reason() {
    let run = RunConfig { device: DeviceChoice::Cuda(Gpus::new([1, 63])), ..RunConfig::default() };
    let refusal = choose(&run, 1).unwrap_err();
    assert!(refusal.is_bad_input());
    assert!(refusal.to_string().starts_with("run.device = \"cuda:1,63\" cannot be used: "), "{refusal}");
}

#[test]
fn a_gpu_in_the_provenance_has_what_is_known_of_it() {
    assert_eq!(named_gpu(1, None, None), "cuda:1: unknown");
    assert_eq!(named_gpu(0, Some([7; 16]), None), "cuda:0: unknown");
    let on_cpu = choose(&RunConfig { device: DeviceChoice::Cpu, ..RunConfig::default() }, 1).unwrap();
    assert!(on_cpu.gpus().is_empty());
}

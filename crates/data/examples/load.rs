//! Times the reading of a data set: `cargo run --release -p data --example load -- SOURCE [KEY=VALUE …]`.

#![expect(clippy::unwrap_used, reason = "a measurement fails by panicking")]

use std::time::Instant;

use study::config::{self, Override};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let source = arguments.next().unwrap();
    let mut overrides: Vec<Override> = vec![format!("data.source={source}").parse().unwrap()];
    overrides.extend(arguments.map(|argument| argument.parse::<Override>().unwrap()));
    let config = config::read(None, &overrides).unwrap();
    let began = Instant::now();
    let dataset = data::load(&config).unwrap();
    let seconds = began.elapsed().as_secs_f64();
    let began = Instant::now();
    assert_eq!(dataset.fingerprint_of(&config.sweep.tasks), dataset.facts.fingerprint);
    let again = began.elapsed().as_secs_f64();
    let rows = dataset.facts.rows;
    let values =
        (rows.train + rows.validation + rows.test) * (dataset.facts.text_width + dataset.facts.image_width);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak =
        status.lines().find(|line| line.starts_with("VmHWM")).unwrap().split_whitespace().nth(1).unwrap();
    let peak = peak.parse::<f64>().unwrap() * 1024.0;
    let bytes = values as f64 * 4.0;
    println!(
        "{seconds:.2} s (a fingerprint alone: {again:.2} s), {:.0} MB/s of f32, peak {:.2} GB = {:.2} × data + {:.0} MB, {}",
        bytes / seconds / 1e6,
        peak / 1e9,
        peak / bytes,
        (peak - bytes) / 1e6,
        dataset.facts.fingerprint
    );
}

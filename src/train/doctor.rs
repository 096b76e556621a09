//! `doctor`: what was found of LibTorch, devices and terminal, what is missing, and how to fix it.

mod cluster;

use std::fmt::Write;
use std::io::{self, IsTerminal};

use engine::device::{self, LIBTORCH_FLAVOUR, LIBTORCH_VERSION};
use engine::gpu::{self, Usable};
use superfuse::host::proc;
use superfuse::study::config::{Config, RunConfig};

/// One line for each check.
pub(crate) fn report() -> String {
    let mut text = format!("superfuse-tui {}\n", *superfuse::cli::VERSION);
    let mut line = |what: &str, found: &str| {
        let _ = writeln!(text, "{what:<10} {found}");
    };
    line("LibTorch", &format!("{LIBTORCH_VERSION}, built for {LIBTORCH_FLAVOUR}: {}", works()));
    match gpu::usable(0) {
        Ok(Usable { gpus, refused }) => {
            let refused = refused.map_or_else(String::new, |why| format!("; not usable: {why}"));
            let free = gpus.iter().map(|&index| gpu::free_memory(index));
            line("CUDA", &format!("{} usable{}{refused}", gpus.len(), free_on_gpus(free.collect())));
        }
        Err(none) => line("CUDA", &format!("none: {}; {}", none.why, none.fix)),
    }
    match device::choose(&RunConfig::default(), Config::default().sweep.seeds.resolve().len()) {
        Ok(devices) => line("device", &devices.description),
        Err(error) => line("device", &error.to_string()),
    }
    line("kernels", &kernels());
    line("memory", &memory());
    line("Slurm", &cluster::slurm());
    line("files", &cluster::runs());
    line("terminal", &terminal());
    line("colours", &colours());
    line("locale", &locale());
    text
}

/// A matrix product by LibTorch, so that a broken installation shows here and not in a study.
fn works() -> String {
    let ones = tch::Tensor::f_ones([8, 8], (tch::Kind::Float, tch::Device::Cpu));
    match ones.and_then(|ones| ones.f_matmul(&ones)).and_then(|product| product.f_sum(tch::Kind::Float)) {
        Ok(sum) if sum.double_value(&[]) == 512.0 => "computes".into(),
        Ok(sum) => format!("computes wrongly: 8³ is not {}", sum.double_value(&[])),
        Err(error) => format!("fails: {error}"),
    }
}

/// What a step is computed by where it is not LibTorch's operations one by one.
fn kernels() -> String {
    let on_gpu = match (LIBTORCH_FLAVOUR, device::HAS_GRAPHS) {
        ("cuda", true) => "; on a GPU steps are recorded",
        ("cuda", false) => {
            "; on a GPU operations go one by one: this was built without CUDA's headers (CUDA_HOME names a toolkit)"
        }
        _ => "",
    };
    format!("fused, {}{on_gpu}", device::instruction_set())
}

fn memory() -> String {
    match (proc::available_memory(), proc::total_memory()) {
        (Some(free), Some(all)) => format!("{:.1} of {:.1} GiB free", gib(free), gib(all)),
        _ => "unknown".into(),
    }
}

/// Of each GPU, where all of them say it.
fn free_on_gpus(free: Option<Vec<u64>>) -> String {
    let shown =
        free.map(|free| free.into_iter().map(|bytes| format!("{:.1}", gib(bytes))).collect::<Vec<_>>());
    shown.map_or_else(String::new, |shown| format!(", {} GiB free", shown.join(" and ")))
}

fn plural(count: u32, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn gib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

fn terminal() -> String {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return "none here; `superfuse-tui run` needs none".into();
    }
    let size = crossterm::terminal::size();
    let size = size.map_or_else(|_| "size unknown".into(), |(columns, rows)| format!("{columns} × {rows}"));
    let ssh = if variable("SSH_CONNECTION").is_empty() { "" } else { ", over SSH" };
    format!("{} {size}{ssh}", variable("TERM"))
}

fn colours() -> String {
    if !variable("NO_COLOR").is_empty() {
        return "none (NO_COLOR is set)".into();
    }
    let (term, depth) = (variable("TERM"), variable("COLORTERM"));
    match (depth.as_str(), term.as_str()) {
        ("truecolor" | "24bit", _) => "true colour".into(),
        (_, term) if term.contains("256") => "256 (COLORTERM=truecolor in the environment gives all)".into(),
        (_, "" | "dumb") => "none (TERM names no colours)".into(),
        _ => "16 (TERM=xterm-256color gives more, where the terminal can)".into(),
    }
}

fn locale() -> String {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().map(variable).find(|value| !value.is_empty());
    match locale {
        Some(locale) if locale.to_uppercase().replace('-', "").contains("UTF8") => format!("{locale}: UTF-8"),
        Some(locale) => format!("{locale}: no UTF-8, so charts are drawn in ASCII (LANG=C.UTF-8 fixes it)"),
        None => "unset, so charts are drawn in ASCII (LANG=C.UTF-8 fixes it)".into(),
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_memory_of_each_gpu_is_said_where_all_is_known() {
        assert_eq!(free_on_gpus(Some(vec![149_250_000_000])), ", 139.0 GiB free");
        assert_eq!(free_on_gpus(Some(vec![1 << 30, 3 << 29])), ", 1.0 and 1.5 GiB free");
        assert_eq!(free_on_gpus(None), "");
    }
}

//! What a study takes, before it begins: its trials, about how long they take, the largest part of that, what it is
//! estimated from, and how much memory it needs.

use std::collections::BTreeSet;

use super::config::Memory;
use super::event::RunHeader;
use super::format::{about_duration, count, counted};
use super::grid::Sweep;
use super::model::ModelId;

/// About how long trials take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Trials that are to be trained.
    pub trials: usize,
    /// Seconds from start to end.
    pub seconds: f64,
    /// The model that takes most of it, with its share.
    pub largest: (ModelId, f64),
    /// What the seconds are estimated from.
    pub basis: Basis,
    /// What the largest configuration takes, once that is known.
    pub memory: Option<MemoryUse>,
}

/// What seconds are estimated from, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// The speed that an earlier run of this machine had.
    LastRun,
    /// Some steps that were timed.
    Measured,
    /// Operations, as much slower than the devices' peak as other models were.
    Scaled,
    /// Operations at the devices' peak, which no real run reaches.
    Peak,
}

/// Memory that a study takes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// Bytes while the largest configuration trains.
    pub most: u64,
    /// Bytes that it may take, where that is known.
    pub allowed: Option<u64>,
    /// Whether it is too large for all its seeds at once.
    pub in_parts: bool,
}

/// Seconds below which an estimate has no number.
const SHORT: f64 = 45.0;
/// A part of the time that is as good as all of it.
const NEARLY_ALL: f64 = 0.975;

impl Basis {
    /// As text.
    pub const fn text(self) -> &'static str {
        match self {
            Self::LastRun => "from the last run on this machine",
            Self::Measured => "from a short measurement",
            Self::Scaled => "scaled from the speed of other models",
            Self::Peak => "at the device's peak: real runs take longer",
        }
    }
}

impl MemoryUse {
    /// As text: `up to 1.9 of 18 GB`.
    pub fn text(&self) -> String {
        let parts = if self.in_parts { ", seeds in parts" } else { "" };
        let most = rounded(self.most);
        let Some(allowed) = self.allowed.map(rounded) else { return format!("up to {most}{parts}") };
        let unit = |text: &str| text.rsplit(' ').next().map(str::to_owned);
        let most = if unit(&most) == unit(&allowed) {
            most.split(' ').next().unwrap_or_default().to_owned()
        } else {
            most
        };
        format!("up to {most} of {allowed}{parts}")
    }
}

/// An amount of memory to two digits: `1.9 GB`, `18 GB`, `310 MB`.
fn rounded(bytes: u64) -> String {
    let step = 10_u64.pow(bytes.max(1).ilog10().saturating_sub(1));
    let text = Memory::shown((bytes + step / 2) / step * step);
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

impl Estimate {
    /// Of `trials` trials, from the seconds of their parts, each with its model; absent where there is no part. The
    /// learning rates of a model are one part.
    pub fn of(trials: usize, parts: impl IntoIterator<Item = (ModelId, f64)>, basis: Basis) -> Option<Self> {
        // In the order in which they come, so that equals do not depend on anything else.
        let mut by_model: Vec<(ModelId, f64)> = Vec::new();
        for (model, seconds) in parts {
            let model = model.at_rate(None);
            match by_model.iter_mut().find(|(known, _)| *known == model) {
                Some((_, sum)) => *sum += seconds,
                None => by_model.push((model, seconds)),
            }
        }
        let seconds: f64 = by_model.iter().map(|(_, seconds)| seconds).sum();
        let (model, most) = by_model.into_iter().rev().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let largest = (model, if seconds > 0.0 { most / seconds } else { 1.0 });
        Some(Self { trials, seconds, largest, basis, memory: None })
    }

    /// `about 24 min, tensor 22 min of it`; where that is no number, the part in percent.
    pub fn time(&self) -> String {
        let time = about_duration(self.seconds);
        let (model, share) = self.largest;
        if share >= NEARLY_ALL {
            return format!("{time}, nearly all of it {model}");
        }
        if self.seconds < SHORT {
            // In steps of 5 %: the estimate is no better than that.
            return format!("{time}, of which {model} about {:.0} %", (share * 20.0).round() * 5.0);
        }
        let part = about_duration(self.seconds * share);
        format!("{time}, {model} {} of it", part.strip_prefix("about ").unwrap_or(&part))
    }

    /// `480 trials (3 fusions × 2 tasks × 8 sizes × 10 seeds), about 24 min, tensor 22 min of it (from the last run on
    /// this machine); memory: up to 1.9 of 18 GB`.
    pub fn sentence(&self, header: &RunHeader) -> String {
        let all = trials(&header.sweep);
        let some = if self.trials == number(&header.sweep) {
            String::new()
        } else {
            format!("{} of ", count(self.trials))
        };
        let memory = self.memory.map_or_else(String::new, |memory| format!("; memory: {}", memory.text()));
        format!("{some}{all}, {} ({}){memory}", self.time(), self.basis.text())
    }
}

/// The trials of a study, as a product: `480 trials (3 fusions × 2 tasks × 8 sizes × 10 seeds)`.
pub fn trials(sweep: &Sweep) -> String {
    format!("{} ({})", counted(number(sweep), "trial"), product(sweep))
}

/// The grid of a study, as a product that is its number of trials: `3 fusions × 2 tasks × 8 sizes × 10 seeds`.
pub fn product(sweep: &Sweep) -> String {
    format!(
        "{} × {} × {} × {}",
        models(sweep),
        counted(sweep.tasks.len(), "task"),
        counted(sweep.sizes.len(), "size"),
        counted(sweep.seeds.len(), "seed"),
    )
}

/// `3 fusions and 2 baselines × 2 training variants × 2 learning rates`. Where models have not equally many rates, such
/// a product does not exist, and it is `7 models`.
fn models(sweep: &Sweep) -> String {
    let plainly =
        |models: &[ModelId]| models.iter().map(|model| model.plain()).collect::<BTreeSet<_>>().len();
    let (fusions, baselines) = (plainly(&sweep.fusions), plainly(&sweep.baselines));
    let ways = sweep.trained().map(|model| model.robust).collect::<BTreeSet<_>>().len();
    let of_model = |model: &ModelId| sweep.rates.get(model).map_or(1, Vec::len);
    let rates: BTreeSet<usize> = sweep.fusions.iter().chain(&sweep.baselines).map(of_model).collect();
    let rates = rates.first().copied().filter(|_| rates.len() == 1).unwrap_or(1);
    let all = sweep.trained().count();
    if all != (fusions + baselines) * ways * rates {
        return counted(all, "model");
    }
    let also = |number: usize, between: &str, what: &str, least: usize| {
        if number < least { String::new() } else { format!("{between}{}", counted(number, what)) }
    };
    format!(
        "{}{}{}{}",
        counted(fusions, "fusion"),
        also(baselines, " and ", "baseline", 1),
        also(ways, " × ", "training variant", 2),
        also(rates, " × ", "learning rate", 2)
    )
}

fn number(sweep: &Sweep) -> usize {
    sweep.trained().count() * sweep.tasks.len() * sweep.sizes.len() * sweep.seeds.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Rate, Robust};
    use crate::sample;

    #[test]
    fn a_study_is_named_by_its_trials_its_time_and_the_largest_part() {
        let mut header = sample::header();
        header.sweep.baselines = vec![ModelId::TEXT, ModelId::IMAGE];
        let (models, tasks) = (header.sweep.trained().count(), header.sweep.tasks.len());
        let all = models * tasks * header.sweep.sizes.len() * header.sweep.seeds.len();
        let parts = [(ModelId::TENSOR, 200.0), (ModelId::CONCAT, 320.0), (ModelId::TENSOR, 200.0)];
        let estimate = Estimate::of(all, parts, Basis::LastRun).unwrap();
        let said = estimate.sentence(&header);
        assert!(said.starts_with(&format!("{all} trials (")), "{said}");
        assert!(said.contains(" and 2 baselines × "), "{said}");
        let end = " seeds), about 12 min, tensor 7 min of it (from the last run on this machine)";
        assert!(said.ends_with(end), "{said}");
        let memory = MemoryUse { most: 1_930_000_000, allowed: Some(18_200_000_000), in_parts: false };
        let said = Estimate { memory: Some(memory), basis: Basis::Peak, ..estimate }.sentence(&header);
        assert!(
            said.ends_with(" (at the device's peak: real runs take longer); memory: up to 1.9 of 18 GB"),
            "{said}"
        );
        // Of a run that is resumed, what is left.
        let left = Estimate { trials: 1, ..estimate }.sentence(&header);
        assert!(left.starts_with(&format!("1 of {all} trials (")), "{left}");
    }

    #[test]
    fn ways_to_train_multiply_the_trials_and_not_the_fusions() {
        let mut header = sample::header();
        let ways = [Robust::None, Robust::Noise];
        let fusions = [ModelId::CONCAT, ModelId::TENSOR];
        header.sweep.fusions =
            fusions.iter().flat_map(|model| ways.map(|way| model.trained_with(way))).collect();
        assert!(
            trials(&header.sweep).contains(" trials (2 fusions × 2 training variants × "),
            "{}",
            trials(&header.sweep)
        );
    }

    #[test]
    fn learning_rates_multiply_the_trials_or_are_counted_as_models() {
        let rates = [1e-3, 1e-4].map(|rate| Rate::new(rate).unwrap());
        let mut header = sample::header();
        let ways = [Robust::None, Robust::Drop];
        header.sweep.fusions = ways
            .iter()
            .flat_map(|&way| ModelId::PAPER_FUSIONS.map(|model| model.trained_with(way)))
            .collect();
        header.sweep.rates = header.sweep.fusions.iter().map(|&model| (model, rates.to_vec())).collect();
        let product = "(3 fusions × 2 training variants × 2 learning rates × 2 tasks × 4 sizes × 5 seeds)";
        assert_eq!(trials(&header.sweep), format!("480 trials {product}"));
        header.sweep.rates.retain(|model, _| *model == ModelId::TENSOR);
        assert_eq!(trials(&header.sweep), "280 trials (7 models × 2 tasks × 4 sizes × 5 seeds)");
        // Both rates of a model are the part of it.
        let parts = rates.map(|rate| (ModelId::TENSOR.at_rate(Some(rate)), 300.0));
        let parts = parts.into_iter().chain([(ModelId::CONCAT, 400.0)]);
        let estimate = Estimate::of(2, parts, Basis::Measured).unwrap();
        assert_eq!(estimate.largest, (ModelId::TENSOR, 0.6));
    }

    #[test]
    fn one_model_alone_is_all_of_it_and_nothing_has_no_estimate() {
        let alone = Estimate::of(2, [(ModelId::GMU, 9_000.0)], Basis::Measured).unwrap();
        assert_eq!(alone.time(), "about 3 h, nearly all of it gmu");
        assert_eq!(Estimate::of(0, [], Basis::Peak), None);
    }

    #[test]
    fn the_largest_part_is_named_in_the_units_of_the_whole() {
        let of = |tensor, concat| {
            let parts = [(ModelId::TENSOR, tensor), (ModelId::CONCAT, concat)];
            Estimate::of(2, parts, Basis::Measured).unwrap().time()
        };
        assert_eq!(of(22.0 * 60.0, 120.0), "about 25 min, tensor 20 min of it");
        assert_eq!(of(40.0, 35.0), "about 1 min, tensor under a minute of it");
        assert_eq!(of(3.0, 1.0), "under a minute, of which tensor about 75 %");
    }

    #[test]
    fn memory_is_said_in_two_digits_and_its_unit_once() {
        let of = |most, allowed| MemoryUse { most, allowed, in_parts: false }.text();
        assert_eq!(of(312_345_678, Some(18_000_000_000)), "up to 310 MB of 18 GB");
        assert_eq!(of(12_345_678_901, Some(99_600_000_000)), "up to 12 of 100 GB");
        assert_eq!(of(2_000_000_000, None), "up to 2 GB");
        let parts = MemoryUse { most: 7_900_000_000, allowed: Some(8_000_000_000), in_parts: true };
        assert_eq!(parts.text(), "up to 7.9 of 8 GB, seeds in parts");
    }
}

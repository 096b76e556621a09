//! What a study takes, before it begins: its trials, about how long they take, and the largest part of that.

use std::collections::BTreeSet;

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
}

impl Estimate {
    /// Of `trials` trials, from the seconds of their parts, each with its model; absent where there is no part. The
    /// learning rates of a model are one part.
    pub fn of(trials: usize, parts: impl IntoIterator<Item = (ModelId, f64)>) -> Option<Self> {
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
        Some(Self { trials, seconds, largest: (model, if seconds > 0.0 { most / seconds } else { 1.0 }) })
    }

    /// `about 12 min, of which tensor about 55 %`.
    pub fn time(&self) -> String {
        let time = about_duration(self.seconds);
        let (model, share) = self.largest;
        // In steps of 5 %: the estimate is no better than that.
        match (share * 20.0).round() * 5.0 {
            100.0 => format!("{time}, nearly all of it {model}"),
            percent => format!("{time}, of which {model} about {percent:.0} %"),
        }
    }

    /// `480 trials (3 fusions × 2 tasks × 8 sizes × 10 seeds), about 12 min, of which tensor about 55 %`.
    pub fn sentence(&self, header: &RunHeader) -> String {
        let all = trials(&header.sweep);
        let some = if self.trials == number(&header.sweep) {
            String::new()
        } else {
            format!("{} of ", count(self.trials))
        };
        format!("{some}{all}, {}", self.time())
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
        let estimate = Estimate::of(all, parts).unwrap();
        let said = estimate.sentence(&header);
        assert!(said.starts_with(&format!("{all} trials (")), "{said}");
        assert!(said.contains(" and 2 baselines × "), "{said}");
        assert!(said.ends_with(" seeds), about 12 min, of which tensor about 55 %"), "{said}");
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
        let estimate = Estimate::of(2, parts.into_iter().chain([(ModelId::CONCAT, 400.0)])).unwrap();
        assert_eq!(estimate.largest, (ModelId::TENSOR, 0.6));
    }

    #[test]
    fn one_model_alone_is_all_of_it_and_nothing_has_no_estimate() {
        let alone = Estimate::of(2, [(ModelId::GMU, 9_000.0)]).unwrap();
        assert_eq!(alone.time(), "about 3 h, nearly all of it gmu");
        assert_eq!(Estimate::of(0, []), None);
    }
}

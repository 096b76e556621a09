//! What a study takes, before it begins: its trials, about how long they take, and the largest part of that.

use std::collections::BTreeSet;

use super::event::RunHeader;
use super::format::{about_duration, count, counted};
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
    /// Of `trials` trials, from the seconds of their parts, each with its model; absent where there is no part.
    pub fn of(trials: usize, parts: impl IntoIterator<Item = (ModelId, f64)>) -> Option<Self> {
        // In the order in which they come, so that equals do not depend on anything else.
        let mut by_model: Vec<(ModelId, f64)> = Vec::new();
        for (model, seconds) in parts {
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
        let all = trials(header);
        let some =
            if self.trials == number(header) { String::new() } else { format!("{} of ", count(self.trials)) };
        format!("{some}{all}, {}", self.time())
    }
}

/// The trials of a study, as a product: `480 trials (3 fusions × 2 tasks × 8 sizes × 10 seeds)`.
pub fn trials(header: &RunHeader) -> String {
    let sweep = &header.sweep;
    // Every model is trained in every way.
    let ways = sweep.trained().map(|model| model.robust).collect::<BTreeSet<_>>().len();
    let plainly =
        |models: &[ModelId]| models.iter().map(|model| model.plain()).collect::<BTreeSet<_>>().len();
    let baselines = match plainly(&sweep.baselines) {
        0 => String::new(),
        some => format!(" and {}", counted(some, "baseline")),
    };
    let variants =
        if ways > 1 { format!(" × {}", counted(ways, "training variant")) } else { String::new() };
    format!(
        "{} ({}{baselines}{variants} × {} × {} × {})",
        counted(number(header), "trial"),
        counted(plainly(&sweep.fusions), "fusion"),
        counted(sweep.tasks.len(), "task"),
        counted(sweep.sizes.len(), "size"),
        counted(sweep.seeds.len(), "seed"),
    )
}

fn number(header: &RunHeader) -> usize {
    let sweep = &header.sweep;
    sweep.trained().count() * sweep.tasks.len() * sweep.sizes.len() * sweep.seeds.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Robust;
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
            trials(&header).contains(" trials (2 fusions × 2 training variants × "),
            "{}",
            trials(&header)
        );
    }

    #[test]
    fn one_model_alone_is_all_of_it_and_nothing_has_no_estimate() {
        let alone = Estimate::of(2, [(ModelId::GMU, 9_000.0)]).unwrap();
        assert_eq!(alone.time(), "about 3 h, nearly all of it gmu");
        assert_eq!(Estimate::of(0, []), None);
    }
}

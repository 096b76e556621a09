//! What a submission takes, before it begins: its shards, hours, and what these are estimated from.

use std::fmt::Write;

use super::plan::{self, Shard};
use crate::config::{Config, SHARDS_EACH, TimeLimit};
use crate::cost;
use crate::estimate::trials;
use crate::event::RunHeader;
use crate::format::{about_duration, count, counted, short_duration};
use crate::grid::CohortId;
use crate::shares::Share;

/// Operations a second of an H200 in `f32`, as NVIDIA states it.
const H200: f64 = 67e12;
/// Of a core, measured on two Zen 5 cores.
const CORE: f64 = 0.265e12;
/// Starting the process and its workers, in seconds.
const START: f64 = 3.0;

/// How fast a job is taken to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Operations a second of a job.
    flops: f64,
    /// What starting a step is worth, see [`cost::of_seeds`].
    start: f64,
    /// Seeds that train side by side, a core each; 1 on a GPU.
    beside: usize,
    gpus: u32,
    cpus: u32,
}

/// The shards of a submission and what they take.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// In the order of their numbers, with their seconds as their cost.
    pub shards: Vec<Shard>,
    /// Seconds before a shard trains.
    pub fixed: f64,
    /// Jobs at a time.
    pub concurrent: usize,
    pace: Pace,
}

impl Pace {
    /// Of the jobs that `config` asks for.
    pub fn of(config: &Config) -> Self {
        let cluster = &config.cluster;
        let (gpus, cpus) = (cluster.gpus, cluster.cpus);
        if gpus == 0 {
            let beside = cpus.max(1) as usize;
            return Self { flops: CORE * f64::from(cpus.max(1)), start: 0.0, beside, gpus, cpus };
        }
        Self { flops: H200 * f64::from(gpus), start: cost::STEP_ON_GPU, beside: 1, gpus, cpus }
    }

    /// About how long a job trains so many seeds of a configuration.
    pub fn seconds(&self, header: &RunHeader, cohort: CohortId, seeds: usize) -> f64 {
        let seeds = seeds.next_multiple_of(self.beside);
        cost::of_seeds(header, cohort, seeds, self.start).all() / self.flops
    }

    /// What that is from.
    fn basis(&self) -> String {
        match self.gpus {
            0 => format!(
                "operations at the peak of {}: real runs take longer",
                counted(self.cpus as usize, "current core")
            ),
            1 => "operations at an H200's nominal 67 TFLOP/s in f32, not measured: real runs take longer"
                .to_owned(),
            gpus => format!(
                "operations at the nominal 67 TFLOP/s in f32 of {gpus} H200 each, not measured: real runs take longer"
            ),
        }
    }
}

impl Forecast {
    /// Of what is open, as `config` asks for it; reading the data takes `reading` seconds.
    pub fn of(header: &RunHeader, open: Vec<Share>, reading: f64) -> Self {
        let cluster = &header.config.cluster;
        let (pace, fixed) = (Pace::of(&header.config), START + reading.max(0.0));
        let concurrent = cluster.concurrent.max(1) as usize;
        let seconds = |cohort: CohortId, seeds: usize| pace.seconds(header, cohort, seeds);
        let shards = match cluster.shards {
            0 => plan::best(&open, concurrent, fixed, seconds),
            wanted => plan::exactly(open, wanted as usize, fixed, seconds),
        };
        Self { shards, fixed, concurrent, pace }
    }

    /// Seconds of all jobs together.
    pub fn all(&self) -> f64 {
        self.shards.iter().map(|shard| shard.cost).sum()
    }

    /// Seconds until the last job is done, where none has to wait for others' jobs.
    pub fn end(&self) -> f64 {
        plan::end(&self.shards, self.concurrent)
    }

    /// In lines: trials and shards, the largest one, hours and what they are from, and what does not fit.
    pub fn text(&self, header: &RunHeader) -> String {
        let mut text = String::new();
        let at_once = self.concurrent.min(self.shards.len());
        let seeds = self.shards.iter().flat_map(|shard| &shard.items).map(|item| item.seeds.len());
        let possible = seeds.sum::<usize>().min(SHARDS_EACH * self.concurrent);
        let wanted = header.config.cluster.shards as usize;
        let each = if wanted == 0 && 2 * self.shards.len() < possible {
            ", few because each has to start and read the data"
        } else if self.shards.len() < wanted {
            ", fewer than cluster.shards asks for since seeds are not split"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "plan: {} in {}{each}, {} at a time",
            trials(&header.sweep),
            counted(self.shards.len(), "shard"),
            count(at_once),
        );
        if let Some(largest) = self.longest() {
            let _ = writeln!(
                text,
                "largest: shard {}, {} ({})",
                count(largest),
                short_duration(self.shards[largest].cost),
                self.shards[largest].told()
            );
        }
        let _ = writeln!(
            text,
            "time: {} of jobs in all, {} with {} at a time, {} of each before it trains ({})",
            about_duration(self.all()),
            about_duration(self.end()),
            counted(at_once, "job"),
            short_duration(self.fixed),
            self.pace.basis()
        );
        if let Some(warning) = self.warning(header) {
            let _ = writeln!(text, "warning: {warning}");
        }
        text
    }

    fn longest(&self) -> Option<usize> {
        let costs = self.shards.iter().enumerate();
        costs.rev().max_by(|a, b| a.1.cost.total_cmp(&b.1.cost)).map(|(place, _)| place)
    }

    /// A job that saves and goes back into the queue loses nothing but its place; one that has no time to train does.
    fn warning(&self, header: &RunHeader) -> Option<String> {
        let TimeLimit::Seconds(limit) = header.config.cluster.time else { return None };
        let limit = limit as f64;
        if self.fixed > 0.25 * limit {
            return Some(format!(
                "each job reads the data for {} of its {}: raise cluster.time",
                short_duration(self.fixed),
                short_duration(limit)
            ));
        }
        let longest = self.shards[self.longest()?].cost;
        (longest > limit).then(|| {
            format!(
                "the largest shard is longer than cluster.time ({}): such a job saves, and goes back into the queue",
                short_duration(limit)
            )
        })
    }
}

impl Shard {
    /// What it trains: `tensor-real-4200, 3 seeds`, or how many configurations.
    pub fn told(&self) -> String {
        match self.items.as_slice() {
            [item] => format!("{}, {}", item.cohort, counted(item.seeds.len(), "seed")),
            items => counted(items.len(), "configuration"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read;
    use crate::event::SplitOf;
    use crate::sample;

    fn open(header: &RunHeader) -> Vec<Share> {
        let share = |cohort| Share { cohort, seeds: header.sweep.seeds.clone(), is_whole: true, left: 1.0 };
        header.sweep.cohorts().into_iter().map(share).collect()
    }

    fn forecast(text: &str, reading: f64) -> (Forecast, String) {
        let mut header = sample::header();
        header.config.cluster = read(Some(text), &[]).unwrap().cluster;
        let forecast = Forecast::of(&header, open(&header), reading);
        let text = forecast.text(&header);
        (forecast, text)
    }

    #[test]
    fn a_plan_says_shards_hours_and_their_basis() {
        let (of, text) = forecast("cluster.concurrent = 4\ncluster.shards = 12\ncluster.gpus = 0", 10.0);
        assert_eq!(of.shards.len(), 12);
        assert!(text.starts_with("plan: 120 trials (3 fusions × 2 tasks × 4 sizes × 5 seeds) in "), "{text}");
        assert!(text.contains(" shards, 4 at a time\n"), "{text}");
        assert!(text.contains("real runs take longer"), "{text}");
        assert!(text.contains("the peak of 8 current cores"), "{text}");
        assert!(text.contains("13s of each before it trains") || text.contains("13 s of each"), "{text}");
        let (_, text) = forecast("cluster.gpus = 8", 10.0);
        assert!(text.contains("of 8 H200 each, not measured"), "{text}");
    }

    /// As README shows it.
    #[test]
    fn the_papers_study_is_planned_for_eight_and_sixty_four_gpus() {
        let config = read(Some(include_str!("../../../../configs/paper.toml")), &[]).unwrap();
        let mut header = sample::header();
        header.sweep = config.sweep(327_700).unwrap();
        header.config = config;
        header.data.rows = SplitOf { train: 327_700, validation: 70_221, test: 70_221 };
        (header.data.text_width, header.data.image_width) = (768, 768);
        for (concurrent, fewest) in [(8, 16), (64, 64)] {
            header.config.cluster.concurrent = concurrent;
            let began = std::time::Instant::now();
            let forecast = Forecast::of(&header, open(&header), 60.0);
            println!("{}{:?}", forecast.text(&header), began.elapsed());
            assert!(forecast.shards.len() >= fewest, "{}", forecast.shards.len());
            assert!(forecast.all() / forecast.end() > 0.6 * f64::from(concurrent));
        }
    }

    #[test]
    fn more_shards_than_there_are_seeds_are_said_to_be_too_many() {
        let (of, text) = forecast("cluster.shards = 5_000\ncluster.gpus = 0\ncluster.cpus = 1", 1.0);
        assert!(of.shards.len() <= 120 && text.contains("fewer than cluster.shards asks for"), "{text}");
    }

    #[test]
    fn a_job_that_only_reads_is_warned_of() {
        let (_, text) = forecast("cluster.time = \"0:10:00\"", 200.0);
        assert!(text.contains("warning: each job reads the data for "), "{text}");
        assert!(!forecast("", 200.0).1.contains("warning"));
    }

    #[test]
    fn where_reading_takes_longer_than_training_there_are_few_shards() {
        let (few, text) = forecast("cluster.concurrent = 4", 1_000.0);
        assert!(few.shards.len() <= 6, "{}", few.shards.len());
        assert!(text.contains("few because each has to start and read the data"), "{text}");
        assert!(few.end() >= 1_000.0 && few.all() > few.end());
    }
}

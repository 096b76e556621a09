//! How fast models trained on this machine, in a file of the user's cache folder: what the time of the next study is
//! estimated from. It may be lost at any time, and nothing else is read from it.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::kept;

/// The file's name in the program's cache folder.
pub const FILE: &str = "rates.json";
/// Rates that are kept at most; the oldest go first.
const MOST: usize = 1_000;
/// Characters of a place or a model at most.
const LONGEST_NAME: usize = 2_000;
/// Seconds from which on a rate stands by itself. Below that it is a mean with the one before.
const ENOUGH: f64 = 1.0;
/// How far apart the widths of two data sets may be, as the ratio of their products, for one to stand for the other.
const FARTHEST: f64 = 256.0;

/// What a model took for what it cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Which machine, program and way to compute.
    pub place: String,
    /// The model, its way to train included.
    pub model: String,
    /// Columns of text and of image.
    pub widths: [usize; 2],
    /// Seconds that a worker spent.
    pub seconds: f64,
    /// On configurations of this cost, see `study::cost`.
    pub cost: f64,
}

/// The rates that are known, the newest last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rates(Vec<Rate>);

#[derive(Default, Serialize, Deserialize)]
struct File {
    rates: Vec<Rate>,
}

impl Rates {
    /// Reads the file; none where there is no file. A rate that no machine can have is left out.
    ///
    /// # Errors
    /// Where it cannot be read, is damaged, or is of another format.
    pub fn read(path: &Path) -> io::Result<Self> {
        let file: File = kept::read(path)?;
        Ok(Self(file.rates.into_iter().filter(Rate::is_possible).take(MOST).collect()))
    }

    /// Writes the file whole, and its folder where there is none.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let first = self.0.len().saturating_sub(MOST);
        kept::write(path, File { rates: self.0[first..].to_vec() })
    }

    /// Seconds for each unit of cost; of several widths those of the nearest, if they are not far.
    pub fn find(&self, place: &str, model: &str, widths: [usize; 2]) -> Option<f64> {
        let known = self.0.iter().filter(|rate| rate.place == place && rate.model == model);
        let far = |rate: &&Rate| (product(rate.widths) / product(widths)).ln().abs();
        let nearest = known.min_by(|a, b| far(a).total_cmp(&far(b)))?;
        (far(&nearest) <= FARTHEST.ln()).then(|| nearest.seconds / nearest.cost)
    }

    /// Takes what was measured in place of what was known of the same.
    pub fn record(&mut self, measured: Rate) {
        if !measured.is_possible() {
            return;
        }
        let same = |rate: &Rate| {
            (&rate.place, &rate.model, rate.widths) == (&measured.place, &measured.model, measured.widths)
        };
        let before = self.0.iter().position(same).map(|place| self.0.remove(place));
        let mut rate = measured;
        if let Some(before) = before.filter(|_| rate.seconds < ENOUGH) {
            rate.seconds += before.seconds;
            rate.cost += before.cost;
        }
        self.0.push(rate);
    }
}

impl Rate {
    fn is_possible(&self) -> bool {
        let is_positive = |number: f64| number.is_finite() && number > 0.0;
        let is_short = |name: &str| !name.is_empty() && name.chars().count() <= LONGEST_NAME;
        is_positive(self.seconds)
            && is_positive(self.cost)
            && self.widths.iter().all(|&width| width > 0)
            && is_short(&self.place)
            && is_short(&self.model)
    }
}

fn product(widths: [usize; 2]) -> f64 {
    widths[0] as f64 * widths[1] as f64
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::kept::LONGEST;

    use super::*;

    fn rate(model: &str, width: usize, seconds: f64) -> Rate {
        Rate { place: "here".into(), model: model.into(), widths: [width; 2], seconds, cost: 1e9 }
    }

    fn of(rates: &[Rate]) -> Rates {
        let mut all = Rates::default();
        rates.iter().cloned().for_each(|rate| all.record(rate));
        all
    }

    #[test]
    fn what_is_written_is_read_and_the_folder_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder").join(FILE);
        assert_eq!(Rates::read(&path).unwrap(), Rates::default());
        let rates = of(&[rate("concat", 64, 3.0), rate("tensor", 64, 9.0)]);
        rates.write(&path).unwrap();
        assert_eq!(Rates::read(&path).unwrap(), rates);
        assert_eq!(rates.find("here", "tensor", [64, 64]), Some(9e-9));
        assert_eq!(rates.find("there", "tensor", [64, 64]), None);
    }

    #[test]
    fn a_damaged_file_is_an_error_and_an_impossible_rate_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for text in ["", "{", "[]", r#"{"format":2,"rates":[]}"#] {
            fs::write(&path, text).unwrap();
            assert!(Rates::read(&path).is_err(), "{text}");
        }
        let good = r#"{"place":"here","model":"concat","widths":[8,8],"seconds":1,"cost":1e9}"#;
        let bad = [("seconds\":1", "seconds\":-1"), ("1e9", "0"), ("[8,8]", "[0,8]"), ("concat", "")];
        let bad = bad.map(|(from, to)| good.replace(from, to)).join(",");
        fs::write(&path, format!(r#"{{"format":1,"rates":[{bad},{good}]}}"#)).unwrap();
        let rates = Rates::read(&path).unwrap();
        assert_eq!((rates.0.len(), rates.find("here", "concat", [8, 8])), (1, Some(1e-9)));
        fs::write(&path, vec![b' '; LONGEST as usize + 1]).unwrap();
        assert!(Rates::read(&path).is_err());
    }

    #[test]
    fn the_nearest_widths_count_unless_they_are_far() {
        let rates = of(&[rate("concat", 64, 2.0), rate("concat", 768, 4.0)]);
        assert_eq!(rates.find("here", "concat", [96, 96]), Some(2e-9));
        assert_eq!(rates.find("here", "concat", [512, 512]), Some(4e-9));
        assert_eq!(rates.find("here", "concat", [2, 2]), None);
    }

    #[test]
    fn the_last_run_counts_and_a_short_one_only_in_part() {
        let rates = of(&[rate("concat", 64, 2.0), rate("concat", 64, 6.0)]);
        assert_eq!(rates.find("here", "concat", [64, 64]), Some(6e-9));
        let rates = of(&[rate("concat", 64, 9.5), rate("concat", 64, 0.5)]);
        assert_eq!(rates.find("here", "concat", [64, 64]), Some(5e-9));
    }
}

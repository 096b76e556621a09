//! The keys whose values are neither a number nor a choice: names, devices, labels, sizes, seeds, levels.

use serde::Deserializer;
use toml::de::DeValue;

use super::fault::{quoted, shown};
use super::nearest;
use super::rule::{Number, OneOf, Rule, Whole, each, list, number, whole, without_repetition};
use super::{
    DeviceChoice, LabelValue, Levels, Memory, OneOrMore, Seeds, Size, SizeRule, Sizes, Whole as WholeSplit,
};
use crate::bounds::{MOST_FUSIONS, MOST_MODULES, MOST_RANKS, MOST_RATES, MOST_SIZES, MOST_TASKS, at_most};
use crate::grid::{Seed, Task};
use crate::model::{ModelId, Variant};

/// Rows that a listed size may name.
const MOST_ROWS: u64 = 1_000_000_000;
/// The largest whole number that every JSON reader keeps exact, 2^53.
pub(super) const MOST_EXACT: u64 = 1 << 53;
/// Columns of a common width at most.
const MOST_WIDE: u64 = 65_536;
/// Label values at most that count as one class.
const MOST_LABELS: usize = 10_000;
/// The largest rank of low-rank fusion; those that a name is kept for.
const MOST_RANK: u64 = 1_024;
/// Letters of a run's name at most: a time is appended, and file names end at 255 bytes.
const NAME_LENGTH: usize = 64;

/// A name that is a file name on every system.
pub(super) struct FileName;

/// `auto`, `cpu`, `cuda`, `cuda:N`, `cuda:N,M`.
pub(super) struct Device;

/// `auto`, or an amount with its unit.
pub(super) struct MemoryAmount;

/// 0, or a width of at least 2.
pub(super) struct CommonWidth;

/// Label values, none twice; none at all is allowed.
pub(super) struct Labels;

/// Fusions and files of modules, none twice.
pub(super) struct Fusions;

/// Tasks, none twice.
pub(super) struct Tasks;

/// `"doubling"`, or a list of sizes.
pub(super) struct TrainSizes;

/// A count, or a list of seeds; so many at most.
pub(super) struct SeedList(pub(super) u64);

/// A rank, or a list of ranks.
pub(super) struct Ranks;

/// A learning rate, or a list of rates.
pub(super) struct Rates;

/// `"start:end:step"`, or a list of levels.
pub(super) struct NoiseLevels;

impl Rule<String> for FileName {
    fn allowed(&self) -> String {
        format!(
            "1 to {NAME_LENGTH} letters a-z A-Z, digits, \".\", \"_\", \"-\", the first a letter or a digit"
        )
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<String, String> {
        let Some(name) = value.as_str() else {
            return Err(format!("{} is not a string", shown(value)));
        };
        let ordinary = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins && name.chars().all(ordinary) && name.len() <= NAME_LENGTH {
            Ok(name.to_owned())
        } else {
            Err(format!("{} is not a file name", shown(value)))
        }
    }
}

impl Rule<DeviceChoice> for Device {
    fn allowed(&self) -> String {
        super::device::ALLOWED.to_owned()
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<DeviceChoice, String> {
        value
            .as_str()
            .and_then(|text| DeviceChoice::try_from(text.to_owned()).ok())
            .ok_or_else(|| format!("{} is not a device", shown(value)))
    }
}

impl Rule<Memory> for MemoryAmount {
    fn allowed(&self) -> String {
        "auto, or a number with kB, MB, MiB, GB, GiB or TB".to_owned()
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<Memory, String> {
        value
            .as_str()
            .and_then(|text| Memory::try_from(text.to_owned()).ok())
            .ok_or_else(|| format!("{} is not an amount of memory", shown(value)))
    }
}

impl Rule<usize> for CommonWidth {
    fn allowed(&self) -> String {
        format!("0 for the widths as they come, or a whole number from 2 to {MOST_WIDE}")
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<usize, String> {
        match Whole(0, MOST_WIDE).admit(value)? {
            1 => Err("1 is too small".to_owned()),
            width => Ok(width),
        }
    }
}

impl Rule<Vec<LabelValue>> for Labels {
    fn allowed(&self) -> String {
        "a list of whole numbers or strings, none twice".to_owned()
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<Vec<LabelValue>, String> {
        let items = list(value)?;
        if items.len() > MOST_LABELS {
            return Err(format!("a list of {} values is too long, {MOST_LABELS} are the most", items.len()));
        }
        let labels = each(items, |item| match item {
            DeValue::String(word) => Ok(LabelValue::Text(word.to_string())),
            DeValue::Integer(digits) => whole(digits)
                .and_then(|number| i64::try_from(number).ok())
                .map(LabelValue::Number)
                .ok_or_else(|| format!("{} is out of range", shown(item))),
            _ => Err(format!("{} is not a label", shown(item))),
        })?;
        without_repetition(items, &labels, PartialEq::eq)?;
        Ok(labels)
    }
}

/// The fusions of a configuration in a journal or a checkpoint. The files' names among them are kept for the life of the
/// process.
pub(super) fn fusions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ModelId>, D::Error> {
    at_most::<MOST_FUSIONS, D, ModelId>(deserializer)
}

impl Rule<Vec<ModelId>> for Fusions {
    fn allowed(&self) -> String {
        let names = <OneOf as Rule<ModelId>>::allowed(&OneOf);
        format!("a list of at least one of {names}, torchscript:FILE, none twice")
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<Vec<ModelId>, String> {
        let items = list(value)?;
        let paths = items.iter().filter_map(|item| item.get_ref().as_str().and_then(ModelId::path_in));
        let files = paths.count();
        if files > MOST_MODULES {
            return Err(format!("a list of {files} files is too long, {MOST_MODULES} are the most"));
        }
        let fusions = each(items, |item| match item.as_str().and_then(ModelId::path_in) {
            Some(path) => ModelId::of_file(path).map_err(|why| format!("{} {why}", shown(item))),
            None => OneOf.admit(item),
        })?;
        if fusions.is_empty() {
            return Err(shown(value));
        }
        without_repetition(items, &fusions, PartialEq::eq)?;
        let files: Vec<&ModelId> = fusions.iter().filter(|fusion| fusion.is_module()).collect();
        for (place, file) in files.iter().enumerate() {
            let same = files[..place].iter().find(|other| other.without_file() == file.without_file());
            if let Some(other) = same {
                let model = file.without_file();
                let [other, file] = [other, file].map(|fusion| quoted(fusion.name()));
                return Err(format!("{other} and {file} are both called {model}: rename one of the files"));
            }
        }
        Ok(fusions)
    }
}

impl Rule<Vec<Task>> for Tasks {
    fn allowed(&self) -> String {
        format!("a list of 1 to {MOST_TASKS} of {}, none twice", Task::names())
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<Vec<Task>, String> {
        let items = list(value)?;
        if items.len() > MOST_TASKS {
            return Err(format!("a list of {} tasks is too long", items.len()));
        }
        let tasks = each(items, |item| {
            let name = item.as_str().ok_or_else(|| format!("{} is not a string", shown(item)))?;
            let near =
                || Task::near(name).map(Task::name).or_else(|| nearest::word(name, Task::plain_names()));
            Task::named(name).ok_or_else(|| match near() {
                Some(word) => format!("{} is unknown, did you mean \"{word}\"?", shown(item)),
                None => format!("{} is unknown", shown(item)),
            })
        })?;
        if tasks.is_empty() {
            return Err(shown(value));
        }
        without_repetition(items, &tasks, PartialEq::eq)?;
        Ok(tasks)
    }
}

impl Rule<Sizes> for TrainSizes {
    fn allowed(&self) -> String {
        format!("\"doubling\", or a list of 1 to {MOST_SIZES} row counts above 0 or \"all\", none twice")
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<Sizes, String> {
        if value.as_str() == Some("doubling") {
            return Ok(Sizes::Rule(SizeRule::Doubling));
        }
        let items = value.as_array().ok_or_else(|| format!("{} is not valid", shown(value)))?;
        if items.len() > MOST_SIZES {
            return Err(format!("a list of {} sizes is too long", items.len()));
        }
        let sizes = each(items, |item| match item {
            DeValue::String(word) if word == "all" => Ok(Size::Whole(WholeSplit::All)),
            _ => Whole(1, MOST_ROWS).admit(item).map(Size::Rows),
        })?;
        if sizes.is_empty() {
            return Err(shown(value));
        }
        without_repetition(items, &sizes, PartialEq::eq)?;
        Ok(Sizes::List(sizes))
    }
}

impl Rule<Seeds> for SeedList {
    fn allowed(&self) -> String {
        let most = self.0;
        format!(
            "a count from 1 to {most}, or a list of 1 to {most} whole numbers from 0 to {MOST_EXACT}, none twice"
        )
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<Seeds, String> {
        let Some(items) = value.as_array() else {
            return Whole(1, self.0).admit(value).map(Seeds::Count);
        };
        let seeds = each(items, |item| Whole(0, MOST_EXACT).admit(item).map(Seed))?;
        if seeds.is_empty() {
            return Err(shown(value));
        }
        if seeds.len() as u64 > self.0 {
            return Err(format!("a list of {} seeds is too long", seeds.len()));
        }
        without_repetition(items, &seeds, PartialEq::eq)?;
        Ok(Seeds::List(seeds))
    }
}

impl Rule<OneOrMore<Variant>> for Ranks {
    fn allowed(&self) -> String {
        format!("a whole number from 1 to {MOST_RANK}, or a list of 1 to {MOST_RANKS} of them, none twice")
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<OneOrMore<Variant>, String> {
        one_or_some(value, &Whole(1, MOST_RANK), ("ranks", MOST_RANKS))
    }
}

impl Rule<OneOrMore<f64>> for Rates {
    fn allowed(&self) -> String {
        format!("a finite number above 0, or a list of 1 to {MOST_RATES} of them, none twice")
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<OneOrMore<f64>, String> {
        one_or_some(value, &Number::Positive, ("learning rates", MOST_RATES))
    }
}

/// A value that `rule` admits, or a list of such values, not more than `most` and none twice.
fn one_or_some<T: PartialEq>(
    value: &DeValue<'_>,
    rule: &impl Rule<T>,
    (what, most): (&str, usize),
) -> Result<OneOrMore<T>, String> {
    let Some(items) = value.as_array() else { return rule.admit(value).map(OneOrMore::one) };
    let values = each(items, |item| rule.admit(item))?;
    if values.is_empty() {
        return Err(shown(value));
    }
    if values.len() > most {
        return Err(format!("a list of {} {what} is too long", values.len()));
    }
    without_repetition(items, &values, PartialEq::eq)?;
    Ok(OneOrMore::list(values))
}

impl Rule<Levels> for NoiseLevels {
    fn allowed(&self) -> String {
        "\"start:end:step\" or a list, ascending from 0, none above 1".to_owned()
    }

    fn admit(&self, value: &DeValue<'_>) -> Result<Levels, String> {
        let levels = match value {
            DeValue::String(range) => Levels::Range(range.to_string()),
            DeValue::Array(items) => Levels::List(each(items, |item| {
                number(item).ok_or_else(|| format!("{} is not a number", shown(item)))
            })?),
            _ => return Err(format!("{} is not valid", shown(value))),
        };
        levels.resolve()?;
        Ok(levels)
    }
}

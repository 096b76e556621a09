//! Which column is the split, the label and the group.

use study::bounds::MOST_CLASSES;
use study::config::{Config, LabelValue};

use super::super::error::{listed, printable};
use super::super::split::meaning;
use super::facts::Facts;
use super::survey::Survey;
use super::{Answers, Certainty, Choice, Guess, GuideError, NONE, Question, name, render};

/// The keys that are chosen here.
pub(super) const KEYS: [&str; 3] = ["data.label", "data.split", "data.group"];
/// The answer that splits are drawn.
const RANDOM: &str = "random";
/// Most values of a label whose column is not called one.
const MOST_UNNAMED: usize = 50;
/// Fewest groups that a split can be made of.
const FEWEST_GROUPS: usize = 20;
/// Most choices of a question.
const MOST_CHOICES: usize = 12;
/// Label values that are shown.
const MOST_SHOWN: usize = 6;

/// What the columns decide.
pub(super) struct Labelled {
    /// Rows for training.
    pub(super) train: usize,
    /// Share of the largest class and how many classes there are, where there is a label.
    pub(super) label: Option<(f64, usize)>,
    /// Whether some column is the table's.
    pub(super) needs_table: bool,
}

/// Chooses every column; asks for the label where several could be it.
pub(super) fn choose(
    survey: &Survey,
    answers: &Answers,
    rows: usize,
    guess: &mut Guess,
) -> Result<Labelled, GuideError> {
    // What both have is the table's.
    let in_table = |facts: &Facts| {
        survey.columns.iter().any(|other| other.in_table && other.name == facts.name) && !facts.in_table
    };
    let all = || survey.columns.iter().filter(|facts| !in_table(facts));
    let (columns, others): (Vec<&Facts>, Vec<&Facts>) = all().partition(|facts| facts.rows == rows);
    let mut no_labels = survey.no_labels.clone();
    no_labels.extend(others.iter().filter(|facts| name::is_label(&facts.name)).map(|facts| {
        let name = facts.shown_name();
        format!(
            "`{name}` has {} rows and the matrices have {rows}: give it one value for each row",
            facts.rows
        )
    }));
    let split = split(&columns, answers, guess)?;
    if let Some(facts) = split {
        let why = format!("its values are {}", listed(&shown_values(facts)));
        guess.add("data.split", render::quoted(&facts.name), why, Certainty::Certain);
    }
    let is_other = |facts: &&Facts| split.is_none_or(|split| split.name != facts.name);
    let left: Vec<&Facts> = columns.iter().copied().filter(is_other).collect();
    let label = label(&left, answers, no_labels, guess)?;
    let is_label = |facts: &Facts| label.is_some_and(|label| label.name == facts.name);
    let left: Vec<&Facts> = left.into_iter().filter(|facts| !is_label(facts)).collect();
    let given = column(&left, "data.group", answers)?;
    let group = match given {
        Some(group) => group,
        // A given split says already which rows are where, but for one that is called a group.
        None if split.is_some() => left.iter().copied().find(|facts| facts.name == "group"),
        None => left.iter().copied().find(|facts| is_group(facts)),
    };
    ask_for_group(&left, group, guess);
    if let Some(facts) = group {
        let why = format!("its {} values repeat: rows of one stay in one split", facts.distinct);
        guess.add("data.group", render::quoted(&facts.name), why, Certainty::Likely);
    }
    let needs_table = [label, split, group].into_iter().flatten().any(|facts| facts.in_table);
    Ok(Labelled {
        needs_table,
        train: train_rows(split, rows),
        label: label.map(|facts| (largest_share(facts), facts.counts.len())),
    })
}

/// The column that an answer names, if one does; `Some(None)` where it says that there is none.
#[expect(clippy::option_option, reason = "unanswered, answered with none, answered with one")]
fn column<'a>(
    columns: &[&'a Facts],
    key: &'static str,
    answers: &Answers,
) -> Result<Option<Option<&'a Facts>>, GuideError> {
    let Some(answer) = answers.get(key) else { return Ok(None) };
    match columns.iter().find(|facts| facts.called() == answer) {
        Some(facts) => Ok(Some(Some(facts))),
        None if answer == NONE || key == "data.split" && answer == RANDOM => Ok(Some(None)),
        None => {
            let names: Vec<&str> = columns.iter().map(|facts| facts.name.as_str()).collect();
            let found = if names.is_empty() { "no columns".to_owned() } else { listed(&names) };
            Err(GuideError::NotThere { key, answer: printable(answer), found })
        }
    }
}

/// The one that was answered, else the only column of split names that has training and test rows; a question where there are several.
fn split<'a>(
    columns: &[&'a Facts],
    answers: &Answers,
    guess: &mut Guess,
) -> Result<Option<&'a Facts>, GuideError> {
    let given = column(columns, "data.split", answers)?;
    let found: Vec<&Facts> = columns.iter().copied().filter(|facts| is_split(facts)).collect();
    let named: Vec<&Facts> = found.iter().copied().filter(|facts| name::is_split(&facts.name)).collect();
    let only = match (found.as_slice(), named.as_slice()) {
        ([only], _) | (_, [only]) => Some(*only),
        _ => None,
    };
    if !found.is_empty() {
        let mut choices = choices(&found);
        choices.push(Choice { value: RANDOM.into(), what: "draw the splits".into() });
        let ask = "Which column holds train, validation and test?".to_owned();
        let is_open = given.is_none() && only.is_none();
        guess.questions.push(Question { key: "data.split", ask, choices, is_open });
    }
    Ok(given.unwrap_or_else(|| only.or(found.first().copied())))
}

fn ask_for_group(columns: &[&Facts], chosen: Option<&Facts>, guess: &mut Guess) {
    let could_be = |facts: &&Facts| is_group(facts) || chosen.is_some_and(|chosen| chosen.name == facts.name);
    let found: Vec<&Facts> = columns.iter().copied().filter(could_be).collect();
    if found.is_empty() {
        return;
    }
    let choice = |facts: &&Facts| Choice {
        value: facts.name.clone(),
        what: format!("{} values in {} rows", facts.distinct, facts.rows),
    };
    let mut choices: Vec<Choice> = found.iter().take(MOST_CHOICES).map(choice).collect();
    choices.push(Choice { value: NONE.into(), what: "every row stands for itself".into() });
    let ask = "Which column's rows of one value stay in one split?".to_owned();
    guess.questions.push(Question { key: "data.group", ask, choices, is_open: false });
}

fn part(value: &LabelValue) -> Option<usize> {
    meaning(value).map(|part| part as usize)
}

fn is_split(facts: &Facts) -> bool {
    let is_text = facts.counts.iter().all(|(value, _)| matches!(value, LabelValue::Text(_)));
    let parts: Vec<Option<usize>> = facts.counts.iter().map(|(value, _)| part(value)).collect();
    facts.missing == 0
        && parts.iter().all(Option::is_some)
        && [0, 2].iter().all(|wanted| parts.contains(&Some(*wanted)))
        // 0, 1 and 2 are classes, but for a column that is called a split.
        && (is_text || name::is_split(&facts.name) && !name::is_label(&facts.name))
}

/// Rows for training, as far as the columns say.
fn train_rows(split: Option<&Facts>, rows: usize) -> usize {
    let data = Config::default().data;
    let share = |of: usize, share: f64| (of as f64 * (1.0 - share)) as usize;
    let Some(facts) = split else { return share(rows, data.validation + data.test) };
    let of = |wanted: usize| -> usize {
        facts.counts.iter().filter(|(value, _)| part(value) == Some(wanted)).map(|(_, count)| count).sum()
    };
    if of(1) == 0 { share(of(0), data.validation) } else { of(0) }
}

/// The label: the column that is called one, or the only one that could be; a question where several could.
fn label<'a>(
    columns: &[&'a Facts],
    answers: &Answers,
    mut no_labels: Vec<String>,
    guess: &mut Guess,
) -> Result<Option<&'a Facts>, GuideError> {
    let given = column(columns, "data.label", answers)?;
    let mut could_be: Vec<&Facts> = columns.iter().copied().filter(|facts| could_be_label(facts)).collect();
    could_be.sort_by_key(|facts| (!name::is_label(&facts.name), facts.counts.len()));
    let named = could_be.iter().filter(|facts| name::is_label(&facts.name)).count();
    let unusable = columns.iter().filter(|facts| name::is_label(&facts.name) && !could_be_label(facts));
    no_labels.extend(unusable.map(|facts| format!("`{}` has {}", facts.shown_name(), against(facts))));
    let (label, certainty) = match (given, could_be.as_slice(), named) {
        (Some(given), ..) => (given, Certainty::Certain),
        (None, [], _) => (None, Certainty::Certain),
        (None, [first, ..], 1) => (Some(*first), Certainty::Certain),
        (None, [only], _) if no_labels.is_empty() => (Some(*only), Certainty::Likely),
        (None, several, _) => (several.first().copied(), Certainty::Open),
    };
    if !could_be.is_empty() {
        guess.questions.push(question(&could_be, certainty == Certainty::Open));
    }
    guess.notes.extend(no_labels.iter().map(|why| format!("{why}: it cannot be the label")));
    if given.is_none() && label.is_none() {
        guess.lost_labels = no_labels;
    }
    match label {
        Some(facts) => {
            let why = what(facts);
            guess.add("data.label", render::quoted(&facts.name), why, certainty);
            // 0 and 1 are what they are called already.
            let is_named = facts.counts.iter().any(|(value, _)| !matches!(value, LabelValue::Number(0 | 1)));
            guess.example = facts.shown().pop().filter(|_| is_named).map(|(value, _)| value);
        }
        None => guess.add(
            "sweep.tasks",
            "[\"synthetic\"]".into(),
            "no label: the sign of the dot product alone".into(),
            if given.is_some() { Certainty::Certain } else { Certainty::Likely },
        ),
    }
    Ok(label)
}

/// Few distinct values that repeat; never an id.
fn could_be_label(facts: &Facts) -> bool {
    let most = if name::is_label(&facts.name) { MOST_CLASSES } else { MOST_UNNAMED };
    let is_id = name::is_key(&facts.name) && !name::is_label(&facts.name);
    facts.missing == 0
        && facts.fractional == 0
        && !is_id
        && !name::is_split(&facts.name)
        && (2..=most).contains(&facts.counts.len())
        && facts.counts.len() * 2 <= facts.rows
}

/// What stands against a column's being the label.
fn against(facts: &Facts) -> String {
    if facts.missing > 0 {
        format!(
            "no value (an empty cell or NaN) in {} of {} rows, the first in row {} (counted from 0); fill them in, or take these \
             rows out everywhere",
            facts.missing, facts.rows, facts.first_missing
        )
    } else if facts.fractional > 0 {
        "fractional values, and regression is not supported; make them classes".to_owned()
    } else if facts.distinct < 2 {
        "one value alone; a label has two or more".to_owned()
    } else if facts.distinct * 2 > facts.rows || facts.counts.is_empty() {
        format!(
            "{} different values in {} rows; a label has at most {MOST_CLASSES}, each in two rows or more in the mean",
            facts.distinct, facts.rows
        )
    } else if name::is_split(&facts.name) {
        "the name of a split, and not its values train, val and test".to_owned()
    } else if name::is_key(&facts.name) {
        "the name of a key".to_owned()
    } else {
        format!("{} different values, which are many for a column that is not called a label", facts.distinct)
    }
}

/// What stands against each column of the table, for a message.
pub(super) fn against_each(survey: &Survey) -> String {
    let columns = survey.columns.iter().filter(|facts| facts.in_table);
    let read = columns.map(|facts| {
        let why = if could_be_label(facts) { "not been chosen".to_owned() } else { against(facts) };
        format!("`{}` has {why}", facts.shown_name())
    });
    let all: Vec<String> = survey.no_labels.iter().cloned().chain(read).collect();
    let more = if all.len() > MOST_SHOWN { "; …" } else { "" };
    format!("{}{more}", all.iter().take(MOST_SHOWN).cloned().collect::<Vec<_>>().join("; "))
}

fn is_group(facts: &Facts) -> bool {
    name::is_group(&facts.name)
        && facts.missing == 0
        && facts.distinct >= FEWEST_GROUPS
        // Some repeat, and not just a few.
        && facts.distinct * 10 <= facts.rows * 9
}

fn question(could_be: &[&Facts], is_open: bool) -> Question {
    let mut choices = choices(could_be);
    choices.push(Choice { value: NONE.into(), what: "no label: the synthetic task alone".into() });
    Question { key: "data.label", ask: "Which column is the label?".into(), choices, is_open }
}

fn choices(columns: &[&Facts]) -> Vec<Choice> {
    let choice = |facts: &&Facts| Choice { value: facts.name.clone(), what: what(facts) };
    columns.iter().take(MOST_CHOICES).map(choice).collect()
}

fn what(facts: &Facts) -> String {
    let shown = facts.shown();
    let values: Vec<String> =
        shown.iter().take(MOST_SHOWN).map(|(value, count)| format!("{value} ({count})")).collect();
    let more = if shown.len() > MOST_SHOWN { ", …" } else { "" };
    format!("{} values: {}{more}", shown.len(), values.join(", "))
}

fn shown_values(facts: &Facts) -> Vec<String> {
    facts.shown().into_iter().map(|(value, _)| value).collect()
}

fn largest_share(facts: &Facts) -> f64 {
    let counts = facts.counts.iter().map(|(_, count)| *count);
    counts.clone().max().unwrap_or(0) as f64 / counts.sum::<usize>().max(1) as f64
}

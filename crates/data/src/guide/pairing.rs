//! How the table's rows are paired with the source's: by a key, or line by line where nothing speaks against it.

use super::super::error::{has_extension, is_plain, listed, printable};
use super::facts::Facts;
use super::shared::{Absent, Shared};
use super::survey::Survey;
use super::{Answers, Certainty, Guess, GuideError, NONE, render};

/// The column in the source.
const KEY: &str = "data.key";
/// The table's, where its name differs.
const TABLE_KEY: &str = "data.table_key";
/// The keys that are chosen here.
pub(super) const KEYS: [&str; 2] = [KEY, TABLE_KEY];

/// Chooses the key; says how rows are paired.
///
/// # Errors
/// Where a table's rows and the source's do not come together, or an answer names nothing that is there.
pub(super) fn choose(
    survey: &Survey,
    answers: &Answers,
    rows: usize,
    guess: &mut Guess,
) -> Result<String, GuideError> {
    let table: Vec<&Facts> = survey.columns.iter().filter(|facts| facts.in_table).collect();
    let [key, table_key] =
        KEYS.map(|key| answers.get(key).map(String::as_str).filter(|answer| *answer != NONE));
    let is_line_by_line = answers.get(KEY).is_some_and(|answer| answer == NONE);
    if let Some(answer) = key.or(table_key) {
        if table.is_empty() {
            return Err(GuideError::KeyWithoutTable {
                key: if key.is_some() { KEY } else { TABLE_KEY },
                answer: printable(answer),
            });
        }
        let Some(key) = key else { return Err(GuideError::TableKeyAlone { answer: printable(answer) }) };
        asked_for(survey, &table, (key, table_key.unwrap_or(key)), guess)?;
        return Ok("paired by the key".to_owned());
    }
    let shared = if is_line_by_line { None } else { likeliest(survey)? };
    if let Some(shared) = shared {
        if !shared.has_same_keys() {
            return Err(differing(survey, shared, rows));
        }
        let Shared { source, table, is_in_order, .. } = shared;
        if *is_in_order {
            return Ok(format!(
                "its `{}` is in the order of the arrays' `{}`",
                printable(table),
                printable(source)
            ));
        }
        put(guess, source, table, "it is in both, in another order: rows are paired by it");
        return Ok("paired by the key".to_owned());
    }
    let shuffled = table.iter().find(|facts| facts.is_shuffled).filter(|_| !is_line_by_line);
    if let Some(facts) = shuffled {
        let why = "it numbers the matrices' rows, in another order: rows are paired by it";
        guess.add(KEY, render::quoted(facts.called()), why.to_owned(), Certainty::Certain);
        return Ok("paired by the key".to_owned());
    }
    match table.first() {
        Some(facts) if facts.rows != rows && survey.table.is_some() => Err(GuideError::OtherRows {
            table: survey.table_place.clone(),
            of_table: facts.rows,
            rows,
            columns: listed(&table.iter().map(|facts| facts.shown_name()).collect::<Vec<_>>()),
        }),
        _ => Ok("its row n belongs to row n of the arrays: nothing in it says so or otherwise".to_owned()),
    }
}

/// The columns by which rows are paired, if there are some; where two of them say different orders, nobody can tell.
fn likeliest(survey: &Survey) -> Result<Option<&Shared>, GuideError> {
    let whole = || survey.shared.iter().filter(|shared| shared.has_same_keys());
    let ordered = whole().find(|shared| shared.is_in_order);
    let other = whole().find(|shared| !shared.is_in_order);
    if let (Some(ordered), Some(other)) = (ordered, other) {
        return Err(GuideError::TwoOrders {
            table: survey.table_place.clone(),
            ordered: printable(&ordered.table),
            other: printable(&other.table),
            set: set(other),
        });
    }
    Ok(survey.shared.first())
}

/// Takes what was answered, where both sides have it or the table numbers the arrays' rows.
fn asked_for(
    survey: &Survey,
    table: &[&Facts],
    (key, table_key): (&str, &str),
    guess: &mut Guess,
) -> Result<(), GuideError> {
    let is_there = |in_table: bool, name: &str| {
        survey.columns.iter().any(|facts| facts.in_table == in_table && facts.called() == name)
    };
    if !is_there(true, table_key) {
        let names: Vec<String> = table.iter().map(|facts| facts.shown_name()).collect();
        let hint = suggestion(survey);
        return Err(GuideError::NoKey {
            key: if key == table_key { KEY } else { TABLE_KEY },
            answer: printable(table_key),
            place: survey.table_place.clone(),
            found: format!("it has {}{hint}", listed(&names)),
        });
    }
    let is_renamed = key != table_key;
    let others: Vec<String> =
        survey.columns.iter().filter(|facts| !facts.in_table).map(Facts::shown_name).collect();
    // Without one in the arrays the table's may number their rows; that is checked when it is read.
    let pairs = survey.shared.iter().any(|shared| shared.table == table_key);
    if !is_there(false, key) && (is_renamed || pairs) {
        return Err(GuideError::NoKey {
            key: KEY,
            answer: printable(key),
            place: printable(&survey.source),
            found: format!("it has {}{}", listed(&others), suggestion(survey)),
        });
    }
    put(guess, key, table_key, "as asked for");
    Ok(())
}

/// What columns that hold the same keys would be answered with.
fn suggestion(survey: &Survey) -> String {
    survey.shared.first().map_or_else(String::new, |shared| {
        format!(
            "; `{}` of the arrays and `{}` of the table hold the same values: {}",
            printable(&shared.source),
            printable(&shared.table),
            set(shared)
        )
    })
}

/// The answers that pair by these columns.
fn set(shared: &Shared) -> String {
    let Shared { source, table, .. } = shared;
    let key = format!("--set {KEY}={}", printable(source));
    if source == table { key } else { format!("{key} --set {TABLE_KEY}={}", printable(table)) }
}

fn put(guess: &mut Guess, source: &str, table: &str, why: &str) {
    guess.put(KEY, source, why);
    if source != table {
        guess.put(TABLE_KEY, table, "what the table calls it");
    }
}

/// Both have keys, and not the same ones.
fn differing(survey: &Survey, shared: &Shared, rows: usize) -> GuideError {
    let Shared { source, table, count, only_source, only_table, .. } = shared;
    let place = |name: &str, of: &str| format!("`{}` of {of}", printable(name));
    let of_source = place(source, &printable(&survey.source));
    let of_table = place(table, &survey.table_place);
    let lacks = |absent: &Absent, from: &str, other: &str| {
        let more = if absent.count > absent.first.len() { ", …" } else { "" };
        (absent.count > 0).then(|| {
            format!(
                "{} of the keys in {from} are not in {other} ({}{more})",
                absent.count,
                listed(&absent.first)
            )
        })
    };
    let differ: Vec<String> =
        [lacks(only_source, &of_source, &of_table), lacks(only_table, &of_table, &of_source)]
            .into_iter()
            .flatten()
            .collect();
    let fix = if *count == 0 {
        "no key is in both: write them alike, letter by letter (`0001` is not `1`)".to_owned()
    } else {
        match (only_source.count, only_table.count) {
            (_, 0) => "add these lines to the table, or take these rows out of every array".to_owned(),
            (0, _) => "take these lines out of the table".to_owned(),
            _ => "take these lines out of the table, and these rows out of every array".to_owned(),
        }
    };
    let is_equal = survey.columns.iter().any(|facts| facts.in_table && facts.rows == rows);
    let way_out = if is_equal {
        format!("; where the columns are no keys, --set {KEY}={NONE} pairs line by line")
    } else {
        String::new()
    };
    GuideError::KeysDiffer {
        differ: differ.join(", and "),
        fix: format!("{fix}{}{way_out}", python(survey, shared)),
    }
}

/// Lines of Python that leave what both have, where the files are an .npz and a CSV with plain names.
fn python(survey: &Survey, shared: &Shared) -> String {
    let Some(table) = &survey.table else { return String::new() };
    let Shared { source, table: column, count, .. } = shared;
    let names = [&survey.source, table, source, column];
    let is_read = has_extension(&survey.source, "npz") && has_extension(table, "csv");
    if *count == 0 || !is_read || !names.iter().all(|name| is_plain(name)) {
        return String::new();
    }
    let npz = &survey.source;
    format!(
        ". In Python, into paired.npz and paired.csv: import numpy as np, pandas as pd; z = np.load(\"{npz}\"); t = \
         pd.read_csv(\"{table}\", dtype=str); t = t[t[\"{column}\"].isin(z[\"{source}\"].astype(str))]; keep = \
         np.isin(z[\"{source}\"].astype(str), t[\"{column}\"]); np.savez(\"paired.npz\", **{{name: z[name][keep] for name in \
         z.files}}); t.to_csv(\"paired.csv\", index=False)"
    )
}

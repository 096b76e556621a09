//! Which matrix is text and which is image.

use super::super::error::{listed, printable};
use super::survey::{Matrix, Survey};
use super::{Answers, Certainty, Choice, Guess, GuideError, Question, name};

/// The keys that are chosen here.
pub(super) const KEYS: [&str; 2] = ["data.text", "data.image"];

/// The two matrices.
pub(super) struct Pair {
    pub(super) text: String,
    pub(super) image: String,
    pub(super) rows: usize,
    /// Of text and of image.
    pub(super) widths: [usize; 2],
}

/// One of the matrices, why, and how sure that is.
struct Chosen<'a> {
    matrix: &'a Matrix,
    why: &'static str,
    certainty: Certainty,
}

/// Chooses both, and asks what is open.
pub(super) fn choose(survey: &Survey, answers: &Answers, guess: &mut Guess) -> Result<Pair, GuideError> {
    let given = |key: &'static str| answers.get(key).map(|answer| answered(survey, key, answer)).transpose();
    let [given_text, given_image] = [given(KEYS[0])?, given(KEYS[1])?];
    let pool = pool(survey, given_text.or(given_image));
    let others =
        |than: &Matrix| pool.iter().copied().filter(|matrix| matrix.name != than.name).collect::<Vec<_>>();
    let no_pair = || GuideError::NoPair { place: printable(&survey.source), found: found(survey) };
    if pool.len() < 2 {
        return Err(no_pair());
    }
    let without_image = given_image.map_or_else(|| pool.clone(), others);
    let text = match given_text {
        Some(matrix) => Chosen { matrix, why: "as asked for", certainty: Certainty::Certain },
        None => likeliest(&without_image, name::is_text, name::is_image).ok_or_else(no_pair)?,
    };
    let without_text = others(text.matrix);
    let image = match given_image {
        Some(matrix) => Chosen { matrix, why: "as asked for", certainty: Certainty::Certain },
        None => likeliest(&without_text, name::is_image, name::is_text).ok_or_else(no_pair)?,
    };
    if text.matrix.name == image.matrix.name || text.matrix.rows != image.matrix.rows {
        return Err(no_pair());
    }
    // Of two matrices the image is whichever is not the text.
    let follows = pool.len() == 2 && text.certainty == Certainty::Open;
    let image = if follows { Chosen { certainty: Certainty::Open, ..image } } else { image };
    for (key, what, chosen, from) in
        [(KEYS[0], "text", &text, &without_image), (KEYS[1], "image", &image, &without_text)]
    {
        let Matrix { name, width, .. } = chosen.matrix;
        let why = format!("{width} wide; {}", chosen.why);
        guess.add(key, super::render::quoted(name), why, chosen.certainty);
        let is_open = chosen.certainty == Certainty::Open && !(follows && key == KEYS[1]);
        guess.questions.push(question(key, what, chosen.matrix, (from, is_open)));
    }
    Ok(Pair {
        text: printable(&text.matrix.name),
        image: printable(&image.matrix.name),
        rows: text.matrix.rows,
        widths: [text.matrix.width, image.matrix.width],
    })
}

fn answered<'a>(survey: &'a Survey, key: &'static str, answer: &str) -> Result<&'a Matrix, GuideError> {
    survey.matrices.iter().find(|matrix| matrix.name == answer).ok_or_else(|| GuideError::NotThere {
        key,
        answer: printable(answer),
        found: found(survey),
    })
}

/// The matrices that can be a pair: of as many rows as `given`, or as most of them. One that is called a label is none.
fn pool<'a>(survey: &'a Survey, given: Option<&Matrix>) -> Vec<&'a Matrix> {
    let is_modality = |matrix: &&Matrix| {
        !name::is_label(&matrix.name) || name::is_text(&matrix.name) || name::is_image(&matrix.name)
    };
    let all: Vec<&Matrix> = survey.matrices.iter().filter(is_modality).collect();
    let count = |rows: usize| all.iter().filter(|matrix| matrix.rows == rows).count();
    let rows = match given {
        Some(given) => given.rows,
        None => all.iter().map(|matrix| matrix.rows).max_by_key(|&rows| (count(rows), rows)).unwrap_or(0),
    };
    survey
        .matrices
        .iter()
        .filter(|matrix| matrix.rows == rows && (is_modality(matrix) || given == Some(*matrix)))
        .collect()
}

/// The matrix that is named as it should be and not as the other modality.
fn likeliest<'a>(
    pool: &[&'a Matrix],
    is_own: fn(&str) -> bool,
    is_other: fn(&str) -> bool,
) -> Option<Chosen<'a>> {
    let own: Vec<&Matrix> =
        pool.iter().copied().filter(|matrix| is_own(&matrix.name) && !is_other(&matrix.name)).collect();
    if let [only] = own.as_slice() {
        return Some(Chosen { matrix: only, why: "by its name", certainty: Certainty::Certain });
    }
    let left: Vec<&Matrix> = pool.iter().copied().filter(|matrix| !is_other(&matrix.name)).collect();
    if let [only] = left.as_slice() {
        let why = "no other matrix is left for it";
        return Some(Chosen { matrix: only, why, certainty: Certainty::Likely });
    }
    let first = own.first().or(left.first()).or(pool.first())?;
    let certainty = if pool.len() == 1 { Certainty::Likely } else { Certainty::Open };
    Some(Chosen { matrix: first, why: "one of several that could be it", certainty })
}

fn question(key: &'static str, what: &str, first: &Matrix, (from, is_open): (&[&Matrix], bool)) -> Question {
    let rest = from.iter().copied().filter(|matrix| matrix.name != first.name);
    let choices = std::iter::once(first)
        .chain(rest)
        .map(|matrix| Choice {
            value: matrix.name.clone(),
            what: format!("{} rows, {} wide", matrix.rows, matrix.width),
        })
        .collect();
    Question { key, ask: format!("Which matrix is the {what}?"), choices, is_open }
}

fn found(survey: &Survey) -> String {
    let shown: Vec<String> = survey
        .matrices
        .iter()
        .map(|Matrix { name, rows, width }| format!("`{}` {rows} × {width}", printable(name)))
        .collect();
    match shown.as_slice() {
        [] => "no matrix".to_owned(),
        shown => format!("the matrices {}", listed(shown)),
    }
}

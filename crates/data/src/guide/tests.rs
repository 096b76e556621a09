//! Guesses about sources that are names, shapes and cells alone, and one of files.

use std::collections::BTreeSet;

use super::super::column::{Cell, Rows, TakeCell};
use super::super::files::{ArrayFile, TakeRows};
use super::super::{DataError, inspect};
use super::*;
use study::config;

mod pairing;

/// A source without a file.
#[derive(Default)]
struct Fake {
    matrices: Vec<(String, [usize; 2])>,
    columns: Vec<(String, Vec<String>)>,
}

impl Fake {
    /// 40 rows of text and image.
    fn pairs() -> Self {
        Self::default().matrix("text_emb", [40, 8]).matrix("img", [40, 8])
    }

    fn matrix(mut self, name: &str, shape: [usize; 2]) -> Self {
        self.matrices.push((name.to_owned(), shape));
        self
    }

    fn column<T: ToString>(mut self, name: &str, cell: impl Fn(usize) -> T) -> Self {
        self.columns.push((name.to_owned(), (0..40).map(|row| cell(row).to_string()).collect()));
        self
    }

    fn survey(mut self) -> Survey {
        Survey::of("my set.npz", &mut self)
    }

    fn guess(self) -> Guess {
        guess(&self.survey(), &Answers::new()).unwrap()
    }
}

impl ArrayFile for Fake {
    fn names(&self) -> Vec<String> {
        let columns = self.columns.iter().map(|(name, _)| name);
        self.matrices.iter().map(|(name, _)| name).chain(columns).cloned().collect()
    }

    fn shape(&mut self, _: &'static str, name: &str) -> Result<[usize; 2], DataError> {
        let found = self.matrices.iter().find(|(own, _)| own == name);
        found.map(|(_, shape)| *shape).ok_or(DataError::Memory { place: String::new() })
    }

    fn rows(&mut self, _: &'static str, _: &str, _: &mut TakeRows<'_>) -> Result<(), DataError> {
        unreachable!("no matrix is read")
    }

    fn cells(
        &mut self,
        _: &'static str,
        name: &str,
        _: usize,
        take: &mut TakeCell<'_>,
    ) -> Result<Rows, DataError> {
        let found = self.columns.iter().find(|(own, _)| own == name);
        let (_, cells) = found.ok_or(DataError::Memory { place: String::new() })?;
        for cell in cells {
            take(if cell.is_empty() { Cell::Missing } else { Cell::Text(cell) }).unwrap();
        }
        Ok(Rows::Exactly(cells.len()))
    }
}

fn answers(given: &[(&str, &str)]) -> Answers {
    given.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn value<'a>(guess: &'a Guess, key: &str) -> Option<(&'a str, Certainty)> {
    guess.keys.iter().find(|found| found.key == key).map(|found| (found.value.as_str(), found.certainty))
}

/// Keys and choices of the questions.
fn asked(guess: &Guess) -> Vec<(&str, Vec<&str>)> {
    guess
        .open_questions()
        .map(|question| (question.key, question.choices.iter().map(|choice| choice.value.as_str()).collect()))
        .collect()
}

#[test]
fn a_source_with_plain_names_needs_no_question() {
    let guess = Fake::pairs()
        .column("Unnamed: 0", |row| row)
        .column("tweet_id", |row| row * 7)
        .column("user_id", |row| row / 2 * 2)
        .column("genre", |row| ["a", "b", "c"][row % 3])
        .column("gold_label", |row| ["war", "peace"][row % 2])
        .guess();
    assert!(asked(&guess).is_empty(), "{:?}", guess.questions);
    assert_eq!(value(&guess, "data.text"), Some(("\"text_emb\"", Certainty::Certain)));
    assert_eq!(value(&guess, "data.image"), Some(("\"img\"", Certainty::Certain)));
    assert_eq!(value(&guess, "data.label"), Some(("\"gold_label\"", Certainty::Certain)));
    assert_eq!(value(&guess, "data.group"), Some(("\"user_id\"", Certainty::Likely)));
    assert_eq!(value(&guess, "run.name"), Some(("\"my-set\"", Certainty::Certain)));
    assert_eq!((value(&guess, "data.width"), value(&guess, "sweep.tasks")), (None, None));
}

#[test]
fn matrices_without_telling_names_are_asked_for_once() {
    let source = || Fake::default().matrix("fourier", [40, 8]).matrix("karhunen", [40, 6]);
    let open = source().guess();
    assert_eq!(asked(&open), [("data.text", vec!["fourier", "karhunen"])]);
    assert_eq!(value(&open, "data.image"), Some(("\"karhunen\"", Certainty::Open)));
    assert_eq!(value(&open, "data.width").unwrap().0, "6");
    let answered = guess(&source().survey(), &answers(&[("data.text", "karhunen")])).unwrap();
    assert!(asked(&answered).is_empty());
    assert_eq!(value(&answered, "data.text"), Some(("\"karhunen\"", Certainty::Certain)));
    assert_eq!(value(&answered, "data.image").unwrap().0, "\"fourier\"");
}

#[test]
fn of_three_matrices_those_with_telling_names_are_taken() {
    let three = || Fake::pairs().matrix("audio", [40, 5]).matrix("other", [7, 5]);
    let open = three().guess();
    assert_eq!(asked(&open), [("data.image", vec!["img", "audio"])]);
    let answered = guess(&three().survey(), &answers(&[("data.image", "audio")])).unwrap();
    assert_eq!(value(&answered, "data.image").unwrap().0, "\"audio\"");
    let error = guess(&three().survey(), &answers(&[("data.image", "adio")])).unwrap_err().to_string();
    assert!(error.contains("`adio`") && error.contains("`audio` 40 × 5"), "{error}");
    // A one-hot label is no modality.
    let two = Fake::default().matrix("fourier", [40, 8]).matrix("karhunen", [40, 8]);
    assert_eq!(asked(&two.matrix("label", [40, 3]).guess()), [("data.text", vec!["fourier", "karhunen"])]);
}

#[test]
fn one_matrix_is_refused_with_what_is_there() {
    let one = Fake::default().matrix("text", [40, 8]).matrix("image", [39, 8]);
    let error = guess(&one.survey(), &Answers::new()).unwrap_err().to_string();
    assert!(error.contains("`text` 40 × 8") && error.contains("`image` 39 × 8"), "{error}");
    let none = guess(&Fake::default().column("label", |row| row % 2).survey(), &Answers::new());
    assert!(none.unwrap_err().to_string().contains("no matrix"));
}

#[test]
fn a_split_is_told_by_its_values() {
    let split = |row: usize| ["train", "train", "train", "test"][row % 4];
    let guess = Fake::pairs().column("part_of", split).column("label", |row| row % 2).guess();
    assert_eq!(value(&guess, "data.split"), Some(("\"part_of\"", Certainty::Certain)));
    // Without test rows it is none, and 0, 1, 2 are classes unless the column is called a split.
    let none = Fake::pairs().column("split", |row| ["train", "val"][row % 2]).column("label", |row| row % 2);
    assert_eq!(value(&none.guess(), "data.split"), None);
    let numbers =
        |name: &str| Fake::pairs().column(name, |row| row % 3).column("label", |row| row % 2).guess();
    assert_eq!(value(&numbers("fold"), "data.split").unwrap().0, "\"fold\"");
    assert_eq!(value(&numbers("level"), "data.split"), None);
    let two =
        || Fake::pairs().column("split_a", split).column("split_b", split).column("label", |row| row % 2);
    assert_eq!(asked(&two().guess()), [("data.split", vec!["split_a", "split_b", "random"])]);
    let drawn = super::guess(&two().survey(), &answers(&[("data.split", "random")])).unwrap();
    assert_eq!((value(&drawn, "data.split"), asked(&drawn).len()), (None, 0));
}

#[test]
fn labels_are_asked_for_where_several_could_be_it_and_never_an_id() {
    let source = || {
        Fake::pairs()
            .column("living", |row| row % 2)
            .column("region", |row| row % 4)
            .column("hex", |row| format!("{row:04x}"))
            .column("score", |row| row as f64 + 0.5)
    };
    let open = source().guess();
    assert_eq!(asked(&open), [("data.label", vec!["living", "region", "none"])]);
    assert_eq!(value(&open, "data.label"), Some(("\"living\"", Certainty::Open)));
    let of = |answer: &str| guess(&source().survey(), &answers(&[("data.label", answer)])).unwrap();
    assert_eq!(value(&of("region"), "data.label"), Some(("\"region\"", Certainty::Certain)));
    assert_eq!(value(&of("none"), "sweep.tasks").unwrap().0, "[\"synthetic\"]");
    assert_eq!(value(&of("none"), "data.label"), None);
    // The only one is likely.
    let only = Fake::pairs().column("digit", |row| row % 10).guess();
    assert_eq!(value(&only, "data.label"), Some(("\"digit\"", Certainty::Likely)));
    let id = Fake::pairs().column("id", |row| row % 10).guess();
    assert_eq!(value(&id, "sweep.tasks").unwrap().0, "[\"synthetic\"]");
}

#[test]
fn a_label_that_cannot_be_one_is_named_with_the_reason() {
    let noted = |cell: fn(usize) -> String, what: &str| {
        let guess = Fake::pairs().column("label", cell).guess();
        assert_eq!(value(&guess, "sweep.tasks").unwrap().0, "[\"synthetic\"]");
        for said in [&guess.notes, &guess.lost_labels] {
            assert!(said.iter().any(|why| why.contains("`label`") && why.contains(what)), "{said:?}");
        }
    };
    noted(|row| format!("{}.5", row % 3), "regression");
    noted(|row| if row == 3 { String::new() } else { "a".into() }, "(an empty cell or NaN) in 1 of 40");
    noted(|row| row.to_string(), "40 different values in 40 rows");
    noted(|_| "a".into(), "one value");
}

#[test]
fn a_rare_class_few_rows_and_many_rows_change_the_study() {
    let rare = Fake::pairs().column("label", |row| u8::from(row == 0)).guess();
    assert_eq!(value(&rare, "synthetic.allow_imbalance").unwrap().0, "true");
    assert_eq!(value(&rare, "sweep.smallest").unwrap().0, "4");
    let fair = Fake::pairs().column("label", |row| row % 2).guess();
    assert_eq!(value(&fair, "synthetic.allow_imbalance"), None);
    let many = Fake::default().matrix("text", [100_000, 8]).matrix("image", [100_000, 8]).guess();
    assert_eq!(value(&many, "sweep.sizes").unwrap().0, "[32, 128, 512, 2048, 8192, 32768, \"all\"]");
    assert_eq!(value(&many, "sweep.seeds").unwrap().0, "5");
    assert_eq!(value(&many, "sweep.smallest"), None);
}

/// What is guessed of a source and a table named beside it.
fn with(mut source: Fake, mut table: Fake, given: &[(&str, &str)]) -> Result<Guess, GuideError> {
    let survey = Survey::of("my set.npz", &mut source);
    guess(&survey.with_table(&mut source, "labels.csv", &mut table), &answers(given))
}

#[test]
fn unlike_widths_are_brought_to_one_that_is_fast_and_leave_the_real_task_alone() {
    let of = |text, image| {
        let source = Fake::default().matrix("text", [400, text]).matrix("image", [400, image]);
        let mut source = source.column("label", |row| row % 2);
        source.columns[0].1 = (0..400).map(|row| (row % 2).to_string()).collect();
        source.guess()
    };
    let unlike = of(384, 512);
    assert_eq!(value(&unlike, "data.width").unwrap().0, "64");
    assert_eq!(value(&unlike, "sweep.tasks").unwrap().0, "[\"real\"]");
    let text = unlike.render();
    assert!(text.contains("up to 279 keeps more") && text.contains("means nothing of them"), "{text}");
    // Of equal widths nothing is changed; where they are large, that is said.
    let (narrow, wide) = (of(64, 64), of(512, 512));
    assert_eq!((value(&wide, "data.width"), value(&wide, "sweep.tasks")), (None, None));
    assert!(narrow.notes.is_empty() && wide.notes[0].contains("--set data.width=64"), "{:?}", wide.notes);
}

#[test]
fn a_table_in_another_order_is_joined_by_what_both_have() {
    let table = |turn: usize| {
        Fake::default()
            .column("name", move |row| format!("n{}", (row + turn) % 40))
            .column("label", |row| row % 2)
    };
    let of =
        |turn: usize| with(Fake::pairs().column("name", |row| format!("n{row}")), table(turn), &[]).unwrap();
    assert_eq!(value(&of(1), "data.table").unwrap().0, "\"labels.csv\"");
    assert_eq!(value(&of(1), "data.key"), Some(("\"name\"", Certainty::Certain)));
    assert_eq!(value(&of(0), "data.key"), None);
    // Of row numbers the matrices need no column.
    let numbered = |first: usize, turn: usize| {
        let table =
            Fake::default().column("", move |row| (row + turn) % 40 + first).column("label", |row| row % 2);
        with(Fake::pairs(), table, &[]).unwrap()
    };
    assert_eq!(value(&numbered(1, 7), "data.key").unwrap().0, "\"Unnamed: 0\"");
    assert_eq!((value(&numbered(0, 0), "data.key"), value(&numbered(5, 7), "data.key")), (None, None));
}

/// Names each matrix by its columns.
struct Wide(Fake, Vec<String>);
impl ArrayFile for Wide {
    fn names(&self) -> Vec<String> {
        self.1.iter().cloned().chain(["answer_1".into(), "answer_2".into(), "label".into()]).collect()
    }
    fn shape(&mut self, key: &'static str, name: &str) -> Result<[usize; 2], DataError> {
        self.0.shape(key, name)
    }
    fn rows(&mut self, _: &'static str, _: &str, _: &mut TakeRows<'_>) -> Result<(), DataError> {
        unreachable!()
    }
    fn cells(
        &mut self,
        key: &'static str,
        name: &str,
        most: usize,
        take: &mut TakeCell<'_>,
    ) -> Result<Rows, DataError> {
        self.0.cells(key, name, most, take)
    }
}

#[test]
fn a_wide_table_is_two_matrices() {
    let mut wide = Fake::default().matrix("text", [40, 4]).matrix("image", [40, 4]);
    let (shapes, mut names) = (std::mem::take(&mut wide.matrices), Vec::new());
    for (name, _) in &shapes {
        names.extend((0..4).map(|number| format!("{name}_{number}")));
    }
    wide.matrices = shapes;
    let wide =
        wide.column("label", |row| row % 2).column("answer_1", |row| row).column("answer_2", |row| row);
    let guess = guess(&Survey::of("set.csv", &mut Wide(wide, names)), &Answers::new()).unwrap();
    assert!(asked(&guess).is_empty(), "{:?}", guess.questions);
    assert_eq!(guess.title, "set.csv: 40 rows, `text` 4 wide, `image` 4 wide");
}

/// Every commented key without its mark.
fn uncommented(text: &str) -> String {
    text.lines().skip(2).map(|line| line.strip_prefix("# ").unwrap_or(line).to_owned() + "\n").collect()
}

#[test]
fn the_file_is_read_back_and_so_is_every_key_that_it_offers() {
    let hostile = "we\"ird\n\u{1b}[31m\u{7f}'name\\";
    let guess = Fake::default()
        .matrix(hostile, [40, 8])
        .matrix("image", [40, 6])
        .column("label", |row| ["a \"b\"", "c"][row % 2])
        .guess();
    let text = guess.render();
    let config = config::read(Some(&text), &[]).unwrap();
    assert_eq!((config.data.text.as_str(), config.data.source.as_str()), (hostile, "my set.npz"));
    assert_eq!((config.data.width, config.sweep.smallest), (6, 4));
    let all = config::read(Some(&uncommented(&text)), &[]).unwrap();
    assert_eq!(all.data.positive, [config::LabelValue::Text("c".into())]);
    // What is offered are the defaults.
    let positive = config.data.positive.clone();
    assert_eq!(config::Config { data: config::DataConfig { positive, ..all.data.clone() }, ..all }, config);
    let place = |key: &str| text.lines().position(|line| line.starts_with(key)).unwrap();
    assert!(place("source") < place("text =") && place("text =") < place("width"), "{text}");
    let lines: BTreeSet<&str> = text.lines().filter(|line| line.contains('=')).collect();
    assert!(lines.iter().all(|line| line.contains(" # ")), "each has its comment: {text}");
}

#[test]
fn other_keys_that_are_asked_for_are_written() {
    let asked = answers(&[
        ("train.epochs", "3"),
        ("run.name", "mine"),
        ("data.clip_like.seed", "4"),
        ("sweep.tasks", "[\"real\"]"),
    ]);
    let text = guess(&Fake::pairs().column("label", |row| row % 2).survey(), &asked).unwrap().render();
    let config = config::read(Some(&text), &[]).unwrap();
    assert_eq!((config.train.epochs, config.run.name.as_str(), config.data.clip_like.seed), (3, "mine", 4));
}

#[test]
fn a_folder_of_files_becomes_a_study_that_loads() {
    let folder = super::super::tests::Folder::good();
    let paths =
        [folder.path().join("text.npy"), folder.path().join("image.npy"), folder.path().join("labels.csv")];
    let survey = look(&paths).unwrap();
    let guess = guess(&survey, &Answers::new()).unwrap();
    assert!(asked(&guess).is_empty() && guess.notes.is_empty(), "{guess:?}");
    let config = config::read(Some(&guess.render()), &[]).unwrap();
    assert_eq!(
        (config.data.split.as_str(), config.data.source),
        ("split", folder.path().display().to_string())
    );
    let config = config::read(Some(&guess.render()), &[]).unwrap();
    let inspection = inspect(&config).unwrap();
    assert!(inspection.is_usable(), "{inspection}");
    let other = super::super::tests::Folder::good();
    let apart = [folder.path().join("text.npy"), other.path().join("image.npy")];
    let error = look(&apart).unwrap_err().to_string();
    assert!(error.contains("two sources") && error.contains("ln -s"), "{error}");
}

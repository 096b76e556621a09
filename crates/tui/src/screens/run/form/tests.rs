//! The form by itself: typed fields, and a data set of real files that is looked at.

use std::fs;
use std::path::{Path, PathBuf};

use ::study::config::Seeds;
use ::study::grid::Task;
use data::guide;

use super::*;

mod typing;

fn focus_on(form: &mut Form, key: &str) {
    while form.fields()[form.focus()].key != key {
        form.step(1);
    }
}

fn type_into(form: &mut Form, key: &str, text: &str) {
    focus_on(form, key);
    form.edit(Edit::EraseToStart);
    text.chars().for_each(|letter| form.edit(Edit::Insert(letter)));
}

fn typed(key: &str, text: &str) -> Form {
    let mut form = Form::of(&Config::default());
    type_into(&mut form, key, text);
    form
}

fn checked(form: &Form) -> Result<Config, Faults> {
    match form.standing() {
        Standing::Checked(checked) => *checked,
        other => panic!("{other:?}"),
    }
}

/// The value of a field, none where there is no such field.
fn value<'a>(form: &'a Form, key: &str) -> Option<&'a str> {
    form.fields().iter().find(|field| field.key == key).map(Field::value)
}

/// Does what the screen does with a look.
fn answer(form: &mut Form) {
    let look = form.look().expect("nothing to look at");
    let paths: Vec<PathBuf> = look.paths.iter().map(PathBuf::from).collect();
    let guess = guide::look(&paths).and_then(|survey| guide::guess(&survey, &look.answers));
    form.take(look, guess.map(Box::new).map_err(|error| error.to_string()));
}

/// A folder with a table and matrices of so many rows and widths, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, matrices: &[(&str, usize)], table: &str) -> Self {
        let path = std::env::temp_dir().join(format!("form-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        for (name, width) in matrices {
            fs::write(path.join(format!("{name}.npy")), npy(60, *width)).unwrap();
        }
        let rows = (0..60).map(|row| format!("{row},{},{}", row % 3, row % 4));
        let lines: Vec<String> = [table.to_owned()].into_iter().chain(rows).collect();
        fs::write(path.join("table.csv"), lines.join("\n")).unwrap();
        Self(path)
    }

    fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn npy(rows: usize, width: usize) -> Vec<u8> {
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}");
    header.extend(std::iter::repeat_n(' ', (64 - (header.len() + 11) % 64) % 64));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.into_bytes());
    bytes.extend((0..rows * width).flat_map(|place| ((place % 17) as f32 - 8.0).to_le_bytes()));
    bytes
}

#[test]
fn what_nobody_touched_stays_as_it_was() {
    let mut form = Form::of(&Config::default());
    let shown: Vec<&str> = form.fields().iter().map(Field::value).collect();
    let expected = [
        "quick",
        "clip-like",
        "0",
        "auto",
        r#"["concat", "product", "tensor"]"#,
        r#"["real", "synthetic"]"#,
        r#"["text", "image", "logistic"]"#,
        "doubling",
        "10",
        "0.001",
        "30",
        "256",
    ];
    assert_eq!(shown, expected);
    assert!(!form.is_changed());
    assert_eq!(checked(&form), Ok(Config::default()));
    assert_eq!(form.look(), None, "the generator is no file");
}

#[test]
fn a_field_is_checked_as_the_file_is_and_names_its_key() {
    assert_eq!(checked(&typed("sweep.seeds", "20")).unwrap().sweep.seeds, Seeds::Count(20));
    let faults = checked(&typed("sweep.fusions", r#"["tensr"]"#)).unwrap_err();
    assert_eq!(faults.0.len(), 1);
    assert_eq!(faults.0[0].key, "sweep.fusions");
    assert!(faults.to_string().contains("tensor"), "{faults}");
    assert!(checked(&typed("train.epochs", "")).is_err(), "an empty field is not a number");
    assert!(checked(&typed("run.device", "gpu")).is_err());
    let faults = checked(&typed("data.source", "")).unwrap_err();
    assert_eq!(faults.0[0].key, "data.source");
}

#[test]
fn another_data_set_is_looked_at_and_fills_what_nobody_typed() {
    let folder = Folder::new("guess", &[("fourier", 8), ("karhunen", 6), ("zernike", 5)], "id,genre,label");
    let mut form = typed("data.source", folder.text());
    assert_eq!((form.standing(), form.question()), (Standing::Unseen, None));
    answer(&mut form);
    assert!(form.question().is_some_and(|question| question.is_open && question.key == "data.text"));
    let of = |form: &Form, key| value(form, key).map(str::to_owned);
    assert_eq!(of(&form, "data.text").as_deref(), Some("fourier"));
    assert_eq!(of(&form, "data.image").as_deref(), Some("karhunen"));
    assert_eq!(of(&form, "data.label").as_deref(), Some("label"));
    assert_eq!((of(&form, "data.split"), of(&form, "data.width").as_deref()), (None, Some("6")));
    let config = checked(&form).unwrap();
    assert_eq!((config.data.source.as_str(), config.data.text.as_str()), (folder.text(), "fourier"));
    assert_eq!((config.data.width, config.run.name.starts_with("form-guess")), (6, true));
    // A choice is an answer, and what follows from it follows again.
    focus_on(&mut form, "data.image");
    form.choose(1);
    assert_eq!((of(&form, "data.image").as_deref(), form.standing()), (Some("zernike"), Standing::Unseen));
    answer(&mut form);
    assert_eq!(
        (of(&form, "data.text").as_deref(), of(&form, "data.width").as_deref()),
        (Some("fourier"), Some("5"))
    );
    // What was typed stays.
    type_into(&mut form, "data.width", "4");
    focus_on(&mut form, "data.label");
    form.choose(-1);
    answer(&mut form);
    assert_eq!(
        (of(&form, "data.label").as_deref(), of(&form, "data.width").as_deref()),
        (Some("none"), Some("4"))
    );
    assert_eq!(form.also(), ["sweep.smallest = 8"]);
    assert_eq!(value(&form, "sweep.tasks"), Some(r#"["synthetic"]"#));
    let config = checked(&form).unwrap();
    assert_eq!((config.data.width, config.data.image.as_str()), (4, "zernike"));
    assert_eq!(config.sweep.tasks, [Task::Synthetic]);
}

#[test]
fn what_was_chosen_and_suggested_of_one_data_set_is_not_kept_for_another() {
    let narrow = Folder::new("narrow", &[("fourier", 8), ("karhunen", 6)], "id,genre,label");
    let equal = Folder::new("equal", &[("text", 8), ("image", 8)], "id,kind,label");
    let mut form = typed("data.source", narrow.text());
    answer(&mut form);
    assert_eq!(value(&form, "data.width"), Some("6"));
    focus_on(&mut form, "data.label");
    form.choose(1);
    answer(&mut form);
    assert_ne!(value(&form, "data.label"), Some("label"));
    type_into(&mut form, "data.source", equal.text());
    answer(&mut form);
    assert_eq!((value(&form, "data.label"), value(&form, "data.width")), (Some("label"), Some("0")));
    let config = checked(&form).unwrap();
    assert_eq!((config.data.text.as_str(), config.data.width), ("text", 0));
}

#[test]
fn going_back_to_the_generator_leaves_nothing_behind() {
    let folder = Folder::new("back", &[("fourier", 8), ("karhunen", 6)], "id,genre,label");
    let mut form = typed("data.source", folder.text());
    answer(&mut form);
    type_into(&mut form, "data.source", "clip-like");
    assert_eq!(checked(&form), Ok(Config::default()));
    // An answer that comes while another name is typed is late.
    let mut form = typed("data.source", folder.text());
    let look = form.look().unwrap();
    type_into(&mut form, "data.source", "clip-like");
    let survey = guide::look(std::slice::from_ref(&folder.0)).unwrap();
    form.take(look, Ok(Box::new(guide::guess(&survey, &Answers::new()).unwrap())));
    assert_eq!((form.fields().len(), checked(&form)), (12, Ok(Config::default())));
    // And a name that was typed back is looked at again.
    let mut form = typed("data.source", folder.text());
    answer(&mut form);
    focus_on(&mut form, "data.source");
    form.edit(Edit::Insert('x'));
    form.edit(Edit::EraseLeft);
    assert_eq!(form.standing(), Standing::Unseen);
}

#[test]
fn a_study_of_files_is_not_changed_by_opening_the_form() {
    let folder = Folder::new("open", &[("text", 8), ("image", 6), ("audio", 6)], "id,genre,label");
    let mut study = Config::default();
    study.data.source = folder.text().to_owned();
    study.sweep.fusions = vec![::study::model::ModelId::CONCAT];
    study.sweep.tasks = vec![Task::Synthetic, Task::Real];
    let mut form = Form::of(&study);
    answer(&mut form);
    assert!(!form.is_changed(), "{:?}", form.fields());
    // Another image needs another width, and leaves what is no part of the data alone.
    focus_on(&mut form, "data.image");
    while value(&form, "data.image") != Some("audio") {
        form.choose(1);
    }
    assert!(form.question().is_some(), "choices stay while one is looked at");
    answer(&mut form);
    let config = checked(&form).unwrap();
    assert_eq!((config.data.width, config.sweep.smallest), (6, study.sweep.smallest));
    assert_eq!((config.sweep.tasks, config.run.name), (study.sweep.tasks, study.run.name));
}

#[test]
fn what_was_said_of_one_data_set_is_not_said_of_another() {
    let folder = Folder::new("said", &[("text", 8), ("image", 8)], "id,genre,label");
    let mut study = Config::default();
    study.data.width = 64;
    study.data.order = ::study::config::Order::Trusted;
    study.data.missing = ::study::config::Missing::Zero;
    study.synthetic.allow_imbalance = true;
    let mut form = Form::of(&study);
    type_into(&mut form, "data.source", folder.text());
    answer(&mut form);
    assert_eq!(value(&form, "data.width"), Some("0"));
    let config = checked(&form).unwrap();
    let none = Config::default();
    assert_eq!((config.data.order, config.data.missing), (none.data.order, none.data.missing));
    assert_eq!((config.data.width, config.synthetic.allow_imbalance), (0, false));
}

#[test]
fn a_data_set_that_is_none_is_an_error_of_its_key() {
    let mut form = typed("data.source", "/nowhere/at/all.npz");
    answer(&mut form);
    let faults = checked(&form).unwrap_err();
    assert_eq!(faults.0[0].key, "data.source");
    assert!(faults.to_string().contains("/nowhere/at/all.npz"), "{faults}");
    assert_eq!(form.look(), None);
    assert!(form.look_again().is_some(), "it may be there by now");
    // What is asked by now counts, and not what was asked before.
    let stale = Look { paths: vec!["/nowhere/at/all.npz".into()], answers: Answers::new() };
    type_into(&mut form, "data.source", "/elsewhere.npz");
    assert!(form.look().is_some());
    form.take(stale, Err("too late".into()));
    assert_eq!(form.standing(), Standing::Looking);
}

#[test]
fn a_study_of_files_shows_their_parts_and_can_take_others() {
    let folder = Folder::new("own", &[("text", 8), ("image", 8), ("audio", 8)], "id,genre,label");
    let mut study = Config::default();
    study.data.source = folder.text().to_owned();
    study.data.label = "genre".into();
    study.data.positive = vec![::study::config::LabelValue::Number(2)];
    study.run.name = "mine".into();
    let mut form = Form::of(&study);
    answer(&mut form);
    assert_eq!(value(&form, "data.label"), Some("genre"));
    assert!(!form.is_changed() && form.also().is_empty());
    assert_eq!(checked(&form), Ok(study.clone()));
    focus_on(&mut form, "data.image");
    while value(&form, "data.image") != Some("audio") {
        form.choose(1);
    }
    answer(&mut form);
    let config = checked(&form).unwrap();
    assert_eq!((config.data.image.as_str(), config.data.label.as_str()), ("audio", "genre"));
    assert_eq!((&config.data.positive, config.run.name.as_str()), (&study.data.positive, "mine"));
    // Another label has other values.
    focus_on(&mut form, "data.label");
    while value(&form, "data.label") != Some("label") {
        form.choose(1);
    }
    answer(&mut form);
    let config = checked(&form).unwrap();
    assert_eq!((config.data.label.as_str(), config.data.positive.len()), ("label", 0));
}

#[test]
fn what_was_refused_is_there_again() {
    let folder = Folder::new("draft", &[("fourier", 8), ("karhunen", 6)], "id,genre,label");
    let mut form = typed("data.source", folder.text());
    answer(&mut form);
    focus_on(&mut form, "data.text");
    form.choose(1);
    answer(&mut form);
    let draft = checked(&form).unwrap();
    let refused = Refused { study: Box::new(draft.clone()), why: "row 17 is NaN".into() };
    let mut again = Form::with_draft(&Config::default(), &refused);
    assert_eq!(again.refused(), Some("row 17 is NaN"));
    assert!(Path::new(value(&again, "data.source").unwrap()).is_dir());
    answer(&mut again);
    assert_eq!(value(&again, "data.text"), Some("karhunen"));
    assert_eq!(checked(&again), Ok(draft));
    type_into(&mut again, "train.epochs", "4");
    assert_eq!(again.refused(), None, "it was said of another study");
}

//! A small CLIP and a few pairs, from the table to the result: what is skipped, kept, stopped and taken up again.
//!
//! The model in `fixtures/clip` and what transformers makes of the texts are `scripts/clip.py fixture`'s.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use embed::{EmbedError, Embedded, Job, Report, discard_partial, run};
use ndarray::Array2;
use study::config::LabelValue;
use tch::Device;
use tempfile::TempDir;

const TEXTS: [&str; 3] = ["a cat sleeps", "the red car on the road in the rain in the sun", "a dog"];

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clip")
}

fn picture(path: &Path, seed: u32) {
    let mut encoder = png::Encoder::new(fs::File::create(path).unwrap(), 10, 9);
    encoder.set_color(png::ColorType::Rgb);
    let pixels: Vec<u8> = (0..270).map(|place| ((place * (seed + 3) * 37) % 251) as u8).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
}

/// A folder with `rows` pairs, and the job for it.
fn pairs(rows: usize) -> (TempDir, Job) {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = vec!["text,image,label\n".to_owned()];
    for row in 0..rows {
        picture(&folder.path().join(format!("{row}.png")), row as u32);
        lines.push(format!("{},{row}.png,{row}\n", TEXTS[row % 3]));
    }
    let path = folder.path().join("pairs.csv");
    fs::write(&path, lines.concat()).unwrap();
    let job = Job::new(path, fixture(), folder.path().join("made.safetensors"));
    (folder, Job { batch: 4, ..job })
}

/// What comes out, and the notices on the way.
fn embedded(job: &Job) -> (Result<Embedded, EmbedError>, Vec<String>) {
    let mut notices = Vec::new();
    let mut report = |report| {
        if let Report::Notice(text) = report {
            notices.push(text);
        }
    };
    let made = run(job, Device::Cpu, &mut report, &AtomicBool::new(false));
    (made, notices)
}

/// Stops after the first batch: how many rows were done.
fn stopped(job: &Job) -> usize {
    let stop = AtomicBool::new(false);
    let mut report = |report| {
        if let Report::Progress(progress) = report {
            assert!(progress.of >= progress.done && progress.seconds_left.is_some());
            stop.store(true, Ordering::Relaxed);
        }
    };
    match run(job, Device::Cpu, &mut report, &stop) {
        Err(EmbedError::Stopped { done, .. }) => done,
        other => panic!("{other:?}"),
    }
}

fn first_progress(job: &Job) -> usize {
    let mut first = None;
    let mut report = |report| {
        if let Report::Progress(progress) = report {
            first.get_or_insert(progress.done);
        }
    };
    run(job, Device::Cpu, &mut report, &AtomicBool::new(false)).unwrap();
    first.unwrap_or(0)
}

fn furthest(a: &Array2<f32>, b: &Array2<f32>) -> f32 {
    assert_eq!(a.dim(), b.dim());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn texts_become_what_transformers_makes_of_them_and_rows_stay_in_order() {
    let (_folder, job) = pairs(11);
    let made = embedded(&job).0.unwrap();
    let expected: BTreeMap<String, Vec<f32>> =
        serde_json::from_str(&fs::read_to_string(fixture().join("texts.json")).unwrap()).unwrap();
    for (row, values) in made.text.rows().into_iter().enumerate() {
        let far =
            values.iter().zip(&expected[TEXTS[row % 3]]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(far < 1e-5, "row {row}: {far}");
    }
    assert_eq!((made.text.dim(), made.image.dim()), ((11, 6), (11, 6)));
    assert_eq!(made.columns[0].0, "label");
    assert_eq!(made.columns[0].1, (0..11).map(LabelValue::Number).collect::<Vec<_>>());
    for (key, value) in [
        ("model", "clip"),
        ("encoder", "clip"),
        ("text_cleaning", "none"),
        ("normalised", "no"),
        ("source", "pairs.csv"),
        ("rows", "11"),
        ("rows_skipped", "0"),
    ] {
        assert_eq!(made.provenance[key], value, "{key}");
    }
    let weights = fs::read(fixture().join("model.safetensors")).unwrap();
    assert_eq!(made.provenance["model_blake3"], blake3::hash(&weights).to_hex().to_string());
}

#[test]
fn the_size_of_a_batch_and_the_number_of_threads_change_rounding_alone() {
    let (_folder, job) = pairs(11);
    let one = embedded(&Job { batch: 1, threads: 1, ..job.clone() }).0.unwrap();
    discard_partial(&job).unwrap();
    let all = embedded(&Job { batch: 64, threads: 3, ..job }).0.unwrap();
    assert!(furthest(&one.text, &all.text) < 1e-5 && furthest(&one.image, &all.image) < 1e-5);
}

#[test]
fn normalised_rows_have_length_one_and_the_same_direction() {
    let (_folder, job) = pairs(3);
    let plain = embedded(&job).0.unwrap();
    let job = Job { normalise: true, ..job };
    refused(&job, "the options have changed");
    let unit = embedded(&job).0.unwrap();
    assert_eq!(unit.provenance["normalised"], "yes");
    for (plain, unit) in plain.image.rows().into_iter().zip(unit.image.rows()) {
        let length = plain.iter().map(|value| value * value).sum::<f32>().sqrt();
        assert!(plain.iter().zip(unit).all(|(plain, unit)| (plain / length - unit).abs() < 1e-5));
    }
}

#[test]
fn what_is_done_is_used_and_gives_the_same_result() {
    let (_folder, job) = pairs(23);
    let whole = embedded(&job).0.unwrap();
    discard_partial(&job).unwrap();
    assert!(!job.partial().exists());
    let done = stopped(&job);
    assert!((4..23).contains(&done), "{done}");
    assert_eq!(first_progress(&job), done + 4);
    let (again, notices) = embedded(&job);
    let again = again.unwrap();
    assert_eq!(notices, Vec::<String>::new());
    assert_eq!(first_progress(&job), 0);
    assert!(furthest(&whole.text, &again.text) < 1e-5 && furthest(&whole.image, &again.image) < 1e-5);
}

#[test]
fn a_picture_that_was_replaced_is_embedded_again_and_another_text_is_refused() {
    let (folder, job) = pairs(6);
    let before = embedded(&job).0.unwrap();
    fs::copy(folder.path().join("5.png"), folder.path().join("2.png")).unwrap();
    let (after, notices) = embedded(&job);
    let after = after.unwrap();
    assert_eq!(notices, Vec::<String>::new());
    assert!((&after.image.row(2) - &after.image.row(5)).iter().all(|far| far.abs() < 1e-5));
    assert_eq!(before.image.row(3), after.image.row(3));
    let table = fs::read_to_string(&job.source).unwrap();
    fs::write(&job.source, table.replace("a dog", "a red dog")).unwrap();
    refused(&job, "the texts or the places");
    assert!(embedded(&job).0.is_ok());
}

/// What is done is kept where it would have to be done otherwise; without it the job begins anew.
#[track_caller]
fn refused(job: &Job, why: &str) {
    let error = embedded(job).0.unwrap_err().to_string();
    assert!(error.contains(why) && error.contains("name another --output"), "{error}");
    assert!(job.partial().join("done.u64").metadata().unwrap().len() > 0);
    discard_partial(job).unwrap();
}

#[test]
fn another_model_is_refused() {
    let (folder, job) = pairs(3);
    embedded(&job).0.unwrap();
    let model = folder.path().join("model");
    fs::create_dir(&model).unwrap();
    for entry in fs::read_dir(fixture()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), model.join(entry.file_name())).unwrap();
    }
    let config = fs::read_to_string(model.join("config.json")).unwrap();
    fs::write(model.join("config.json"), config.replacen("quick_gelu", "gelu", 1)).unwrap();
    let job = Job { model, ..job };
    refused(&job, "the model has changed");
    assert!(embedded(&job).0.is_ok());
}

#[test]
fn rows_that_cannot_be_embedded_are_named_or_left_out() {
    let (folder, job) = pairs(9);
    fs::write(folder.path().join("1.png"), b"no picture").unwrap();
    fs::remove_file(folder.path().join("4.png")).unwrap();
    let table = fs::read_to_string(&job.source).unwrap();
    fs::write(&job.source, table.replace("a dog,8.png", " ,8.png")).unwrap();
    // Before anything is done.
    let refused = embedded(&job).0.unwrap_err().to_string();
    assert!(refused.starts_with("2 of 9 rows cannot be embedded: line 6 ("), "{refused}");
    for part in ["4.png: ", "line 10 (its text is empty)", "--skip-unreadable"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert!(!job.partial().exists());
    // What is seen once it is read.
    let broken = Job { source: folder.path().join("broken.csv"), ..job.clone() };
    fs::write(&broken.source, "text,image,label\na dog,0.png,0\na cat,1.png,1\n").unwrap();
    let refused = embedded(&broken).0.unwrap_err().to_string();
    assert!(refused.starts_with("1 of 2 rows cannot be embedded: line 3 ("), "{refused}");
    assert!(refused.contains("1.png: ") && broken.partial().exists(), "{refused}");
    discard_partial(&broken).unwrap();
    let (made, notices) = embedded(&Job { skip_unreadable: true, ..job.clone() });
    let made = made.unwrap();
    assert!(notices[0].starts_with("3 of 9 rows are left out: line 3"), "{notices:?}");
    assert_eq!((made.text.nrows(), made.image.nrows()), (6, 6));
    assert_eq!(made.columns[0].1, [0, 2, 3, 5, 6, 7].map(LabelValue::Number));
    assert_eq!(made.provenance["rows_skipped"], "3");
    assert_eq!(made.provenance["skipped"], "line 3, line 6, line 10");
    // Repaired, it is taken up.
    picture(&folder.path().join("1.png"), 1);
    let made = embedded(&Job { skip_unreadable: true, ..job }).0.unwrap();
    assert_eq!(made.provenance["skipped"], "line 6, line 10");
}

#[test]
fn where_no_row_can_be_embedded_there_is_no_result() {
    let (folder, job) = pairs(2);
    for row in 0..2 {
        fs::write(folder.path().join(format!("{row}.png")), b"").unwrap();
    }
    let refused = embedded(&Job { skip_unreadable: true, ..job }).0.unwrap_err().to_string();
    assert!(refused.starts_with("none of the 2 rows can be embedded"), "{refused}");
}

#[test]
fn a_damaged_partial_result_is_refused_and_rows_that_are_gone_are_made_again() {
    let (_folder, job) = pairs(5);
    let whole = embedded(&job).0.unwrap();
    fs::write(job.partial().join("settings.json"), b"{").unwrap();
    refused(&job, "its settings cannot be read");
    assert!(furthest(&whole.text, &embedded(&job).0.unwrap().text) < 1e-5);
    // Rows that are gone though they should be there are embedded again.
    let image = fs::read(job.partial().join("image.f32")).unwrap();
    fs::write(job.partial().join("image.f32"), &image[..image.len() - 30]).unwrap();
    let again = embedded(&job).0.unwrap();
    assert!(furthest(&whole.image, &again.image) < 1e-5);
    discard_partial(&job).unwrap();
    discard_partial(&job).unwrap();
    assert!(embedded(&job).0.is_ok());
}

#[test]
fn a_folder_without_a_model_is_refused() {
    let (folder, job) = pairs(1);
    let job = Job { model: folder.path().to_owned(), ..job };
    assert!(embedded(&job).0.unwrap_err().to_string().contains("neither config.json"));
    let job = Job { model: job.source.clone(), ..job };
    assert!(embedded(&job).0.unwrap_err().to_string().contains("it is no folder"));
    let model = folder.path().join("scripted");
    fs::create_dir(&model).unwrap();
    fs::copy(fixture().join("tokenizer.json"), model.join("tokenizer.json")).unwrap();
    fs::write(model.join("model.pt"), b"not a module").unwrap();
    let refused = embedded(&Job { model, ..job }).0.unwrap_err().to_string();
    assert!(refused.contains("model.pt as TorchScript failed: ") && !refused.contains('\n'), "{refused}");
}

/// Of `sums.pt` in `scripts/clip.py`: a text's sum of ids and number of tokens, a picture's mean colours.
#[test]
fn any_encoders_can_come_as_torchscript() {
    let (folder, job) = pairs(4);
    let model = folder.path().join("sums");
    fs::create_dir(&model).unwrap();
    for name in ["tokenizer.json", "preprocessor_config.json"] {
        fs::copy(fixture().join(name), model.join(name)).unwrap();
    }
    fs::copy(fixture().with_file_name("sums.pt"), model.join("model.pt")).unwrap();
    let job = Job { model, ..job };
    let refused = embedded(&job).0.unwrap_err().to_string();
    assert!(
        refused.contains("encode_text of ") && refused.ends_with("texts of at most 9 tokens"),
        "{refused}"
    );
    let short = fs::read_to_string(&job.source).unwrap().replace(TEXTS[1], "the sun");
    fs::write(&job.source, short).unwrap();
    let made = embedded(&job).0.unwrap();
    // <start> a cat sleeps <end>, <start> the sun <end>, <start> a dog <end>
    let texts = [[62.0, 5.0], [68.0, 4.0], [57.0, 4.0], [62.0, 5.0]];
    assert_eq!(made.text.rows().into_iter().map(|row| [row[0], row[1]]).collect::<Vec<_>>(), texts);
    assert_eq!(made.image.dim(), (4, 3));
    assert_eq!(made.provenance["encoder"], "torchscript");
    assert_eq!(made.provenance["longest_text"], "512 tokens");
}

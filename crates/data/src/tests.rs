//! The whole way from files to a data set, and every refusal.

mod broken;
mod classes;
mod folders;
mod import;
mod inspect_json;
mod pairing;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use tempfile::TempDir;

use super::files::npy_header;
use super::{Dataset, batch_order, inspect, load, subset};
use study::config::{Config, LabelValue, Pad, Pairs, Scale, SyntheticLabel};
use study::grid::{Epoch, Seed, Task};
use study::model::{Baseline, ModelId};

/// A folder of arrays that a test can damage.
pub(super) struct Folder(TempDir);

impl Folder {
    /// 40 rows, text and image 3 wide, labels `a`/`b` in `labels.csv` with splits.
    pub(super) fn good() -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.matrix("text", &rows(40, 3, 0));
        folder.matrix("image", &rows(40, 3, 1));
        let lines = (0..40).map(|row| {
            let split = ["train", "train", "train", "test"][row % 4];
            format!("{},{split}\n", if row % 8 < 4 { "a" } else { "b" })
        });
        folder.write("labels.csv", format!("label,split\n{}", lines.collect::<String>()).as_bytes());
        folder
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path().join(name), bytes).unwrap();
    }

    fn matrix(&self, name: &str, rows: &Array2<f32>) {
        let mut bytes = npy_header("<f4", &[rows.nrows(), rows.ncols()]);
        bytes.extend(rows.iter().flat_map(|value| value.to_le_bytes()));
        self.write(&format!("{name}.npy"), &bytes);
    }

    fn config(&self) -> Config {
        let mut config = Config::default();
        config.data.source = self.path().display().to_string();
        config.data.split = "split".into();
        config.data.positive = vec![LabelValue::Text("a".into())];
        config
    }

    fn refusal(&self, change: impl FnOnce(&mut Config)) -> String {
        let mut config = self.config();
        change(&mut config);
        load(&config).unwrap_err().to_string()
    }
}

/// `labels.csv` with these labels and three rows in four for training.
fn table(label: impl Fn(usize) -> String) -> String {
    let line = |row: usize| format!("{},{}\n", label(row), ["train", "train", "train", "test"][row % 4]);
    format!("label,split\n{}", (0..40).map(line).collect::<String>())
}

/// Numbers without a pattern.
fn rows(rows: usize, width: usize, salt: usize) -> Array2<f32> {
    let mixed = |i: usize, j: usize| ((i * 31 + j) * 17 + salt + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    Array2::from_shape_fn((rows, width), |(i, j)| (mixed(i, j) % 1_000) as f32 / 500.0 - 1.0)
}

#[track_caller]
fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is absent", path.display());
    None
}

#[test]
fn a_folder_becomes_splits_labels_and_scaled_inputs() {
    let dataset = load(&Folder::good().config()).unwrap();
    let rows = dataset.facts.rows;
    // 30 training rows in the column, of which 15 % (rounded up from 4.5) are drawn for validation.
    assert_eq!((rows.train, rows.validation, rows.test), (25, 5, 10));
    let real = dataset.task(Task::Real).unwrap();
    let mean_square = real.inputs().text.train.mapv(|value| value * value).mean().unwrap();
    assert!((mean_square - 1.0).abs() < 1e-5);
    assert_eq!(real.labels.test, [1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
    let synthetic = dataset.task(Task::Synthetic).unwrap();
    assert!(std::sync::Arc::ptr_eq(&real.inputs(), &synthetic.inputs()));
}

#[test]
fn the_median_is_taken_on_the_training_split_of_what_the_model_receives() {
    let dataset = load(&Folder::good().config()).unwrap();
    let facts = dataset.facts.task(Task::Synthetic).unwrap();
    let data = dataset.task(Task::Synthetic).unwrap();
    let inputs = data.inputs();
    let (text, image) = (&inputs.text.train, &inputs.image.train);
    let mut products: Vec<f32> = (0..25).map(|row| text.row(row).dot(&image.row(row))).collect();
    products.sort_by(f32::total_cmp);
    assert!((facts.threshold.unwrap() - f64::from(products[12])).abs() < 1e-5);
    assert!((facts.positive_share.train - 12.0 / 25.0).abs() < 1e-12);
    for (row, &label) in data.labels.test.iter().enumerate() {
        let product = data.inputs().text.test.row(row).dot(&data.inputs().image.test.row(row));
        assert_eq!(label, u16::from(f64::from(product) > facts.threshold.unwrap()));
    }
}

#[test]
fn shuffled_pairs_stay_in_their_split_and_leave_the_real_task_alone() {
    let mut config = Folder::good().config();
    let folder = Folder::good();
    config.data.source = folder.path().display().to_string();
    config.synthetic.pairs = Pairs::Shuffled;
    let dataset = load(&config).unwrap();
    let (real, synthetic) = (dataset.task(Task::Real).unwrap(), dataset.task(Task::Synthetic).unwrap());
    assert_eq!(real.inputs().text.test, synthetic.inputs().text.test);
    assert_ne!(real.inputs().image.test, synthetic.inputs().image.test);
    let sorted = |rows: &Array2<f32>| {
        let mut rows: Vec<Vec<u32>> =
            rows.rows().into_iter().map(|row| row.iter().map(|v| v.to_bits()).collect()).collect();
        rows.sort();
        rows
    };
    assert_eq!(sorted(&real.inputs().image.test), sorted(&synthetic.inputs().image.test));
    assert_eq!(sorted(&real.inputs().image.train), sorted(&synthetic.inputs().image.train));
}

#[test]
fn a_centred_label_gives_the_model_centred_inputs() {
    let folder = Folder::good();
    let mut config = folder.config();
    config.synthetic.label = SyntheticLabel::Centred;
    let dataset = load(&config).unwrap();
    let synthetic = dataset.task(Task::Synthetic).unwrap();
    for column in synthetic.inputs().image.train.columns() {
        assert!(column.mean().unwrap().abs() < 1e-6);
    }
    assert_eq!(dataset.facts.task(Task::Synthetic).unwrap().threshold, Some(0.0));
}

#[test]
fn a_random_split_is_stratified_and_changes_with_its_seed_alone() {
    let split = |seed: u64| {
        let mut config = Config::default();
        config.data.clip_like.samples = 1_000;
        config.data.split_seed = seed;
        load(&config).unwrap()
    };
    let (first, again, other) = (split(0), split(0), split(1));
    assert_eq!(first.facts, again.facts);
    assert_ne!(first.facts.fingerprint, other.facts.fingerprint);
    assert_eq!((first.facts.rows.train, first.facts.rows.validation, first.facts.rows.test), (700, 150, 150));
    let share = first.facts.task(Task::Real).unwrap().positive_share;
    assert!((share.train - share.test).abs() < 0.01 && (share.train - share.validation).abs() < 0.01);
}

#[test]
fn a_standard_scale_leaves_a_column_without_variance_at_zero() {
    let folder = Folder::good();
    let mut text = rows(40, 3, 0);
    text.column_mut(1).fill(0.1);
    folder.matrix("text", &text);
    let mut config = folder.config();
    config.data.scale = Scale::Standard;
    let dataset = load(&config).unwrap();
    let train = dataset.task(Task::Real).unwrap().inputs().text.train.clone();
    assert!(train.column(1).iter().all(|value| value.abs() < 1e-6));
    assert!((train.column(0).std(0.0) - 1.0).abs() < 1e-5);
    assert!(dataset.facts.warnings.iter().any(|warning| warning.contains("standard")));
}

#[test]
fn subsets_are_nested_and_orders_are_permutations() {
    let order = subset(100, Seed(3));
    assert_eq!(order, subset(100, Seed(3)));
    assert_ne!(order, subset(100, Seed(4)));
    for mut order in [order, batch_order(100, Seed(3), Epoch(1))] {
        order.sort_unstable();
        assert!(order.into_iter().eq(0..100));
    }
    assert_ne!(batch_order(100, Seed(3), Epoch(1)), batch_order(100, Seed(3), Epoch(2)));
}

#[test]
fn missing_files_and_arrays_are_named() {
    let folder = Folder::good();
    says(
        &folder.refusal(|c| c.data.source = "/nowhere/at.npz".into()),
        &["/nowhere/at.npz does not exist", "data.source"],
    );
    says(
        &folder.refusal(|c| c.data.text = "txt".into()),
        &["`txt`", "data.text", "image, text", "did you mean `text`?"],
    );
    says(&folder.refusal(|c| c.data.label = "lable".into()), &["data.label", "did you mean `label`?"]);
    says(&folder.refusal(|c| c.data.split = "part".into()), &["data.split", "`part`"]);
    folder.write("table.bin", b"\0\x01");
    let unknown = folder.path().join("table.bin").display().to_string();
    says(&folder.refusal(|c| c.data.source = unknown), &[".npz", ".safetensors", ".npy", "clip-like"]);
}

#[test]
fn damaged_arrays_are_refused() {
    let folder = Folder::good();
    let whole = fs::read(folder.path().join("text.npy")).unwrap();
    folder.write("text.npy", &whole[..whole.len() - 5]);
    says(&folder.refusal(|_| ()), &["text.npy", "cut short"]);
    folder.write("text.npy", &whole[..20]);
    says(&folder.refusal(|_| ()), &["text.npy", "header ends early"]);
    let mut long = whole.clone();
    long.push(0);
    folder.write("text.npy", &long);
    says(&folder.refusal(|_| ()), &["more bytes than its shape"]);
    folder.write("text.npy", &npy_header("<f4", &[1 << 31, usize::MAX]));
    says(&folder.refusal(|_| ()), &["no memory holds"]);
    folder.write("text.npy", &npy_header("<f4", &[1 << 40, 4]));
    says(&folder.refusal(|_| ()), &["at most"]);
    folder.write("text.npy", &npy_header("<f4", &[40]));
    says(&folder.refusal(|_| ()), &["shape (40,)", "matrix"]);
}

#[test]
fn a_safetensors_header_or_zip_entry_that_lies_is_refused() {
    let folder = Folder::good();
    let refusal = |name: &str, bytes: &[u8]| {
        folder.write(name, bytes);
        let path = folder.path().join(name).display().to_string();
        folder.refusal(|c| c.data.source = path)
    };
    says(&refusal("a.safetensors", &u64::MAX.to_le_bytes()), &["header claims"]);
    let header = br#"{"text":{"dtype":"F32","shape":[100000000000,4],"data_offsets":[0,1600000000000]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    says(&refusal("b.safetensors", &bytes), &["b.safetensors", "damaged"]);
    says(&refusal("c.npz", b"PK not a zip"), &["c.npz", "damaged"]);
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("text.npy", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(&npy_header("<f4", &[1 << 50, 2])).unwrap();
    says(&refusal("d.npz", &archive.finish().unwrap().into_inner()), &["array `text`", "at most"]);
}

#[test]
fn numbers_that_are_none_and_rows_that_differ_are_counted() {
    let folder = Folder::good();
    let mut text = rows(40, 3, 0);
    text[(7, 1)] = f32::NAN;
    text[(9, 0)] = f32::INFINITY;
    folder.matrix("text", &text);
    says(&folder.refusal(|_| ()), &["array `text`", "2 values", "2 of its rows", "row 7"]);
    folder.matrix("text", &rows(39, 3, 0));
    says(&folder.refusal(|_| ()), &["`text` has 39", "`image` has 40", "`label` has 40"]);
}

#[test]
fn labels_and_splits_that_cannot_be_used_are_named() {
    let folder = Folder::good();
    folder.write("labels.csv", table(|row| format!("{}.5", row % 4)).as_bytes());
    let fractional = ["label `label` of", "fractional values, such as 0.5", "regression is not supported"];
    says(&folder.refusal(|c| c.data.positive.clear()), &fractional);
    folder.write("labels.csv", table(|row| ["a", "b"][row / 4 % 2].to_owned()).as_bytes());
    let both = vec![LabelValue::Text("a".into()), LabelValue::Text("b".into())];
    says(&folder.refusal(|c| c.data.positive = both), &["real", "all 1", "data.positive"]);
    says(&folder.refusal(|c| c.data.split = "label".into()), &["`a` is not a split", "train, val"]);
    let table = fs::read_to_string(folder.path().join("labels.csv")).unwrap();
    folder.write("labels.csv", table.replacen("\na,", "\n,", 1).as_bytes());
    says(&folder.refusal(|_| ()), &["line 2", "empty"]);
    folder.write("labels.csv", table.replace("b,", "\u{1b}[2Jb,").as_bytes());
    let message = folder.refusal(|c| c.data.positive = vec![LabelValue::Text("c".into())]);
    assert!(message.contains("[2Jb") && !message.contains('\u{1b}'), "{message:?}");
}

#[test]
fn unequal_widths_and_widths_out_of_reach_name_the_key() {
    let folder = Folder::good();
    folder.matrix("image", &rows(40, 5, 1));
    says(&folder.refusal(|_| ()), &["product", "3 and 5", "data.width"]);
    says(&folder.refusal(|c| c.sweep.fusions = vec![ModelId::CONCAT]), &["synthetic", "data.width"]);
    // A baseline may need one width where no fusion does.
    let permuted = |c: &mut Config| {
        (c.sweep.fusions, c.sweep.tasks) = (vec![ModelId::CONCAT], vec![Task::Real]);
        c.sweep.baselines = vec![Baseline::Permuted];
    };
    says(&folder.refusal(permuted), &["permuted fusion", "3 and 5", "data.width"]);
    says(&folder.refusal(|c| c.data.width = 6), &["data.width", "3 and 5 wide"]);
    let mut config = folder.config();
    config.sweep.fusions = vec![ModelId::CONCAT, ModelId::TENSOR];
    config.sweep.tasks = vec![Task::Real];
    assert_eq!(load(&config).unwrap().facts.image_width, 5);
}

#[test]
fn a_common_width_rotates_or_pads_the_narrower_modality() {
    let folder = Folder::good();
    folder.matrix("image", &rows(40, 5, 1));
    let at = |pad: Pad| -> Dataset {
        let mut config = folder.config();
        (config.data.width, config.data.pad, config.data.scale) = (5, pad, Scale::None);
        load(&config).unwrap()
    };
    let (rotated, padded) = (at(Pad::Rotate), at(Pad::Zero));
    let text = |dataset: &Dataset| dataset.task(Task::Real).unwrap().inputs().text.test.clone();
    assert_eq!((rotated.facts.text_width, rotated.facts.image_width), (5, 5));
    assert!(text(&padded).column(4).iter().all(|&value| value == 0.0));
    assert!(padded.facts.warnings.iter().any(|warning| warning.contains("rotate")));
    // Both are isometries of the same rows.
    let (rotated, padded) = (text(&rotated), text(&padded));
    for (a, b) in rotated.dot(&rotated.t()).iter().zip(&padded.dot(&padded.t())) {
        assert!((a - b).abs() < 1e-5);
    }
}

#[test]
fn an_inspection_lists_what_a_load_would_refuse() {
    let folder = Folder::good();
    let inspection = inspect(&folder.config()).unwrap();
    assert!(inspection.is_usable());
    says(
        &inspection.to_string(),
        &["40 rows × 3", "a: 20, b: 20", "train 25, validation 5, test 10", "synthetic"],
    );
    let mut text = rows(40, 3, 0);
    text[(7, 1)] = f32::NAN;
    folder.matrix("text", &text);
    let inspection = inspect(&folder.config()).unwrap();
    assert!(!inspection.is_usable());
    says(&inspection.to_string(), &["rows with NaN or infinities               1", "refused", "row 7"]);
}

#[test]
fn what_is_generated_reads_back_as_the_generators_own() {
    let folder = TempDir::new().unwrap();
    let mut config = Config::default();
    config.data.clip_like.samples = 500;
    let own = load(&config).unwrap().facts.fingerprint;
    for name in ["made.npz", "made.safetensors", "made/"] {
        let path = folder.path().join(name);
        super::generate(&config, &path).unwrap();
        let mut from_file = config.clone();
        from_file.data.source = path.display().to_string();
        assert_eq!(load(&from_file).unwrap().facts.fingerprint, own, "{name}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "no temporary file is left");
    let again = super::generate(&config, &folder.path().join("made/")).unwrap_err().to_string();
    says(&again, &["made/", "not empty; name a new folder"]);
    let refusal = super::generate(&config, &folder.path().join("made.csv")).unwrap_err().to_string();
    says(&refusal, &["made.csv", ".npz or .safetensors"]);
}

#[test]
fn the_two_real_sets_load_at_a_common_width() {
    if let Some(path) = shared("mfeat.npz") {
        let mut config = Config::default();
        config.data.source = path.display().to_string();
        (config.data.text, config.data.image) = ("fourier".into(), "karhunen".into());
        config.data.label = "digit".into();
        config.data.width = 64;
        config.data.positive = (6..=9).map(LabelValue::Number).collect();
        let facts = load(&config).unwrap().facts;
        assert_eq!((facts.rows.train, facts.text_width, facts.image_width), (1_400, 64, 64));
    }
    if let Some(path) = shared("wikipedia") {
        let mut config = Config::default();
        config.data.source = path.display().to_string();
        (config.data.text, config.data.image) = ("text_lda10".into(), "image_sift128".into());
        (config.data.label, config.data.split) = ("category".into(), "split".into());
        config.data.width = 10;
        config.data.positive =
            ["history", "royalty", "warfare"].map(|text| LabelValue::Text(text.into())).to_vec();
        let facts = load(&config).unwrap().facts;
        assert_eq!((facts.rows.train + facts.rows.validation, facts.rows.test), (2_173, 693));
    }
}

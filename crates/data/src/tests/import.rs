//! `data import`: the file is the same study as its source.

use super::*;
use crate::import;

/// The configuration for what was imported.
fn imported(config: &Config, file: &Path) -> Config {
    let mut config = config.clone();
    config.data.source = file.display().to_string();
    (config.data.table, config.data.key) = (String::new(), String::new());
    (config.data.positive, config.data.negative) = (Vec::new(), Vec::new());
    let names = ["text", "image", "label", "split"].map(str::to_owned);
    [config.data.text, config.data.image, config.data.label, config.data.split] = names;
    config
}

#[test]
fn an_imported_data_set_is_the_same_study() {
    let folder = Folder::good();
    let other = TempDir::new().unwrap();
    let file = other.path().join("set.safetensors");
    let is_same = |config: &Config| {
        let done = import(config, &file).unwrap();
        let (before, after) = (load(config).unwrap(), load(&imported(config, &file)).unwrap());
        assert_eq!(before.facts.fingerprint, after.facts.fingerprint);
        assert_eq!(before.facts.tasks, after.facts.tasks);
        done
    };
    // Given without validation rows: those that are drawn are written.
    let mut config = folder.config();
    let done = is_same(&config);
    assert_eq!((done.rows, done.widths, done.dropped), (40, [3, 3], 0));
    assert_eq!(done.columns, ["label", "split"]);
    // Drawn, with the label's own values as classes.
    config.data.split = "random".into();
    config.data.positive.clear();
    is_same(&config);
    // Rows of the third label are dropped.
    folder.write("labels.csv", table(|row| ["a", "b", "c"][row % 3].to_owned()).as_bytes());
    config.data.positive = vec![LabelValue::Text("a".into())];
    config.data.negative = vec![LabelValue::Text("b".into())];
    assert_eq!(is_same(&config).dropped, 13);
    // Without a label.
    config.data.label = "none".into();
    (config.data.positive, config.data.negative) = (Vec::new(), Vec::new());
    config.sweep.tasks = vec![Task::Synthetic];
    assert_eq!(is_same(&config).columns, ["split"]);
}

#[test]
fn a_table_in_another_order_is_joined_once_and_its_keys_are_kept() {
    let folder = Folder::good();
    let ids = |row: usize| (row * 7 % 40 + 100) as u64;
    let mut bytes = npy_header("<u8", &[40]);
    bytes.extend((0..40).flat_map(|row| ids(row).to_le_bytes()));
    folder.write("id.npy", &bytes);
    let line = |row: usize| {
        let class = if row % 8 < 4 { "a" } else { "b" };
        format!("{},{class},{}\n", ids(row), ["train", "train", "train", "test"][row % 4])
    };
    folder.write(
        "labels.csv",
        format!("id,label,split\n{}", (0..40).rev().map(line).collect::<String>()).as_bytes(),
    );
    let other = TempDir::new().unwrap();
    let file = other.path().join("set.safetensors");
    let mut config = folder.config();
    config.data.key = "id".into();
    assert_eq!(import(&config, &file).unwrap().columns, ["label", "split", "id"]);
    let after = load(&imported(&config, &file)).unwrap();
    assert_eq!(load(&config).unwrap().facts.fingerprint, after.facts.fingerprint);
    // And as the folder in its own order.
    assert_eq!(load(&Folder::good().config()).unwrap().facts.fingerprint, after.facts.fingerprint);
    let bytes = fs::read(&file).unwrap();
    let read = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert!(read.tensor("id").unwrap().data().starts_with(b"100107114"));
}

#[test]
fn rows_without_a_half_stay_missing_or_are_left_out() {
    use study::config::Missing;
    let folder = Folder::good();
    let mut image = rows(40, 3, 1);
    image.row_mut(5).fill(0.0);
    image.row_mut(6).fill(f32::NAN);
    folder.matrix("image", &image);
    let other = TempDir::new().unwrap();
    let file = other.path().join("set.safetensors");
    for (missing, dropped, warned) in [
        (Missing::Drop, 2, "dropped"),
        (Missing::Mean, 0, "data.missing"),
        (Missing::Zero, 0, "data.missing"),
    ] {
        let mut config = folder.config();
        config.data.missing = missing;
        let done = import(&config, &file).unwrap();
        assert_eq!(done.dropped, dropped);
        assert!(done.warnings.iter().any(|warning| warning.contains(warned)), "{:?}", done.warnings);
        let (before, after) = (load(&config).unwrap(), load(&imported(&config, &file)).unwrap());
        assert_eq!(before.facts.fingerprint, after.facts.fingerprint, "{missing:?}");
    }
    let error = import(&folder.config(), &file).unwrap_err().to_string();
    says(&error, &["row 5"]);
}

#[test]
fn the_same_source_gives_the_same_file_with_its_origin_in_it() {
    let folder = Folder::good();
    let other = TempDir::new().unwrap();
    let [a, b] = ["a.safetensors", "b.safetensors"].map(|name| other.path().join(name));
    import(&folder.config(), &a).unwrap();
    import(&folder.config(), &b).unwrap();
    let bytes = fs::read(&a).unwrap();
    assert_eq!(bytes, fs::read(&b).unwrap());
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let about = header.metadata().clone().unwrap();
    let source = folder.path().file_name().unwrap().to_str().unwrap();
    assert_eq!((about["data.source"].as_str(), about["data.positive"].as_str()), (source, "a"));
    assert!(about.values().all(|value| !value.contains('/')), "{about:?}");
}

#[test]
fn what_a_study_refuses_is_not_imported() {
    let folder = Folder::good();
    let other = TempDir::new().unwrap();
    let file = other.path().join("set.safetensors");
    let refusal = |config: &Config, file: &Path| import(config, file).unwrap_err().to_string();
    says(&refusal(&folder.config(), &other.path().join("set.npz")), &["set.npz", ".safetensors"]);
    let mut config = folder.config();
    config.data.label = "lable".into();
    says(&refusal(&config, &file), &["`lable`", "label"]);
    let mut image = rows(40, 3, 1);
    image[(7, 1)] = f32::NAN;
    folder.matrix("image", &image);
    says(&refusal(&folder.config(), &file), &["`image`", "7"]);
    folder.matrix("image", &rows(39, 3, 1));
    says(&refusal(&folder.config(), &file), &["`image` has 39"]);
    assert!(!file.exists());
}

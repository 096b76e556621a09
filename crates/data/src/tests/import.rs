//! `data import`: the file is the same study as its source.

use super::*;
use crate::import;

/// The configuration for what was imported.
fn imported(config: &Config, file: &Path) -> Config {
    let mut config = config.clone();
    config.data.source = file.display().to_string();
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

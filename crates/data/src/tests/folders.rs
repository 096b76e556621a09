//! One data set in every shape that it comes in: each is the same to the bit.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use ndarray::{Array2, s};

use super::{Folder, rows, says};
use crate::files::npy_header;
use crate::load;
use study::config::Config;

fn fingerprint(config: &Config) -> String {
    load(config).unwrap().facts.fingerprint
}

fn npy(rows: &Array2<f32>, shape: &[usize]) -> Vec<u8> {
    let mut bytes = npy_header("<f4", shape);
    bytes.extend(rows.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// The good folder's fingerprint, and a copy of it without its arrays.
fn without_arrays() -> (String, Folder) {
    let folder = Folder::good();
    let whole = fingerprint(&folder.config());
    fs::remove_file(folder.path().join("text.npy")).unwrap();
    fs::remove_file(folder.path().join("image.npy")).unwrap();
    (whole, folder)
}

/// Writes `rows` as shards from 1 to 10: by letters the tenth would come second.
fn shards(folder: &Path, name: &str, rows: &Array2<f32>) {
    fs::create_dir_all(folder).unwrap();
    for shard in 1..=10 {
        let part = rows.slice(s![4 * shard - 4..4 * shard, ..]).to_owned();
        fs::write(folder.join(format!("{name}_{shard}.npy")), npy(&part, &[4, 3])).unwrap();
    }
}

#[test]
fn shards_are_one_array_in_the_order_of_their_numbers() {
    let (whole, folder) = without_arrays();
    shards(folder.path(), "text", &rows(40, 3, 0));
    shards(folder.path(), "image", &rows(40, 3, 1));
    assert_eq!(fingerprint(&folder.config()), whole);
    // Two shards of one modality are not two modalities.
    let refusal = folder.refusal(|c| (c.data.text, c.data.image) = ("text_1".into(), "text_2".into()));
    says(&refusal, &["`text_1`", "one of 10 shards of `text`", "name `text`"]);
    fs::remove_file(folder.path().join("text_3.npy")).unwrap();
    says(&folder.refusal(|_| ()), &["shards `text`", "not 3"]);
}

#[test]
fn the_output_of_clip_retrieval_is_a_text_and_an_image() {
    let (whole, folder) = without_arrays();
    shards(&folder.path().join("text_emb"), "text_emb", &rows(40, 3, 0));
    shards(&folder.path().join("img_emb"), "img_emb", &rows(40, 3, 1));
    assert_eq!(fingerprint(&folder.config()), whole);
    let mut named = folder.config();
    (named.data.text, named.data.image) = ("text_emb".into(), "img_emb".into());
    assert_eq!(fingerprint(&named), whole);
    // One of its folders alone is one modality.
    let alone = folder.path().join("img_emb").display().to_string();
    says(&folder.refusal(|c| c.data.source = alone), &["has no `text`", "img_emb"]);
}

#[test]
fn what_only_looks_alike_is_not_joined() {
    // A second embedding beside the first is no shard of it, and an exact name comes before a folder's.
    let folder = Folder::good();
    let whole = fingerprint(&folder.config());
    folder.matrix("text_2", &rows(40, 5, 7));
    shards(&folder.path().join("text_emb"), "text_emb", &rows(40, 3, 9));
    folder.write("model.pt", b"PK\x03\x04 no archive");
    assert_eq!(fingerprint(&folder.config()), whole);
    // Two data sets are not one, and a table beside one is not passed over.
    let sets = tempfile::tempdir().unwrap();
    let source = sets.path().display().to_string();
    fs::write(sets.path().join("clip.safetensors"), b"").unwrap();
    for other in ["siglip.safetensors", "labels.csv"] {
        fs::write(sets.path().join(other), b"label\n").unwrap();
        let refusal = folder.refusal(|c| c.data.source = source.clone());
        says(&refusal, &["several data sets", "clip.safetensors", other, "data.table"]);
        fs::remove_file(sets.path().join(other)).unwrap();
    }
}

#[test]
fn dimensions_of_one_are_none() {
    let (whole, folder) = without_arrays();
    for shape in [&[40, 1, 3][..], &[1, 40, 3], &[40, 3, 1]] {
        folder.write("text.npy", &npy(&rows(40, 3, 0), shape));
        folder.write("image.npy", &npy(&rows(40, 3, 1), &[40, 3]));
        assert_eq!(fingerprint(&folder.config()), whole, "{shape:?}");
    }
    folder.write("text.npy", &npy(&rows(40, 3, 0), &[10, 4, 3]));
    says(&folder.refusal(|_| ()), &["shape (10, 4, 3)", "matrix"]);
}

#[test]
fn a_table_may_lie_elsewhere_and_be_separated_by_tabs() {
    let folder = Folder::good();
    let whole = fingerprint(&folder.config());
    let table = fs::read_to_string(folder.path().join("labels.csv")).unwrap();
    fs::remove_file(folder.path().join("labels.csv")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    for (name, table) in
        [("l.csv", table.clone()), ("l.tsv", table.replace(',', "\t")), ("l", table.replace(',', ";"))]
    {
        let path = elsewhere.path().join(name);
        fs::write(&path, table).unwrap();
        let mut config = folder.config();
        config.data.table = path.display().to_string();
        assert_eq!(fingerprint(&config), whole, "{name}");
    }
    let absent = elsewhere.path().join("none.csv").display().to_string();
    says(&folder.refusal(|c| c.data.table = absent), &["none.csv does not exist", "data.table"]);
}

#[test]
fn of_several_tables_none_is_taken_by_itself() {
    let folder = Folder::good();
    folder.write("more.csv", b"label,split\n");
    says(&folder.refusal(|_| ()), &["several tables: labels.csv, more.csv", "data.table"]);
    let mut config = folder.config();
    config.data.table = folder.path().join("labels.csv").display().to_string();
    assert!(load(&config).is_ok());
}

#[test]
fn a_modality_may_be_columns_of_a_table() {
    let (whole, folder) = without_arrays();
    let (text, image) = (rows(40, 3, 0), rows(40, 3, 1));
    let table = fs::read_to_string(folder.path().join("labels.csv")).unwrap();
    let mut lines = table.lines();
    let mut wide = format!("{},text_0,text_1,text_2,image_0,image_1,image_2\n", lines.next().unwrap());
    for (row, line) in lines.enumerate() {
        let numbers: Vec<String> =
            text.row(row).iter().chain(image.row(row)).map(ToString::to_string).collect();
        writeln!(wide, "{line},{}", numbers.join(",")).unwrap();
    }
    folder.write("labels.csv", wide.as_bytes());
    assert_eq!(fingerprint(&folder.config()), whole);
    let mut file = folder.config();
    file.data.source = folder.path().join("labels.csv").display().to_string();
    assert_eq!(fingerprint(&file), whole);
    folder.write("labels.csv", wide.replacen("text_2", "text_3", 1).as_bytes());
    says(&folder.refusal(|_| ()), &["the matrix `text`", "numbers 0, 1, 3"]);
}

#[test]
fn a_split_may_be_called_dev_or_valid() {
    let folder = Folder::good();
    let table = fs::read_to_string(folder.path().join("labels.csv")).unwrap();
    let with = |name: &str| {
        folder.write("labels.csv", table.replacen("train", name, 5).as_bytes());
        fingerprint(&folder.config())
    };
    let validation = with("validation");
    for name in ["val", "valid", "dev", "Dev"] {
        assert_eq!(with(name), validation, "{name}");
    }
}

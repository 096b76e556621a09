//! Archives as the `safetensors` crate reads them, and every refusal.

use std::fs;

use ndarray::{Array2, array};
use safetensors::{Dtype, SafeTensors};

use super::*;

fn number(number: i64) -> LabelValue {
    LabelValue::Number(number)
}

fn text(text: &str) -> LabelValue {
    LabelValue::Text(text.into())
}

fn columns(columns: &[(&str, &[LabelValue])]) -> Vec<(String, Vec<LabelValue>)> {
    columns.iter().map(|(name, values)| ((*name).to_owned(), values.to_vec())).collect()
}

fn archive<'a>(text_rows: &'a Array2<f32>, of_columns: &[(&str, &[LabelValue])]) -> Archive<'a> {
    Archive {
        arrays: vec![("text".into(), text_rows.view()), ("image".into(), text_rows.view())],
        columns: columns(of_columns),
        provenance: BTreeMap::from([("program".to_owned(), "test".to_owned())]),
    }
}

fn written(archive: &Archive<'_>) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.safetensors");
    let done = write(&path, archive).map_err(|error| error.to_string());
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, usize::from(done.is_ok()), "whole or not at all");
    done.map(|()| fs::read(&path).unwrap())
}

#[test]
fn matrices_numbers_and_texts_are_read_back() {
    // Turned: its values do not lie row by row.
    let columnwise = array![[1.0_f32, 2.0], [3.0, 4.0], [5.0, 6.0]].reversed_axes();
    let labels = [text("Ärger"), number(7)];
    let archive = archive(&columnwise, &[("label", &[number(-1), number(1 << 40)]), ("id", &labels)]);
    let bytes = written(&archive).unwrap();
    let read = SafeTensors::deserialize(&bytes).unwrap();
    let matrix = read.tensor("text").unwrap();
    assert_eq!((matrix.dtype(), matrix.shape()), (Dtype::F32, &[2, 3][..]));
    let values: Vec<f32> =
        matrix.data().chunks_exact(4).map(|value| f32::from_le_bytes(value.try_into().unwrap())).collect();
    assert_eq!(values, [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    let numbers = read.tensor("label").unwrap();
    assert_eq!((numbers.dtype(), numbers.shape()), (Dtype::I64, &[2][..]));
    assert_eq!(numbers.data(), [(-1_i64).to_le_bytes(), (1_i64 << 40).to_le_bytes()].concat());
    let texts = read.tensor("id").unwrap();
    assert_eq!((texts.dtype(), texts.shape()), (Dtype::U8, &[2, 6][..]));
    assert_eq!(texts.data(), "Ärger7\0\0\0\0\0".as_bytes());
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let about = header.metadata().as_ref().unwrap();
    assert_eq!((about[TEXT_COLUMNS].as_str(), about["program"].as_str()), ("id", "test"));
}

#[test]
fn the_same_archive_is_the_same_file_and_another_has_another_fingerprint() {
    let rows = array![[1.0_f32, 2.0], [3.0, 4.0]];
    let of = |label: &[LabelValue]| {
        let archive = archive(&rows, &[("label", label)]);
        (written(&archive).unwrap(), fingerprint("set", &archive).unwrap())
    };
    assert_eq!(of(&[number(0), number(1)]), of(&[number(0), number(1)]));
    assert_ne!(of(&[number(0), number(1)]).1, of(&[number(1), number(1)]).1);
    assert_ne!(of(&[text("a"), text("b")]).1, of(&[text("a"), text("c")]).1);
}

#[test]
fn what_could_not_be_read_back_is_refused() {
    let rows = array![[1.0_f32, 2.0], [3.0, 4.0]];
    let refusal = |of: &[(&str, &[LabelValue])]| written(&archive(&rows, of)).unwrap_err();
    assert!(refusal(&[("label", &[number(0)])]).contains("`label` has 1"));
    assert!(refusal(&[("text", &[number(0), number(1)])]).contains("two arrays are called `text`"));
    for name in ["", "a,b", METADATA] {
        assert!(refusal(&[(name, &[number(0), number(1)])]).contains("no name"), "{name}");
    }
    assert!(refusal(&[("id", &[text("a\0"), number(1)])]).contains("`id` has a zero byte"));
    let long = "x".repeat(LONGEST_TEXT + 1);
    assert!(refusal(&[("id", &[number(1), text(&long)])]).contains("65537 bytes"));
    let infinite = array![[1.0_f32], [f32::INFINITY]];
    assert!(
        written(&archive(&infinite, &[]))
            .unwrap_err()
            .contains("`text` holds a value that is not finite in row 1")
    );
    assert!(written(&Archive::default()).unwrap_err().contains("nothing"));
    let none = Array2::<f32>::zeros((0, 3));
    assert!(written(&archive(&none, &[])).unwrap_err().contains("no rows"));
    let mut reserved = archive(&rows, &[]);
    reserved.provenance.insert(TEXT_COLUMNS.into(), "id".into());
    assert!(written(&reserved).unwrap_err().contains(TEXT_COLUMNS));
}

#[test]
fn a_file_that_is_no_regular_one_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("set"), folder.path().join("link"));
    fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let rows = array![[1.0_f32]];
    let error = write(&link, &archive(&rows, &[])).unwrap_err().to_string();
    assert!(error.contains("a symbolic link"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), b"old");
    write(&file, &archive(&rows, &[])).unwrap();
}

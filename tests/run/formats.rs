//! One data set in every format and shape, each to a finished sweep: the results are the same to the last digit.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Float32Type;
use arrow_array::{ArrayRef, Int64Array, ListArray, RecordBatch};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::arrays::{Pairs, matrix};
use crate::cli::Place;
use crate::results;

const ROWS: usize = 200;
const WIDTH: usize = 16;

/// Rows `from .. to` as columns of lists.
fn batch(pairs: &Pairs, from: usize, to: usize) -> RecordBatch {
    let lists = |values: &[f32]| -> ArrayRef {
        let rows = values[from * WIDTH..to * WIDTH].chunks(WIDTH);
        let rows = rows.map(|row| Some(row.iter().copied().map(Some).collect::<Vec<_>>()));
        Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(rows))
    };
    let label: ArrayRef = Arc::new(Int64Array::from(pairs.label[from..to].to_vec()));
    let columns = [("text", lists(&pairs.text)), ("image", lists(&pairs.image)), ("label", label)];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn parquet(path: &Path, batch: &RecordBatch, compression: Compression) {
    let properties = WriterProperties::builder().set_compression(compression).build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

/// What `torch.save({"text": …, "image": …, "label": …})` writes, as far as it matters.
fn pt(pairs: &Pairs) -> Vec<u8> {
    let text = |text: &str| {
        let mut bytes = vec![b'X'];
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes
    };
    let number = |number: usize| [vec![b'J'], (number as i32).to_le_bytes().to_vec()].concat();
    let tensor = |kind: &str, storage: &str, shape: &[usize]| {
        let elements: usize = shape.iter().product();
        let strides: Vec<usize> = (0..shape.len()).map(|at| shape[at + 1..].iter().product()).collect();
        let tuple = |numbers: &[usize]| {
            let numbers: Vec<u8> = numbers.iter().flat_map(|&of| number(of)).collect();
            [b"(".as_slice(), &numbers, b"t"].concat()
        };
        [
            b"ctorch._utils\n_rebuild_tensor_v2\n((".as_slice(),
            &text("storage"),
            format!("ctorch\n{kind}\n").as_bytes(),
            &text(storage),
            &text("cpu"),
            &number(elements),
            b"tQ",
            &number(0),
            &tuple(shape),
            &tuple(&strides),
            b"\x89ccollections\nOrderedDict\n)RtR",
        ]
        .concat()
    };
    let pickle = [
        b"\x80\x02}(".as_slice(),
        &text("text"),
        &tensor("FloatStorage", "0", &[ROWS, WIDTH]),
        &text("image"),
        &tensor("FloatStorage", "1", &[ROWS, WIDTH]),
        &text("label"),
        &tensor("LongStorage", "2", &[ROWS]),
        b"u.",
    ]
    .concat();
    let floats = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let labels = pairs.label.iter().flat_map(|label| label.to_le_bytes()).collect();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in [
        ("set/data.pkl", pickle),
        ("set/byteorder", b"little".to_vec()),
        ("set/data/0", floats(&pairs.text)),
        ("set/data/1", floats(&pairs.image)),
        ("set/data/2", labels),
    ] {
        archive.start_file(name, options).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A table with a column for each number.
fn wide(pairs: &Pairs, separator: &str) -> String {
    let names = |name: &str| (0..WIDTH).map(|at| format!("{name}_{at}")).collect::<Vec<_>>();
    let mut table = [names("text"), names("image"), vec!["label".into()]].concat().join(separator);
    for row in 0..ROWS {
        let of = |values: &[f32]| {
            values[row * WIDTH..][..WIDTH].iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let cells = [of(&pairs.text), of(&pairs.image), vec![pairs.label[row].to_string()]].concat();
        write!(table, "\n{}", cells.join(separator)).unwrap();
    }
    table
}

fn labels(pairs: &Pairs) -> String {
    let lines: Vec<String> = pairs.label.iter().map(ToString::to_string).collect();
    format!("label\n{}\n", lines.join("\n"))
}

/// The output of clip-retrieval: shards of 20 rows, the tenth of which comes after the ninth.
fn clip_retrieval(pairs: &Pairs, folder: &Path) {
    for (name, values) in [("text_emb", &pairs.text), ("img_emb", &pairs.image)] {
        fs::create_dir_all(folder.join(name)).unwrap();
        for (shard, rows) in values.chunks(20 * WIDTH).enumerate() {
            fs::write(folder.join(name).join(format!("{name}_{}.npy", shard + 1)), matrix(rows, WIDTH))
                .unwrap();
        }
    }
    fs::create_dir(folder.join("metadata")).unwrap();
    for shard in 0..2 {
        let whole = batch(pairs, 100 * shard, 100 * shard + 100);
        let label = whole.project(&[2]).unwrap();
        let path = folder.join("metadata").join(format!("metadata_{shard}.parquet"));
        parquet(&path, &label, Compression::SNAPPY);
    }
}

#[test]
fn one_data_set_gives_the_same_results_in_every_format() {
    let place = Place::new();
    let pairs = Pairs::new(ROWS, WIDTH, WIDTH);
    place.write("set.npz", pairs.npz());
    place.write("set.safetensors", pairs.safetensors());
    pairs.write_folder(&place.path("set"));
    place.write("set.pt", pt(&pairs));
    place.write("set.csv", wide(&pairs, ","));
    place.write("set.tsv", wide(&pairs, "\t"));
    parquet(&place.path("set.parquet"), &batch(&pairs, 0, ROWS), Compression::SNAPPY);
    fs::create_dir(place.path("shards")).unwrap();
    for shard in 0..2 {
        let path = place.path(&format!("shards/train-0000{shard}-of-00002.parquet"));
        let rows = batch(&pairs, 100 * shard, 100 * shard + 100);
        parquet(&path, &rows, Compression::ZSTD(ZstdLevel::default()));
    }
    let whole = batch(&pairs, 0, ROWS);
    let file = File::create(place.path("set.arrow")).unwrap();
    let mut writer = arrow_ipc::writer::FileWriter::try_new(file, &whole.schema()).unwrap();
    writer.write(&whole).unwrap();
    writer.finish().unwrap();
    clip_retrieval(&pairs, &place.path("retrieved"));
    fs::create_dir(place.path("bare")).unwrap();
    place.write("bare/text.npy", matrix(&pairs.text, WIDTH));
    place.write("bare/image.npy", matrix(&pairs.image, WIDTH));
    place.write("elsewhere.csv", labels(&pairs));
    let of = |source: &str, sets: &[&str]| {
        let run = format!("run-{}", source.replace(['.', '/'], "-"));
        let source = format!("data.source={source}");
        let all: Vec<&str> = std::iter::once(source.as_str()).chain(sets.iter().copied()).collect();
        let ended = place.study(&["run", "--run-dir", &run], &all);
        assert_eq!(ended.status, Some(0), "{ended:?}");
        results(&place.path(&run))
    };
    let npz = of("set.npz", &[]);
    for source in [
        "set.safetensors",
        "set",
        "set.pt",
        "set.csv",
        "set.tsv",
        "set.parquet",
        "shards",
        "set.arrow",
        "retrieved",
    ] {
        assert_eq!(npz, of(source, &[]), "{source}");
    }
    assert_eq!(npz, of("bare", &["data.table=elsewhere.csv"]));
    let ended = place.study(&["data", "import", "imported.safetensors"], &["data.source=set.parquet"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(npz, of("imported.safetensors", &["data.split=split"]));
}

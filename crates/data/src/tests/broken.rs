//! Broken inputs and what is said of them: the table in `docs/broken-inputs.md` is made here.
//!
//! `UPDATE_TABLE=1 cargo test -p data broken` writes it anew; read its difference.

use std::fmt::Write;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::{Folder, rows, table};
use crate::files::npy_header;
use crate::load;
use study::config::{Config, LabelValue, Missing};

/// Where the table is kept.
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/broken-inputs.md");

/// One input: what is wrong with it, and how it comes about, from a folder that is good.
struct Broken {
    what: &'static str,
    make: fn(&Folder, &mut Config),
}

/// Names a file of the folder as the source.
fn source(folder: &Folder, config: &mut Config, name: &str) {
    config.data.source = folder.path().join(name).display().to_string();
}

/// Writes a file and names it as the source.
fn file(folder: &Folder, config: &mut Config, name: &str, bytes: &[u8]) {
    folder.write(name, bytes);
    source(folder, config, name);
}

/// The array `text` with these bytes from its end left out.
fn cut(folder: &Folder, bytes: usize) {
    let whole = fs::read(folder.path().join("text.npy")).unwrap();
    folder.write("text.npy", &whole[..whole.len() - bytes]);
}

fn header(folder: &Folder, descr: &str, shape: &[usize]) {
    folder.write("text.npy", &npy_header(descr, shape));
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn labels(folder: &Folder, label: impl Fn(usize) -> String) {
    folder.write("labels.csv", table(label).as_bytes());
}

/// `labels.csv` with a column of keys in front.
fn keyed(folder: &Folder, name: &str, key: impl Fn(usize) -> String) {
    let line = |row: usize| {
        format!("{},{},{}\n", key(row), ["a", "b"][row / 4 % 2], ["train", "train", "train", "test"][row % 4])
    };
    let lines: String = (0..40).map(line).collect();
    folder.write("labels.csv", format!("{name},label,split\n{lines}").as_bytes());
}

fn text(value: &str) -> LabelValue {
    LabelValue::Text(value.into())
}

const FILES: &[Broken] = &[
    Broken { what: "a path with nothing at it", make: |f, c| source(f, c, "none.npz") },
    Broken {
        what: "an empty folder",
        make: |f, c| {
            fs::create_dir(f.path().join("empty")).unwrap();
            source(f, c, "empty");
        },
    },
    Broken {
        what: "a spreadsheet",
        make: |f, c| file(f, c, "t.xlsx", &zip(&[("[Content_Types].xml", b"")])),
    },
    Broken {
        what: "a MATLAB file before 7.3",
        make: |f, c| file(f, c, "m.mat", b"MATLAB 5.0 MAT-file, Platform: GLNXA64"),
    },
    Broken { what: "a pickle", make: |f, c| file(f, c, "d.pkl", b"\x80\x04\x95\0\0") },
    Broken { what: "a compressed file", make: |f, c| file(f, c, "set.npz.gz", b"\x1f\x8b\x08\0") },
    Broken { what: "JSON lines", make: |f, c| file(f, c, "d.jsonl", b"{\"text\": [1, 2]}\n") },
    Broken { what: "Feather, version 1", make: |f, c| file(f, c, "d.feather", b"FEA1\0\0") },
    Broken { what: "a data base", make: |f, c| file(f, c, "d.db", b"SQLite format 3\0") },
    Broken {
        what: "a TorchScript module",
        make: |f, c| file(f, c, "m.pt", &zip(&[("m/data.pkl", b""), ("m/code/__torch__.py", b"")])),
    },
    Broken { what: "bytes of no kind", make: |f, c| file(f, c, "d.bin", &[0, 1, 2, 3]) },
    Broken {
        what: "several data sets in a folder",
        make: |f, c| {
            fs::create_dir(f.path().join("sets")).unwrap();
            f.write("sets/a.npz", &zip(&[]));
            f.write("sets/b.npz", &zip(&[]));
            source(f, c, "sets");
        },
    },
    Broken { what: "two tables in a folder", make: |f, _| f.write("more.csv", b"label\n") },
    Broken { what: "one array alone", make: |f, c| source(f, c, "text.npy") },
    Broken { what: "an array that is not there", make: |_, c| c.data.text = "txt".into() },
    Broken { what: "a column that is not there", make: |_, c| c.data.label = "lable".into() },
    Broken {
        what: "a shard named as a modality",
        make: |f, c| {
            f.matrix("emb_0", &rows(20, 3, 0));
            f.matrix("emb_1", &rows(20, 3, 0));
            c.data.text = "emb_0".into();
        },
    },
    Broken {
        what: "a shard that is missing",
        make: |f, c| {
            f.matrix("emb_0", &rows(20, 3, 0));
            f.matrix("emb_2", &rows(20, 3, 0));
            c.data.text = "emb".into();
        },
    },
    Broken { what: "a table that is not there", make: |_, c| c.data.table = "/none.csv".into() },
];

const ARRAYS: &[Broken] = &[
    Broken { what: "an array that is cut short", make: |f, _| cut(f, 5) },
    Broken { what: "an array without its header", make: |f, _| cut(f, 600) },
    Broken { what: "Python objects in an array", make: |f, _| header(f, "|O", &[40, 3]) },
    Broken { what: "complex numbers", make: |f, _| header(f, "<c8", &[40, 3]) },
    Broken { what: "texts in place of an embedding", make: |f, _| header(f, "<U8", &[40, 3]) },
    Broken { what: "an array of one dimension", make: |f, _| header(f, "<f4", &[40]) },
    Broken { what: "an array of three dimensions", make: |f, _| header(f, "<f4", &[10, 4, 3]) },
    Broken { what: "an array of no rows", make: |f, _| header(f, "<f4", &[0, 3]) },
    Broken { what: "a header that claims more than there is", make: |f, _| header(f, "<f4", &[1 << 40, 3]) },
    Broken {
        what: "a header that claims more than can be",
        make: |f, _| header(f, "<f4", &[1 << 40, 1 << 40]),
    },
    Broken {
        what: "an archive that is cut short",
        make: |f, c| {
            let whole = zip(&[("text.npy", b"0123456789")]);
            file(f, c, "s.npz", &whole[..whole.len() - 9]);
        },
    },
    Broken {
        what: "a .safetensors whose header lies",
        make: |f, c| file(f, c, "s.safetensors", b"\xff\0\0\0\0\0\0\0{\"text\":"),
    },
    Broken { what: "arrays of different rows", make: |f, _| f.matrix("image", &rows(39, 3, 1)) },
    Broken { what: "different widths, with a product", make: |f, _| f.matrix("image", &rows(40, 5, 1)) },
    Broken { what: "a common width out of reach", make: |_, c| c.data.width = 6 },
    Broken {
        what: "numbers that are none",
        make: |f, _| {
            let mut text = rows(40, 3, 0);
            text[(7, 1)] = f32::NAN;
            f.matrix("text", &text);
        },
    },
    Broken {
        what: "a row without text",
        make: |f, _| {
            let mut text = rows(40, 3, 0);
            text.row_mut(7).fill(0.0);
            f.matrix("text", &text);
        },
    },
    Broken {
        what: "no row with text, all dropped",
        make: |f, c| {
            f.matrix("text", &ndarray::Array2::zeros((40, 3)));
            c.data.missing = Missing::Drop;
        },
    },
];

const TABLES: &[Broken] = &[
    Broken {
        what: "a table in another order",
        make: |f, _| keyed(f, "id", |row| ((row * 17 + 5) % 40).to_string()),
    },
    Broken {
        what: "a key without a table",
        make: |f, c| {
            fs::remove_file(f.path().join("labels.csv")).unwrap();
            c.data.key = "id".into();
        },
    },
    Broken {
        what: "a key that is there twice",
        make: |f, c| {
            keyed(f, "id", |row| format!("k{}", row.max(1)));
            c.data.key = "id".into();
        },
    },
    Broken {
        what: "keys that the arrays do not have",
        make: |f, c| {
            keyed(f, "id", |row| format!("{row:03}"));
            let mut bytes = npy_header("<i8", &[40]);
            bytes.extend((0..40_i64).flat_map(i64::to_le_bytes));
            f.write("id.npy", &bytes);
            c.data.key = "id".into();
        },
    },
    Broken {
        what: "an empty cell",
        make: |f, _| labels(f, |row| if row == 3 { String::new() } else { ["a", "b"][row / 4 % 2].into() }),
    },
    Broken {
        what: "two columns of one name",
        make: |f, _| {
            f.write("labels.csv", table(|_| "a,a".into()).replacen("label", "label,label", 1).as_bytes());
        },
    },
    Broken {
        what: "a quote that is never closed",
        make: |f, _| {
            let mut table = b"label,split\n\"a,train\n".to_vec();
            table.extend(std::iter::repeat_n(b'x', 2 << 20));
            f.write("labels.csv", &table);
        },
    },
    Broken {
        what: "a matrix that lacks a column",
        make: |f, c| {
            file(f, c, "w.csv", b"label,text_0,text_2,image_0\na,1,2,3\n");
        },
    },
    Broken {
        what: "one column in place of an embedding",
        make: |f, c| file(f, c, "w.csv", b"label,text,image\na,a caption,a.png\n"),
    },
    Broken {
        what: "a cell that is no number",
        make: |f, c| {
            c.data.split = "random".into();
            let rows = "a,1,2,3,4\nb,5,6,7,8\n".repeat(20);
            let table =
                format!("label,text_0,text_1,image_0,image_1\n{}", rows.replacen("a,1,2", "a,1,x", 1));
            file(f, c, "w.csv", table.as_bytes());
        },
    },
    Broken {
        what: "measurements as labels",
        make: |f, c| {
            labels(f, |row| format!("{row}.5"));
            c.data.positive.clear();
        },
    },
    Broken { what: "labels of one class", make: |f, _| labels(f, |_| "a".into()) },
    Broken { what: "a label that never occurs", make: |_, c| c.data.positive = vec![text("c")] },
    Broken {
        what: "a label of both classes",
        make: |_, c| (c.data.positive, c.data.negative) = (vec![text("a")], vec![text("a"), text("b")]),
    },
    Broken {
        what: "a part of a split that is none",
        make: |f, _| {
            f.write(
                "labels.csv",
                table(|row| ["a", "b"][row / 4 % 2].into()).replacen("train", "trian", 1).as_bytes(),
            );
        },
    },
    Broken {
        what: "a split without test rows",
        make: |f, _| {
            f.write(
                "labels.csv",
                table(|row| ["a", "b"][row / 4 % 2].into()).replace("test", "train").as_bytes(),
            );
        },
    },
];

/// What is said, with the folder's place taken out.
fn message(broken: &Broken) -> String {
    let folder = Folder::good();
    let mut config = folder.config();
    (broken.make)(&folder, &mut config);
    let error = load(&config).err().map_or_else(|| "**not refused**".to_owned(), |error| error.to_string());
    error.replace(&folder.path().display().to_string(), "set")
}

#[test]
fn every_broken_input_is_refused_as_the_table_says() {
    let mut page = String::from(
        "# Broken inputs\n\nWhat is said of input that cannot be read, case by case. `set` is a folder with `text.npy`, `image.npy` and\n\
         `labels.csv`, of which one thing is broken. A test makes this table (`crates/data/src/tests/broken.rs`).\n",
    );
    let mut count = 0;
    for (title, list) in
        [("Files and folders", FILES), ("Arrays", ARRAYS), ("Tables, labels and splits", TABLES)]
    {
        write!(page, "\n## {title}\n\n| input | message |\n|---|---|\n").unwrap();
        for broken in list {
            let message = message(broken);
            assert!(!message.contains("not refused"), "{} is accepted", broken.what);
            assert!(message.chars().all(|letter| !letter.is_control()), "{message:?}");
            writeln!(page, "| {} | {} |", broken.what, message.replace('|', "\\|")).unwrap();
            count += 1;
        }
    }
    assert!(count >= 40, "{count}");
    if std::env::var_os("UPDATE_TABLE").is_some() {
        fs::write(TABLE, &page).unwrap();
    }
    let kept = fs::read_to_string(Path::new(TABLE)).unwrap_or_default();
    for (kept, made) in kept.lines().zip(page.lines()) {
        assert_eq!(
            kept, made,
            "docs/broken-inputs.md; the first lines of this file say how it is written anew"
        );
    }
    assert_eq!(kept.lines().count(), page.lines().count());
}

//! What tables and shards are read as, and what is said of those that are not read.

use std::fs;
use std::io::Write;

use tempfile::TempDir;

use super::*;

fn table(name: &str, text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn shard(path: &Path, members: &[(&str, &[u8])]) {
    let mut archive = tar::Builder::new(fs::File::create(path).unwrap());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.finish().unwrap();
}

fn refusal(path: &Path, names: &Names) -> String {
    Pairs::read(path, names).unwrap_err().to_string()
}

fn column<'a>(pairs: &'a Pairs, name: &str) -> &'a [LabelValue] {
    &pairs.columns.iter().find(|(known, _)| known == name).unwrap().1
}

fn texts(pairs: &Pairs) -> Vec<&str> {
    pairs.rows.iter().map(|row| row.text.as_str()).collect()
}

fn words<const N: usize>(of: [&str; N]) -> [LabelValue; N] {
    of.map(|word| LabelValue::Text(word.into()))
}

#[test]
fn a_table_gives_texts_pictures_beside_it_and_all_other_columns() {
    let text =
        "\u{feff},code,text,label,image\n0,007,\"a cat, asleep\",3,pictures/a.png\n1,008,a dog,4.0,/b.png\n";
    let (folder, path) = table("pairs.csv", text);
    let pairs = Pairs::read(&path, &Names::default()).unwrap();
    assert_eq!(texts(&pairs), ["a cat, asleep", "a dog"]);
    let places: Vec<String> = (0..2).map(|row| pairs.place(row).unwrap()).collect();
    assert_eq!(places, [folder.path().join("pictures/a.png").display().to_string(), "/b.png".into()]);
    assert_eq!(pairs.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["label", "code"]);
    assert_eq!(column(&pairs, "label"), [LabelValue::Number(3), LabelValue::Number(4)]);
    assert_eq!(column(&pairs, "code"), words(["007", "008"]));
    assert_eq!(pairs.rows[1].name, "line 3");
}

#[test]
fn tabs_separate_a_tsv_and_a_table_that_has_them_in_its_header() {
    for name in ["pairs.tsv", "pairs"] {
        let (_folder, path) = table(name, "caption\tfile\tlabel\na, b\tx.png\tyes\n");
        let names = Names { text: "caption".into(), image: "file".into(), label: None };
        let pairs = Pairs::read(&path, &names).unwrap();
        assert_eq!(texts(&pairs), ["a, b"]);
        assert_eq!(column(&pairs, "label"), words(["yes"]));
    }
}

#[test]
fn a_table_that_does_not_fit_is_refused_with_the_fix() {
    for (text, said) in [
        (
            "text,picture,label\na,b,c\n",
            "no column `image`; name one with --image: `text`, `picture`, `label`",
        ),
        ("text,image\na,b\n", "--no-label"),
        ("text,image,label\na,b,\n", "line 2 has no label `label`"),
        ("text,image,label\n", "no rows"),
        ("text,image,label,x,x\na,b,c,d,e\n", "two of its columns are named `x`"),
        ("text,image,label\na,b\n", "record"),
    ] {
        let (_folder, path) = table("pairs.csv", text);
        let refused = refusal(&path, &Names::default());
        assert!(refused.contains(said) && refused.contains("pairs.csv"), "{said}: {refused}");
    }
    let (_folder, path) = table("pairs.csv", "text,image,caption,label\na,b,c,d\n");
    let names = Names { text: "caption".into(), ..Names::default() };
    assert!(refusal(&path, &names).contains("rename it"));
    let mut long = b"text,image,label\n\"a".to_vec();
    long.resize(5 << 20, b'\n');
    fs::write(&path, long).unwrap();
    assert!(refusal(&path, &Names::default()).contains("never closed"));
}

#[test]
fn what_is_no_regular_file_is_no_picture_and_no_table() {
    let (folder, path) = table("pairs.csv", "text,image,label\na,.,0\nb,gone.png,0\nc,,0\n");
    let pairs = Pairs::read(&path, &Names::default()).unwrap();
    for row in 0..3 {
        assert!(pairs.picture(row).is_err());
    }
    assert!(pairs.picture(1).unwrap_err().contains("gone.png"));
    assert!(refusal(folder.path(), &Names::default()).contains("*.tar"));
    assert!(refusal(Path::new("/dev/null"), &Names::default()).contains("/dev/null"));
}

#[test]
fn members_of_one_key_are_one_sample_and_shards_come_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let about = br#"{"label": "war", "width": 8, "caption": null, "exif": {}, "sure": true}"#;
    shard(
        &folder.path().join("part_10.tar"),
        &[("c.d/x.png", b"third"), ("c.d/x.txt", b"three"), ("c.d/x.json", br#"{"label": "art"}"#)],
    );
    shard(
        &folder.path().join("part_9.tar"),
        &[
            ("./000.JPG", b"first"),
            ("./000.txt", b"one"),
            ("./000.json", about),
            ("001.txt", b"two"),
            ("001.cls", b"art\n"),
            ("001.seg.png", b"no picture"),
            ("001.webp", b"second"),
        ],
    );
    let pairs = Pairs::read(folder.path(), &Names::default()).unwrap();
    assert_eq!(texts(&pairs), ["one", "two", "three"]);
    let pictures: Vec<Vec<u8>> = (0..3).map(|row| pairs.picture(row).unwrap()).collect();
    assert_eq!(pictures, [&b"first"[..], b"second", b"third"]);
    assert_eq!(column(&pairs, "label"), words(["war", "art", "art"]));
    assert_eq!(column(&pairs, "key"), words(["000", "001", "c.d/x"]));
    assert_eq!(column(&pairs, "width"), words(["8", "", ""]));
    assert_eq!(column(&pairs, "sure"), words(["1", "", ""]));
    assert_eq!(pairs.rows[2].name, "`c.d/x` of part_10.tar");
}

#[test]
fn shards_that_are_cut_short_or_contradict_themselves_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.tar");
    shard(&path, &[("a.txt", b"one"), ("a.png", &[7; 5_000]), ("a.cls", b"1")]);
    let whole = fs::read(&path).unwrap();
    for length in [100, 700, 2_000, 5_000] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(refusal(&path, &Names::default()).contains("part.tar"), "{length}");
    }
    shard(&path, &[("a.txt", b"one"), ("a.txt", b"two")]);
    assert!(refusal(&path, &Names::default()).contains("a.txt: its key has another .txt"));
    shard(&path, &[("a.png", b"x"), ("a.txt", b"one")]);
    assert!(refusal(&path, &Names::default()).contains("no row has a label `label`"));
    shard(&path, &[("a.png", b"x"), ("a.json", b"[1]")]);
    assert!(refusal(&path, &Names::default()).contains("a.json: it holds no object"));
    fs::File::create(&path).unwrap().write_all(&[0; 1024]).unwrap();
    assert!(refusal(&path, &Names::default()).contains("no rows"));
}

#[test]
fn another_text_or_place_is_another_source() {
    let of = |text: &str| {
        let (_folder, path) = table("pairs.csv", text);
        let folder = path.parent().unwrap().display().to_string();
        let pairs = Pairs::read(&path, &Names::default()).unwrap();
        assert!(pairs.place(0).unwrap().starts_with(&folder) || pairs.place(0).unwrap().starts_with("/x"));
        pairs.fingerprint()
    };
    let first = of("text,image,label\na,/x/a.png,1\n");
    assert_eq!(first, of("text,image,label\na,/x/a.png,2\n"));
    assert_ne!(first, of("text,image,label\nb,/x/a.png,1\n"));
    assert_ne!(first, of("text,image,label\na,/x/b.png,1\n"));
}

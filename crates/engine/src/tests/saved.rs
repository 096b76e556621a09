//! Training state on disk that was damaged, exchanged or forged: it is found out, and the end is the same.

use std::fs;
use std::path::{Path, PathBuf};

use rand::RngExt;

use super::groups::{SEEDS, Way, config, header, leave, saving, sorted_by_seed, train, train_parts, trained};
use super::{cohort, small_data};
use crate::training::cohort::saved::{Owner, Saved, Saving, Wanted};
use crate::training::control::Order;
use crate::training::groups::{Ending, Trained};
use study::config::{Config, Kernels, Memory};
use study::event::RunHeader;
use study::grid::Seed;
use study::model::ModelId;
use study::random::{Purpose, stream};

const WAY: Way = (Kernels::Fused, ModelId::CONCAT);
const FLIPS: usize = 50;

/// Two groups that were left within epochs 4 and 2, and their four files by name.
struct Left {
    folder: tempfile::TempDir,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Left {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        leave(WAY, &[Seed(0), Seed(1), Seed(2)], 11, folder.path());
        leave(WAY, &[Seed(3), Seed(4)], 4, folder.path());
        let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = entries.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        files.sort();
        assert_eq!(files.len(), 4, "a file with weights and one with the best weights of each group");
        Self { folder, files }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts every file back.
    fn restore(&self) {
        fs::remove_dir_all(self.path()).unwrap();
        fs::create_dir(self.path()).unwrap();
        self.files.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    }

    /// Resumes to the end, and what was complained of.
    fn resume(&self) -> (Trained, Vec<String>) {
        let ((ending, _), complaints) =
            train_parts(WAY, 1, SEEDS as usize, Memory::Auto, Order::Continue, self.path());
        (by_seed(ending), complaints)
    }

    /// How many groups can be used, and the messages about the others.
    fn read(&self, wanted: &Wanted<'_>, owner: Owner) -> (usize, Vec<String>) {
        let saving = Saving { owner, ..saving(WAY, self.path()) };
        let (saved, complaints) = Saved::read_all(&saving, wanted);
        (saved.len(), complaints)
    }
}

fn by_seed(ending: Ending) -> Trained {
    let mut trained = trained(ending);
    trained.outcomes = sorted_by_seed(trained.outcomes);
    trained.evaluations.sort_by_key(|evaluation| evaluation.seed);
    trained
}

fn owner() -> Owner {
    saving(WAY, Path::new("")).owner
}

fn same(a: &Trained, b: &Trained) -> bool {
    (&a.outcomes, &a.evaluations) == (&b.outcomes, &b.evaluations)
}

fn small_header() -> RunHeader {
    let config: Config = config(WAY);
    header(&config, &small_data(&config))
}

#[test]
fn one_flipped_bit_is_found_out_wherever_it_is_and_the_end_is_the_same() {
    let expected = by_seed(train(WAY, 1, Order::Continue).0);
    let left = Left::new();
    let (whole, complaints) = left.resume();
    assert!(same(&whole, &expected) && complaints.is_empty(), "{complaints:?}");
    let mut random = stream(Purpose::Bootstrap, 3, 0, 0);
    for _ in 0..FLIPS {
        left.restore();
        let (path, bytes) = &left.files[random.random_range(0..left.files.len())];
        let (mut spoilt, bit) = (bytes.clone(), random.random_range(0..8 * bytes.len()));
        spoilt[bit / 8] ^= 1 << (bit % 8);
        fs::write(path, spoilt).unwrap();
        let (ended, complaints) = left.resume();
        let at = format!("bit {bit} of {}", path.display());
        assert!(complaints.len() == 1 && complaints[0].contains(" is discarded: "), "{at}: {complaints:?}");
        assert!(same(&ended, &expected), "{at}");
    }
}

#[test]
fn files_that_were_exchanged_are_found_out_and_the_end_is_the_same() {
    let expected = by_seed(train(WAY, 1, Order::Continue).0);
    let (left, older) = (Left::new(), tempfile::tempdir().unwrap());
    leave(WAY, &[Seed(0), Seed(1), Seed(2)], 5, older.path());
    for (index, (path, bytes)) in left.files.iter().enumerate() {
        for (other, others) in &left.files[..index] {
            left.restore();
            fs::write(path, others).unwrap();
            fs::write(other, bytes).unwrap();
            let (ended, complaints) = left.resume();
            let swap = format!("{} and {}", path.display(), other.display());
            assert!(!complaints.is_empty(), "{swap}");
            assert!(same(&ended, &expected), "{swap}");
        }
        // One file of an older state of the same group beside the newer other one.
        let from_older = older.path().join(path.file_name().unwrap());
        if from_older.exists() {
            left.restore();
            fs::copy(&from_older, path).unwrap();
            let (ended, complaints) = left.resume();
            assert_eq!(complaints.len(), 1, "{}", from_older.display());
            assert!(same(&ended, &expected), "{}", from_older.display());
        }
    }
}

#[test]
fn state_that_is_cut_spoilt_or_of_an_older_build_is_named_and_removed() {
    let (left, header) = (Left::new(), small_header());
    let wanted = Wanted { cohort: cohort(WAY.1, 100), header: &header, seeds: &header.sweep.seeds };
    let first = left.path().join("seed-0.state");
    let whole = fs::read(&first).unwrap();
    for cut in [0, 7, 8, 100, whole.len() / 2, whole.len() - 1] {
        left.restore();
        fs::write(&first, &whole[..cut]).unwrap();
        let (usable, complaints) = left.read(&wanted, owner());
        assert_eq!(usable, 1, "the other group");
        let message = format!("{} is discarded: ", first.display());
        assert!(complaints.len() == 1 && complaints[0].starts_with(&message), "{complaints:?}");
        assert!(complaints[0].ends_with("; its seeds start again at epoch 1"), "{complaints:?}");
        assert!(!first.exists());
        assert_eq!(left.read(&wanted, owner()), (1, Vec::new()), "reported once");
    }
    left.restore();
    fs::rename(&first, first.with_extension("safetensors")).unwrap();
    let (usable, complaints) = left.read(&wanted, owner());
    assert_eq!(usable, 1);
    assert!(complaints[0].contains("it was saved by an older version, without a checksum"), "{complaints:?}");

    left.restore();
    fs::remove_file(left.path().join("best-0-2.state")).unwrap();
    assert_eq!(left.read(&wanted, owner()).0, 1);
}

#[test]
fn state_of_another_run_configuration_attempt_or_other_seeds_is_not_used() {
    let (left, header) = (Left::new(), small_header());
    let (cohort, seeds) = (cohort(WAY.1, 100), &header.sweep.seeds[..]);
    let wanted = Wanted { cohort, header: &header, seeds };
    assert_eq!(left.read(&wanted, owner()), (2, Vec::new()));
    for other in [
        Owner::new("another run", &header.config, cohort, 1),
        Owner::new("run", &header.config, cohort, 2),
        Owner::new("run", &Config::default(), cohort, 1),
    ] {
        left.restore();
        let (usable, complaints) = left.read(&wanted, other);
        assert_eq!((usable, complaints.len()), (0, 2));
        let why = "it belongs to another run, configuration or attempt";
        assert!(complaints.iter().all(|complaint| complaint.contains(why)), "{complaints:?}");
    }
    left.restore();
    // Seed 0 may train elsewhere, so that its group's state stays.
    assert_eq!(left.read(&Wanted { seeds: &seeds[1..], ..wanted }, owner()), (1, Vec::new()));
    assert!(left.path().join("seed-0.state").is_file());
    // A group that begins with it and has seeds that are not asked for cannot be used.
    let (usable, complaints) = left.read(&Wanted { seeds: &seeds[..1], ..wanted }, owner());
    assert_eq!((usable, complaints.len()), (0, 1), "{complaints:?}");
    assert!(!left.path().join("seed-0.state").exists());
}

/// Its parts: what comes before the record, the record, and what comes after it without the checksum.
fn parts(bytes: &[u8]) -> (&[u8], serde_json::Value, &[u8]) {
    let (body, _) = bytes.split_last_chunk::<32>().unwrap();
    let length = u32::from_le_bytes(body[16..20].try_into().unwrap()) as usize;
    (&body[..16], serde_json::from_slice(&body[20..20 + length]).unwrap(), &body[20 + length..])
}

#[test]
fn numbers_that_were_forged_under_a_right_checksum_are_refused() {
    let (left, header) = (Left::new(), small_header());
    let wanted = Wanted { cohort: cohort(WAY.1, 100), header: &header, seeds: &header.sweep.seeds };
    let first = left.path().join("seed-0.state");
    let whole = fs::read(&first).unwrap();
    let (magic, record, tensors) = parts(&whole);
    let forge = |pointer: &str, value: serde_json::Value| {
        let mut record = record.clone();
        *record.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
        let record = serde_json::to_vec(&record).unwrap();
        let length = (record.len() as u32).to_le_bytes();
        let mut bytes = [magic, &length[..], &record, tensors].concat();
        bytes.extend(*blake3::hash(&bytes).as_bytes());
        bytes
    };
    let forged: [(&str, serde_json::Value); 9] = [
        ("/position/epoch", u32::MAX.into()),
        ("/position/epoch", 0.into()),
        ("/position/step", u32::MAX.into()),
        ("/position/step", 3.into()),
        ("/seconds", (-1).into()),
        ("/trials/0/seed", 4_711.into()),
        ("/trials/1/seed", 0.into()),
        ("/trials/2/metrics", serde_json::json!([])),
        ("/best/number", 77.into()),
    ];
    for (pointer, value) in forged {
        left.restore();
        fs::write(&first, forge(pointer, value.clone())).unwrap();
        let (usable, complaints) = left.read(&wanted, owner());
        assert_eq!((usable, complaints.len()), (1, 1), "{pointer} = {value}");
    }
    // The same by the same way, unforged.
    left.restore();
    fs::write(&first, forge("/seconds", 2.5.into())).unwrap();
    assert_eq!(left.read(&wanted, owner()), (2, Vec::new()));
    // More bytes than the configuration can have are not even read.
    let large = fs::File::options().write(true).open(&first).unwrap();
    large.set_len(1 << 34).unwrap();
    let (usable, complaints) = left.read(&wanted, owner());
    assert!(usable == 1 && complaints[0].contains("it has 17179869184 bytes, and "), "{complaints:?}");
}

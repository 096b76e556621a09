//! Where a run's files come to lie.

use super::super::journal::Journal;
use super::*;
use study::grid::Task;
use study::model::ModelId;
use study::sample;

const COHORT: CohortId = CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 32 };

fn noon() -> Timestamp {
    "2026-11-23T15:45:03Z".parse().unwrap()
}

fn begin_journal(dir: &RunDir) {
    let events = sample::events(sample::header());
    Journal::create(&dir.journal()).unwrap().append(&events[0]).unwrap();
}

#[test]
fn a_run_below_the_working_directory_is_named_by_its_time_and_namesakes_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.checkpoints.directory = folder.path().join("kept").to_str().unwrap().into();
    let runs = folder.path().join("runs");
    let first = RunDir::create_below(&runs, &config, noon()).unwrap();
    let second = RunDir::create_below(&runs, &config, noon()).unwrap();
    assert_eq!(first.root(), runs.join("quick-20261123T154503Z"));
    assert_eq!(second.root(), runs.join("quick-20261123T154503Z-2"));
    assert_eq!(second.figures(), runs.join("quick-20261123T154503Z-2/figures"));
    assert_eq!(second.correctness(COHORT), runs.join("quick-20261123T154503Z-2/correct/concat-real-32.npy"));
    let checkpoint = folder.path().join("kept/quick-20261123T154503Z/concat-real-32-seed3.safetensors");
    assert_eq!(first.checkpoint(COHORT, Some(Seed(3))), checkpoint);
    assert!(checkpoint.parent().unwrap().is_dir());
}

#[test]
fn with_a_directory_of_its_own_everything_is_below_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("mine/run");
    let dir = RunDir::create(&Config::default(), Some(&root), noon()).unwrap();
    assert_eq!(dir.checkpoint(COHORT, None), root.join("checkpoints/concat-real-32.safetensors"));
    let config: Config = toml::from_str(&fs::read_to_string(dir.config()).unwrap()).unwrap();
    assert_eq!(config, Config::default());
    begin_journal(&dir);
    assert_eq!(RunDir::open(&root).unwrap(), dir);
    let error = RunDir::create(&Config::default(), Some(&root), noon()).unwrap_err();
    assert!(matches!(error, StoreError::AlreadyARun { .. }));
    assert!(error.to_string().contains("name another --run-dir"), "{error}");
}

#[test]
fn an_opened_run_finds_its_checkpoints_through_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("runs/quick-1");
    fs::create_dir_all(&root).unwrap();
    let error = RunDir::open(&root).unwrap_err().to_string();
    assert!(error.contains("runs/quick-1 holds no run"), "{error}");
    let kept = folder.path().join("kept");
    fs::create_dir(&kept).unwrap();
    let mut header = sample::header();
    header.config.checkpoints.directory = kept.display().to_string();
    let events = sample::events(header);
    Journal::create(&root.join(JOURNAL)).unwrap().append(&events[0]).unwrap();
    let dir = RunDir::open(&root).unwrap();
    assert_eq!(dir.checkpoint(COHORT, None), kept.join("quick-1/concat-real-32.safetensors"));
    // Resumed with another folder, it keeps them there.
    let mut now = study::config::Config::default();
    now.checkpoints.directory = folder.path().join("other").display().to_string();
    let other = folder.path().join("other/quick-1");
    assert_eq!(checkpoints::folder_now(&root, &now).unwrap(), other);
}

#[test]
fn a_folder_that_cannot_be_made_is_named_with_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = RunDir::create(&Config::default(), Some(&file), noon()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot write in {}", file.display())), "{error}");
    assert!(error.ends_with("--run-dir"), "{error}");
    let mut config = Config::default();
    config.checkpoints.directory = file.to_str().unwrap().into();
    let error = RunDir::create_below(&folder.path().join("runs"), &config, noon()).unwrap_err().to_string();
    assert!(error.ends_with("checkpoints.directory"), "{error}");
}

#[test]
fn a_runs_name_cannot_leave_its_folder() {
    let names = ["../../etc", "a/b c", "...", "", "größe_1.5"].map(file_name);
    assert_eq!(names, ["-..-etc", "a-b-c", "run", "run", "größe_1.5"]);
}

#[test]
fn what_was_half_written_is_removed_wherever_it_lies_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let dir = RunDir::create(&Config::default(), Some(&folder.path().join("run")), noon()).unwrap();
    fs::create_dir_all(dir.training_states(COHORT)).unwrap();
    let whole = [
        dir.correctness(COHORT),
        dir.checkpoint(COHORT, None),
        dir.training_states(COHORT).join("seed-0.state"),
    ];
    for file in &whole {
        fs::write(file, "whole").unwrap();
        fs::write(file.with_file_name(".superfuse-a1b2.tmp"), "half").unwrap();
    }
    dir.remove_partial_files();
    for file in &whole {
        assert!(file.exists(), "{}", file.display());
        assert!(!file.with_file_name(".superfuse-a1b2.tmp").exists(), "{}", file.display());
    }
}

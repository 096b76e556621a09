//! Tasks of several classes, and of several alignments.

use super::*;

#[test]
fn a_sweep_of_several_aligned_tasks_has_their_figure_and_the_tasks_table() {
    let aligned = |a| Task::Aligned(Alignment::thousandths(a).unwrap());
    let with = |tasks: Vec<Task>| {
        let mut header = sample::header();
        let facts = header.data.tasks[0].clone();
        let additive = |task: Task| task.alignment().map(|a| 0.7 - a / 4.0);
        header.data.tasks =
            tasks.iter().map(|&task| TaskFacts { task, additive: additive(task), ..facts.clone() }).collect();
        header.sweep.tasks = tasks;
        RunState::replay(&sample::events(header))
    };
    let folder = tempfile::tempdir().unwrap();
    let state = with(vec![Task::Real, aligned(1_000), aligned(250)]);
    let names: Vec<String> = export(&state, folder.path())
        .iter()
        .map(|path| path.file_name().unwrap().display().to_string())
        .collect();
    assert!(names.contains(&"alignment.svg".into()) && names.contains(&"alignment.png".into()), "{names:?}");
    let svg = fs::read_to_string(folder.path().join("figures/alignment.svg")).unwrap();
    for text in ["alignment a", "test accuracy", "retained skill", "95 % interval"] {
        assert!(svg.contains(text), "no {text:?}");
    }
    let markdown = render(&state, Format::Md).unwrap();
    let table =
        "| real | 50.5 | – | 1 |\n| aligned:1 | 50.5 | 0.45 | 1 |\n| aligned:0.25 | 50.5 | 0.64 | 1 |";
    assert!(markdown.contains(table), "{markdown}");
    assert!(render(&state, Format::Html).unwrap().contains("By alignment of the score"));

    let one = with(vec![Task::Real, aligned(500)]);
    let folder = tempfile::tempdir().unwrap();
    assert!(!export(&one, folder.path()).iter().any(|path| path.ends_with("alignment.svg")));
    assert!(!render(&sample::state(), Format::Md).unwrap().contains("## Tasks"));
}

/// A finished run whose real task has three classes, of which `b` is often taken for `<c>`.
fn with_three_classes() -> RunState {
    let mut header = sample::header();
    let facts = &mut header.data.tasks[0];
    let share = |share| study::event::SplitOf { train: share, validation: share, test: share };
    facts.classes = ["a", "b", "<c>"].map(str::to_owned).to_vec();
    facts.class_shares = [0.5, 0.3, 0.2].map(share).to_vec();
    let mut events = sample::events(header);
    for event in &mut events {
        let EventKind::CohortEvaluated { cohort, evaluations, .. } = &mut event.kind else { continue };
        if cohort.task == study::grid::Task::Real {
            let cells = vec![(0, 0, 440), (0, 1, 10), (1, 1, 150), (1, 2, 120), (2, 2, 180)];
            let confusion = study::confusion::Confusion(cells);
            for seed in evaluations {
                seed.confusion = confusion.clone();
            }
        }
    }
    RunState::replay(&events)
}

#[test]
fn several_classes_have_their_rows_their_matrix_and_the_largest_confusions() {
    let state = with_three_classes();
    let markdown = render(&state, Format::Md).unwrap();
    for part in [
        "3 classes:",
        "| b | 1,260 (30.0 %) | 270 (30.0 %) | 270 (30.0 %) |",
        "3 classes, majority class 50.5 %",
        "| class | a | b | &lt;c> |",
        "| b | 0 | 750 | 600 |",
        "summed over 5 seeds",
        "macro F1",
        "for the 3 classes that some of the test rows have",
    ] {
        assert!(markdown.contains(part), "{part}\n{markdown}");
    }
    let html = render(&state, Format::Html).unwrap();
    assert!(html.contains("<td>&lt;c&gt;</td>") && html.contains("<td>600</td>"));
    let terminal = terminal_summary(&state, 80);
    assert!(terminal.contains("concat takes b for <c> 44.4 %, a for b 2.2 %"), "{terminal}");
    let csv = render(&state, Format::Csv).unwrap();
    assert!(csv.lines().nth(1).unwrap().contains(",3,0.8"), "{csv}");
    // Two classes have neither.
    let markdown = render(&sample::state(), Format::Md).unwrap();
    assert!(
        !markdown.contains("classes:") && !markdown.contains("taken for") && !markdown.contains("macro F1")
    );
}

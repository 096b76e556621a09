//! What a run keeps of single test rows is what its journal says of all of them.

use superfuse::store::{RunDir, journal, rows};
use superfuse::study::robustness::robustness;
use superfuse::study::run_state::RunState;

use crate::cli::Place;

#[test]
fn the_rows_that_a_run_keeps_have_its_journals_accuracies_and_areas() {
    let place = Place::new();
    let sets = ["sweep.sizes=[64]", "sweep.baselines=[\"text\", \"logistic\"]"];
    assert_eq!(place.study(&["run", "--run-dir", "run"], &sets).status, Some(0));
    let directory = RunDir::open(&place.path("run")).unwrap();
    let state = RunState::replay(&journal::read(&directory.journal()).unwrap().events);
    let levels = &state.header().unwrap().levels;
    let run = rows::read_all(&directory, &state).rows;
    // Three fusions, text, and three logistic regressions on two tasks, two seeds each.
    assert_eq!((run.len(), run.values().map(|of| of.seeds.len()).sum::<usize>()), (14, 28));
    for (cohort, of) in state.cohorts() {
        for evaluation in of.evaluations() {
            let rows = &run[&cohort].seeds[&evaluation.seed];
            let right = rows.correct.iter().filter(|&&right| right).count() as f64;
            assert_eq!(right / rows.correct.len() as f64, evaluation.test_accuracy, "{cohort}");
            assert_eq!((rows.areas.len(), rows.slight_text.len()), (6, 2), "{cohort}");
            for curve in &evaluation.noise {
                let areas = &rows.areas[&(curve.condition, curve.mean)];
                let mean = areas.iter().copied().map(f64::from).sum::<f64>() / areas.len() as f64;
                let area = robustness(levels, &curve.accuracy, 0.5, areas.len()).unwrap().area;
                assert!((mean - area).abs() < 1e-5, "{cohort} {curve:?}: {mean} {area}");
            }
        }
    }
}

//! Which classes a configuration takes for which, over its seeds.

use study::confusion::{Confusion, of_two};
use study::event::{RunHeader, TaskFacts};
use study::grid::{CohortId, Task};
use study::run_state::CohortState;
use study::summary::confusion_of;

use super::model::Model;

/// What is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confusions {
    /// Nothing: no seed was tested.
    NotTested,
    /// Nothing: with two classes of equally many test rows, the accuracies that are recorded do not determine it.
    Undetermined,
    /// Rows of the test split, summed over so many seeds.
    Known(Confusion, usize),
}

/// The confusion matrix of a configuration, as far as its seeds were tested.
pub fn confusions(model: &Model, id: CohortId) -> Confusions {
    let (Some(header), Some(cohort)) = (model.run.header(), model.run.cohort(id)) else {
        return Confusions::NotTested;
    };
    let tested = cohort.evaluations().count();
    if tested == 0 {
        return Confusions::NotTested;
    }
    let is_of_two = header.data.task(id.task).map_or(2, TaskFacts::class_count) == 2;
    let (sum, seeds) = if is_of_two {
        two_classes(header, id.task, cohort)
    } else {
        (confusion_of(header, id.task, cohort), tested)
    };
    if sum.is_empty() { Confusions::Undetermined } else { Confusions::Known(sum, seeds) }
}

/// Of two classes no matrix is recorded; it follows from accuracy and mean recall. The sum over the seeds of which it
/// does, and their number.
fn two_classes(header: &RunHeader, task: Task, cohort: &CohortState) -> (Confusion, usize) {
    let matrices: Vec<Confusion> = cohort
        .evaluations()
        .filter_map(|seed| {
            let share = header.data.task_of(task, seed.seed)?.positive_share.test;
            of_two(seed.test_accuracy, seed.test_balanced_accuracy, share, header.data.rows.test)
        })
        .collect();
    (Confusion::sum(&matrices), matrices.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Extent, SMALL, Stage, model, model_of};
    use crate::fixture_others::uneven_model;
    use study::model::ModelId;

    const ID: CohortId = CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 64 };

    #[test]
    fn two_classes_have_a_matrix_where_their_rows_differ_in_number() {
        let uneven = uneven_model(0.6);
        let Confusions::Known(matrix, seeds) = confusions(&uneven, ID) else { panic!("no matrix") };
        assert_eq!(seeds, 5);
        assert_eq!(matrix.of_classes(2), [5 * 360, 5 * 540], "900 test rows for each seed");
        let right = f64::from(matrix.cell(0, 0) + matrix.cell(1, 1)) / matrix.rows() as f64;
        let accuracy = uneven.derived.series(ID).unwrap().test.unwrap().spread.mean;
        assert!((right - accuracy).abs() < 1e-3, "{right} {accuracy}");
        let recall = |class| f64::from(matrix.cell(class, class)) / matrix.of_classes(2)[class] as f64;
        let balanced = uneven.run.cohort(ID).unwrap().evaluated(|seed| seed.test_balanced_accuracy);
        let balanced = balanced.iter().sum::<f64>() / 5.0;
        assert!((f64::midpoint(recall(0), recall(1)) - balanced).abs() < 1e-3, "{balanced}");
        // With 450 rows of each, accuracy and mean recall are the same number.
        assert_eq!(confusions(&model(Stage::Finished), ID), Confusions::Undetermined);
        assert_eq!(confusions(&model(Stage::Planned), ID), Confusions::NotTested);
    }

    #[test]
    fn of_several_classes_it_is_the_recorded_one() {
        let several = model_of(Stage::Finished, Extent { classes: 4, ..SMALL });
        let Confusions::Known(matrix, 5) = confusions(&several, ID) else { panic!("no matrix") };
        assert_eq!((matrix.cell(0, 0), matrix.cell(0, 1)), (75, 25));
    }
}

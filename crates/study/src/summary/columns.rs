//! A summary row's columns, in the order that CSV and JSON have them: those under noise are there for each condition.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::SummaryRow;
use crate::event::NoiseMean;

/// Columns that are not under noise; the number is checked by serialisers that ask for it.
const OTHERS: usize = 31;

macro_rules! columns {
    ($struct:ident, $row:ident: $($field:ident)*) => {
        $($struct.serialize_field(stringify!($field), &$row.$field)?;)*
    };
}

impl Serialize for SummaryRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut columns = serializer.serialize_struct("SummaryRow", OTHERS + 3 * self.conditions.len())?;
        columns.serialize_field("fusion", &self.fusion.plain())?;
        columns!(columns, self: task train_size seeds parameters val_accuracy_mean val_accuracy_std);
        columns!(columns, self: test_accuracy_mean test_accuracy_std auc_mean auc_std);
        for condition in &self.conditions {
            let retained = self.retained(*condition, NoiseMean::Empirical);
            columns.serialize_field(condition.columns().retained, &retained)?;
        }
        columns!(columns, self: best_epoch_median seconds status test_rows majority_share steps);
        columns!(columns, self: test_last_mean test_last_std best_is_last);
        for condition in &self.conditions {
            columns.serialize_field(condition.columns().area, &self.area(*condition))?;
        }
        for condition in &self.conditions {
            let retained = self.retained(*condition, NoiseMean::Zero);
            columns.serialize_field(condition.columns().retained_zero_mean, &retained)?;
        }
        columns!(columns, self: difference_to_concat difference_low difference_high);
        columns!(columns, self: test_balanced_mean test_balanced_std classes macro_f1_mean);
        columns!(columns, self: fused_width multiply_adds seconds_per_step);
        columns.serialize_field("robust", self.fusion.robust.name())?;
        columns.end()
    }
}

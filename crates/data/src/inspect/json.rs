//! An inspection as JSON, for programs.

use serde_json::{Value, json};

use study::event::{DataFacts, SplitOf, TaskFacts};

use super::{ArraySummary, Inspection};

impl Inspection {
    /// Everything that the text says, and every class and label value.
    pub fn to_json(&self) -> Value {
        let label = self.label.as_ref().map(|(name, counts)| {
            let values: Vec<Value> =
                counts.iter().map(|(value, rows)| json!({"value": value, "rows": rows})).collect();
            json!({"name": name, "values": values})
        });
        json!({
            "source": self.place,
            "arrays": self.arrays.iter().map(array).collect::<Vec<_>>(),
            "label": label,
            "study": self.prepared.as_ref().map(facts),
            "health": self.health,
            "refused": self.refused,
        })
    }
}

fn array(array: &ArraySummary) -> Value {
    let ArraySummary { role, name, rows, width } = array;
    json!({ "role": role, "name": name, "rows": rows, "width": width })
}

fn facts(facts: &DataFacts) -> Value {
    json!({
        "name": facts.name,
        "text_width": facts.text_width,
        "image_width": facts.image_width,
        "rows": of_splits(&facts.rows),
        "splits": facts.splits.iter().map(|split| split.seed.0).collect::<Vec<_>>(),
        "tasks": facts.tasks.iter().map(task).collect::<Vec<_>>(),
        "fingerprint": facts.fingerprint,
        "warnings": facts.warnings,
    })
}

fn task(facts: &TaskFacts) -> Value {
    let classes: Vec<Value> = (0..facts.class_count())
        .map(|class| {
            let share = facts.class_shares.get(class).copied().unwrap_or_else(|| {
                facts.positive_share.map(|&share| if class == 1 { share } else { 1.0 - share })
            });
            json!({"name": facts.class_name(class), "share": of_splits(&share)})
        })
        .collect();
    json!({
        "task": facts.task.name(),
        "classes": classes,
        "threshold": facts.threshold,
        "additive": facts.additive,
        "draws": facts.draws.len().max(1),
    })
}

fn of_splits<T: serde::Serialize>(of: &SplitOf<T>) -> Value {
    json!({"train": of.train, "validation": of.validation, "test": of.test})
}

//! What a user's module costs beside a built-in fusion, said once for each.

use super::Scheduler;
use study::feed::Level;
use study::grid::CohortId;
use study::model::ModelId;
use study::summary::seconds_per_step;

impl Scheduler {
    /// Before the start: that modules are slower.
    pub(super) fn say_modules(&self) {
        let fusions = &self.prepared.header.sweep.fusions;
        let modules: Vec<&str> =
            fusions.iter().filter(|model| model.is_module()).map(|model| model.name()).collect();
        if modules.is_empty() {
            return;
        }
        let text = format!(
            "{}: modules train by autograd, one seed after another, which is slower than the built-in fusions; how much \
             is said once they have trained",
            modules.join(", ")
        );
        self.record.notice(Level::Info, text);
        let of_run = self.prepared.header.config.fusion.torchscript.modules.iter();
        for module in of_run.filter(|module| module.parameters.is_empty()) {
            let text = format!("{}: it has no parameters, so only the head behind it trains", module.model);
            self.record.notice(Level::Info, text);
        }
    }

    /// How much slower, once a module and concat, where the sweep has it, have trained on a task and a size.
    pub(super) fn say_how_slow(&mut self, ended: CohortId) {
        let header = &self.prepared.header;
        let ended = ended.row();
        let seconds = |fusion| seconds_per_step(header, self.record.state(), CohortId { fusion, ..ended });
        let concat = ModelId::CONCAT.trained_with(ended.fusion.robust);
        let modules: Vec<ModelId> = match ended.fusion {
            model if model == concat => header
                .sweep
                .fusions
                .iter()
                .copied()
                .filter(|model| model.is_module() && model.robust == concat.robust)
                .collect(),
            model if model.is_module() => vec![model],
            _ => return,
        };
        let has_concat = header.sweep.fusions.contains(&concat);
        let mut said = Vec::new();
        for model in modules {
            let (Some(own), of_concat) = (seconds(model), seconds(concat)) else { continue };
            let beside = match of_concat {
                Some(other) => format!(", {:.1} times {concat}'s {:.2} ms", own / other, other * 1e3),
                None if has_concat => continue,
                None => String::new(),
            };
            if !self.slowness_said.contains(&model) {
                said.push((
                    model,
                    format!(
                        "{model}: {:.2} ms for a seed's step{beside}, validation and test included",
                        own * 1e3
                    ),
                ));
            }
        }
        for (model, text) in said {
            self.slowness_said.push(model);
            self.record.notice(Level::Info, text);
        }
    }
}

//! `bench`: what a study would take, whether devices agree, and what the parts of training cost.

use std::fmt::Write;
use std::time::Duration;

use color_eyre::eyre;
use engine::bench::{self, Agreement, OfFusion, Parity, Part, StudyTime};
use indicatif::FormattedDuration;

use superfuse::cli::Status;
use superfuse::cli::args::train::{BenchCommand, RepeatArgs};
use superfuse::cli::output::print as print_text;

/// Measures and prints.
pub(crate) fn print(asked: &BenchCommand) -> eyre::Result<Status> {
    match asked {
        BenchCommand::Study { seconds, study } => {
            let measured = bench::study(&study.read()?, *seconds)?;
            print_text(&of_study(&measured))
        }
        BenchCommand::Parity { epochs, study } => {
            let parity = bench::parity(&study.read()?, *epochs)?;
            print_text(&of_parity(&parity))?;
            Ok(if parity.holds() { Status::Done } else { Status::Incomplete })
        }
        BenchCommand::Step(asked) => timed(Part::Step, asked),
        BenchCommand::Validate(asked) => timed(Part::Validate, asked),
        BenchCommand::Noise(asked) => timed(Part::Noise, asked),
    }
}

fn timed(part: Part, RepeatArgs { count, study }: &RepeatArgs) -> eyre::Result<Status> {
    let timing = bench::time(&study.read()?, part, *count as usize)?;
    print_text(&format!("{}\n", serde_json::to_string(&timing)?))
}

fn of_study(measured: &StudyTime) -> String {
    let StudyTime { device, plan, seeds, peak_flops, peak_bytes, workers, fusions } = measured;
    let mut text = format!(
        "{device}; measured peak {:.2} TFLOP/s and {:.0} GB/s\n\
         {plan}\n\n\
         | fusion | rows | epoch of {seeds} seeds | least | study | least |\n\
         | --- | --- | --- | --- | --- | --- |\n",
        peak_flops / 1e12,
        peak_bytes / 1e9
    );
    for OfFusion { fusion, size, epoch, epoch_floor, study, study_floor } in fusions {
        let _ = writeln!(
            text,
            "| {fusion} | {size} | {epoch:.3} s | {epoch_floor:.3} s | {} | {} |",
            long(*study),
            long(*study_floor)
        );
    }
    let sum = |of: fn(&OfFusion) -> f64| long(fusions.iter().map(of).sum());
    let (study, floor) = (sum(|fusion| fusion.study), sum(|fusion| fusion.study_floor));
    let _ = writeln!(text, "| all | | | | {study} | {floor} |");
    text += "\nSteps are timed at the largest size, validation and noise on up to 1,024 rows; the rest is\n\
             estimated from these. Least: the operations, or the bytes of weights, moments and rows, at the device's measured peak.\n";
    if *workers > 1 {
        let _ =
            writeln!(text, "{workers} workers share the study, each as fast as if it had the device alone.");
    }
    text
}

/// Hours, minutes and seconds.
fn long(seconds: f64) -> String {
    FormattedDuration(Duration::from_secs_f64(seconds.clamp(0.0, 1e12).round())).to_string()
}

fn of_parity(parity: &Parity) -> String {
    let mut text = format!(
        "{}, beside LibTorch's operations on the CPU in f32\n\n\
         | configuration | losses | accuracy | test | again | recorded |\n\
         | --- | --- | --- | --- | --- | --- |\n",
        parity.device
    );
    for Agreement { cohort, loss, accuracy, test, is_repeatable, is_as_one_by_one } in &parity.fusions {
        let same = |is: bool| if is { "the same" } else { "DIFFERS" };
        let again = same(*is_repeatable);
        let recorded = is_as_one_by_one.map_or("–", same);
        let _ =
            writeln!(text, "| {cohort} | {loss:.1e} | {accuracy:.4} | {test:.4} | {again} | {recorded} |");
    }
    let verdict = if parity.holds() { "agrees" } else { "DOES NOT AGREE" };
    let _ = writeln!(
        text,
        "\n{verdict}: losses relative to the reference's, {:.0e} allowed; accuracy: the largest difference on the\n\
         validation split; test: on the test split, clean and under noise; again: a second time, to the bit;\n\
         recorded: a step sent as a whole, beside one by one.",
        parity.tolerance
    );
    text
}

//! The commands that need `LibTorch`: one file for each.

mod bench;
mod conclude;
mod doctor;
mod embed;
mod evaluate;
mod resubmit;
mod resume;
mod run;
mod screen;
mod submit;
mod work;

use std::path::Path;

use color_eyre::eyre;
use engine::{Begin, EngineError, NewRun, Plan, RunPlace};
use superfuse::cli::args::train::{NewArgs, ResumeArgs, RunArgs, Train};
use superfuse::cli::label::{self, LabelArgs};
use superfuse::cli::output::{complain, print};
use superfuse::cli::settings::ScreenArgs;
use superfuse::cli::study_args::StudyArgs;
use superfuse::cli::{Status, program};
use superfuse::store::RunDir;
use superfuse::tui::Settings;

use run::Reporting;

/// Does what is asked. Everything before a run's first step is bad input; an error of the engine after that is not.
pub(crate) fn run(asked: Train) -> eyre::Result<Status> {
    dispatch(asked).or_else(|error| match error.downcast_ref::<EngineError>() {
        Some(engine) if !engine.is_bad_input() => {
            complain("error", &error.to_string());
            Ok(Status::Incomplete)
        }
        _ => Err(error),
    })
}

fn dispatch(asked: Train) -> eyre::Result<Status> {
    match asked {
        Train::Screen(NewArgs { study, start, screen, labels }) => {
            let config = study.read()?;
            let begin = if start { Begin::AtOnce } else { Begin::OnCommand };
            let new = NewRun { directory: None, labels: labels.change()? };
            let plan = Plan { config, place: RunPlace::New(new), begin, program: program() };
            screen::run(plan, &screen.read()?)
        }
        Train::Run(RunArgs { study, run_dir, plain, alerts, labels }) => {
            let config = study.read()?;
            let alerts = alerts.read()?;
            // Before the data are read, which may take minutes.
            run_dir.as_deref().map_or(Ok(()), RunDir::check_free)?;
            let place = RunPlace::New(NewRun { directory: run_dir, labels: labels.change()? });
            let plan = Plan { config, place, begin: Begin::AtOnce, program: program() };
            run::run(plan, reporting(plain), &alerts)
        }
        Train::Resume(ResumeArgs {
            run_dir: Some(run_dir),
            study,
            labels,
            local: false,
            own_session: false,
            ..
        }) if resubmit::is_submitted(&run_dir) => {
            labels.change().and_then(|labels| resubmit::run(&run_dir, &study, &labels))
        }
        Train::Resume(ResumeArgs {
            run_dir,
            headless,
            plain,
            own_session,
            screen,
            study,
            labels,
            local: _,
        }) => {
            let reporting = (headless || plain).then(|| reporting(plain));
            let run_dir = run_dir.map_or_else(resume::unnamed, Ok)?;
            resume_run(&run_dir, reporting, own_session, (&study, &screen, &labels))
        }
        Train::Submit(asked) => submit::run(&asked),
        Train::Work(asked) => work::run(&asked),
        Train::Evaluate(asked) => evaluate::print(&asked),
        Train::Embed(asked) => embed::run(asked),
        Train::Bench(asked) => bench::print(&asked),
        Train::Doctor => print(&doctor::report()),
    }
}

/// How `--plain` reports.
fn reporting(plain: bool) -> Reporting {
    if plain { Reporting::Plain } else { Reporting::Progress }
}

/// Resumes a run, on the screen or, if asked, without one.
fn resume_run(
    run_dir: &Path,
    without_screen: Option<Reporting>,
    own_session: bool,
    (study, screen, labels): (&StudyArgs, &ScreenArgs, &LabelArgs),
) -> eyre::Result<Status> {
    if own_session {
        resume::own_session()?;
    }
    if without_screen.is_none() {
        screen::check()?;
    }
    let labels = labels.change()?;
    let settings = match screen.read() {
        // The sweep was detached: nobody is there to fix them.
        Err(error) if own_session => {
            complain("warning", &error.to_string());
            Settings::default()
        }
        read => read?,
    };
    resubmit::collect(run_dir)?;
    let plan = resume::plan(run_dir, |run| study.read_over(run))?;
    if !labels.is_empty() {
        label::change(run_dir, &labels)?;
    }
    match without_screen {
        Some(reporting) => run::run(plan, reporting, &settings.alerts),
        None => screen::run(plan, &settings),
    }
}

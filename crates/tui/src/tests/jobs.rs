//! A run on a cluster: the line of its queue, the view of its jobs, and what keys mean there.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::pictures::{THEME, check, screen};
use crate::keymap::Direction;
use crate::screens::run::effect::Effect;
use crate::screens::run::hit::hit;
use crate::screens::run::keymap::{Action, helped};
use crate::screens::run::panes::footer;
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::{Detail, Leaving, Overlay, Question, UiState, View};
use crate::screens::run::update::{consequence, update};
use crate::terminal::MousePress;
use crate::theme::{Background, Depth, Glyphs, Theme};
use monitor::fixture::{Stage, model};
use monitor::fixture_cluster::{broken, on_cluster};
use monitor::jobs::JobColumn;
use monitor::model::Model;
use study::access::{Access, Reason};
use study::cluster::queue::{Job, JobState, Queue};
use study::command::Command;

fn ill() -> Model {
    let mut model = on_cluster();
    model.cluster.queue = Some(Arc::new(broken(&model)));
    model
}

fn jobs() -> UiState {
    UiState { view: View::Jobs, ..UiState::default() }
}

fn with_states(states: &[JobState]) -> Model {
    let mut model = on_cluster();
    let mut queue = Queue::clone(model.cluster.queue.as_ref().unwrap());
    for (job, state) in queue.jobs.iter_mut().zip(states.iter().cycle()) {
        job.state = *state;
    }
    queue.finishing = None;
    model.cluster.queue = Some(Arc::new(queue));
    model
}

fn lines(model: &Model, ui: &UiState, size: (u16, u16)) -> Vec<String> {
    let text = screen(model, ui, THEME, size).to_string();
    text.lines().map(|line| line.trim_matches('"').trim_end().to_owned()).collect()
}

fn said(ui: &UiState) -> &str {
    ui.status.as_ref().map_or("", |status| &status.text)
}

/// What an action sends, and what is said.
fn asked(model: &Model, action: Action) -> (Option<Effect>, String) {
    let mut ui = UiState::default();
    let effect = update(action, &mut ui, model);
    (effect, said(&ui).to_owned())
}

#[test]
fn a_run_on_a_cluster_in_pictures() {
    let (well, ill) = (on_cluster(), ill());
    for size in [(120, 40), (80, 24), (40, 10)] {
        check("cluster_overview", &well, &UiState::default(), THEME, size);
        check("jobs", &well, &jobs(), THEME, size);
        check("jobs_broken", &ill, &jobs(), THEME, size);
    }
    let filtered = UiState { filter: "state=waiting synthetic".into(), ..jobs() };
    check("jobs_filtered", &ill, &filtered, THEME, (80, 24));
    let help = UiState { overlay: Overlay::Help(0), ..jobs() };
    check("jobs_help", &ill, &help, THEME, (120, 40));
    let question = UiState { overlay: Overlay::Confirm(Question::StopSweep), ..jobs() };
    check("jobs_cancel", &well, &question, THEME, (80, 24));
    for (name, depth) in [("16", Depth::Sixteen), ("none", Depth::None)] {
        let theme = Theme { depth, glyphs: Glyphs::Unicode, background: Background::Dark };
        check(&format!("jobs_broken_{name}"), &ill, &jobs(), theme, (80, 24));
    }
    let ascii = Theme { depth: Depth::None, glyphs: Glyphs::Ascii, background: Background::Dark };
    let text = screen(&ill, &jobs(), ascii, (120, 40)).to_string();
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn the_line_says_how_old_the_answer_is_and_why_there_is_no_newer_one() {
    let mut model = on_cluster();
    let line = |model: &Model| lines(model, &UiState::default(), (80, 24))[2].clone();
    assert_eq!(line(&model), "jobs  4 running · 15 waiting (Priority) · 1 requeued · 4 done");
    let mut queue = Queue::clone(model.cluster.queue.as_ref().unwrap());
    assert!(model.cluster.is_older(queue.at_ms + 245_000, 60));
    assert!(line(&model).starts_with("jobs  as of 4 min ago · 4 running · "), "{}", line(&model));
    queue.fault = Some("squeue: error: Unable to contact\nslurm controller\x1b[2J".into());
    model.cluster.queue = Some(Arc::new(queue));
    let broken = line(&model);
    let fault = "jobs  squeue: error: Unable to contact slurm controller[2J · as of 4 min ago ·";
    assert!(broken.starts_with(fault), "{broken}");
    let first = Queue { fault: Some("squeue: not found".into()), ..Queue::default() };
    model.cluster.queue = Some(Arc::new(first));
    assert_eq!(line(&model), "jobs  squeue: not found");
    model.cluster.queue = None;
    assert_eq!(line(&model), "jobs  the queue is being asked…");
}

#[test]
fn nothing_of_a_cluster_is_shown_of_other_runs() {
    let running = model(Stage::Running);
    let shown = lines(&running, &UiState::default(), (120, 40));
    assert!(shown[2].starts_with(" 1 Overview"), "{}", shown[2]);
    assert!(!shown[2].contains("Jobs"), "{}", shown[2]);
    assert_eq!(asked(&running, Action::Show(View::Jobs)).1, "the run is on no cluster");
    let is_there = |is_on_cluster| {
        helped(Access::Full, is_on_cluster).iter().any(|line| line.action == Action::Show(View::Jobs))
    };
    assert_eq!((is_there(false), is_there(true)), (false, true));
    // A run whose jobs were collected while the view was open.
    let text = lines(&running, &jobs(), (120, 40)).join("\n");
    assert!(text.contains("the run is on no cluster: its jobs are over"), "{text}");
}

#[test]
fn keys_hold_release_and_cancel_jobs() {
    let well = on_cluster();
    assert_eq!(asked(&well, Action::Pause).0, Some(Effect::Send(Command::Pause)));
    // One after the other at once: what the queue said last may be from before the first.
    assert_eq!(asked(&well, Action::Start).0, Some(Effect::Send(Command::Start)));
    let held = with_states(&[JobState::Held]);
    assert_eq!(asked(&held, Action::Start).0, Some(Effect::Send(Command::Start)));
    assert_eq!(asked(&held, Action::Pause).0, Some(Effect::Send(Command::Pause)));
    let over = with_states(&[JobState::Lost, JobState::Done]);
    for action in [Action::Start, Action::Pause, Action::StopSweep] {
        let (effect, said) = asked(&over, action);
        assert_eq!(effect, None, "{action:?}");
        let resume =
            "no job is left; `superfuse-tui resume runs/quick-20261123T120000Z` submits what is missing";
        assert_eq!(said, resume, "{action:?}");
    }
    let mut ui = UiState::default();
    assert_eq!(update(Action::StopSweep, &mut ui, &well), None, "asks first");
    assert!(
        consequence(Question::StopSweep, &well)
            .starts_with("4 running jobs and 15 waiting ones are cancelled")
    );
    assert_eq!(update(Action::Accept, &mut ui, &well), Some(Effect::Send(Command::StopSweep)));
    assert!(asked(&well, Action::Detach).1.starts_with("the jobs go on"));
    assert!(asked(&well, Action::Export).1.contains("superfuse-tui report runs/quick"));
}

#[test]
fn leaving_asks_nothing_and_stops_nothing() {
    let mut ui = UiState::default();
    assert_eq!(update(Action::Quit, &mut ui, &on_cluster()), Some(Effect::Close));
    assert_eq!((ui.overlay, ui.leaving), (Overlay::None, Leaving::No));
}

#[test]
fn a_configuration_is_submitted_again_once_its_job_is_over() {
    let ill = ill();
    let on = |shard| UiState { shard: Some(shard), ..jobs() };
    let cohort = |shard| ill.cluster.items(shard)[0].cohort;
    let mut lost = on(8);
    assert_eq!(
        update(Action::RunAgain, &mut lost, &ill),
        Some(Effect::Send(Command::RunAgain { cohort: cohort(8) }))
    );
    let mut waiting = on(20);
    assert_eq!(update(Action::RunAgain, &mut waiting, &ill), None);
    let why = format!("{} is in shard 20, whose job is not over: waiting", cohort(20));
    assert_eq!(said(&waiting), why);
    // One that waits is stopped as one that trains is.
    let stop = Effect::Send(Command::StopConfiguration { cohort: cohort(20) });
    assert_eq!(update(Action::StopConfiguration, &mut waiting, &ill), Some(stop));
    let mut done = on(0);
    assert_eq!(update(Action::StopConfiguration, &mut done, &ill), None);
    assert!(said(&done).ends_with("is over: completed"), "{}", said(&done));
    assert_eq!(update(Action::RunAgain, &mut done, &ill), None);
    assert_eq!(done.overlay, Overlay::Confirm(Question::RunAgain(cohort(0))));
    assert!(consequence(Question::RunAgain(cohort(0)), &ill).starts_with("Shard 0 is submitted again"));
}

#[test]
fn a_run_that_is_looked_at_is_not_changed() {
    let ill = ill();
    for action in
        [Action::Start, Action::Pause, Action::StopSweep, Action::StopConfiguration, Action::RunAgain]
    {
        let mut ui = UiState { access: Access::ReadOnly(Reason::Owner(7)), shard: Some(8), ..jobs() };
        assert_eq!(update(action, &mut ui, &ill), None, "{action:?}");
        assert!(said(&ui).starts_with("read-only"), "{action:?}: {}", said(&ui));
    }
}

#[test]
fn footer_and_help_name_keys_by_what_they_do_there() {
    let well = on_cluster();
    let ui = UiState { screen_columns: 200, screen_rows: 50, ..jobs() };
    let scene = Scene { model: &well, ui: &ui, theme: THEME, title: "" };
    let footer = lines(&well, &ui, (200, 50)).pop().unwrap();
    for part in ["p hold", "X cancel jobs", "q leave, jobs go on", "x stop one", ", sort", "/ filter"] {
        assert!(footer.contains(part), "{part}: {footer}");
    }
    assert!(!footer.contains("release"), "nothing is held: {footer}");
    assert!(footer::keys(&scene, 80).len() > 2);
    let here = helped(Access::Full, true);
    assert!(here.iter().all(|line| !matches!(line.action, Action::Detach | Action::Export)));
    let help = |action| here.iter().find(|line| line.action == action).map(|line| line.help);
    assert_eq!(help(Action::Quit), Some("leave: the jobs go on"));
    assert_eq!(help(Action::Start), Some("release the jobs that are held"));
}

#[test]
fn the_cursor_goes_over_jobs_which_are_sorted_opened_copied_and_pointed_at() {
    let ill = ill();
    let mut ui = jobs();
    update(Action::Move(Direction::Down), &mut ui, &ill);
    assert_eq!(ui.shard, Some(5), "behind the lost one");
    update(Action::Move(Direction::Last), &mut ui, &ill);
    assert_eq!(ui.shard, Some(3), "what is done stands last");
    update(Action::SortColumn, &mut ui, &ill);
    assert_eq!((ui.job_sort, ui.shard), (Some(JobColumn::Shard), Some(0)));
    update(Action::SortDirection, &mut ui, &ill);
    assert_eq!(ui.shard, Some(22));
    let Some(Effect::Copy(text)) = update(Action::Copy, &mut ui, &ill) else { panic!("nothing copied") };
    assert!(text.starts_with("shard\tjob\tstate\t") && text.lines().count() == 24, "{text}");
    update(Action::Open, &mut ui, &ill);
    let cohort = ill.cluster.items(22)[0].cohort;
    assert_eq!((ui.view, ui.detail, ui.selection), (View::Trials, Detail::Seeds(0), Some(cohort)));
    update(Action::Back, &mut ui, &ill);
    assert_eq!(ui.view, View::Jobs);
    // A filter that hides the cursor's row takes it to the first one.
    (ui.filter, ui.overlay) = ("state=lost".into(), Overlay::Filter);
    update(Action::Accept, &mut ui, &ill);
    assert_eq!((ui.shard, ui.selected(&ill)), (None, Some(ill.cluster.items(8)[0].cohort)));
    let ui = UiState { screen_columns: 80, screen_rows: 24, ..jobs() };
    let scene = Scene { model: &ill, ui: &ui, theme: THEME, title: "" };
    let press = |row| hit(&scene, Rect::new(0, 0, 80, 24), MousePress::Button, 3, row);
    assert_eq!((press(5), press(6), press(18)), (None, Some(Action::Point(0)), Some(Action::Point(12))));
    assert_eq!(press(19), None, "below the table stands what to do");
}

#[test]
fn ten_thousand_jobs_are_shown_to_the_last() {
    let mut model = on_cluster();
    let job = |shard: u32| Job {
        shard,
        id: format!("77_{shard}"),
        state: if shard.is_multiple_of(2_500) { JobState::Lost } else { JobState::Waiting },
        reason: "Priority".into(),
        host: String::new(),
        seconds: 0,
        restarts: 0,
    };
    let jobs = (0..10_000).map(job).collect();
    model.cluster.queue = Some(Arc::new(Queue { at_ms: 1, jobs, ..Queue::default() }));
    let mut ui = self::jobs();
    update(Action::Move(Direction::Last), &mut ui, &model);
    assert_eq!(ui.shard, Some(9_999));
    let text = lines(&model, &ui, (120, 40)).join("\n");
    assert!(text.contains("77_9999") && text.contains("Jobs  10,000"), "{text}");
    assert!(text.contains("9996 waiting (Priority) · 4 lost"), "{text}");
}

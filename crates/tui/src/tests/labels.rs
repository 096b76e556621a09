//! Labels of a run, filters, and a run that is only looked at: pictures of a run's screen, and what its keys do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Modifier;

use super::pictures::{THEME, check, screen};
use crate::keymap::Direction;
use crate::screens::run::effect::Effect;
use crate::screens::run::keymap::{Action, Context, action, context, helped};
use crate::screens::run::labelled::RunLabels;
use crate::screens::run::possible::possible;
use crate::screens::run::ui_state::{Grain, Overlay, UiState, View};
use crate::screens::run::update::update;
use monitor::fixture::{Stage, model};
use monitor::model::Model;
use study::access::{Access, Reason};
use study::feed::{Level, Writer};
use study::labels::{LabelChange, Labels};

const SIZES: [(u16, u16); 2] = [(120, 40), (80, 24)];
const CHANGES: [Action; 9] = [
    Action::Start,
    Action::Pause,
    Action::StopConfiguration,
    Action::StopSweep,
    Action::RunAgain,
    Action::Export,
    Action::Detach,
    Action::Edit,
    Action::Label,
];

/// A run of another process, which trains.
fn watched() -> Model {
    let mut model = model(Stage::Running);
    model.writer = Writer::Other;
    model.run_dir = Some("runs/quick-20261124T120000Z".into());
    model
}

fn labelled() -> UiState {
    let tags = vec!["ablation".parse().unwrap(), "night".parse().unwrap()];
    let known = Some(Ok(Labels::new("", "with more noise", tags).unwrap()));
    UiState { labels: RunLabels { known, ..RunLabels::default() }, ..UiState::default() }
}

fn read_only(reason: Reason) -> UiState {
    UiState { access: Access::ReadOnly(reason), ..labelled() }
}

#[test]
fn a_run_that_is_only_looked_at_offers_nothing_that_changes_it() {
    let model = watched();
    for (reason, said) in
        [(Reason::Asked, "read-only: `superfuse-tui watch` without"), (Reason::Owner(1_234), "uid 1234")]
    {
        for action in CHANGES {
            let mut ui = read_only(reason);
            assert_eq!(update(action, &mut ui, &model), None, "{action:?}");
            let status = ui.status.clone().unwrap();
            assert_eq!((status.level, ui.overlay), (Level::Warning, Overlay::None), "{action:?}");
            assert!(status.text.starts_with("read-only: ") && status.text.contains(said), "{}", status.text);
        }
    }
    let ui = read_only(Reason::Asked);
    assert!(CHANGES.iter().all(|&action| action.changes_the_run()));
    assert!(!helped(ui.access, false).iter().any(|binding| binding.action.changes_the_run()));
    assert!(helped(Access::Full, false).iter().any(|binding| binding.action == Action::Label));
    assert!(possible(Action::Pause, &labelled(), &model).is_ok(), "it is the access that forbids it");
    for size in SIZES {
        check("read_only", &model, &ui, THEME, size);
        check("read_only_help", &model, &UiState { overlay: Overlay::Help(0), ..ui.clone() }, THEME, size);
    }
}

#[test]
fn labels_are_edited_over_the_run_and_shown_with_what_it_is() {
    let model = watched();
    let mut ui = labelled();
    update(Action::Label, &mut ui, &model);
    assert_eq!(ui.overlay, Overlay::Labels);
    "!".chars().for_each(|letter| drop(update(Action::Type(letter), &mut ui, &model)));
    update(Action::Move(Direction::Down), &mut ui, &model);
    update(Action::Type('2'), &mut ui, &model);
    for size in SIZES {
        check("labels_edited", &model, &ui, THEME, size);
    }
    let change = update(Action::Accept, &mut ui, &model);
    let expected = LabelChange {
        note: Some("with more noise!".into()),
        tags: Some(vec!["ablation".parse().unwrap(), "night2".parse().unwrap()]),
        ..LabelChange::default()
    };
    assert_eq!((change, ui.overlay), (Some(Effect::Label(expected)), Overlay::None));
    assert!(possible(Action::Label, &ui, &model).unwrap_err().contains("being saved"));
    // What was read meanwhile is no end of it.
    ui.labels.take(ui.labels.known.clone().unwrap(), false).unwrap();
    assert!(possible(Action::Label, &ui, &model).unwrap_err().contains("being saved"));
    ui.labels.take(Err("cannot write runs/quick/labels.toml: disk full".into()), true).unwrap_err();
    assert_eq!(ui.labels, labelled().labels, "what was refused changed nothing");
    let text = screen(&model, &UiState { overlay: Overlay::About(0), ..ui }, THEME, (120, 40)).to_string();
    assert!(
        text.contains("note        with more noise") && text.contains("tags        ablation, night"),
        "{text}"
    );
}

#[test]
fn labels_that_cannot_be_read_are_not_edited() {
    let model = watched();
    let mut ui = UiState::default();
    ui.labels.take(Err("labels.toml cannot be used: line 2".into()), false).unwrap();
    assert_eq!(update(Action::Label, &mut ui, &model), None);
    assert_eq!(
        (ui.overlay, ui.status.unwrap().text.as_str()),
        (Overlay::None, "labels.toml cannot be used: line 2")
    );
    let mut planned = Model::default();
    planned.plan(std::sync::Arc::new(model.run.header().unwrap().clone()));
    assert!(possible(Action::Label, &labelled(), &planned).unwrap_err().contains("--note and --tag"));
}

#[test]
fn leaving_the_labels_changes_nothing() {
    let model = watched();
    let mut ui = labelled();
    for action in [Action::Label, Action::Type('x'), Action::Back, Action::Label, Action::Accept] {
        assert_eq!(update(action, &mut ui, &model), None, "{action:?}");
    }
    assert_eq!((ui.labels, ui.overlay), (labelled().labels, Overlay::None));
}

#[test]
fn the_filter_is_edited_inside_and_shows_its_cursor() {
    let finished = model(Stage::Finished);
    let mut ui = UiState { view: View::Trials, ..UiState::default() };
    let keys = |ui: &mut UiState, codes: &[KeyCode]| {
        for &code in codes {
            update(action(context(ui), KeyEvent::new(code, KeyModifiers::NONE)).unwrap(), ui, &finished);
        }
    };
    let typed = |text: &str| text.chars().map(KeyCode::Char).collect::<Vec<_>>();
    keys(&mut ui, &typed("/prduct real"));
    keys(&mut ui, &[KeyCode::Home, KeyCode::Right, KeyCode::Right, KeyCode::Char('o')]);
    assert_eq!((ui.filter.text(), context(&ui)), ("product real", Context::Filter));
    let drawn = screen(&finished, &ui, THEME, (80, 24));
    let row = &drawn.buffer().content()[22 * 80..23 * 80];
    let text: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
    assert!(text.starts_with("/product real "), "{text}");
    let cursor: Vec<usize> = (0..80).filter(|&at| row[at].modifier.contains(Modifier::REVERSED)).collect();
    assert_eq!(cursor, [4], "on the d, behind what was typed");
    press_ctrl(&mut ui, &finished, 'k');
    assert_eq!(ui.filter.text(), "pro");
    // Kept and taken up again at its end.
    keys(&mut ui, &[KeyCode::Home, KeyCode::Delete, KeyCode::Enter]);
    keys(&mut ui, &typed("/d"));
    assert_eq!(ui.filter.text(), "rod");
    press_ctrl(&mut ui, &finished, 'w');
    assert!(ui.filter.is_empty());
}

fn press_ctrl(ui: &mut UiState, model: &Model, letter: char) {
    let event = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
    update(action(context(ui), event).unwrap(), ui, model);
}

#[test]
fn a_filter_with_an_error_says_so_and_what_else_applies() {
    let finished = model(Stage::Finished);
    let ui = |filter: &str, grain| UiState {
        view: View::Trials,
        overlay: Overlay::Filter,
        filter: filter.into(),
        grain,
        ..UiState::default()
    };
    let rows = |filter: &str| ui(filter, Grain::Configurations).rows(&finished).len();
    let all = rows("");
    assert_eq!(rows("fuson=product"), all, "nothing is hidden by what is not understood");
    assert_eq!(rows("fuson=product fusion=product"), rows("fusion=product"));
    assert!((1..all).contains(&rows("fusion=product")));
    assert!(rows("acc>=.5") + rows("acc<.5") <= all && rows("size>32 size<=32") == 0);
    let seeds = ui("product seed=3 task=real", Grain::Trials);
    let seeds = seeds.trials(&finished);
    assert!(!seeds.is_empty() && seeds.iter().all(|trial| trial.seed.0 == 3));
    let text = screen(&finished, &ui("seed=3", Grain::Configurations), THEME, (120, 40)).to_string();
    assert!(text.contains("unknown key \"seed\"; did you mean seeds?; nothing is filtered"), "{text}");
    for size in SIZES {
        check("filter_wrong", &finished, &ui("fuson=product size>=64", Grain::Configurations), THEME, size);
        check(
            "filter_terms",
            &finished,
            &ui("fusion=product size>=64 acc>55%", Grain::Configurations),
            THEME,
            size,
        );
    }
}

//! Pictures of every view, as text and as styles.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;

use super::styles::{palette, styles};
use crate::screens::run::draw::draw;
use crate::screens::run::keymap::{Action, Context, action};
use crate::screens::run::possible::possible;
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::{Detail, Grain, Health, Overlay, Question, UiState, View};
use crate::screens::run::update::update;
use crate::theme::{Background, Depth, Fill, Glyphs, Theme};
use monitor::fixture::{Extent, SMALL, Stage, model, model_of};
use monitor::model::Model;
use study::grid::{Alignment, CohortId, Task};
use study::model::ModelId;

pub(super) const THEME: Theme =
    Theme { depth: Depth::True, glyphs: Glyphs::Unicode, background: Background::Dark };

pub(super) fn screen(model: &Model, ui: &UiState, theme: Theme, (width, height): (u16, u16)) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let ui = UiState { screen_columns: width, screen_rows: height, ..ui.clone() };
    let scene = Scene { model, ui: &ui, theme, title: "quick" };
    terminal.draw(|frame| draw(frame, &scene)).unwrap();
    terminal.backend().clone()
}

/// Compares with `snapshots/<name>.snap`; the name holds no crate and no module.
pub(super) fn check(name: &str, model: &Model, ui: &UiState, theme: Theme, size: (u16, u16)) {
    let screen = screen(model, ui, theme, size);
    let picture = format!("{screen}\n{}", styles(screen.buffer(), theme));
    named_snapshot(&format!("{name}_{}x{}", size.0, size.1), &picture);
}

/// The same of a frame that is no backend's.
pub(super) fn check_buffer(name: &str, buffer: &Buffer, theme: Theme) {
    let (width, height) = (buffer.area.width, buffer.area.height);
    let rows = buffer.content.chunks(usize::from(width));
    let text: Vec<String> = rows.map(|row| row.iter().map(Cell::symbol).collect()).collect();
    named_snapshot(
        &format!("{name}_{width}x{height}"),
        &format!("{}\n{}", text.join("\n"), styles(buffer, theme)),
    );
}

pub(super) fn named_snapshot(name: &str, picture: &str) {
    insta::with_settings!({
        prepend_module_to_snapshot => false,
        snapshot_path => "../snapshots",
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, picture);
    });
}

#[test]
fn every_view_in_every_state() {
    for stage in Stage::SHOWN {
        let model = model(stage);
        for view in View::ALL {
            let ui = UiState { view, ..UiState::default() };
            let name = format!("{}_{}", view.name().to_lowercase(), stage.name());
            for size in [(200, 50), (120, 40), (80, 24), (40, 10), (1, 1)] {
                check(&name, &model, &ui, THEME, size);
            }
        }
    }
}

#[test]
fn a_run_without_a_process_shows_nothing_as_running() {
    let dead = model(Stage::Dead);
    for view in View::ALL {
        for grain in [Grain::Configurations, Grain::Trials] {
            let ui = UiState { view, grain, ..UiState::default() };
            let text = screen(&dead, &ui, THEME, (200, 50)).to_string();
            for running in ["▶", "running", "training"] {
                assert!(!text.contains(running), "{running} in {view:?} {grain:?}\n{text}");
            }
        }
    }
    check("overview_dead", &dead, &UiState::default(), THEME, (120, 40));
    let trials = UiState { view: View::Trials, filter: "unfinished".into(), ..UiState::default() };
    check("trials_dead", &dead, &trials, THEME, (80, 24));
    let single = UiState { grain: Grain::Trials, ..trials };
    check("single_trials_dead", &dead, &single, THEME, (80, 24));
}

#[test]
fn a_baseline_is_shown_beside_the_fusions() {
    const BASELINES: [ModelId; 5] = [
        ModelId::TEXT,
        ModelId::IMAGE,
        ModelId::LOGISTIC_CONCAT,
        ModelId::LOGISTIC_PRODUCT,
        ModelId::LOGISTIC_TENSOR,
    ];
    let finished = model_of(Stage::Finished, Extent { baselines: &BASELINES, ..SMALL });
    let running = model_of(Stage::Running, Extent { baselines: &BASELINES, ..SMALL });
    for fusion in [ModelId::TEXT, ModelId::LOGISTIC_PRODUCT] {
        let selection = Some(CohortId { fusion, task: Task::Synthetic, train_size: 256 });
        for view in [View::Overview, View::Accuracy, View::Robustness, View::Roc, View::Trials] {
            let ui = UiState { view, selection, task: Task::Synthetic, ..UiState::default() };
            let name = format!("baseline_{fusion}_{}", view.name().to_lowercase());
            for size in [(200, 50), (80, 24)] {
                check(&name, &finished, &ui, THEME, size);
            }
        }
    }
    for size in [(200, 50), (120, 40), (80, 24)] {
        check("baselines_overview_running", &running, &UiState::default(), THEME, size);
    }
}

#[test]
fn several_aligned_tasks_have_a_view_of_their_own() {
    const TASKS: [Task; 4] =
        [Task::Synthetic, Task::Aligned(Alignment::NONE), HALF, Task::Aligned(Alignment::WHOLE)];
    const HALF: Task = match Alignment::thousandths(500) {
        Some(half) => Task::Aligned(half),
        None => Task::Real,
    };
    let finished = model_of(Stage::Finished, Extent { sizes: 3, tasks: &TASKS, ..SMALL });
    let ui = UiState { view: View::Alignment, ..UiState::default() };
    for size in [(200, 50), (80, 24)] {
        check("alignment_finished", &finished, &ui, THEME, size);
    }
    let selection = Some(CohortId { fusion: ModelId::TENSOR, task: HALF, train_size: 64 });
    let chosen = screen(&finished, &UiState { selection, ..ui.clone() }, THEME, (120, 40)).to_string();
    assert!(chosen.contains("64 rows") && chosen.contains("8 Alignment"), "{chosen}");
    // Its retained skill is of noise with its mean or without, as the robustness view's.
    let v = KeyEvent::new(KeyCode::Char('v'), KeyModifiers::NONE);
    assert_eq!(action(Context::View(View::Alignment), v), Some(Action::ToggleReading));
    let mut zero = ui.clone();
    update(Action::ToggleReading, &mut zero, &finished);
    assert!(screen(&finished, &zero, THEME, (120, 40)).to_string().contains("zero-mean noise on both"));
    let running = model_of(Stage::Running, Extent { sizes: 3, tasks: &TASKS, ..SMALL });
    assert!(screen(&running, &ui, THEME, (120, 40)).to_string().contains("by alignment"));
    // Fewer than two have neither.
    let plain = model(Stage::Finished);
    assert!(!screen(&plain, &UiState::default(), THEME, (120, 40)).to_string().contains("Alignment"));
    let show = Action::Show(View::Alignment);
    assert!(
        possible(show, &UiState::default(), &plain).unwrap_err().contains("fewer than two aligned tasks")
    );
    assert_eq!(possible(show, &UiState::default(), &finished), Ok(()));
}

#[test]
fn what_models_cost_and_give_is_read_at_the_cursors_size() {
    const BASELINES: [ModelId; 2] = [ModelId::TEXT, ModelId::IMAGE];
    let finished = model_of(Stage::Finished, Extent { baselines: &BASELINES, ..SMALL });
    let ui = UiState { view: View::Complexity, ..UiState::default() };
    let mut narrow = UiState { screen_columns: 80, screen_rows: 24, ..ui.clone() };
    let shown = |ui: &UiState, size| screen(&finished, ui, THEME, size).to_string();
    // One axis where there is no room for two, and both of them where there is.
    let text = shown(&narrow, (80, 24));
    assert!(text.contains("Test accuracy % against parameters  real task, 1,024 rows"), "{text}");
    assert!(text.contains("● concat") && text.contains("ms a step"), "{text}");
    update(Action::ToggleAxis, &mut narrow, &finished);
    let text = shown(&narrow, (80, 24));
    assert!(text.contains("Test accuracy % against multiply-adds"), "{text}");
    let wide = UiState { screen_columns: 120, screen_rows: 40, ..ui.clone() };
    let text = shown(&wide, (120, 40));
    assert!(text.contains("against parameters") && text.contains("against multiply-adds"), "{text}");
    assert!(possible(Action::ToggleAxis, &wide, &finished).unwrap_err().contains("both axes"), "{text}");
    // Accuracy, then both readings of robustness, then accuracy again.
    for number in ["Retained skill %", "Accuracy under noise %", "Test accuracy %"] {
        update(Action::ToggleReading, &mut narrow, &finished);
        let text = shown(&narrow, (80, 24));
        assert!(text.contains(&format!("{number} against")), "{text}");
    }
    // The cursor chooses size and task.
    let selection = Some(CohortId { fusion: ModelId::TENSOR, task: Task::Synthetic, train_size: 64 });
    let text = shown(&UiState { selection, task: Task::Synthetic, ..ui }, (120, 40));
    assert!(text.contains("synthetic task, 64 rows"), "{text}");
    check("complexity_baselines_finished", &finished, &narrow, THEME, (80, 24));
}

#[test]
fn every_view_is_named_at_the_top_where_there_is_room_and_numbered_elsewhere() {
    const ALIGNED: [Task; 2] = [Task::Aligned(Alignment::NONE), Task::Aligned(Alignment::WHOLE)];
    let top = |tasks, width| {
        let model = model_of(Stage::Finished, Extent { sizes: 2, tasks, ..SMALL });
        let ui = UiState { view: View::Complexity, ..UiState::default() };
        screen(&model, &ui, THEME, (width, 24)).to_string().lines().nth(2).unwrap().to_owned()
    };
    assert!(
        top(&Task::PAPER, 80)
            .contains("1 Overview 2 Accuracy 3 Robustness 4 ROC 5 Trials 6 Findings 7 Log 9 Complexity")
    );
    // With the view of aligned tasks there are nine.
    assert!(top(&ALIGNED, 120).contains("1 Overview   2 Accuracy"), "{}", top(&ALIGNED, 120));
    assert!(top(&ALIGNED, 120).contains("8 Alignment   9 Complexity"), "{}", top(&ALIGNED, 120));
    assert!(top(&ALIGNED, 80).contains(" 1  2  3  4  5  6  7  8  9 Complexity "), "{}", top(&ALIGNED, 80));
}

#[test]
fn before_the_data_are_ready_and_under_forty_columns_there_is_a_line() {
    let running = model(Stage::Running);
    let ui = UiState::default();
    check("overview_running", &running, &ui, THEME, (39, 9));
    check("overview_preparing", &model(Stage::Preparing), &ui, THEME, (80, 24));
}

#[test]
fn what_lies_over_a_view() {
    let running = model(Stage::Running);
    let with = |overlay| UiState { overlay, ..UiState::default() };
    check("help", &running, &with(Overlay::Help(0)), THEME, (120, 40));
    check("help", &running, &with(Overlay::Help(99)), THEME, (80, 24));
    check("about", &running, &with(Overlay::About(0)), THEME, (120, 40));
    check("about", &running, &with(Overlay::About(99)), THEME, (80, 24));
    check("quit", &running, &with(Overlay::Confirm(Question::Quit)), THEME, (80, 24));
}

#[test]
fn the_health_report_begins_with_what_was_found() {
    let planned = model(Stage::Planned);
    let ui = |health| UiState { overlay: Overlay::Health(0), health, ..UiState::default() };
    check("health_reading", &planned, &ui(Health::Reading), THEME, (80, 24));
    let long =
        "warning     of 600 rows, 4 have the text of a row in another part, which was seen in training";
    let report = [
        "source      a.npz",
        long,
        "",
        "MODALITIES                               text            image",
        "  rows × width                      2000 × 76        2000 × 64",
        "",
        "FINDINGS (1)",
        "  warning  4 rows are copies of a row in another part, so that what is tested was seen",
        "         > remove them",
        "",
    ];
    let known = Health::Known(Arc::new(report.map(str::to_owned).to_vec()));
    for size in [(120, 40), (80, 24), (40, 10)] {
        check("health", &planned, &ui(known.clone()), THEME, size);
    }
}

#[test]
fn a_table_of_single_trials_marks_the_outlier() {
    let finished = model(Stage::Finished);
    let filter = "product synthetic".into();
    let trials = UiState { view: View::Trials, grain: Grain::Trials, filter, ..UiState::default() };
    assert!(screen(&finished, &trials, THEME, (80, 24)).to_string().contains("outlier"));
    check("single_trials", &finished, &trials, THEME, (120, 40));
    check("single_trials", &finished, &trials, THEME, (80, 24));
}

#[test]
fn a_claim_is_read_in_full() {
    let finished = model(Stage::Finished);
    let claim = UiState { view: View::Findings, detail: Detail::Claim(0), claim: 1, ..UiState::default() };
    check("claim", &finished, &claim, THEME, (80, 24));
}

#[test]
fn every_depth_of_colour_on_both_backgrounds() {
    let (failed, finished) = (model(Stage::Failed), model(Stage::Finished));
    for (depth, colours) in
        [(Depth::True, "true"), (Depth::Indexed, "256"), (Depth::Sixteen, "16"), (Depth::None, "none")]
    {
        for (background, behind) in [(Background::Dark, "dark"), (Background::Light, "light")] {
            let theme = Theme { depth, background, ..THEME };
            let name = format!("theme_{colours}_{behind}");
            let ui = UiState { view: View::Accuracy, ..UiState::default() };
            check(&format!("{name}_accuracy"), &finished, &ui, theme, (80, 24));
            check(&format!("{name}_overview"), &failed, &UiState::default(), theme, (80, 24));
            named_snapshot(&format!("{name}_palette"), &palette(theme));
        }
    }
}

#[test]
fn values_are_read_off_the_curves() {
    let finished = model(Stage::Finished);
    for view in [View::Overview, View::Robustness, View::Roc, View::Complexity] {
        let ui = UiState { view, reading: Some(4), ..UiState::default() };
        check(&format!("read_{}", view.name().to_lowercase()), &finished, &ui, THEME, (120, 40));
    }
}

#[test]
fn without_utf8_every_character_is_ascii() {
    let theme = Theme { glyphs: Glyphs::Ascii, depth: Depth::None, background: Background::Dark };
    for stage in Stage::SHOWN {
        let model = model(stage);
        for view in View::ALL {
            for overlay in [Overlay::None, Overlay::Help(0), Overlay::Confirm(Question::Quit)] {
                let ui = UiState { view, overlay, ..UiState::default() };
                let screen = screen(&model, &ui, theme, (120, 40));
                let text: String =
                    screen.buffer().content().iter().map(ratatui::buffer::Cell::symbol).collect();
                let foreign: String = text.chars().filter(|c| !c.is_ascii()).collect();
                assert_eq!(foreign, "", "{view:?} {stage:?} {overlay:?}");
            }
        }
    }
    let finished = model(Stage::Finished);
    check(
        "accuracy_ascii",
        &finished,
        &UiState { view: View::Accuracy, ..UiState::default() },
        theme,
        (80, 24),
    );
}

#[test]
fn without_colours_no_cell_has_one() {
    let theme = Theme { depth: Depth::None, ..THEME };
    for view in View::ALL {
        let screen = screen(&model(Stage::Failed), &UiState { view, ..UiState::default() }, theme, (120, 40));
        let plain = |cell: &ratatui::buffer::Cell| {
            cell.fg == ratatui::style::Color::Reset && cell.bg == ratatui::style::Color::Reset
        };
        assert!(screen.buffer().content().iter().all(plain), "{view:?}");
    }
}

#[test]
fn the_focused_fusions_band_is_shaded_and_the_cursor_reversed() {
    let finished = model(Stage::Finished);
    let ui = UiState { view: View::Accuracy, ..UiState::default() };
    let screen = screen(&finished, &ui, THEME, (120, 40));
    let cells = screen.buffer().content();
    let shade = |fusion| match THEME.band(fusion) {
        Fill::Shade(style) => cells.iter().filter(|cell| Some(cell.bg) == style.bg).count(),
        Fill::Glyph(..) => 0,
    };
    let focused = ui.charted(&finished).unwrap().fusion;
    for fusion in ModelId::PAPER_FUSIONS {
        assert_eq!(shade(fusion) > 50, fusion == focused, "{fusion}: {}", shade(fusion));
    }
    assert!(cells.iter().any(|cell| cell.modifier.contains(Modifier::REVERSED)));
}

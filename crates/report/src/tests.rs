//! What a reader of the tables and figures would notice.

mod derived;
mod gate;
mod groups;
mod names;
mod paper;
mod tasks;
mod tradeoff;

use std::fs;

use super::*;
use study::event::{EventKind, TaskFacts};
use study::grid::{Alignment, Task};
use study::rows::RunRows;
use study::sample;

fn render(state: &RunState, format: Format) -> Result<String, ReportError> {
    Report::of(state, &RunRows::new())?.render(format)
}

fn export(state: &RunState, dir: &std::path::Path) -> Vec<PathBuf> {
    Report::of(state, &RunRows::new()).unwrap().export(dir).unwrap()
}

fn terminal_summary(state: &RunState, width: usize) -> String {
    super::terminal_summary(state, &RunRows::new(), width, Paint::Plain)
}

/// With findings as [`sample::findings`] has them.
fn with_findings(state: &RunState, format: Format) -> String {
    let rows = RunRows::new();
    let contents = Contents::with(state, &rows, sample::findings()).unwrap();
    Report { contents }.render(format).unwrap()
}

/// INTERFACE's columns, in INTERFACE's order.
const COLUMNS: &str = "fusion,task,train_size,seeds,parameters,val_accuracy_mean,val_accuracy_std,\
    test_accuracy_mean,test_accuracy_std,auc_mean,auc_std,retained_text,retained_image,retained_both,\
    best_epoch_median,seconds,status,test_rows,majority_share,steps,test_last_mean,test_last_std,best_is_last,\
    area_text,area_image,area_both,retained_zero_mean_text,retained_zero_mean_image,retained_zero_mean_both,\
    difference_to_concat,difference_low,difference_high,test_balanced_mean,test_balanced_std,classes,macro_f1_mean,\
    fused_width,multiply_adds,seconds_per_step,missing_text,missing_image,emap_mean,emap_rows,emap_accuracy";

#[test]
fn csv_has_interfaces_columns_and_a_row_for_each_configuration() {
    let csv = render(&sample::state(), Format::Csv).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with(COLUMNS), "{}", lines[0]);
    assert_eq!(lines.len(), 1 + 3 * 2 * 4);
    let stopped = "product,real,32,0,4194,,,,,,,,,,,2.5,stopped,900,0.505,3,,,,,,,,,,,,,,,2,,128,128,0.16666666666666666,,,,,,none,0.001,";
    let made = lines.iter().find_map(|line| line.strip_prefix(stopped)).unwrap();
    assert!(made.starts_with("superfuse-tui 0.1.0,2.11.0 (CPU),\"cpu, 2 threads"), "{made}");
    assert!(made.ends_with(",ffeeddccbbaa99887766554433221100,00112233445566778899aabbccddeeff"), "{made}");
    assert!(lines[1].starts_with("concat,real,32,5,4194,0.55999"), "{}", lines[1]);
    let made = "program,libtorch,device,config_fingerprint,data_fingerprint";
    assert!(lines[0].ends_with(made), "{}", lines[0]);
}

#[test]
fn no_format_holds_a_nan_whatever_is_missing() {
    let (all, rows) = (sample::events(sample::header()), RunRows::new());
    // Every fifth event comes to each place in a cohort once, since a cohort has six.
    for many in (1..=all.len()).step_by(5) {
        let state = RunState::replay(&all[..many]);
        let report = Report::of(&state, &rows).unwrap();
        for format in Format::ALL {
            let text = report.render(format).unwrap();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{many} events, {format:?}");
        }
        assert!(!terminal_summary(&state, 80).contains("NaN"));
    }
    assert!(matches!(render(&RunState::default(), Format::Md), Err(ReportError::NothingBegun)));
    assert_eq!(terminal_summary(&RunState::default(), 80), "");
}

#[test]
fn terminal_summary_is_the_compact_table() {
    let summary = terminal_summary(&sample::state(), 80);
    let expected = "\
real task: test accuracy in %, majority class 50.5 %
  mean ± standard deviation over 5 seeds at the best epoch
    train        concat        product         tensor
       32    55.0 ± 1.4        stopped     54.0 ± 1.4
      128    61.0 ± 1.0     62.6 ± 1.0     59.2 ± 1.0
      512    67.0 ± 0.8     68.2 ± 0.8     64.4 ± 0.8
    4,200    76.1 ± 0.6     76.7 ± 0.6     72.3 ± 0.6

 at 4,200      AUC   retained: text   image    both
   concat    0.723            0.766   0.845   0.645
  product    0.728            0.766   0.845   0.645
   tensor    0.693            0.766   0.845   0.645
";
    assert!(summary.starts_with(expected), "{summary}");
    assert!(
        summary.contains(
            "\n    4,200    80.3 ± 0.6     94.3 ± 0.6     87.8 ± 0.4*\n  * from fewer than 5 seeds\n"
        )
    );
    assert!(summary.contains("\nproduct-real-32: 5 of 5 seeds stopped\n"));
    assert!(summary.contains("1 of 5 seeds diverged (the first in epoch 2)"));
}

#[test]
fn terminal_summary_fits_its_width_and_holds_no_control_character() {
    for width in [20, 40, 59, 60, 80, 200] {
        let summary = terminal_summary(&sample::state(), width);
        assert!(summary.lines().all(|line| line.chars().count() <= width), "{width}\n{summary}");
        assert!(summary.chars().all(|c| c == '\n' || !c.is_control()));
    }
}

#[test]
fn a_hostile_name_stays_text_in_every_format_and_figure() {
    let mut header = sample::header();
    header.config.run.name = "a|b\u{1b}]0;x\u{7}\n# <b>$\\input{x}$".into();
    header.data.name = "</text><script>alert(1)</script>\u{0}\u{1b} 50%_&".into();
    header.data.warnings = vec!["| | <img> \u{9b}31m".into()];
    let state = RunState::replay(&sample::events(header));
    let folder = tempfile::tempdir().unwrap();
    for path in export(&state, folder.path()) {
        if path.extension().is_some_and(|ending| ending == "png") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{}", path.display());
        let marked_up =
            path.extension().is_some_and(|ending| ending == "svg" || ending == "md" || ending == "html");
        assert!(!marked_up || !text.contains("<script"), "{}", path.display());
    }
    let markdown = render(&state, Format::Md).unwrap();
    assert!(markdown.starts_with("# a\\|b]0;x \\# &lt;b>".replace(']', "\\]").as_str()), "{markdown}");
    let latex = render(&state, Format::Tex).unwrap();
    assert!(latex.contains(r"\caption{\textless{}/text\textgreater{}"), "{latex}");
    assert!(latex.contains(r"50\%\_\&"));
}

#[test]
fn latex_braces_and_environments_are_balanced_and_partial_cells_marked() {
    let latex = render(&sample::state(), Format::Tex).unwrap();
    let body: String = latex.lines().filter(|line| !line.starts_with('%')).collect();
    assert_eq!(body.matches('{').count(), body.matches('}').count());
    assert_eq!(body.matches(r"\begin").count(), body.matches(r"\end").count());
    assert!(latex.contains(r"    4{,}200 & $80.3 \pm 0.6$ & $94.3 \pm 0.6$ & $87.8 \pm 0.4^{*}$ \\"));
    assert!(latex.contains(r"    32 & $55.0 \pm 1.4$ & \emph{stopped} & $54.0 \pm 1.4$ \\"));
    assert!(latex.is_ascii(), "pdflatex needs no more than ASCII");
}

#[test]
fn markdown_says_what_the_deviation_at_the_whole_split_is() {
    let sentence = "optimisation noise only";
    assert!(render(&sample::state(), Format::Md).unwrap().contains(sentence));
    let mut header = sample::header();
    header.sweep.sizes = vec![32, 128];
    let part = RunState::replay(&sample::events(header));
    assert!(!render(&part, Format::Md).unwrap().contains(sentence));
}

#[test]
fn balanced_accuracy_stands_beside_accuracy_where_the_classes_are_unequal() {
    let mut header = sample::header();
    assert!(!render(&sample::state(), Format::Md).unwrap().contains("balanced"));
    header.data.tasks[0].majority_share.test = 0.85;
    let state = RunState::replay(&sample::events(header));
    assert_eq!(render(&state, Format::Md).unwrap().matches("| balanced |").count(), 1);
    assert!(terminal_summary(&state, 80).contains("balanced"));
}

#[test]
fn every_format_shows_each_claim_with_its_verdict_and_numbers() {
    let state = sample::state();
    let [md, tex, html] = [Format::Md, Format::Tex, Format::Html].map(|format| with_findings(&state, format));
    let effect = "| C1 | product − concat | within ±2.0 points | 1.2 points | \\[0.8, 1.6\\] | \\[−0.4, 2.6\\] | 0.031 | \
                  0.062 | 8 |";
    assert!(md.contains(effect), "{md}");
    assert!(md.contains("| C1 | real task: concat and product perform nearly identically | supported: the interval lies within the margin |"));
    assert!(md.contains(
        "- C1: Equivalence within the margin. Read from 8 configurations: concat, product; real \
                         task; train size 32 … 4,200 (4 sizes)."
    ));
    assert!(tex.contains(r"\textbf{C8} product loses most under noise"), "{tex}");
    assert!(tex.contains(r"\emph{depends on the mean shift: with the modality's mean"), "{tex}");
    assert!(tex.contains(
        r"\quad product $-$ concat & within $\pm$2.0 points & 1.2 points & [0.8, 1.6] & [$-$0.4, 2.6] & 0.062 \\"
    ));
    assert!(!tex.contains("area, zero mean"), "an effect that decides nothing");
    assert!(
        html.contains("<span class=\"verdict split\">depends on the mean shift</span> <strong>C8</strong>")
    );
    assert!(html.contains("supported: the interval lies within the margin</span>"));
    assert!(html.contains("<td>[−0.4, 2.6]</td>"));
    let json: serde_json::Value = serde_json::from_str(&with_findings(&state, Format::Json)).unwrap();
    assert_eq!(json["findings"]["claims"][0]["effects"][0]["over_seeds_and_rows"]["low"], -0.004);
    assert_eq!(json["findings"]["claims"][1]["verdict"], "depends_on_mean_shift");
}

#[test]
fn only_what_the_paired_test_calls_best_is_bold() {
    let state = sample::state();
    let tex = with_findings(&state, Format::Tex);
    // At 4,200 rows product beats both, at 512 it beats tensor alone, elsewhere nothing was compared.
    assert!(
        tex.contains(r"    4{,}200 & $76.1 \pm 0.6$ & $\mathbf{76.7 \pm 0.6}$ & $72.3 \pm 0.6$ \\"),
        "{tex}"
    );
    assert_eq!(tex.matches(r"\mathbf").count(), 1);
    assert_eq!(tex.matches("Bold: better than").count(), 1, "in the caption of that table");
    assert!(
        with_findings(&state, Format::Md).contains("| 4,200 | 76.1 ± 0.6 | **76.7 ± 0.6** | 72.3 ± 0.6 |")
    );
    assert!(with_findings(&state, Format::Html).contains("<td><strong>76.7 ± 0.6</strong></td>"));
    assert!(!render(&state, Format::Tex).unwrap().contains("mathbf"), "five seeds cannot say");
}

#[test]
fn the_page_needs_nothing_but_itself() {
    let page = with_findings(&sample::state(), Format::Html);
    assert!(page.contains("default-src 'none'"), "the browser enforces it as well");
    assert_eq!(page.matches("<svg ").count(), 5);
    for outside in ["<script", "<link", "<img", "href=", "url(", "@import", "src="] {
        assert!(!page.contains(outside), "{outside}");
    }
    for (open, close) in
        [("<table", "</table>"), ("<ul", "</ul>"), ("<figure>", "</figure>"), ("<td", "</td>")]
    {
        assert_eq!(page.matches(open).count(), page.matches(close).count(), "{open}");
    }
}

#[test]
fn a_terminal_gets_colours_and_a_pipe_none() {
    let (state, rows) = (sample::state(), RunRows::new());
    let plain = super::terminal_summary(&state, &rows, 80, Paint::Plain);
    let painted = super::terminal_summary(&state, &rows, 80, Paint::Indexed);
    assert!(!plain.contains('\u{1b}'));
    assert!(painted.contains("\u{1b}[38;5;35mproduct\u{1b}[0m"), "{painted}");
    assert!(painted.contains("\u{1b}[38;5;136mstopped\u{1b}[0m"), "{painted}");
    let mut stripped = String::new();
    for (index, part) in painted.split("\u{1b}[").enumerate() {
        stripped += if index == 0 { part } else { part.split_once('m').unwrap().1 };
    }
    assert_eq!(stripped, plain, "colour changes no column");
}

#[test]
fn every_export_carries_what_it_was_made_from() {
    let folder = tempfile::tempdir().unwrap();
    let state = sample::state();
    let rows = RunRows::new();
    let report = Report::of(&state, &rows).unwrap();
    let mut paths = report.export(folder.path()).unwrap();
    paths.extend(report.long_forms(folder.path()).unwrap());
    for path in paths.iter().filter(|path| path.is_file()) {
        let bytes = fs::read(path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for part in ["ffeeddccbbaa9988", "0011223344556677"] {
            assert!(text.contains(part), "{} lacks {part}", path.display());
        }
        let is_by_epoch = path.file_name().unwrap() == "epochs.csv";
        assert!(is_by_epoch || text.contains("superfuse-tui 0.1.0"), "{}", path.display());
        assert!(is_by_epoch || text.contains("2.11.0 (CPU)"), "{}", path.display());
    }
}

#[test]
fn a_picture_is_twice_the_figure_and_not_blank() {
    let folder = tempfile::tempdir().unwrap();
    export(&sample::state(), folder.path());
    let file = fs::File::open(folder.path().join("figures/accuracy.png")).unwrap();
    let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let size = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((size.width, size.height), (2 * 960, 2 * (52 + 380 + 12 + 22)));
    let blue = pixels.chunks(4).filter(|pixel| pixel[..3] == [0, 114, 178]).count();
    assert!(blue > 500, "{blue} pixels of concat's curve");
    // The title's letters, which need a font: the strip above the panels.
    let dark = pixels.chunks(4).take(1920 * 70).filter(|pixel| pixel[0] < 128).count();
    assert!(dark > 500, "{dark} pixels of the title");
}

#[test]
fn json_reads_back_with_the_rows_of_the_csv() {
    let json: serde_json::Value =
        serde_json::from_str(&render(&sample::state(), Format::Json).unwrap()).unwrap();
    assert_eq!(json["rows"].as_array().unwrap().len(), 24);
    assert_eq!(json["rows"][0]["fusion"], "concat");
    assert_eq!(json["best_checkpoints"][0]["seed"], 4);
    assert_eq!(json["best_checkpoints"][0]["train_size"], 4_200);
    assert_eq!(json["provenance"][0]["libtorch"], "2.11.0 (CPU)");
    assert_eq!(json["data"]["rows"]["test"], 900);
}

#[test]
fn every_process_that_computed_is_named() {
    let mut kinds: Vec<_> = sample::events(sample::header()).into_iter().map(|event| event.kind).collect();
    let mut provenance = sample::provenance("cuda:0");
    provenance.gpus = vec!["cuda:0: NVIDIA H100, GPU-01, driver 580.95.05".into()];
    kinds.insert(5, EventKind::RunResumed { provenance, header: None });
    let state = RunState::replay(&sample::numbered(kinds));
    let markdown = render(&state, Format::Md).unwrap();
    let on_gpu = "on cuda:0 (cuda:0: NVIDIA H100, GPU-01, driver 580.95.05); configuration";
    assert!(markdown.contains("Computed by superfuse-tui 0.1.0") && markdown.contains(on_gpu), "{markdown}");
    assert!(render(&state, Format::Csv).unwrap().contains("; cuda:0 (cuda:0: NVIDIA H100, GPU-01"));
}

#[test]
fn an_export_is_the_same_from_the_journal_as_from_the_live_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let mut journal = store::journal::Journal::create(&path).unwrap();
    let mut live = RunState::default();
    for event in sample::events(sample::header()) {
        journal.append(&event).unwrap();
        live.apply(&event);
    }
    let read = RunState::replay(&store::journal::read(&path).unwrap().events);
    let [from_live, from_journal] = ["live", "read"].map(|name| folder.path().join(name));
    export(&live, &from_live);
    for path in export(&read, &from_journal) {
        let name = path.strip_prefix(&from_journal).unwrap();
        assert_eq!(fs::read(&path).unwrap(), fs::read(from_live.join(name)).unwrap(), "{}", name.display());
    }
}

#[test]
fn a_run_without_results_has_figures_that_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let paths = export(&sample::planned(), folder.path());
    let names: Vec<_> = paths.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert_eq!(
        names,
        [
            "summary.md",
            "summary.csv",
            "summary.json",
            "summary.tex",
            "report.html",
            "accuracy.svg",
            "accuracy.png",
            "roc.svg",
            "roc.png"
        ]
    );
    assert!(fs::read_to_string(&paths[5]).unwrap().contains("no tested configuration"));
    assert!(fs::read_to_string(&paths[0]).unwrap().contains("24 of 24 configurations have no outcome yet"));
}

#[test]
fn figures_show_every_fusion_with_its_own_dash() {
    let folder = tempfile::tempdir().unwrap();
    let paths = export(&sample::state(), folder.path());
    let accuracy =
        fs::read_to_string(paths.iter().find(|path| path.ends_with("accuracy.svg")).unwrap()).unwrap();
    for color in ["#0072B2", "#D55E00", "#009E73"] {
        assert!(accuracy.contains(color), "{color}");
    }
    assert!(accuracy.contains("synthetic task (majority class 50.5 %)"));
    assert_eq!(paths.iter().filter(|path| path.extension().is_some_and(|e| e == "svg")).count(), 5);
}

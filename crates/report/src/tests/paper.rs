//! What a paper takes: figures of two widths, tables, captions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Node, Options, Rect, TextChunk, Tree};
use study::model::{ModelId, Robust};

/// The files of a paper by name.
fn paper(state: &RunState, split: Split) -> BTreeMap<String, Vec<u8>> {
    let (folder, rows) = (tempfile::tempdir().unwrap(), RunRows::new());
    let paths = Report::of(state, &rows).unwrap().paper(folder.path(), split).unwrap();
    let named = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (named(path), fs::read(path).unwrap())).collect()
}

fn text(files: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    String::from_utf8(files[name].clone()).unwrap()
}

fn is(name: &str, kind: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|extension| extension == kind)
}

fn svgs(files: &BTreeMap<String, Vec<u8>>) -> Vec<(String, String)> {
    files.keys().filter(|name| is(name, "svg")).map(|name| (name.clone(), text(files, name))).collect()
}

/// What stands between `before` and the next `after`, as a number.
#[track_caller]
fn number(text: &str, before: &str, after: &str) -> f64 {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before:?}")).1;
    rest.split_once(after).unwrap().0.trim().parse().unwrap()
}

/// A run with every figure: ways to train, aligned tasks, baselines, many sizes.
fn rich() -> RunState {
    let mut header = sample::header();
    let plain = ModelId::PAPER_FUSIONS;
    header.sweep.fusions =
        plain.iter().flat_map(|model| Robust::ALL.map(|way| model.trained_with(way))).collect();
    header.sweep.baselines = vec![ModelId::TEXT, ModelId::IMAGE];
    let facts = header.data.tasks[0].clone();
    for a in [0, 500, 1_000] {
        let task = Task::Aligned(Alignment::thousandths(a).unwrap());
        header.sweep.tasks.push(task);
        header.data.tasks.push(TaskFacts { task, ..facts.clone() });
    }
    header.sweep.sizes = vec![32, 64, 128, 512, 1_024, 4_200, 65_536, 262_144];
    RunState::replay(&sample::events(header))
}

#[test]
fn every_figure_is_there_in_two_widths_as_svg_and_pdf() {
    let files = paper(&sample::state(), Split::Test);
    for name in ["accuracy", "roc", "noise", "noise-zero-mean"] {
        for (inches, points) in [("3.25in", 234.0), ("6.75in", 486.0)] {
            let svg = text(&files, &format!("{name}-{inches}.svg"));
            assert_eq!(number(&svg, "<svg width=\"", "pt\""), points, "{name}");
            let pdf = String::from_utf8_lossy(&files[&format!("{name}-{inches}.pdf")]).into_owned();
            assert_eq!(number(&pdf, "/MediaBox [0 0 ", " "), points, "{name}");
            let height = number(&svg, "height=\"", "pt\"");
            assert!(
                (number(&pdf, &format!("/MediaBox [0 0 {points} "), "]") - height).abs() < 0.01,
                "{name}"
            );
        }
    }
}

#[test]
fn no_text_of_a_paper_is_under_seven_points() {
    for state in [sample::state(), rich()] {
        for (name, svg) in svgs(&paper(&state, Split::Test)) {
            let box_width = number(&svg, "viewBox=\"0 0 ", " ");
            let scale = number(&svg, "<svg width=\"", "pt\"") / box_width;
            let sizes: Vec<f64> = svg
                .split("font-size=\"")
                .skip(1)
                .map(|rest| {
                    rest.split('"').next().unwrap().trim_end_matches("px").parse::<f64>().unwrap() * scale
                })
                .collect();
            assert!(sizes.len() > 10, "{name}");
            assert!(sizes.iter().all(|&size| size >= 7.0), "{name}: {sizes:?}");
        }
    }
}

#[test]
fn a_figure_of_a_paper_has_no_title_and_names_its_panels() {
    let files = paper(&rich(), Split::Test);
    for (name, svg) in svgs(&files) {
        let drawn = svg.split_once("</metadata>").unwrap().1;
        for part in ["clip-like", "1 sd", "arrows", "interval", "mean over seeds", "majority class 5"] {
            assert!(!drawn.contains(part), "{name} has {part:?}");
        }
    }
    assert!(text(&files, "accuracy-6.75in.svg").lines().any(|line| line == "synthetic"));
    assert!(text(&files, "noise-6.75in-1.svg").lines().any(|line| line == "real, image"));
}

/// The texts of a drawing that are more than a marker, with where they are.
fn texts(svg: &str) -> (Tree, Vec<(String, Rect)>) {
    fn gather(nodes: &[Node], found: &mut Vec<(String, Rect)>) {
        for node in nodes {
            match node {
                Node::Group(group) => gather(group.children(), found),
                Node::Text(text) => {
                    let words = text.chunks().iter().map(TextChunk::text).collect::<String>();
                    found.push((words.trim().to_owned(), text.abs_bounding_box()));
                }
                _ => {}
            }
        }
    }
    let mut fonts = Database::new();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    let options = Options { fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(svg, &options).unwrap();
    let mut found = Vec::new();
    gather(tree.root().children(), &mut found);
    found.retain(|(words, _)| words.chars().count() > 1);
    (tree, found)
}

#[test]
fn in_a_figure_of_a_paper_no_text_is_cut_and_none_lies_on_another() {
    for state in [sample::state(), rich()] {
        for (name, svg) in svgs(&paper(&state, Split::Validation)) {
            let (tree, texts) = texts(&svg);
            for (index, (words, at)) in texts.iter().enumerate() {
                let is_inside = at.left() >= 0.0
                    && at.top() >= 0.0
                    && at.right() <= tree.size().width()
                    && at.bottom() <= tree.size().height();
                assert!(is_inside, "{name}: {words:?} at {at:?} is cut");
                for (others, other) in &texts[..index] {
                    let is_apart = at.left() >= other.right()
                        || at.right() <= other.left()
                        || at.top() >= other.bottom()
                        || at.bottom() <= other.top();
                    assert!(is_apart, "{name}: {words:?} at {at:?} lies on {others:?} at {other:?}");
                }
            }
        }
    }
}

#[test]
fn a_figure_that_is_higher_than_a_page_becomes_several() {
    let files = paper(&rich(), Split::Test);
    let sheets = files.keys().filter(|name| name.starts_with("complexity-3.25in-")).count();
    assert!(sheets >= 2 * 2, "{:?}", files.keys());
    for (name, svg) in svgs(&files) {
        let height = number(&svg, "height=\"", "pt\"");
        assert!(height <= 540.0, "{name} is {height} pt high");
    }
    let figures = text(&files, "figures.tex");
    assert!(figures.contains(r"Continued in Figure~\ref{fig:complexity-2}."), "{figures}");
}

#[test]
fn a_paper_shows_the_split_that_is_asked_for() {
    let state = sample::state();
    let [validation, test] = [Split::Validation, Split::Test].map(|split| paper(&state, split));
    for name in ["accuracy-3.25in.svg", "accuracy-6.75in.pdf", "tables.tex", "figures.tex"] {
        assert_ne!(validation[name], test[name], "{name}");
    }
    for name in ["roc-3.25in.svg", "noise-6.75in.pdf", "complexity-3.25in-2.svg"] {
        assert_eq!(validation[name], test[name], "{name} is of test rows alone");
    }
    assert!(text(&validation, "accuracy-3.25in.svg").contains("validation accuracy, %"));
    // The sample's test accuracy is one point below its validation accuracy at the best epoch.
    assert!(text(&test, "tables.tex").contains(r"    concat & $55.0 \pm 1.4$ & $61.0 \pm 1.0$ &"));
    assert!(text(&validation, "tables.tex").contains(r"    concat & $56.0 \pm 1.4$ & $62.0 \pm 1.0$ &"));
}

#[test]
fn captions_say_what_a_reader_has_to_know() {
    let state = sample::state();
    let [validation, test] = [Split::Validation, Split::Test].map(|split| paper(&state, split));
    let (figures, tables) = (text(&test, "figures.tex"), text(&test, "tables.tex"));
    let best_epoch = "with each seed's weights of its best epoch: of 3 epochs the earliest with the highest validation \
                      accuracy.";
    for part in [
        "clip-like: test accuracy against the number of training rows (log scale), a panel for each task.",
        "Points are means over up to 5 seeds, bands one sample standard deviation (n $-$ 1) to either side.",
        &format!("Measured on 900 test rows, {best_epoch}"),
        r"Dotted: real, majority class 50.5 \%; synthetic, majority class 50.5 \%.",
        "At 4,200 rows, the whole training split, the deviation is optimisation noise only.",
        r"Noise makes x into x + $\alpha$e, e normal with the deviation of each dimension on the training split,",
        "at 20 levels from 0.00 to 0.95.",
        "Darker lines are of more training rows, from 32 to 4,200.",
    ] {
        assert!(figures.contains(part), "no {part:?} in {figures}");
    }
    for part in [
        "clip-like: test accuracy in percent by number of training rows, mean $\\pm$ one sample standard deviation \
         (n $-$ 1) over up to 5 seeds; it is no interval.",
        &format!("Measured on 900 test rows, {best_epoch}"),
        r"$^{*}$From fewer seeds.",
        "as a share of that without noise",
    ] {
        assert!(tables.contains(part), "no {part:?} in {tables}");
    }
    let validated = "Since these rows chose the epoch, their accuracy is biased upwards.";
    assert!(text(&validation, "tables.tex").contains(validated) && !tables.contains(validated));
    assert!(text(&validation, "figures.tex").contains("Measured on 900 validation rows,"));
}

#[test]
fn bold_is_explained_where_it_is_and_stands_for_test_accuracy_alone() {
    let (state, rows) = (sample::state(), RunRows::new());
    let folder = tempfile::tempdir().unwrap();
    let tables = |split| {
        let contents = Contents::with(&state, &rows, sample::findings()).unwrap();
        Report { contents }.paper(folder.path(), split).unwrap();
        fs::read_to_string(folder.path().join("tables.tex")).unwrap()
    };
    let test = tables(Split::Test);
    assert_eq!(
        (test.matches(r"\mathbf").count(), test.matches("Bold: better than").count()),
        (1, 1),
        "{test}"
    );
    assert!(test.contains(r"\begin{table*}") && test.contains(r"\textbf{C8} product loses most under noise"));
    let validation = tables(Split::Validation);
    assert!(!validation.contains("mathbf") && !validation.contains("Bold"), "{validation}");
}

#[test]
fn wide_tables_cross_both_columns_and_narrow_ones_do_not() {
    let environment = |tables: &str, label: &str| {
        let before = tables.split_once(&format!(r"\label{{tab:{label}}}")).unwrap().0;
        before.rsplit_once(r"\begin{").unwrap().1.split_once('}').unwrap().0.to_owned()
    };
    let four = text(&paper(&sample::state(), Split::Test), "tables.tex");
    assert_eq!(environment(&four, "accuracy"), "table*");
    assert_eq!(environment(&four, "robustness"), "table");
    let mut header = sample::header();
    header.sweep.sizes = vec![32, 4_200];
    let two = text(&paper(&RunState::replay(&sample::events(header)), Split::Test), "tables.tex");
    assert_eq!(environment(&two, "accuracy"), "table");
    let rich = text(&paper(&rich(), Split::Test), "tables.tex");
    assert!(rich.contains(r"\label{tab:accuracy-2}"), "more lines than a page has");
    assert!(rich.contains("aligned:0.5"), "{rich}");
}

#[test]
fn a_papers_texts_are_latex_whatever_the_data_is_called() {
    let mut header = sample::header();
    header.data.name = "a_b & \"c\" \\input{x} 50% \u{1b}[31m $#^~ データ".into();
    for (name, bytes) in paper(&RunState::replay(&sample::events(header)), Split::Test) {
        if !is(&name, "tex") {
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        let body: String = text.lines().filter(|line| !line.starts_with('%')).collect();
        assert!(body.is_ascii(), "{name}: pdflatex needs no more than ASCII");
        assert_eq!(
            body.replace(r"\{", "").replace(r"\}", "").matches('{').count(),
            body.replace(r"\{", "").replace(r"\}", "").matches('}').count(),
            "{name}"
        );
        assert!(!body.contains(r"\input{x}"), "{name}");
        let is_named = name == "figures.tex" || name == "tables.tex";
        assert!(
            !is_named || body.contains(r"a\_b \& \char34{}c\char34{} \textbackslash{}input\{x\} 50\% "),
            "{body}"
        );
        assert!(!is_named || body.contains("U+30C7U+30FCU+30BF"), "{body}");
    }
}

/// What is in the stream of the object `number`.
fn stream(pdf: &[u8], number: usize) -> Vec<u8> {
    let find = |from: usize, what: &[u8]| {
        from + pdf[from..].windows(what.len()).position(|window| window == what).unwrap()
    };
    let object = find(0, format!("\n{number} 0 obj\n").as_bytes());
    let begin = find(object, b"stream\n") + 7;
    miniz_oxide::inflate::decompress_to_vec_zlib(&pdf[begin..find(begin, b"\nendstream")]).unwrap()
}

#[test]
fn a_pdf_is_whole_and_holds_its_font_and_what_it_was_made_from() {
    let files = paper(&sample::state(), Split::Test);
    let pdf = &files["accuracy-3.25in.pdf"];
    let text = String::from_utf8_lossy(pdf);
    assert!(text.starts_with("%PDF-1."));
    // Every object lies where the table at the end says.
    let table = number(&text_of_end(pdf), "startxref\n", "\n") as usize;
    let lines: Vec<String> = String::from_utf8_lossy(&pdf[table..]).lines().map(str::to_owned).collect();
    assert_eq!(lines[0], "xref");
    let objects = lines[3..].iter().take_while(|line| line.trim_end().ends_with(" n"));
    let mut count = 0;
    for (index, line) in objects.enumerate() {
        let place: usize = line.split(' ').next().unwrap().parse().unwrap();
        let head = format!("{} 0 obj", index + 1);
        assert!(pdf[place..].starts_with(head.as_bytes()), "{line}");
        count += 1;
    }
    assert!(count >= 10, "{count} objects");
    for part in ["+DejaVuSans", "/FontFile2", "/ToUnicode", "ffeeddccbbaa9988", "superfuse-tui 0.1.0"] {
        assert!(text.contains(part), "no {part}");
    }
    let content = String::from_utf8(
        stream(pdf, 4).iter().map(|&byte| if byte.is_ascii() { byte } else { b'?' }).collect(),
    )
    .unwrap();
    assert!(content.matches(" Tj").count() > 60, "letters that a reader can search for");
    let font = stream(pdf, 9);
    assert!(
        font.len() < dejavu::sans::regular().len() / 10,
        "the letters that it uses alone: {}",
        font.len()
    );
    assert!(files["accuracy-3.25in.pdf"] == paper(&sample::state(), Split::Test)["accuracy-3.25in.pdf"]);
}

fn text_of_end(pdf: &[u8]) -> String {
    String::from_utf8_lossy(&pdf[pdf.len() - 60..]).into_owned()
}

#[test]
fn a_projection_is_in_every_caption_and_in_every_report() {
    let mut header = sample::header();
    header.config.data.width = 64;
    header.data.source_widths = Some([384, 512]);
    let state = RunState::replay(&sample::events(header));
    let said = "Text (384 columns) and image (512 columns) are each projected to 64 columns by PCA fitted on the training rows";
    let files = paper(&state, Split::Test);
    for name in ["figures.tex", "tables.tex"] {
        let text = text(&files, name);
        let captions: Vec<&str> =
            text.lines().filter(|line| line.contains(r"\caption{") && !line.contains("claims")).collect();
        assert!(!captions.is_empty() && text.contains(&format!("% Projection: {said}")), "{text}");
        let without: Vec<_> = captions.iter().filter(|line| !line.contains(said)).collect();
        assert!(without.is_empty(), "{name}: {without:#?}");
    }
    let rows = RunRows::new();
    let report = Report::of(&state, &rows).unwrap();
    for format in [Format::Md, Format::Tex, Format::Html] {
        let text = report.render(format).unwrap();
        assert!(text.replace("\\_", "_").contains(said), "{format:?}: {text}");
    }
}

#[test]
fn a_projection_is_said_in_one_sentence() {
    let (mut data, mut config) = (sample::header().data, study::config::DataConfig::default());
    assert_eq!(data.projection(&config), None);
    config.width = 64;
    let said = |data: &study::event::DataFacts, config: &study::config::DataConfig| {
        data.projection(config).unwrap_or_default()
    };
    let before = "Text and image are each projected to 64 columns by PCA fitted on the training rows.";
    assert_eq!(said(&data, &config), before, "a journal of an earlier build");
    data.source_widths = Some([384, 32]);
    let widened = "; image, narrower than that, is brought to 64 columns by";
    assert!(said(&data, &config).ends_with(&format!("{widened} a fixed random rotation.")));
    config.pad = study::config::Pad::Zero;
    assert!(said(&data, &config).ends_with(&format!("{widened} zeros.")));
}

//! `report.html`: one page with figures, tables, findings and provenance. It loads nothing, runs nothing,
//! and says so to the browser.

use super::contents::Contents;
use super::figures::Figure;
use super::grid::{Entry, Grid};
use super::text::html;
use super::{cell, choices, classes, gate, modalities, sentences, tables, verdicts};
use study::claims::{Finding, Verdict};
use study::grid::Task;

/// Follows the reader's light or dark background, and prints.
const STYLE: &str = include_str!("style.css");

pub(super) fn render(contents: &Contents, drawn: &[Figure]) -> String {
    let name = html(&contents.header.config.run.name);
    let mut page = Page::default();
    page.put("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
    page.put("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
    page.put("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    page.put("<meta name=\"color-scheme\" content=\"light dark\">");
    page.put(&format!("<title>{name}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>"));
    page.put(&format!("<h1>{name}</h1>"));
    page.put(&format!(
        "<p class=\"faint\">{}, {}; {}</p>",
        html(&contents.header.data.name),
        html(&sentences::began(contents)),
        html(&sentences::grid(contents))
    ));
    for warning in &contents.header.data.warnings {
        page.put(&format!("<p class=\"warning\"><strong>Warning:</strong> {}</p>", html(warning)));
    }
    page.list("Not completed", &sentences::shortfalls(contents));
    findings(contents, &mut page);
    figure(drawn, "accuracy", "Test accuracy against train size", &mut page);
    let tasks = tables::tasks(contents);
    if !tasks.rows.is_empty() {
        page.put("<h2>Tasks</h2>");
        page.table(&tasks);
    }
    for &task in contents.tasks() {
        of_task(contents, task, &mut page);
    }
    for (name, title) in [
        ("complexity", "What fusions cost and what they give"),
        ("tradeoff", "What training against noise costs and gives"),
        ("roc", "ROC curves"),
        ("noise", "Under noise with the modality's own mean"),
        ("noise-zero-mean", "Under noise of mean zero"),
        ("alignment", "By alignment of the score with the dot product"),
    ] {
        figure(drawn, name, title, &mut page);
    }
    if !contents.best.is_empty() {
        page.put("<h2>Best single checkpoints</h2>");
        page.said(sentences::BEST_CHECKPOINTS);
        page.table(&tables::best_checkpoints(contents));
    }
    chosen(contents, &mut page);
    evidence(contents, &mut page);
    page.list("What the numbers mean", &sentences::definitions(contents));
    page.list("Provenance", &sentences::provenance(contents));
    page.put("</main>\n</body>\n</html>");
    page.0
}

fn of_task(contents: &Contents, task: Task, page: &mut Page) {
    page.put(&format!("<h2>{} task</h2>", sentences::capitalised(task.name())));
    if let Some(grid) = classes::rows(contents, task) {
        page.said(&classes::over_rows(contents, task));
        page.table(&grid);
    }
    page.said(&sentences::over_table(contents, task));
    page.table(&tables::accuracy(contents, task, contents.fusions()));
    let baselines = contents.baselines();
    if !baselines.is_empty() {
        page.said("Baselines, likewise:");
        page.table(&tables::accuracy(contents, task, &baselines));
    }
    page.said(&format!("At train size {}:", cell::count(contents.largest())));
    page.table(&tables::at_largest(contents, task));
    if let Some(grid) = modalities::grid(contents, task) {
        page.said(&modalities::over(contents));
        page.table(&grid);
    }
    if let Some(grid) = gate::grid(contents, task) {
        page.said(&gate::over(contents));
        page.table(&grid);
    }
    for matrix in classes::matrices(contents, task) {
        page.said(&matrix.title());
        page.table(&matrix.grid());
    }
}

/// The claims and their verdicts, in the order of the paper.
fn findings(contents: &Contents, page: &mut Page) {
    let claims = &contents.findings().claims;
    if claims.is_empty() {
        return;
    }
    page.put("<h2>Findings</h2>\n<ul class=\"claims\">");
    for finding in claims {
        let Finding { id, statement, verdict, .. } = finding;
        page.put(&format!(
            "<li><span class=\"verdict {}\">{}</span> <strong>{}</strong> {}<br><span class=\"faint\">{}</span></li>",
            class(*verdict),
            verdict.name(),
            id.name(),
            html(statement),
            html(&finding.sentence())
        ));
    }
    page.put("</ul>");
}

/// What the verdicts rest on.
fn evidence(contents: &Contents, page: &mut Page) {
    if contents.findings().claims.is_empty() {
        return;
    }
    page.put("<h2>What the findings rest on</h2>");
    page.said(&verdicts::legend(contents));
    page.table(&verdicts::effects(contents));
    page.list("How the claims are judged", &verdicts::tests(contents));
    for (title, grid) in [
        ("Are these enough seeds?", verdicts::seeds(contents)),
        (sentences::INTERQUARTILE, verdicts::interquartile_means(contents)),
    ] {
        if !grid.rows.is_empty() {
            page.said(title);
            page.table(&grid);
        }
    }
}

fn chosen(contents: &Contents, page: &mut Page) {
    for (place, (over, grid)) in choices::tables(contents).iter().enumerate() {
        if place == 0 {
            page.put("<h2>Chosen by validation</h2>");
        }
        page.said(over);
        page.table(grid);
    }
}

fn figure(drawn: &[Figure], name: &str, title: &str, page: &mut Page) {
    let Some(figure) = drawn.iter().find(|figure| figure.name == name) else { return };
    page.put(&format!("<h2>{}</h2>", html(title)));
    let named = format!("<svg role=\"img\" aria-label=\"{}\" ", html(title));
    let picture = figure.svg.replacen("<svg ", &named, 1);
    page.put(&format!("<figure>\n{}\n</figure>", picture.trim()));
}

const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "good",
        Verdict::Contradicted => "bad",
        Verdict::Undecided => "open",
        Verdict::DependsOnMeanShift => "split",
    }
}

/// The page as far as it is written. What comes from data is escaped before it is put here.
#[derive(Default)]
struct Page(String);

impl Page {
    fn put(&mut self, markup: &str) {
        self.0 += markup;
        self.0.push('\n');
    }

    fn said(&mut self, text: &str) {
        self.put(&format!("<p>{}</p>", html(text)));
    }

    fn list(&mut self, title: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.put(&format!("<h2>{}</h2>\n<ul>", html(title)));
        for item in items {
            self.put(&format!("<li>{}</li>", html(item)));
        }
        self.put("</ul>");
    }

    fn table(&mut self, grid: &Grid) {
        self.put("<div class=\"wide\"><table>\n<thead><tr>");
        for name in &grid.names {
            self.put(&format!("<th scope=\"col\">{}</th>", html(name)));
        }
        self.put("</tr></thead>\n<tbody>");
        for row in &grid.rows {
            let cells: String = row.iter().map(in_cell).collect();
            self.put(&format!("<tr>{cells}</tr>"));
        }
        self.put("</tbody></table></div>");
    }
}

fn in_cell(entry: &Entry) -> String {
    let text = html(&entry.text);
    if entry.is_best { format!("<td><strong>{text}</strong></td>") } else { format!("<td>{text}</td>") }
}

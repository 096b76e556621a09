//! `figures.tex`, and two documents that show every figure and table: one column of text, and two.

use super::super::contents::Contents;
use super::super::figures::Figure;
use super::super::float::Span;
use super::super::latex as summary;
use super::super::split::Split;
use super::super::text::latex;
use super::captions;

/// Highest figure that is shown in a column, in points: more than half a page leaves no text beside it.
const HIGHEST: f64 = 400.0;

/// `column` and `page` are the same figures, 3.25 and 6.75 inches wide. Each is shown in a column where it is not too high
/// for that.
pub(super) fn figures(contents: &Contents, split: Split, [column, page]: [&[Figure]; 2]) -> String {
    let mut lines = summary::head(contents, r"Needs \usepackage{graphicx} and UTF-8.");
    lines.push(
        "% Every figure is there 3.25 and 6.75 inches wide, as -3.25in and -6.75in; scaled down, its text is under 7 pt."
            .into(),
    );
    let mut names: Vec<&str> = page.iter().map(|figure| figure.name).collect();
    names.dedup();
    for name in names {
        let [in_column, on_page] = [column, page].map(|all| all.iter().filter(|figure| figure.name == name));
        let in_column: Vec<&Figure> = in_column.collect();
        let is_low = in_column.len() == 1 && in_column.iter().all(|figure| figure.height <= HIGHEST);
        let (span, shown) = if is_low { (Span::Column, in_column) } else { (Span::Page, on_page.collect()) };
        let caption = latex(&captions::of_figure(contents, name, split));
        for figure in shown {
            float(figure, span, &caption, &mut lines);
        }
    }
    lines.join("\n") + "\n"
}

fn float(figure: &Figure, span: Span, caption: &str, lines: &mut Vec<String>) {
    let environment = span.environment("figure");
    let (name, (sheet, of)) = (figure.name, figure.sheet);
    let (caption, label) = if sheet == 1 {
        let more =
            if of > 1 { format!(" Continued in Figure~\\ref{{fig:{name}-2}}.") } else { String::new() };
        (format!("{caption}{more}"), format!("fig:{name}"))
    } else {
        (format!("Figure~\\ref{{fig:{name}}}, sheet {sheet} of {of}."), format!("fig:{name}-{sheet}"))
    };
    lines.push(String::new());
    lines.extend([format!(r"\begin{{{environment}}}"), r"  \centering".to_owned()]);
    lines.push(format!(r"  \includegraphics{{{}.pdf}}", figure.file()));
    lines.push(format!(r"  \caption{{{caption}}}"));
    lines.push(format!(r"  \label{{{label}}}"));
    lines.push(format!(r"\end{{{environment}}}"));
}

/// A document that shows all of them, `columns` being an option of the class `article`.
pub(super) fn main(contents: &Contents, columns: &str) -> String {
    let mut lines = summary::head(contents, "Shows the figures and tables beside it.");
    let text = r"\documentclass[COLUMNS,letterpaper]{article}
\usepackage{graphicx}
\usepackage{booktabs}
% Text 6.75 inches wide, and columns of 3.25 inches: what the figures are drawn for.
\setlength{\textwidth}{6.75in}
\setlength{\columnsep}{0.25in}
\setlength{\oddsidemargin}{-0.125in}
\setlength{\evensidemargin}{-0.125in}
\setlength{\textheight}{9in}
\setlength{\topmargin}{-0.5in}
\begin{document}
\input{figures}
\clearpage
\input{tables}
\clearpage
\end{document}";
    lines.extend(text.replace("COLUMNS", columns).lines().map(str::to_owned));
    lines.join("\n") + "\n"
}

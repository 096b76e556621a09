//! A table of LaTeX, with what stands around it and in its cells.

use super::cell::{Cell, count, mean_std};

/// Where there is no number.
pub(super) const ABSENT: &str = "--";

/// What stands around a table's rows.
pub(super) struct Float<'t> {
    /// LaTeX already.
    pub(super) caption: String,
    pub(super) label: &'t str,
    pub(super) columns: &'t str,
    /// Commands for a table that is too wide otherwise; a float forgets those that stand before it.
    pub(super) size: &'t str,
    pub(super) span: Span,
}

/// How wide a float is where the text has two columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// As wide as one of them.
    Column,
    /// As wide as the page.
    Page,
}

impl Span {
    /// `table`, or `table*` across both columns.
    pub(super) fn environment(self, float: &str) -> String {
        match self {
            Self::Column => float.into(),
            Self::Page => format!("{float}*"),
        }
    }
}

pub(super) fn table(float: &Float, head: &[String], body: &[Vec<String>], lines: &mut Vec<String>) {
    let Float { caption, label, columns, size, span } = float;
    let environment = span.environment("table");
    lines.push(String::new());
    lines.extend([format!(r"\begin{{{environment}}}"), r"  \centering".to_owned()]);
    lines.extend([format!(r"  \caption{{{caption}}}"), format!(r"  \label{{{label}}}")]);
    lines.extend(Some(format!("  {size}")).filter(|_| !size.is_empty()));
    lines.extend([format!(r"  \begin{{tabular}}{{{columns}}}"), r"    \toprule".to_owned()]);
    lines.push(row(head));
    lines.push(r"    \midrule".to_owned());
    lines.extend(body.iter().map(|cells| row(cells)));
    lines.extend([r"    \bottomrule", r"  \end{tabular}"].map(str::to_owned));
    lines.push(format!(r"\end{{{environment}}}"));
}

fn row(cells: &[String]) -> String {
    format!(r"    {} \\", cells.join(" & "))
}

/// A cell's mean and deviation, marked where they are from fewer seeds, or its status.
pub(super) fn in_cell(cell: &Cell, is_best: bool) -> String {
    let Some((mean, std)) = cell.value else { return format!(r"\emph{{{}}}", cell.status) };
    let mark = if cell.whole { "" } else { "^{*}" };
    let number = format!("{}{mark}", mean_std(mean, std, r" \pm "));
    if is_best { format!(r"$\mathbf{{{number}}}$") } else { format!("${number}$") }
}

/// `4{,}200`: a comma that is no punctuation.
pub(super) fn thousands(number: usize) -> String {
    count(number).replace(',', "{,}")
}

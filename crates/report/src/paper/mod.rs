//! What a paper takes from a run: figures as wide as a column and as a page, tables, and captions with all that their
//! reader has to know, with two documents that show them.

mod captions;
mod documents;
mod tables;

use std::path::{Path, PathBuf};

use super::export::{make, put};
use super::figures::{self, Medium};
use super::{Report, ReportError, Split};

impl Report<'_> {
    /// Writes every figure 3.25 and 6.75 inches wide as SVG and PDF into `dir`, with `figures.tex`, `tables.tex` and two
    /// documents that take them in, and returns their paths. Accuracy against train size is that of `split`; everything
    /// else is measured on test rows alone.
    pub fn paper(&self, dir: &Path, split: Split) -> Result<Vec<PathBuf>, ReportError> {
        make(dir)?;
        let contents = &self.contents;
        let mut paths = Vec::new();
        let [column, page] = Medium::PAPER.map(|medium| figures::all(contents, medium, split));
        let (column, page) = (column?, page?);
        for figure in column.iter().chain(&page) {
            put(dir.join(format!("{}.svg", figure.file())), figure.svg.as_bytes(), &mut paths)?;
            put(dir.join(format!("{}.pdf", figure.file())), &figure.pdf()?, &mut paths)?;
        }
        let texts = [
            ("figures.tex", documents::figures(contents, split, [&column, &page])),
            ("tables.tex", tables::render(contents, split)),
            ("main-onecolumn.tex", documents::main(contents, "onecolumn")),
            ("main-twocolumn.tex", documents::main(contents, "twocolumn")),
        ];
        for (name, text) in texts {
            put(dir.join(name), text.as_bytes(), &mut paths)?;
        }
        Ok(paths)
    }
}

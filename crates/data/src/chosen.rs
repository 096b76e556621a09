//! Which of a source's rows count, and what their labels are.

use study::config::Config;
use study::grid::Task;

use super::check::check_rows;
use super::column::{self, Column, Rows};
use super::encoder::Modality;
use super::error::{DataError, PairingError, printable};
use super::fill;
use super::grouped::Groups;
use super::labels::Labels;
use super::progress::Progress;
use super::source::Source;
use super::split::{self, Splits};

/// Rows with their labels and, where a column gives it, their part of the split.
pub(crate) struct Chosen {
    /// The source's rows that count, ascending, where not all do.
    pub(crate) kept: Option<Vec<u32>>,
    /// Of these.
    pub(crate) labels: Labels,
    split: Option<Column>,
    /// Which of them belong together, where a column says it.
    pub(crate) group: Option<Column>,
    /// The source, for messages.
    place: String,
}

impl Chosen {
    /// The rows whose labels count, of a source with text and image of these shapes; whether nothing can be done without
    /// labels.
    ///
    /// # Errors
    /// Where arrays and columns differ in rows, or a label is needed and none can be.
    pub(crate) fn of(
        source: &mut Source,
        config: &Config,
        shapes: [[usize; 2]; 2],
        is_needed: bool,
        warnings: &mut Vec<String>,
    ) -> Result<Self, DataError> {
        let data = &config.data;
        let split = source.split.take().transpose()?;
        let group = source.group.take().transpose()?;
        let label = match std::mem::replace(&mut source.label, Ok(Column::default())) {
            // Without the real task, the label only keeps the splits in proportion.
            Err(_) if !is_needed => None,
            label => Some(label?),
        };
        let mut counted: Vec<(&str, Rows)> =
            vec![(&data.text, Rows::Exactly(shapes[0][0])), (&data.image, Rows::Exactly(shapes[1][0]))];
        counted.extend(label.as_ref().map(|column| (data.label.as_str(), column.rows())));
        counted.extend(split.as_ref().map(|column| (data.split.as_str(), column.rows())));
        counted.extend(group.as_ref().map(|column| (data.group.as_str(), column.rows())));
        check_rows(&source.place, &counted)?;
        let place = source.place.clone();
        let label_place = format!("label `{}` of {place}", printable(&data.label));
        let labels = match label.map(|column| (Labels::of(&column, data, &label_place), column)) {
            Some((Ok(labels), column))
                if is_needed || labels_are_needed(config) || labels.names.is_empty() =>
            {
                warnings.extend(labels.warnings(&column));
                Some(labels)
            }
            Some((Err(error), _)) if is_needed => return Err(error),
            // Runs without the real task were never stratified by more than 0 and 1.
            _ => None,
        };
        let mut labels = labels.unwrap_or_else(|| {
            warnings.push("no usable real label: the splits are not stratified by it".into());
            Labels::none(shapes[0][0])
        });
        let kept = labels.kept.take();
        let mut chosen = Self { kept: None, labels, split, group, place };
        if let Some(kept) = kept {
            chosen.keep_in_columns(&kept);
            chosen.kept = Some(kept);
        }
        Ok(chosen)
    }

    /// Leaves out the rows without text or without image; says how many.
    ///
    /// # Errors
    /// Where none is left.
    pub(crate) fn drop_missing(
        &mut self,
        source: &mut Source,
        progress: &mut Progress<'_>,
    ) -> Result<Option<String>, DataError> {
        let text = fill::missing(source, Modality::Text, progress)?;
        let image = fill::missing(source, Modality::Image, progress)?;
        let rows: Vec<u32> = match self.kept.take() {
            Some(kept) => kept,
            None => (0..text.len() as u32).collect(),
        };
        let is_whole = |row: u32| !text[row as usize] && !image[row as usize];
        let places: Vec<u32> =
            (0..).zip(&rows).filter(|(_, row)| is_whole(**row)).map(|(place, _)| place).collect();
        let dropped = rows.len() - places.len();
        if places.is_empty() {
            return Err(PairingError::NothingLeft { place: self.place.clone() }.into());
        }
        if dropped > 0 {
            self.labels.keep(&places);
            self.keep_in_columns(&places);
        }
        let all = rows.len();
        self.kept = Some(places.into_iter().map(|place| rows[place as usize]).collect());
        Ok((dropped > 0).then(|| {
            format!(
                "{dropped} of {all} rows are dropped: their text or their image is missing (`data.missing`)"
            )
        }))
    }

    fn keep_in_columns(&mut self, rows: &[u32]) {
        for column in [&mut self.split, &mut self.group].into_iter().flatten() {
            column.keep(rows);
        }
    }

    /// Every split that the configuration asks for, and what its user should know of them.
    pub(crate) fn splits(&self, config: &Config) -> Result<(Vec<Splits>, Vec<String>), DataError> {
        let place = format!("split `{}` of {}", printable(&config.data.split), self.place);
        let group_place = format!("group `{}` of {}", printable(&config.data.group), self.place);
        let text = |code: u32| {
            let value = self.group.as_ref().and_then(|column| column.values.get(code as usize));
            value.map(column::text).unwrap_or_default()
        };
        let groups = self.group.as_ref().map(|column| Groups {
            codes: &column.codes,
            text: &text,
            place: &group_place,
        });
        split::every_split(&config.data, self.split.as_ref(), &self.labels.classes, groups, &place)
    }

    /// The group of each of these kept rows; nothing where there are none.
    pub(crate) fn groups_of(&self, rows: &[u32]) -> Vec<u32> {
        let Some(column) = &self.group else { return Vec::new() };
        rows.iter().map(|&row| column.codes[row as usize]).collect()
    }

    /// The group of every kept row, where a column says it.
    pub(crate) fn groups(&self) -> Option<&[u32]> {
        self.group.as_ref().map(|column| column.codes.as_slice())
    }
}

/// Whether the sweep cannot be prepared without the real label.
pub(crate) fn labels_are_needed(config: &Config) -> bool {
    config.sweep.tasks.contains(&Task::Real) || !config.data.negative.is_empty()
}

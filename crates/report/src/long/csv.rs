//! A long form as comma-separated values. Numbers have the fewest digits that read back to the same bits;
//! null is an empty field.

use super::Table;
use super::columns::Column;
use crate::ReportError;
use crate::text::csv as safe;

pub(crate) fn render(table: &Table) -> Result<Vec<u8>, ReportError> {
    written(table).map_err(|error| ReportError::Table { format: "CSV", why: error.to_string() })
}

fn written(table: &Table) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(table.columns.iter().map(|(name, _)| name))?;
    for row in 0..table.rows() {
        for (_, column) in &table.columns {
            writer.write_field(field(column, row).as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn field(column: &Column, row: usize) -> String {
    let text = match column {
        Column::Text(texts) => return texts[row].as_deref().map_or_else(String::new, safe),
        Column::Counts(counts) => counts[row].map(|count| count.to_string()),
        Column::Numbers(numbers) => numbers[row].map(|number| number.to_string()),
    };
    text.unwrap_or_default()
}

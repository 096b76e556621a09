//! What ratatui draws on: crossterm's escape sequences gathered into one write for each frame.
//!
//! A frame is one `write`, between synchronized-update brackets, and a frame in which nothing changed
//! is none at all. The cursor's place is never asked for: the answer would come through the input thread.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use rustix::termios::tcgetwinsize;

const BEGIN_SYNCHRONIZED_UPDATE: &[u8] = b"\x1b[?2026h";
const END_SYNCHRONIZED_UPDATE: &[u8] = b"\x1b[?2026l";

/// Cells that are drawn at most, in two buffers of some tens of bytes each: more than any monitor shows. A terminal may
/// claim 65,535 × 65,535.
const MOST_CELLS: u32 = 1 << 19;
/// Columns that are drawn at most.
const MOST_COLUMNS: u16 = 2_048;

/// The part of a terminal of this size that is drawn on.
fn drawn(columns: u16, rows: u16) -> Size {
    let width = columns.min(MOST_COLUMNS);
    let most = MOST_CELLS / u32::from(width.max(1));
    Size { width, height: rows.min(u16::try_from(most).unwrap_or(u16::MAX)) }
}

/// Draws on a terminal device.
#[derive(Debug)]
pub(crate) struct ScreenBackend {
    frame: Vec<u8>,
    tty: Arc<File>,
}

impl ScreenBackend {
    pub(crate) fn new(tty: Arc<File>) -> Self {
        Self { frame: Vec::new(), tty }
    }

    /// Pixels of a cell, as far as the system knows them.
    pub(crate) fn cell(&self) -> Option<(u16, u16)> {
        let size = tcgetwinsize(&*self.tty).ok()?;
        Some((size.ws_xpixel.checked_div(size.ws_col)?, size.ws_ypixel.checked_div(size.ws_row)?))
    }

    /// Puts `bytes` behind the cells of this frame.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.frame.extend_from_slice(bytes);
    }

    /// Writes what was gathered and `extra` (a clipboard sequence) behind it; returns how many bytes these were.
    pub(crate) fn write_frame(&mut self, extra: &[u8]) -> io::Result<usize> {
        if self.frame.is_empty() && extra.is_empty() {
            return Ok(0);
        }
        let mut bytes = Vec::with_capacity(self.frame.len() + extra.len() + 16);
        if !self.frame.is_empty() {
            bytes.extend_from_slice(BEGIN_SYNCHRONIZED_UPDATE);
            bytes.append(&mut self.frame);
            bytes.extend_from_slice(END_SYNCHRONIZED_UPDATE);
        }
        bytes.extend_from_slice(extra);
        (&*self.tty).write_all(&bytes)?;
        Ok(bytes.len())
    }
}

impl Backend for ScreenBackend {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        CrosstermBackend::new(&mut self.frame).draw(content)
    }

    /// Hidden once when the screen is taken, see `terminal`.
    fn hide_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, _position: P) -> io::Result<()> {
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        CrosstermBackend::new(&mut self.frame).clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        CrosstermBackend::new(&mut self.frame).clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        let size = tcgetwinsize(&*self.tty)?;
        Ok(drawn(size.ws_col, size.ws_row))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        let size = tcgetwinsize(&*self.tty)?;
        Ok(WindowSize {
            columns_rows: drawn(size.ws_col, size.ws_row),
            pixels: Size { width: size.ws_xpixel, height: size.ws_ypixel },
        })
    }

    /// The frame leaves in [`Self::write_frame`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_of_any_size_is_drawn_on_as_far_as_a_monitor_goes() {
        for (columns, rows) in [(80, 24), (1_000, 500), (2_048, 256), (0, 0), (1, 65_535)] {
            assert_eq!(drawn(columns, rows), Size { width: columns, height: rows });
        }
        for (columns, rows) in [(65_535, 65_535), (65_535, 24), (500, 65_535)] {
            let Size { width, height } = drawn(columns, rows);
            assert!(u32::from(width) * u32::from(height) <= MOST_CELLS);
            assert!(width >= 500.min(columns) && height >= 24.min(rows), "{width} {height}");
        }
    }
}

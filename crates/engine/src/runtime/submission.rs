//! What a run is that jobs of a cluster will train, found out without a device.

use std::sync::Arc;

use crate::error::EngineError;
use crate::runtime::preparation::prepare;
use study::config::Config;
use study::event::RunHeader;
use study::feed::Loading;

/// The header of a run of `config` that `program` submits. The data are read once, since the grid and the labels' balance depend on
/// them, and let go; `report` hears how far.
///
/// # Errors
/// Where the study cannot be trained.
pub fn header(
    config: &Config,
    program: &str,
    report: &mut dyn FnMut(Loading),
) -> Result<RunHeader, EngineError> {
    let prepared = prepare(config, None, None, program, report)?;
    Ok(Arc::unwrap_or_clone(prepared.header))
}

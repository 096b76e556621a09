//! A run's threads: the scheduler, which writes the journal, and the workers, which train.

pub(crate) mod blocks;
pub(crate) mod calibration;
pub(crate) mod gpus;
pub(crate) mod launch;
pub(crate) mod peak;
pub(crate) mod plan;
pub(crate) mod preparation;
pub(crate) mod progress;
pub(crate) mod rates;
pub(crate) mod record;
pub(crate) mod scheduler;
pub(crate) mod submission;
pub(crate) mod worker;

//! The parts of the screen: each reads the scene and draws into the room it is given.

pub mod about;
pub mod accuracy;
pub mod alignment;
pub mod complexity;
pub mod configurations;
pub mod curves;
pub mod finding;
pub mod findings;
pub mod footer;
pub mod form;
pub mod gpus;
pub mod header;
pub mod health;
pub mod jobs;
pub mod log;
pub mod matrix;
pub mod opened;
mod plan;
pub mod plotting;
pub mod queue;
pub mod robustness;
pub mod roc;
mod side_by_side;
pub mod trials;

//! A run as another process sees it: its journal followed, its control socket, a folder of runs listed.
//! Knows neither LibTorch nor a terminal.

mod access;
mod address;
mod client;
mod follow;
mod jobs;
mod message;
mod runs;
mod server;
mod shards;
mod tail;
mod wire;

pub use access::access_to;
pub use follow::{Follower, Lost, follow};
pub use runs::Runs;
pub use server::Server;

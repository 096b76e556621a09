//! What computes: the device and its precision, the fused CPU kernel, and LibTorch's operations, on parameters and
//! rows that both share.

pub(crate) mod adamw;
pub(crate) mod bridge;
pub mod device;
pub(crate) mod head;
pub(crate) mod inputs;
pub(crate) mod kernel;
pub(crate) mod loss;
pub(crate) mod parameters;
pub(crate) mod precision;
pub(crate) mod shim;
pub(crate) mod sums;

//! Orders for a worker, which it follows between two steps.

use std::sync::{Condvar, Mutex, PoisonError};

/// What a worker is to do at its next step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    #[default]
    Continue,
    Pause,
    /// Stop this cohort; its seeds end as stopped.
    Stop,
    /// Stop; the cohort stays open and is done again later.
    Leave,
}

/// The order in force for one worker.
#[derive(Debug, Default)]
pub(crate) struct Control {
    order: Mutex<Order>,
    changed: Condvar,
}

impl Control {
    /// Gives an order.
    pub(crate) fn give(&self, order: Order) {
        *self.order.lock().unwrap_or_else(PoisonError::into_inner) = order;
        self.changed.notify_all();
    }

    /// The order in force, once it is not [`Order::Pause`].
    pub(crate) fn order(&self) -> Order {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        *self
            .changed
            .wait_while(order, |order| *order == Order::Pause)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

//! The centre: decides, and knows nothing of the world.
//!
//! Two functions carry the product. [`decide()`] answers a [`Command`] against a [`Case`]; [`Case::apply`] folds one
//! recorded [`Event`] into it. Neither reads a clock, a disk, a network or chance: everything comes in as an argument,
//! so equal inputs give equal decisions, and every history can be replayed.
//!
//! A tour: [`definition`] is a life event as checked data, [`case`] how a case stands, [`command`] what is asked,
//! [`event`] what happened, [`effect`] what is to be done, [`decide`](mod@decide) the rules, [`status`] what people are
//! shown, [`notice`] who is told, [`invariant`] what must always hold, [`calendar`] and [`time`] the legal clock arithmetic.

pub mod apply;
pub mod calendar;
pub mod case;
pub mod command;
pub mod condition;
pub mod decide;
pub mod definition;
pub mod effect;
pub mod event;
pub mod form;
pub mod id;
pub mod identity;
pub mod invariant;
pub mod notice;
pub mod registry;
pub mod status;
pub mod time;
pub mod value;

pub use apply::CorruptHistory;
pub use case::Case;
pub use command::Command;
pub use decide::{Answer, Decision, Rejection, decide};
pub use definition::Definition;
pub use effect::Effect;
pub use event::Event;

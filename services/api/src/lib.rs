//! Speaks: the gRPC services, the outbound agency client, and all that stands between the wire and the engine.
//!
//! A tour: [`actor`] reads who calls; [`api`] is what the services share; `service/` has one file for each service of
//! the contract; `convert/` turns messages into commands and finds every wrong field at once; `show/` turns a case into
//! what its reader may see; [`status`] is the one table from refusal to status; [`opaque`] makes the names that leave
//! us; [`agency_client`] calls agencies; [`stack`] and [`mod@serve`] put it on the wire, with [`limits`] on all that can
//! grow.

pub mod actor;
pub mod agency_client;
pub mod api;
mod convert;
pub mod field;
mod gathered;
pub mod limits;
mod name;
pub mod opaque;
mod page;
pub mod secrets;
pub mod serve;
mod service;
mod shelf;
mod show;
pub mod stack;
pub mod status;
mod voice;

pub use actor::Trust;
pub use agency_client::{AgencyClient, Endpoints};
pub use api::{Api, Setup};
pub use limits::Limits;
pub use secrets::Secrets;
pub use serve::{Doors, ServeError, serve, serve_tcp};

//! What an agency (or its system supplier) needs to take part in life events.
//!
//! Two directions, two doors:
//!
//! - **The orchestrator hands steps over.** Implement [`StepHandler`], give it to
//!   [`serve`] (or put a [`StepServer`] into a tonic server of your own). What is
//!   checked before your code is called: that every required field is there, and
//!   that a repeated hand-over (same `effect_key`) gets the answer it got before.
//! - **The agency reports.** [`WorkClient`] calls `AgencyWorkService` with the
//!   metadata and request ids that it requires, and tries again while the service
//!   is busy or away. [`say`] builds the messages.
//!
//! [`conformance::check`] calls a running agency and tells what does not follow the
//! contract. The contract itself is `livshandelse_proto::v1`, here as [`v1`].
//!
//! ```no_run
//! use livshandelse_agency::{Refusal, StepHandler, say, v1};
//!
//! struct Registry;
//!
//! impl StepHandler for Registry {
//!     async fn perform(&self, handover: v1::PerformStepRequest) -> Result<v1::PerformStepResponse, Refusal> {
//!         // Store it under `effect_key` first: an answer promises that it survives a crash.
//!         Ok(say::accepted(handover.civil_time, "A 2026/17", "Vi har fått din ansökan"))
//!     }
//!
//!     async fn cancel(&self, withdrawal: v1::CancelStepRequest) -> Result<v1::CancelStepResponse, Refusal> {
//!         Ok(say::withdrawal_accepted(withdrawal.civil_time, "Vi har fått din återkallelse"))
//!     }
//!
//!     async fn status(&self, question: v1::GetStepStatusRequest) -> Result<v1::GetStepStatusResponse, Refusal> {
//!         Err(Refusal::NeverGot { task: question.task })
//!     }
//! }
//! ```

pub mod conformance;
pub mod say;

mod answers;
mod client;
mod handler;
mod names;
mod refusal;
mod request_id;
mod serve;
mod server;

pub use answers::Memory;
pub use client::fetch::attachments_of;
pub use client::{Patience, Report, ReportError, TaskReport, WorkClient};
pub use handler::StepHandler;
pub use livshandelse_proto::v1;
pub use names::{NotATaskName, TaskName};
pub use refusal::Refusal;
pub use request_id::RequestId;
pub use serve::{serve, serve_also};
pub use server::StepServer;

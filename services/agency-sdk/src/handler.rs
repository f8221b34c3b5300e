//! The trait that an agency implements.

use crate::refusal::Refusal;
use livshandelse_proto::v1;
use std::future::Future;

/// What an agency does with what it is handed.
///
/// Each method is called through [`StepServer`](crate::StepServer), which has checked
/// that the required fields are there. Calls come side by side. A caller that gives
/// up drops the future, and the same hand-over comes again: store under `effect_key`
/// before the first await that matters, and let a repeat find it.
pub trait StepHandler: Send + Sync + 'static {
    /// Takes a task on: an application, a notice, or an answer to a supplement.
    ///
    /// Return only when the outcome survives a crash at the agency.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] for technical reasons only.
    fn perform(
        &self,
        handover: v1::PerformStepRequest,
    ) -> impl Future<Output = Result<v1::PerformStepResponse, Refusal>> + Send;

    /// Takes a withdrawal; it arrives like any other document, and only the agency
    /// closes the matter.
    ///
    /// # Errors
    ///
    /// [`Refusal::NeverGot`] if the task was never handed over.
    fn cancel(
        &self,
        withdrawal: v1::CancelStepRequest,
    ) -> impl Future<Output = Result<v1::CancelStepResponse, Refusal>> + Send;

    /// Tells how a task stands.
    ///
    /// # Errors
    ///
    /// [`Refusal::NeverGot`] if the task was never handed over.
    fn status(
        &self,
        question: v1::GetStepStatusRequest,
    ) -> impl Future<Output = Result<v1::GetStepStatusResponse, Refusal>> + Send;

    /// Tells what a step takes and gives, with a sample. `None`: no such step.
    ///
    /// The language is BCP 47; answer in Swedish when you do not have it.
    fn step_type(&self, step: &str, language_code: &str) -> Option<v1::StepType> {
        let (_, _) = (step, language_code);
        None
    }
}

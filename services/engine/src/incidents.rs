//! What waits for an operator: a function of the cases, kept in memory for listing.

use livshandelse_core::Case;
use livshandelse_core::case::Reason;
use livshandelse_core::id::{CaseId, Slug, StepId};
use livshandelse_core::time::CivilTime;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A step that stopped until somebody mends what is wrong (I9: nothing is killed for it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The case.
    pub case: CaseId,
    /// The step.
    pub step: StepId,
    /// The resolved agency.
    pub agency: Option<Slug>,
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub since: CivilTime,
}

#[derive(Debug, Default)]
pub(crate) struct Incidents {
    by_case: Mutex<BTreeMap<CaseId, Vec<Incident>>>,
}

impl Incidents {
    /// Takes over what a case says now.
    pub(crate) fn update(&self, case: &Case) {
        let open = case.is_open() && case.steps.iter().any(|step| step.incident.is_some());
        let mut by_case = self.by_case.lock().unwrap_or_else(PoisonError::into_inner);
        if !open {
            if !by_case.is_empty() {
                by_case.remove(&case.id);
            }
            return;
        }
        let incidents = case.steps.iter().filter_map(|step| {
            let reason = step.incident.clone()?;
            let since = step.as_of;
            Some(Incident { case: case.id, step: step.id.clone(), agency: step.agency.clone(), reason, since })
        });
        by_case.insert(case.id, incidents.collect());
    }

    pub(crate) fn all(&self) -> Vec<Incident> {
        self.by_case.lock().unwrap_or_else(PoisonError::into_inner).values().flatten().cloned().collect()
    }
}

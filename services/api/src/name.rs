//! Resource names: how things are called in the contract, read and written in one place.

use crate::limits::NAME_LEN_MAX;
use crate::status::Refused;
use livshandelse_core::id::{CaseId, DocumentId, Revision, Slug, StepId};

/// What stands before a case's steps in a preview, where there is no case.
pub(crate) const NO_CASE: &str = "cases/-";

/// `cases/{case}`.
pub(crate) fn case(id: CaseId) -> String {
    ["cases/", &id.to_string()].concat()
}

/// `cases/{case}/steps/{step}` below a case's name.
pub(crate) fn step(case_name: &str, step: &StepId) -> String {
    format!("{case_name}/steps/{step}")
}

/// `cases/{case}/attachments/{attachment}`.
pub(crate) fn attachment(case: CaseId, id: DocumentId) -> String {
    let id: String = id.0.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}/attachments/{id}", self::case(case))
}

/// `agencies/{agency}/tasks/{task}/attachments/{attachment}` below a task's name.
pub(crate) fn task_attachment(task_name: &str, attachment: &str) -> String {
    format!("{task_name}/attachments/{attachment}")
}

/// `agencies/{agency}`.
pub(crate) fn agency(slug: &Slug) -> String {
    ["agencies/", slug.as_str()].concat()
}

/// `agencies/{agency}/tasks/{task}`.
pub(crate) fn task(slug: &Slug, task: &str) -> String {
    ["agencies/", slug.as_str(), "/tasks/", task].concat()
}

/// `lifeEvents/{slug}`.
pub(crate) fn life_event(slug: &Slug) -> String {
    ["lifeEvents/", slug.as_str()].concat()
}

/// `lifeEvents/{slug}/revisions/{n}`.
pub(crate) fn revision(revision: &Revision) -> String {
    format!("lifeEvents/{}/revisions/{}", revision.life_event, revision.number)
}

/// Reads `cases/{case}`. What is no name of a case names no case.
pub(crate) fn read_case(name: &str) -> Result<CaseId, Refused> {
    let id = within(name).and_then(|name| name.strip_prefix("cases/")).and_then(|id| id.parse().ok());
    id.ok_or_else(|| not_found("case"))
}

/// Reads `cases/{case}/contact` to the case.
pub(crate) fn read_contact(name: &str) -> Result<CaseId, Refused> {
    read_case(name.strip_suffix("/contact").unwrap_or_default())
}

/// Reads `cases/{case}/steps/{step}`.
pub(crate) fn read_step(name: &str) -> Result<(CaseId, StepId), Refused> {
    let parts = within(name).and_then(|name| name.strip_prefix("cases/")).and_then(|rest| rest.split_once("/steps/"));
    let read = parts.and_then(|(case, step)| Some((case.parse().ok()?, step.parse().ok()?)));
    read.ok_or_else(|| not_found("step"))
}

/// Reads `cases/{case}/attachments/{attachment}`.
pub(crate) fn read_attachment(name: &str) -> Result<(CaseId, DocumentId), Refused> {
    let parts = within(name).and_then(|name| name.split_once("/attachments/"));
    let read = parts.and_then(|(case, id)| Some((read_case(case).ok()?, read_document(id)?)));
    read.ok_or_else(|| not_found("attachment"))
}

/// Reads the last part of a document's name.
pub(crate) fn read_document(id: &str) -> Option<DocumentId> {
    let id = Some(id).filter(|id| id.len() == 32 && !id.starts_with('+'))?;
    Some(DocumentId(u128::from_str_radix(id, 16).ok()?.to_be_bytes()))
}

/// Reads `agencies/{agency}/tasks/{task}/attachments/{attachment}` to the task's name and the sealed document.
pub(crate) fn read_task_attachment(name: &str) -> Result<(&str, &str), Refused> {
    within(name).and_then(|name| name.split_once("/attachments/")).ok_or_else(|| not_found("attachment"))
}

/// Reads `agencies/{agency}`.
pub(crate) fn read_agency(name: &str) -> Result<Slug, Refused> {
    let slug = within(name).and_then(|name| name.strip_prefix("agencies/")).and_then(|slug| Slug::new(slug).ok());
    slug.ok_or_else(|| not_found("agency"))
}

/// Reads `agencies/{agency}/tasks/{task}` to the agency and the sealed task.
pub(crate) fn read_task(name: &str) -> Result<(Slug, &str), Refused> {
    let parts =
        within(name).and_then(|name| name.strip_prefix("agencies/")).and_then(|rest| rest.split_once("/tasks/"));
    let read = parts.and_then(|(agency, task)| Some((Slug::new(agency).ok()?, task)));
    read.ok_or_else(|| not_found("task"))
}

/// Reads `lifeEvents/{slug}`, or `lifeEvents/{slug}/revisions/{n}` with its number.
pub(crate) fn read_life_event(name: &str) -> Result<(Slug, Option<u32>), Refused> {
    let read = within(name).and_then(|name| name.strip_prefix("lifeEvents/")).and_then(|rest| {
        let (slug, number) = match rest.split_once("/revisions/") {
            Some((slug, number)) => (slug, Some(number.parse().ok()?)),
            None => (rest, None),
        };
        Some((Slug::new(slug).ok()?, number))
    });
    read.ok_or(Refused::NoSuchLifeEvent)
}

/// A thing that is not there, or not for this caller. What was asked for is not repeated: callers log what they are
/// told, and a name may be that of another's case, or no name at all but an identity number.
pub(crate) fn not_found(kind: &'static str) -> Refused {
    Refused::NotFound { kind }
}

fn within(name: &str) -> Option<&str> {
    (name.len() <= NAME_LEN_MAX).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let id = CaseId([3; 16]);
        let step_id: StepId = "name.1".parse().unwrap();
        let slug = Slug::new("socialnamnden-0580").unwrap();
        assert_eq!(read_case(&case(id)).unwrap(), id);
        assert_eq!(read_step(&step(&case(id), &step_id)).unwrap(), (id, step_id));
        assert_eq!(read_agency(&agency(&slug)).unwrap(), slug);
        assert_eq!(read_task(&task(&slug, "0abc")).unwrap(), (slug, "0abc"));
        let of_task = task_attachment("agencies/a/tasks/0abc", "0de");
        assert_eq!(read_task_attachment(&of_task).unwrap(), ("agencies/a/tasks/0abc", "0de"));
        let first = Revision { life_event: Slug::new("first-child").unwrap(), number: 2 };
        assert_eq!(read_life_event(&revision(&first)).unwrap(), (first.life_event.clone(), Some(2)));
        assert_eq!(read_life_event(&life_event(&first.life_event)).unwrap(), (first.life_event, None));
    }

    #[test]
    fn what_is_no_name_names_nothing() {
        for wrong in
            ["", "cases/", "cases/x", "case_000", "cases/case_000/steps/a", &format!("cases/{}", "0".repeat(1_000))]
        {
            assert!(matches!(read_case(wrong), Err(Refused::NotFound { .. })), "{wrong}");
            assert!(matches!(read_step(wrong), Err(Refused::NotFound { .. })), "{wrong}");
        }
        assert!(read_task("agencies/a/tasks").is_err());
        assert!(matches!(read_life_event("lifeEvents/a/revisions/x"), Err(Refused::NoSuchLifeEvent)));
    }
}

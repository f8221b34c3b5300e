//! Names that leave us: sealed for one agency, so that nothing linkable does (I10).
//!
//! A task name and an agency's case key are the case, step and attempt sealed under a key derived for that agency
//! (AES-SIV, deterministic: the same task has the same name after every restart). Nothing is stored for them, nobody
//! can make one up, and what was made for one agency does not open for another.

use crate::secrets::Secrets;
use aes_siv::KeyInit;
use aes_siv::siv::Aes256Siv;
use livshandelse_core::id::{Attempt, CaseId, DocumentId, EffectKey, Slug, StepId, Subject, base32, from_base32};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// Seals and opens what is named towards the outside.
#[derive(Clone)]
pub struct Opaque {
    key: [u8; 32],
    /// Ciphers of agencies, by what they name and whose: preparing one costs more than using it.
    ciphers: Arc<RwLock<Ciphers>>,
}

/// Prepared ciphers by what they name and whose.
type Ciphers = BTreeMap<(&'static str, Slug), Arc<Mutex<Aes256Siv>>>;

/// Prepared ciphers kept: more than three for each agency that a country has.
const CIPHERS_MAX: usize = 12_288;

/// What a task name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskName {
    /// The case.
    pub case: CaseId,
    /// The step.
    pub step: StepId,
    /// The attempt that the task is.
    pub attempt: Attempt,
}

/// Characters of a sealed name that is looked at: a task of the longest slug has 164.
const SEALED_LEN_MAX: usize = 400;

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opaque(…)")
    }
}

impl Opaque {
    /// Derives everything from the instance's key for names.
    pub fn new(secrets: &Secrets) -> Opaque {
        Opaque { key: secrets.names, ciphers: Arc::default() }
    }

    /// The id of a task towards its agency, without `agencies/{agency}/tasks/`.
    pub fn task(&self, agency: &Slug, task: &TaskName) -> String {
        let mut plain = Vec::with_capacity(32 + task.step.slug.as_str().len());
        plain.extend(task.case.0);
        plain.extend(task.attempt.0.to_be_bytes());
        plain.push(task.step.subject.0);
        plain.extend(task.step.slug.as_str().as_bytes());
        seal(&mut locked(&self.cipher_of("task", agency)), &plain)
    }

    /// Opens what [`Opaque::task`] made for the same agency.
    pub fn open_task(&self, agency: &Slug, text: &str) -> Option<TaskName> {
        let plain = open(&mut locked(&self.cipher_of("task", agency)), text)?;
        let (case, rest) = plain.split_first_chunk::<16>()?;
        let (attempt, rest) = rest.split_first_chunk::<4>()?;
        let (subject, slug) = rest.split_first()?;
        let slug = Slug::new(std::str::from_utf8(slug).ok()?).ok()?;
        Some(TaskName {
            case: CaseId(*case),
            step: StepId { slug, subject: Subject(*subject) },
            attempt: Attempt(u32::from_be_bytes(*attempt)),
        })
    }

    /// The key under which an agency knows a case.
    pub fn case_key(&self, agency: &Slug, case: CaseId) -> String {
        seal(&mut locked(&self.cipher_of("case", agency)), &case.0)
    }

    /// Opens what [`Opaque::case_key`] made for the same agency.
    pub fn open_case_key(&self, agency: &Slug, text: &str) -> Option<CaseId> {
        let plain = open(&mut locked(&self.cipher_of("case", agency)), text)?;
        Some(CaseId(plain.try_into().ok()?))
    }

    /// The name of a document towards an agency that was sent it, below the task's.
    pub fn document(&self, agency: &Slug, case: CaseId, document: DocumentId) -> String {
        seal(&mut locked(&self.cipher_of("document", agency)), &[case.0, document.0].concat())
    }

    /// Opens what [`Opaque::document`] made for the same agency.
    pub fn open_document(&self, agency: &Slug, text: &str) -> Option<(CaseId, DocumentId)> {
        let plain = open(&mut locked(&self.cipher_of("document", agency)), text)?;
        let (case, document) = plain.split_first_chunk::<16>()?;
        Some((CaseId(*case), DocumentId(document.try_into().ok()?)))
    }

    /// The name of a hand-over towards its agency: the same in every repeat, and of no use to find the case elsewhere.
    pub fn effect_key(&self, agency: &Slug, key: EffectKey) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(b"effect");
        hasher.update(&(agency.as_str().len() as u64).to_le_bytes());
        hasher.update(agency.as_str().as_bytes());
        hasher.update(&key.case.0);
        hasher.update(&key.sequence.0.to_le_bytes());
        hasher.update(&key.index.to_le_bytes());
        let mut id = [0; 16];
        hasher.finalize_xof().fill(&mut id);
        base32(&id)
    }

    /// A page token: where a list goes on, sealed together with what the list was asked for.
    pub fn page_token(&self, list: &str, position: &[u8]) -> String {
        seal(&mut self.cipher("page", list), position)
    }

    /// Opens what [`Opaque::page_token`] made for the same list.
    pub fn open_page_token(&self, list: &str, text: &str) -> Option<Vec<u8>> {
        open(&mut self.cipher("page", list), text)
    }

    /// The cipher of an agency, prepared once.
    fn cipher_of(&self, what: &'static str, agency: &Slug) -> Arc<Mutex<Aes256Siv>> {
        let name = (what, agency.clone());
        if let Some(known) = self.ciphers.read().unwrap_or_else(PoisonError::into_inner).get(&name) {
            return known.clone();
        }
        let cipher = Arc::new(Mutex::new(self.cipher(what, agency.as_str())));
        let mut ciphers = self.ciphers.write().unwrap_or_else(PoisonError::into_inner);
        if ciphers.len() < CIPHERS_MAX {
            ciphers.insert(name, cipher.clone());
        }
        cipher
    }

    fn cipher(&self, what: &str, whose: &str) -> Aes256Siv {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(what.as_bytes());
        hasher.update(&[0]);
        hasher.update(whose.as_bytes());
        let mut key = [0; 64];
        hasher.finalize_xof().fill(&mut key);
        Aes256Siv::new(&key.into())
    }
}

fn locked(cipher: &Mutex<Aes256Siv>) -> MutexGuard<'_, Aes256Siv> {
    cipher.lock().unwrap_or_else(PoisonError::into_inner)
}

fn seal(cipher: &mut Aes256Siv, plain: &[u8]) -> String {
    // Fails only for more headers or bytes than there can be here.
    base32(&cipher.encrypt(NO_HEADERS, plain).unwrap_or_default())
}

fn open(cipher: &mut Aes256Siv, text: &str) -> Option<Vec<u8>> {
    if text.len() > SEALED_LEN_MAX {
        return None;
    }
    cipher.decrypt(NO_HEADERS, &from_base32(text)?).ok()
}

const NO_HEADERS: [&[u8]; 0] = [];

#[cfg(test)]
mod tests {
    use super::*;
    use livshandelse_core::id::Sequence;

    fn opaque() -> Opaque {
        Opaque::new(&Secrets { identity: [1; 32], names: [2; 32] })
    }

    fn agency(text: &str) -> Slug {
        Slug::new(text).unwrap()
    }

    fn task() -> TaskName {
        TaskName { case: CaseId([5; 16]), step: "name.2".parse().unwrap(), attempt: Attempt(3) }
    }

    #[test]
    fn a_task_opens_for_its_own_agency_and_for_no_other() {
        let text = opaque().task(&agency("skatteverket"), &task());
        assert_eq!(opaque().open_task(&agency("skatteverket"), &text), Some(task()));
        assert_eq!(opaque().open_task(&agency("forsakringskassan"), &text), None);
    }

    #[test]
    fn a_task_has_the_same_name_each_time_and_shows_nothing() {
        let text = opaque().task(&agency("skatteverket"), &task());
        assert_eq!(text, opaque().task(&agency("skatteverket"), &task()));
        assert!(!text.contains("name") && text.len() < 120, "{text}");
    }

    #[test]
    fn a_made_up_or_changed_name_does_not_open() {
        let text = opaque().task(&agency("skatteverket"), &task());
        let mut changed = text.clone();
        changed.replace_range(0..1, if text.starts_with('0') { "1" } else { "0" });
        for wrong in ["", "0", &changed, &text[1..], &"0".repeat(10_000)] {
            assert_eq!(opaque().open_task(&agency("skatteverket"), wrong), None);
        }
    }

    #[test]
    fn two_agencies_know_a_case_by_keys_that_cannot_be_joined() {
        let case = CaseId([5; 16]);
        let keys = ["skatteverket", "region-05"].map(|slug| opaque().case_key(&agency(slug), case));
        assert_ne!(keys[0], keys[1]);
        assert_eq!(opaque().open_case_key(&agency("region-05"), &keys[1]), Some(case));
        assert_eq!(opaque().open_case_key(&agency("region-05"), &keys[0]), None);
    }

    #[test]
    fn one_document_has_two_names_at_two_agencies_and_opens_for_its_own_alone() {
        let (case, document) = (CaseId([5; 16]), DocumentId([6; 16]));
        let names = ["skatteverket", "region-05"].map(|slug| opaque().document(&agency(slug), case, document));
        assert_ne!(names[0], names[1]);
        assert_eq!(opaque().open_document(&agency("region-05"), &names[1]), Some((case, document)));
        assert_eq!(opaque().open_document(&agency("region-05"), &names[0]), None);
        assert_eq!(opaque().open_task(&agency("region-05"), &names[1]), None);
    }

    #[test]
    fn a_case_key_is_no_task_and_a_page_token_of_another_list_is_refused() {
        let key = opaque().case_key(&agency("region-05"), CaseId([5; 16]));
        assert_eq!(opaque().open_task(&agency("region-05"), &key), None);
        let token = opaque().page_token("cases of a", b"10");
        assert_eq!(opaque().open_page_token("cases of a", &token).as_deref(), Some(b"10".as_slice()));
        assert_eq!(opaque().open_page_token("cases of b", &token), None);
    }

    #[test]
    fn an_effect_has_one_name_at_each_agency() {
        let key = EffectKey { case: CaseId([5; 16]), sequence: Sequence(4), index: 0 };
        let next = EffectKey { index: 1, ..key };
        let named = |slug: &str, key| opaque().effect_key(&agency(slug), key);
        assert_eq!(named("a", key), named("a", key));
        assert_ne!(named("a", key), named("b", key));
        assert_ne!(named("a", key), named("a", next));
        assert!(named("a", key).len() <= livshandelse_proto::limits::EFFECT_KEY_LEN_MAX);
    }
}

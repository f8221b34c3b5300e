//! Remembers what was answered to which effect key.

use crate::refusal::Refusal;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// How much a [`StepServer`](crate::StepServer) remembers of what it has answered.
///
/// It spares the handler most repeats. It does not outlive the process, so a handler
/// that keeps anything must still know its effect keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// Nothing: the handler answers the same each time by itself.
    None,
    /// The latest answers, so many of each kind of call. The oldest is forgotten first.
    Latest(usize),
}

impl Default for Memory {
    /// 10,000: about what a busy agency answers while a caller may still repeat.
    fn default() -> Memory {
        Memory::Latest(10_000)
    }
}

/// The answers to one kind of call, by effect key.
#[derive(Debug)]
pub(crate) struct Answers<T> {
    len_max: usize,
    kept: Mutex<Kept<T>>,
}

#[derive(Debug)]
struct Kept<T> {
    by_key: BTreeMap<Arc<str>, Answer<T>>,
    in_order: VecDeque<Arc<str>>,
}

#[derive(Debug)]
struct Answer<T> {
    /// What was asked, so that a key used twice is found out.
    question: u64,
    cell: Arc<OnceCell<T>>,
}

impl<T: Clone> Answers<T> {
    pub(crate) fn new(memory: Memory) -> Answers<T> {
        let len_max = match memory {
            Memory::None => 0,
            Memory::Latest(len_max) => len_max,
        };
        let kept = Kept { by_key: BTreeMap::new(), in_order: VecDeque::new() };
        Answers { len_max, kept: Mutex::new(kept) }
    }

    /// Whether anything is remembered.
    pub(crate) fn is_kept(&self) -> bool {
        self.len_max > 0
    }

    /// The answer that was given under this key, or the one that `work` gives now.
    ///
    /// Two calls at once with one key work once: the second waits for the first. A
    /// refusal is not remembered. Cancel safe.
    pub(crate) async fn answer(
        &self,
        key: &str,
        question: u64,
        work: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        if !self.is_kept() {
            return work.await;
        }
        let cell = self.cell(key, question)?;
        cell.get_or_try_init(|| work).await.cloned()
    }

    fn cell(&self, key: &str, question: u64) -> Result<Arc<OnceCell<T>>, Refusal> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.by_key.get(key) {
            if known.question != question {
                return Err(Refusal::EffectKeyReused { effect_key: key.to_owned() });
            }
            return Ok(Arc::clone(&known.cell));
        }
        if kept.in_order.len() >= self.len_max
            && let Some(oldest) = kept.in_order.pop_front()
        {
            kept.by_key.remove(&oldest);
        }
        let key: Arc<str> = Arc::from(key);
        let cell = Arc::new(OnceCell::new());
        let answer = Answer { question, cell: Arc::clone(&cell) };
        kept.by_key.insert(Arc::clone(&key), answer);
        kept.in_order.push_back(key);
        Ok(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_repeat_gets_the_same_answer_and_works_once() {
        let answers = Answers::new(Memory::Latest(2));
        let worked = AtomicU32::new(0);
        let work = || async { Ok(worked.fetch_add(1, Ordering::Relaxed)) };
        assert_eq!(answers.answer("a", 1, work()).await, Ok(0));
        assert_eq!(answers.answer("a", 1, work()).await, Ok(0));
        assert_eq!(worked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_refusal_is_not_remembered() {
        let answers = Answers::new(Memory::default());
        let refusal = Refusal::Broken { why: "register away".to_owned() };
        let refused = answers.answer("a", 1, async { Err::<u32, _>(refusal.clone()) }).await;
        assert_eq!(refused, Err(refusal));
        assert_eq!(answers.answer("a", 1, async { Ok(7) }).await, Ok(7));
    }

    #[tokio::test]
    async fn a_key_with_another_question_is_refused() {
        let answers = Answers::new(Memory::default());
        assert_eq!(answers.answer("a", 1, async { Ok(7) }).await, Ok(7));
        let reused = answers.answer("a", 2, async { Ok(8) }).await;
        assert!(matches!(reused, Err(Refusal::EffectKeyReused { .. })));
    }

    #[tokio::test]
    async fn the_oldest_answer_is_forgotten_when_the_memory_is_full() {
        let answers = Answers::new(Memory::Latest(2));
        for (key, value) in [("a", 1), ("b", 2), ("c", 3)] {
            assert_eq!(answers.answer(key, 1, async { Ok(value) }).await, Ok(value));
        }
        assert_eq!(answers.answer("c", 1, async { Ok(9) }).await, Ok(3));
        assert_eq!(answers.answer("a", 1, async { Ok(9) }).await, Ok(9));
    }
}

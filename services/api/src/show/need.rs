//! What a step waits for.

use super::Sight;
use crate::convert::word::Word as _;
use crate::voice::Voice;
use livshandelse_core::case::Step;
use livshandelse_core::decide::{Standing, need_standing, need_subject};
use livshandelse_core::definition::{Awaited, Definition, Need, StepDefinition};
use livshandelse_core::id::{Slug, StepId, Subject};
use livshandelse_proto::v1 as pb;
use livshandelse_workflows::Arg;

/// What must happen, the step it happens in, and the slug of a fact or clock.
pub(super) fn event_of(awaited: &Awaited) -> (pb::NeedEvent, Option<&Slug>, String) {
    match awaited {
        Awaited::Filed(step) => (pb::NeedEvent::Filed, Some(step), String::new()),
        Awaited::Arrived(step) => (pb::NeedEvent::Arrived, Some(step), String::new()),
        Awaited::Decided(step) => (pb::NeedEvent::Decided, Some(step), String::new()),
        Awaited::Approved(step) => (pb::NeedEvent::Approved, Some(step), String::new()),
        Awaited::Executed(step) => (pb::NeedEvent::Executed, Some(step), String::new()),
        Awaited::Lapsed(step) => (pb::NeedEvent::Lapsed, Some(step), String::new()),
        Awaited::Fact(fact) => (pb::NeedEvent::Fact, None, fact.to_string()),
        Awaited::Joined(role) => (pb::NeedEvent::Joined, None, role.slug().to_owned()),
        Awaited::ClockEnded { step, clock } => (pb::NeedEvent::ClockEnd, Some(step), clock.to_string()),
    }
}

fn key_of(awaited: &Awaited) -> String {
    match awaited {
        Awaited::Filed(_) => "need-filed".to_owned(),
        Awaited::Arrived(_) => "need-arrived".to_owned(),
        Awaited::Decided(_) => "need-decided".to_owned(),
        Awaited::Approved(_) => "need-approved".to_owned(),
        Awaited::Executed(_) => "need-executed".to_owned(),
        Awaited::Lapsed(_) => "need-lapsed".to_owned(),
        Awaited::ClockEnded { .. } => "need-clock".to_owned(),
        Awaited::Joined(_) => "need-joined".to_owned(),
        Awaited::Fact(fact) => format!("fact-{}", fact.kind.slug()),
    }
}

/// What a need waits for in words. `shows` says which steps the reader may hear of.
pub(super) fn text(voice: Voice<'_>, definition: &Definition, need: &Need, shows: &dyn Fn(&Slug) -> bool) -> String {
    let parts = need.any.iter().filter_map(|awaited| {
        let (_, step, _) = event_of(awaited);
        let title = match step {
            Some(step) if !shows(step) => return None,
            Some(step) => voice.say(&format!("step-{step}"), &[]),
            None => String::new(),
        };
        let role = match awaited {
            Awaited::Joined(role) => definition.parts().roles.iter().find(|known| known.role == *role),
            _ => None,
        };
        let role = role.map(|role| voice.say(&format!("role-{}", role.name), &[])).unwrap_or_default();
        Some(voice.say(&key_of(awaited), &[("step", Arg::Text(&title)), ("role", Arg::Text(&role))]))
    });
    let or = format!(" {} ", voice.say("need-or", &[]));
    let any = parts.collect::<Vec<_>>().join(&or);
    if need.every.is_some() && !any.is_empty() {
        return voice.say("need-every", &[("need", Arg::Text(&any))]);
    }
    any
}

impl Sight<'_> {
    /// The needs of a step; of what the reader may not see only that there is something.
    pub(super) fn needs(&self, definition: &StepDefinition, step: &Step) -> Vec<pb::Need> {
        definition.needs.iter().map(|need| self.need(need, step)).collect()
    }

    fn need(&self, need: &Need, step: &Step) -> pb::Need {
        let subject = need_subject(self.definition, self.case, need, step);
        let standing = need_standing(self.definition, self.case, need, step);
        let text = text(self.voice, self.definition, need, &|slug| self.shows_any(slug));
        let visible = need.any.iter().find(|awaited| event_of(awaited).1.is_none_or(|step| self.shows_any(step)));
        let (event, step, slug) =
            visible.or(need.any.first()).map_or((pb::NeedEvent::Unspecified, None, String::new()), event_of);
        let step = step.and_then(|slug| self.step_of(slug, subject)).filter(|step| self.shows(step));
        pb::Need {
            text: if text.is_empty() { self.voice.say("reason-blocked", &[]) } else { text },
            purpose: need.purpose.number(),
            event: event.into(),
            step: step.map(|step| self.step_name(&step)).unwrap_or_default(),
            slug,
            met: standing == Standing::Met,
        }
    }

    /// The step of the case that is meant: this child's, or the whole case's.
    fn step_of(&self, slug: &Slug, subject: Subject) -> Option<StepId> {
        let ids = self.case.steps.iter().map(|step| &step.id).filter(|id| id.slug == *slug);
        ids.clone().find(|id| id.subject == subject).or_else(|| ids.min()).cloned()
    }
}

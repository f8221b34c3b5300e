//! Writes and reads how a case stands, so that its history need not be read again.

use super::error::DecodeError;
use super::pb;
use super::scalar::{present, read_16, read_day, read_slug, read_step, read_time};
use super::scalar::{write_day, write_slug, write_step, write_time};
use super::{asked, notice, number, part};
use livshandelse_core::case::{Case, Child, ChildState, Clock, Fact, Stage, Step, Task};
use livshandelse_core::id::{Attempt, CaseId, DocumentId, EffectKey, RequestId, Sequence, Slug};
use livshandelse_core::time::CivilTime;
use prost::Message;
use std::sync::Arc;

/// The number of the form in which states are written.
///
/// Raise it with any change to `state.proto`, to a message it uses, or to what folding a history gives: a state of another
/// number is rebuilt from its history when it is first needed, so nothing is ever converted.
pub const STATE_FORMAT: u32 = 3;

/// Bytes of the format number before the message, least significant first.
const FORMAT_BYTES: usize = size_of::<u32>();

/// Writes how a case stands: the format number, then everything.
#[must_use]
pub fn encode_state(case: &Case) -> Vec<u8> {
    let stored = write_case(case);
    let mut bytes = Vec::with_capacity(FORMAT_BYTES + stored.encoded_len());
    bytes.extend_from_slice(&STATE_FORMAT.to_le_bytes());
    stored.encode_raw(&mut bytes);
    bytes
}

/// Reads how a case stands; `None` if it was written in another format, and the caller rebuilds it from its history.
///
/// # Errors
///
/// Returns [`DecodeError`] if the bytes have this version's format number and are not what [`encode_state`] writes.
pub fn decode_state(bytes: &[u8]) -> Result<Option<Case>, DecodeError> {
    let Some((format, message)) = bytes.split_first_chunk::<FORMAT_BYTES>() else {
        return Err(DecodeError::Absent { field: "format number of a state" });
    };
    if u32::from_le_bytes(*format) != STATE_FORMAT {
        return Ok(None);
    }
    let stored = pb::CaseState::decode(message).map_err(|source| DecodeError::Malformed { what: "state", source })?;
    read_case(stored).map(Some)
}

fn write_case(case: &Case) -> pb::CaseState {
    let Case {
        id,
        sequence,
        stage,
        revision,
        parties,
        municipality,
        input,
        step_input,
        children,
        subjects,
        mandates,
        facts,
        steps,
        requests,
        created_at,
        filed_at,
        changed_at,
        ended_at,
        expires_at,
        withdrawn_at,
        telling,
    } = case;
    let (stage, end) = match stage {
        Stage::Absent => (pb::Stage::Absent, 0),
        Stage::Draft => (pb::Stage::Draft, 0),
        Stage::Open => (pb::Stage::Open, 0),
        Stage::Ended(end) => (pb::Stage::Ended, number::write_end(*end)),
    };
    pb::CaseState {
        id: id.0.to_vec(),
        sequence: sequence.0,
        stage: stage.into(),
        end,
        revision: revision.as_ref().map(part::write_revision),
        parties: parties.iter().map(part::write_party).collect(),
        municipality: municipality.as_ref().to_owned(),
        input: part::write_values(input),
        step_input: step_input.iter().map(|(step, values)| part::write_step_input(step, values)).collect(),
        children: children.iter().map(write_child).collect(),
        facts: facts.iter().map(write_recorded_fact).collect(),
        steps: steps.iter().map(|step| write_step_standing(step)).collect(),
        requests: requests
            .iter()
            .map(|(id, hash)| pb::RequestAccepted { id: id.0.to_vec(), hash: hash.to_vec() })
            .collect(),
        created_civil_ms: created_at.0,
        filed_civil_ms: filed_at.0,
        changed_civil_ms: changed_at.0,
        ended_civil_ms: write_time(*ended_at),
        expires_civil_ms: write_time(*expires_at),
        withdrawn_civil_ms: write_time(*withdrawn_at),
        groups: subjects.iter().map(|(group, places)| write_group(group, places)).collect(),
        mandates: mandates.iter().map(asked::write_held).collect(),
        telling: notice::write_telling(telling),
    }
}

fn read_case(stored: pb::CaseState) -> Result<Case, DecodeError> {
    let stage = match pb::Stage::try_from(stored.stage) {
        Ok(pb::Stage::Absent) => Stage::Absent,
        Ok(pb::Stage::Draft) => Stage::Draft,
        Ok(pb::Stage::Open) => Stage::Open,
        Ok(pb::Stage::Ended) => Stage::Ended(number::read_end("end", stored.end)?),
        Ok(pb::Stage::Unspecified) | Err(_) => return Err(number::unknown("stage", stored.stage)),
    };
    let requests = stored.requests.into_iter().map(|request| {
        Ok((RequestId(read_16("id of a request", &request.id)?), read_16("hash of a request", &request.hash)?))
    });
    Ok(Case {
        id: CaseId(read_16("id of a case", &stored.id)?),
        sequence: Sequence(stored.sequence),
        stage,
        revision: stored.revision.map(part::read_revision).transpose()?,
        parties: Arc::new(stored.parties.into_iter().map(part::read_party).collect::<Result<_, _>>()?),
        municipality: Arc::from(stored.municipality),
        input: Arc::new(part::read_values(stored.input)?),
        step_input: Arc::new(stored.step_input.into_iter().map(part::read_step_input).collect::<Result<_, _>>()?),
        children: stored.children.into_iter().map(read_child).collect::<Result<_, _>>()?,
        subjects: Arc::new(stored.groups.into_iter().map(read_group).collect::<Result<_, _>>()?),
        mandates: Arc::new(stored.mandates.into_iter().map(asked::read_held).collect::<Result<_, _>>()?),
        facts: Arc::new(stored.facts.into_iter().map(read_recorded_fact).collect::<Result<_, _>>()?),
        steps: stored.steps.into_iter().map(|step| read_step_standing(step).map(Arc::new)).collect::<Result<_, _>>()?,
        requests: Arc::new(requests.collect::<Result<_, _>>()?),
        created_at: CivilTime(stored.created_civil_ms),
        filed_at: CivilTime(stored.filed_civil_ms),
        changed_at: CivilTime(stored.changed_civil_ms),
        ended_at: read_time(stored.ended_civil_ms),
        expires_at: read_time(stored.expires_civil_ms),
        withdrawn_at: read_time(stored.withdrawn_civil_ms),
        telling: Arc::new(notice::read_telling(stored.telling)?),
    })
}

fn write_child(child: &Child) -> pb::ChildStanding {
    let Child { number, state } = child;
    let (state, at) = match state {
        ChildState::Expected => (pb::ChildState::Expected, None),
        ChildState::Born(at) => (pb::ChildState::Born, Some(*at)),
        ChildState::Stillborn(at) => (pb::ChildState::Stillborn, Some(*at)),
        ChildState::Dead(at) => (pb::ChildState::Dead, Some(*at)),
    };
    pb::ChildStanding { number: u32::from(*number), state: state.into(), at_civil_ms: write_time(at) }
}

fn read_child(stored: pb::ChildStanding) -> Result<Child, DecodeError> {
    let at = || present("time of a child", read_time(stored.at_civil_ms));
    let state = match pb::ChildState::try_from(stored.state) {
        Ok(pb::ChildState::Expected) => ChildState::Expected,
        Ok(pb::ChildState::Born) => ChildState::Born(at()?),
        Ok(pb::ChildState::Stillborn) => ChildState::Stillborn(at()?),
        Ok(pb::ChildState::Dead) => ChildState::Dead(at()?),
        Ok(pb::ChildState::Unspecified) | Err(_) => {
            return Err(number::unknown("state of a child", stored.state));
        }
    };
    let number = u8::try_from(stored.number)
        .map_err(|_| DecodeError::Invalid { field: "number of a child", expected: "number up to 255" })?;
    Ok(Child { number, state })
}

fn write_group(group: &Slug, places: &[Option<Arc<str>>]) -> pb::GroupStanding {
    let subjects = places.iter().map(|place| pb::SubjectStanding { municipality: place.as_deref().map(str::to_owned) });
    pb::GroupStanding { group: write_slug(group), subjects: subjects.collect() }
}

/// A group and the municipality of each of its subjects, where it is another than the case's.
type Group = (Slug, Vec<Option<Arc<str>>>);

fn read_group(stored: pb::GroupStanding) -> Result<Group, DecodeError> {
    let places = stored.subjects.into_iter().map(|subject| subject.municipality.map(Arc::from));
    Ok((read_slug("group", &stored.group)?, places.collect()))
}

fn write_recorded_fact(fact: &Fact) -> pb::RecordedFact {
    let Fact { report, reported_by, recorded_at } = fact;
    pb::RecordedFact {
        fact: Some(part::write_fact(report)),
        by: Some(part::write_actor(reported_by)),
        recorded_civil_ms: recorded_at.0,
    }
}

fn read_recorded_fact(stored: pb::RecordedFact) -> Result<Fact, DecodeError> {
    Ok(Fact {
        report: part::read_fact(present("fact", stored.fact)?)?,
        reported_by: part::read_actor(present("actor of a fact", stored.by)?)?,
        recorded_at: CivilTime(stored.recorded_civil_ms),
    })
}

fn write_step_standing(step: &Step) -> pb::StepStanding {
    let Step {
        id,
        state,
        outcome,
        appeal,
        execution,
        reason,
        agency,
        is_added,
        input,
        signed_by,
        task,
        attempts,
        filed_at,
        arrived_at,
        decided_at,
        received_at,
        executed_at,
        supplemented_at,
        decision,
        amounts,
        documents,
        case_number,
        words,
        asked,
        supplements,
        gives,
        clocks,
        is_withdrawing,
        incident,
        as_of,
        retry_at,
    } = step;
    pb::StepStanding {
        step: write_step(id),
        state: number::write_step_state(*state),
        outcome: number::write_outcome(*outcome),
        appeal: number::write_appeal(*appeal),
        execution: number::write_execution(*execution),
        reason: reason.as_ref().map(part::write_reason),
        agency: agency.as_ref().map(write_slug),
        added: *is_added,
        input: part::write_values(input),
        signed_by: signed_by.iter().map(|role| number::write_role(*role)).collect(),
        task: task.as_ref().map(write_task),
        attempts_count: *attempts,
        filed_civil_ms: write_time(*filed_at),
        arrived_civil_ms: write_time(*arrived_at),
        decided_civil_ms: write_time(*decided_at),
        received_civil_ms: write_time(*received_at),
        case_number: case_number.as_deref().map(str::to_owned),
        words: words.as_deref().map(str::to_owned),
        asked: asked.as_ref().map(asked::write_asked),
        supplements_count: *supplements,
        gives: part::write_values(gives),
        clocks: clocks.iter().map(write_clock).collect(),
        withdrawing: *is_withdrawing,
        incident: incident.as_ref().map(part::write_reason),
        as_of_civil_ms: as_of.0,
        retry_civil_ms: write_time(*retry_at),
        executed_civil_ms: write_time(*executed_at),
        supplemented_civil_ms: write_time(*supplemented_at),
        decision: decision.as_deref().map(asked::write_terms),
        amounts: asked::write_amounts(amounts),
        documents: documents.iter().map(|id| id.0.to_vec()).collect(),
    }
}

fn read_step_standing(stored: pb::StepStanding) -> Result<Step, DecodeError> {
    let signed_by = stored.signed_by.into_iter().map(|role| number::read_role("role of a signature", role));
    let documents = stored.documents.iter().map(|id| Ok(DocumentId(read_16("document of a step", id)?)));
    Ok(Step {
        id: read_step(&stored.step)?,
        state: number::read_step_state("state of a step", stored.state)?,
        outcome: number::read_outcome("outcome of a step", stored.outcome)?,
        appeal: number::read_appeal("appeal of a step", stored.appeal)?,
        execution: number::read_execution("execution of a step", stored.execution)?,
        reason: stored.reason.map(part::read_reason).transpose()?,
        agency: stored.agency.map(|agency| read_slug("agency", &agency)).transpose()?,
        is_added: stored.added,
        input: Arc::new(part::read_values(stored.input)?),
        signed_by: signed_by.collect::<Result<_, _>>()?,
        task: stored.task.map(read_task).transpose()?,
        attempts: stored.attempts_count,
        filed_at: read_time(stored.filed_civil_ms),
        arrived_at: read_time(stored.arrived_civil_ms),
        decided_at: read_time(stored.decided_civil_ms),
        received_at: read_time(stored.received_civil_ms),
        case_number: stored.case_number.map(Arc::from),
        words: stored.words.map(Arc::from),
        asked: stored.asked.map(asked::read_asked).transpose()?,
        executed_at: read_time(stored.executed_civil_ms),
        supplemented_at: read_time(stored.supplemented_civil_ms),
        decision: stored.decision.map(asked::read_terms).transpose()?.map(Arc::new),
        amounts: asked::read_amounts(stored.amounts)?,
        documents: documents.collect::<Result<_, DecodeError>>()?,
        supplements: stored.supplements_count,
        gives: Arc::new(part::read_values(stored.gives)?),
        clocks: stored.clocks.into_iter().map(read_clock).collect::<Result<_, _>>()?,
        is_withdrawing: stored.withdrawing,
        incident: stored.incident.map(part::read_reason).transpose()?,
        as_of: CivilTime(stored.as_of_civil_ms),
        retry_at: read_time(stored.retry_civil_ms),
    })
}

fn write_task(task: &Task) -> pb::Task {
    let Task { attempt, effect: EffectKey { case, sequence, index }, is_answered, is_cancel } = task;
    pb::Task {
        attempt: attempt.0,
        effect_case: case.0.to_vec(),
        effect_sequence: sequence.0,
        effect_index: *index,
        answered: *is_answered,
        cancel: *is_cancel,
    }
}

fn read_task(stored: pb::Task) -> Result<Task, DecodeError> {
    let effect = EffectKey {
        case: CaseId(read_16("case of a task", &stored.effect_case)?),
        sequence: Sequence(stored.effect_sequence),
        index: stored.effect_index,
    };
    Ok(Task { attempt: Attempt(stored.attempt), effect, is_answered: stored.answered, is_cancel: stored.cancel })
}

fn write_clock(clock: &Clock) -> pb::Clock {
    let Clock { slug, started_at, last_day, acts_on, state, passed_count } = clock;
    pb::Clock {
        clock: write_slug(slug),
        started_civil_ms: started_at.0,
        last_day: write_day(*last_day),
        acts_on_day: write_day(*acts_on),
        state: number::write_clock_state(*state),
        passed_count: *passed_count,
    }
}

fn read_clock(stored: pb::Clock) -> Result<Clock, DecodeError> {
    Ok(Clock {
        slug: read_slug("clock", &stored.clock)?,
        started_at: CivilTime(stored.started_civil_ms),
        last_day: read_day("last day of a clock", stored.last_day)?,
        acts_on: read_day("day a clock acts on", stored.acts_on_day)?,
        state: number::read_clock_state("state of a clock", stored.state)?,
        passed_count: stored.passed_count,
    })
}

//! `livshandelse case watch`: the case in place on a terminal, a line for each change elsewhere.

use crate::cli::case::{Caller, One, case_name};
use crate::fail::Failure;
use crate::output::{Canvas, Output};
use crate::show::case::Detail;
use crate::show::changes::{self, Followed};
use crate::show::json::value;
use crate::show::{case, day_of};
use jiff::civil::Date;
use livshandelse_proto::v1::case_update::Content;
use livshandelse_proto::v1::{CaseState, CaseUpdate, WatchCaseRequest};
use std::time::Duration;
use tonic::Code;

/// How often a watch that was cut is taken up again before it is given up, without an update in between.
const RESUMES_MAX: u32 = 20;
/// Machine time between two tries.
const RESUME_DELAY: Duration = Duration::from_millis(500);

struct Watch<'a> {
    output: &'a Output,
    followed: Followed,
    canvas: Canvas,
    today: Option<Date>,
    sequence: u64,
}

/// Follows a case until it has ended.
pub(crate) async fn watch(one: One, output: &Output) -> Result<(), Failure> {
    let mut caller = one.reach.caller(output, None).await?;
    let today = one.reach.today(false).await;
    let mut watch = Watch { output, followed: Followed::default(), canvas: Canvas::default(), today, sequence: 0 };
    let mut resumes = 0;
    loop {
        let before = watch.sequence;
        let cut = match watch.follow(&mut caller, &one).await {
            Ok(()) => return watch.finish(),
            Err(Failure::Refused(status)) if status.code() == Code::Unavailable => Failure::Refused(status),
            Err(failure) => return Err(failure),
        };
        resumes = if watch.sequence > before { 0 } else { resumes + 1 };
        if resumes > RESUMES_MAX {
            return Err(cut);
        }
        tokio::time::sleep(RESUME_DELAY).await;
    }
}

impl Watch<'_> {
    /// Reads one stream to its end.
    async fn follow(&mut self, caller: &mut Caller, one: &One) -> Result<(), Failure> {
        let request = WatchCaseRequest {
            name: case_name(&one.case),
            after_sequence: self.sequence,
            language_code: caller.language_code.clone(),
        };
        let mut stream = caller.client.watch_case(request).await?.into_inner();
        while let Some(update) = stream.message().await? {
            self.take(update, one).await?;
        }
        Ok(())
    }

    async fn take(&mut self, update: CaseUpdate, one: &One) -> Result<(), Failure> {
        if self.output.is_json() {
            self.output.json(&value("CaseUpdate", &update)?);
        }
        let sequence = update.sequence;
        let is_first = self.followed.case().is_none();
        let changed = match update.content {
            Some(Content::Case(case)) => {
                if case.time_lapse {
                    self.today = one.reach.today(true).await.or(case.update_time.map(|time| day_of(&time)));
                }
                self.followed.whole(case)
            }
            Some(Content::Change(change)) => {
                if let Some(case) = change.case.as_ref().filter(|case| case.time_lapse) {
                    self.today = case.update_time.map(|time| day_of(&time)).or(self.today);
                }
                self.followed.change(change.case, change.steps)
            }
            Some(Content::Heartbeat(heartbeat)) => {
                self.today = heartbeat.civil_time.map(|time| day_of(&time)).or(self.today);
                Vec::new()
            }
            None => Vec::new(),
        };
        self.sequence = self.sequence.max(sequence);
        if self.output.is_json() {
            return Ok(());
        }
        let view = self.output.view(self.today);
        if let Some(followed) = self.followed.case() {
            if self.output.is_terminal() {
                self.canvas.draw(&case::case(followed, Detail::Glance, &view), self.output.language());
            } else if is_first {
                self.output.lines(&case::case(followed, Detail::Glance, &view));
                self.output.text("");
            } else if sequence > 0 {
                self.output.lines(&changes::lines(followed, &changed, &view));
            }
        }
        Ok(())
    }

    /// Shows the whole once more, where only a part may have fitted on the screen.
    fn finish(mut self) -> Result<(), Failure> {
        if self.output.is_json() {
            return Ok(());
        }
        let view = self.output.view(self.today);
        if let Some(followed) = self.followed.case() {
            if self.output.is_terminal() {
                self.canvas.clear();
            } else if followed.state() == CaseState::Ended {
                self.output.text("");
            }
            self.output.lines(&case::case(followed, Detail::Glance, &view));
        }
        Ok(())
    }
}

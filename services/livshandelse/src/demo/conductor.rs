//! Moves civil time, in all processes, when all is idle: to the earliest moment at which something is due.

use crate::connect::{Identity, Known, operations};
use crate::demo::story::timestamp;
use crate::fail::Failure;
use crate::show::civil;
use livshandelse_core::time::CivilTime;
use livshandelse_proto::v1::operations_service_client::OperationsServiceClient;
use livshandelse_proto::v1::time_lapse_service_client::TimeLapseServiceClient;
use livshandelse_proto::v1::{AdvanceTimeRequest, GetNextTimeRequest, GetTopologyRequest, Topology};
use std::time::{Duration, Instant};
use tonic::Code;
use tonic::transport::Channel;

/// How long everything may be busy before something must be wrong: longer than all tries at a silent agency.
const BUSY_MAX: Duration = Duration::from_secs(120);
/// Machine time between two looks at who is busy.
const LOOK_INTERVAL: Duration = Duration::from_millis(4);

/// Who moves time.
#[derive(Debug)]
pub(crate) struct Conductor {
    operations: OperationsServiceClient<Known>,
    agencies: Vec<(&'static str, TimeLapseServiceClient<Channel>)>,
}

/// Everybody's state when all is idle.
#[derive(Debug, Clone)]
pub(crate) struct Stillness {
    /// Civil time.
    pub(crate) now: CivilTime,
    /// When something is due next anywhere.
    pub(crate) next: Option<CivilTime>,
    /// How the service stands.
    pub(crate) topology: Topology,
}

impl Conductor {
    /// Conducts a service and its agencies.
    ///
    /// # Errors
    ///
    /// If the operator's name cannot be sent.
    pub(crate) fn new(service: Channel, agencies: Vec<(&'static str, Channel)>) -> Result<Conductor, Failure> {
        let identity = Identity::new("operator:demo", "move time")?;
        Ok(Conductor {
            operations: operations(service, identity),
            agencies: agencies
                .into_iter()
                .map(|(name, channel)| (name, TimeLapseServiceClient::new(channel)))
                .collect(),
        })
    }

    /// Waits until nothing is under way anywhere.
    ///
    /// # Errors
    ///
    /// If somebody does not answer, or is busy for too long.
    pub(crate) async fn settle(&mut self) -> Result<Stillness, Failure> {
        let begun = Instant::now();
        let mut was_idle = false;
        loop {
            let busy = match self.look().await? {
                // Twice in a row: between two looks somebody may have handed something to one already looked at.
                Ok(stillness) if was_idle => return Ok(stillness),
                Ok(_) => {
                    was_idle = true;
                    continue;
                }
                Err(busy) => busy,
            };
            was_idle = false;
            if begun.elapsed() > BUSY_MAX {
                return Err(Failure::Own(format!("{busy} has been busy for {} s", BUSY_MAX.as_secs())));
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// One look at everybody; the name of the first who is busy, if somebody is.
    async fn look(&mut self) -> Result<Result<Stillness, &'static str>, Failure> {
        let topology = self.operations.get_topology(GetTopologyRequest {}).await?.into_inner();
        if !topology.idle {
            return Ok(Err("the service"));
        }
        let mut next = topology.next_time.as_ref().map(civil);
        for (name, agency) in &mut self.agencies {
            let answer = agency.get_next_time(GetNextTimeRequest {}).await?.into_inner();
            if !answer.idle {
                return Ok(Err(name));
            }
            next = [next, answer.next_time.as_ref().map(civil)].into_iter().flatten().min();
        }
        let now = topology
            .civil_time
            .as_ref()
            .map(civil)
            .ok_or_else(|| Failure::Own("the service does not say what time it is".to_owned()))?;
        Ok(Ok(Stillness { now, next, topology }))
    }

    /// Moves everybody to a moment: the service first, so that no agency speaks of what lies ahead of it.
    ///
    /// # Errors
    ///
    /// If somebody does not answer, or refuses.
    pub(crate) async fn advance(&mut self, to: CivilTime) -> Result<(), Failure> {
        let request = || AdvanceTimeRequest { civil_time: Some(timestamp(to)) };
        let begun = Instant::now();
        while let Err(status) = self.operations.advance_time(request()).await {
            // Something began between the last look and now.
            let is_busy = matches!(status.code(), Code::FailedPrecondition | Code::Unavailable | Code::Aborted);
            if !is_busy || begun.elapsed() > BUSY_MAX {
                return Err(status.into());
            }
            self.settle().await?;
        }
        for (_, agency) in &mut self.agencies {
            agency.advance_time(request()).await?;
        }
        Ok(())
    }
}

//! Text to elements.

use super::{StepError, cancelled, elements::stored_elements, estimate::Teller};
use crate::{App, error::CommandError, open_vault::OpenVault};
use journey_analysis::analyser::{AnalysisContext, AnalysisError, ProgressSink};
use journey_domain::{
    analysis::AnalysisInput, error_code::ErrorCode, ids::RunId, job::Job, ports::CancelToken,
    run::Run,
};
use journey_vault::{NewRun, VaultError};
use std::sync::{Arc, Mutex};

/// Runs the job: reads the newest transcript, analyses it, stores the run.
pub(super) fn run(
    app: &App,
    open: &OpenVault,
    job: &Job,
    cancel: &CancelToken,
) -> Result<(), StepError> {
    let ports = app.ports();
    let detail = open.vault.read(|read| read.session(job.session))?;
    let Some(transcript) = &detail.transcript else {
        return Err(StepError::lasting(CommandError::new(
            ErrorCode::NotFound,
            "there is no transcript to analyse yet",
        )));
    };
    let analyser = app.analyser(open, job.session).map_err(StepError::lasting)?;
    let zone = jiff::tz::TimeZone::get(&detail.stored.session.time_zone)
        .unwrap_or_else(|_| ports.clock.time_zone());
    let said_on = detail.stored.session.recorded_at.to_zoned_datetime(zone).date();
    let teller = Mutex::new(Teller::new(ports, job, 0.0));
    let tell: ProgressSink = Arc::new(move |fraction: f32, message: &str| {
        if let Ok(mut teller) = teller.lock() {
            teller.tell(fraction, message);
        }
    });
    tell(0.0, "finding emotions, topics and more");
    let (started_at, began) = (ports.clock.now(), ports.clock.monotonic());
    let context = AnalysisContext { cancel: cancel.clone(), progress: tell.clone() };
    let analysis = app
        .runtime()
        .block_on(analyser.analyse(AnalysisInput { transcript, said_on }, &context))
        .map_err(|error| step_error(&error))?;
    if cancel.is_cancelled() {
        return Err(StepError::lasting(cancelled()));
    }

    let run_id = RunId::new(ports.ids.next());
    let before = match detail.stored.run {
        Some(accepted) => {
            let run = open.vault.read(|read| read.runs().get(accepted))?;
            open.vault.read(|read| read.elements().of_run(accepted, run.transcript_revision))?
        }
        None => Vec::new(),
    };
    let found = stored_elements(&analysis, transcript, run_id, &before, &*ports.ids);
    let run = Run {
        id: run_id,
        session: job.session,
        transcript_revision: transcript.revision,
        analyser: analyser.identity(),
        started_at,
        duration_ms: u64::try_from(ports.clock.monotonic().saturating_sub(began).as_millis())
            .unwrap_or(u64::MAX),
        tokens_in: analysis.tokens_in,
        tokens_out: analysis.tokens_out,
        cost_usd: analysis.cost_usd,
        rejected: found.rejected,
        holes: analysis.holes,
    };
    // A later run that found nothing deletes nothing: it is stored beside the one that holds.
    let accept = before.is_empty() || !found.elements.is_empty();
    open.vault.write(|write| {
        write.sessions().set_holes(
            job.session,
            journey_domain::session::HoleStage::Analyse,
            &[],
        )?;
        write.store_run(&NewRun {
            run: &run,
            elements: &found.elements,
            relationships: &found.relationships,
            accept,
            job: Some(job.id),
        })?;
        Ok::<_, VaultError>(())
    })?;
    tell(1.0, "done");
    Ok(())
}

fn step_error(error: &AnalysisError) -> StepError {
    let passing =
        matches!(error.code(), ErrorCode::Network | ErrorCode::RateLimited | ErrorCode::Busy);
    let it = CommandError::new(error.code(), error.to_string());
    let error = match error.hint() {
        Some(hint) => it.hint(hint),
        None => it,
    };
    StepError { error, passing }
}

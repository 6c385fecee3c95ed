//! Text to elements.

use super::{
    ASK_PAUSE, StepError, cancelled, elements::stored_elements, estimate::Teller, is_called_off,
    part::TextPart,
};
use crate::{
    App,
    analysing::WayOut,
    editing::{moved, standing},
    error::CommandError,
    open_vault::OpenVault,
};
use journey_analysis::analyser::{AnalysisContext, AnalysisError, ProgressSink};
use journey_domain::{
    analysis::AnalysisInput,
    element::Element,
    error_code::ErrorCode,
    ids::{RunId, SessionId},
    job::{Job, JobKind, JobOrder},
    ports::CancelToken,
    run::Run,
    session::{Hole, HoleStage, StageError},
    transcript::Transcript,
};
use journey_vault::{NewRun, VaultError};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

/// How soon an analysis that leads out notices that it should stop.
const STOP_PAUSE: Duration = Duration::from_millis(100);

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
    let part = job.part_of(HoleStage::Analyse).cloned().and_then(|hole| {
        let run = detail.run.as_ref()?;
        let links = open
            .vault
            .read(|read| read.elements().relationships_of_run(run.id, run.transcript_revision));
        TextPart::of(&detail, hole, links.unwrap_or_default())
    });
    let way_out = app.way_out(open).map_err(StepError::lasting)?;
    let begun = Some(way_out).filter(|it| job.order.is_automatic && it.leads_out());
    let analyser = app.analyser(open, job.session, &job.order).map_err(StepError::lasting)?;
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
    let stop = if begun.is_some() { CancelToken::new() } else { cancel.clone() };
    let context = AnalysisContext { cancel: stop.clone(), progress: tell.clone() };
    let text = part.as_ref().map_or(transcript, |part| &part.piece);
    let analysis = app.runtime().block_on(async {
        let input = AnalysisInput { transcript: text, said_on };
        tokio::select! {
            done = analyser.analyse(input, &context) => done,
            never = watch(open, job, cancel) => match never {},
            never = pass_on(app, open, begun.as_ref(), cancel, &stop) => match never {},
        }
    });
    if begun.as_ref().is_some_and(|begun| holds_no_more(app, open, begun)) {
        // Nothing of it is stored: it is begun anew with what the person chose meanwhile.
        return Err(StepError::anew());
    }
    let analysis = analysis.map_err(|error| step_error(&error))?;
    let analysis = match &part {
        Some(part) => {
            let placed = part.placed(analysis, transcript);
            part.credited(placed, &analyser.identity(), transcript)
        }
        None => analysis,
    };
    if cancel.is_cancelled() || is_called_off(open, job) {
        return Err(StepError::lasting(cancelled()));
    }

    let run_id = RunId::new(ports.ids.next());
    let (before, missing_before) = match detail.stored.run {
        Some(accepted) => open.vault.read(|read| {
            let run = read.runs().get(accepted)?;
            let elements = standing(read, accepted, transcript)?;
            Ok::<_, CommandError>((elements, missing(&run.holes)))
        })?,
        None => (Vec::new(), 0),
    };
    let found = match &part {
        Some(part) => part.joined(&before, &analysis, transcript, run_id, &*ports.ids),
        None => {
            let known = with_corrected(open, job.session, transcript, before.clone())?;
            stored_elements(&analysis, transcript, run_id, &known, &*ports.ids)
        }
    };
    let holes = match &part {
        Some(part) => part.holes(analysis.holes),
        None => analysis.holes,
    };
    let reused = match &part {
        Some(part) => part.reused().joined(analysis.reused, holes.is_empty()),
        None => analysis.reused,
    };
    let run = Run {
        id: run_id,
        session: job.session,
        transcript_revision: transcript.revision,
        analyser: match &part {
            Some(part) => part.analyser().clone(),
            None => analyser.identity(),
        },
        started_at,
        duration_ms: u64::try_from(ports.clock.monotonic().saturating_sub(began).as_millis())
            .unwrap_or(u64::MAX),
        tokens_in: analysis.tokens_in,
        tokens_out: analysis.tokens_out,
        cost_usd: analysis.cost_usd,
        rejected: found.rejected,
        holes,
        substitutes: analysis.substitutes,
        reused,
    };
    // A later run that found nothing, or read less, deletes nothing: it is stored beside the one that
    // holds.
    let reads_less = !before.is_empty() && missing(&run.holes) > missing_before;
    let unasked = app.analyses_unasked(open).map_err(StepError::lasting)?;
    let again = unasked.then(|| JobOrder { part: None, ..job.order.clone() });
    let accept = before.is_empty() || !found.elements.is_empty() && !reads_less;
    open.vault.write(|write| {
        write.sessions().set_holes(job.session, HoleStage::Analyse, &[])?;
        write.store_run(&NewRun {
            run: &run,
            elements: &found.elements,
            relationships: &found.relationships,
            accept,
            job: Some(job.id),
        })?;
        let newest = write.read().transcripts().newest_revision(job.session)?;
        if newest != run.transcript_revision {
            // Another text came while this one was read.
            if let Some(order) = &again {
                write.jobs().order(job.session, JobKind::Analyse, order)?;
            }
        }
        if reads_less {
            write.sessions().set_error(job.session, Some(&kept_the_fuller()))?;
        }
        Ok::<_, VaultError>(())
    })?;
    if accept {
        // The elements are safe; what fails here is made up for when threads are next asked for.
        app.weave_threads(open, job.session).map_err(StepError::lasting)?;
    }
    Ok(())
}

/// Cancels the job when it was called off elsewhere; never done.
async fn watch(open: &OpenVault, job: &Job, cancel: &CancelToken) -> Infallible {
    loop {
        tokio::time::sleep(ASK_PAUSE).await;
        if is_called_off(open, job) {
            cancel.cancel();
        }
    }
}

/// Stops an automatic analysis that leads out when the job is cancelled, and when the choices that
/// it was begun with hold no more; never done.
async fn pass_on(
    app: &App,
    open: &OpenVault,
    begun: Option<&WayOut>,
    cancel: &CancelToken,
    stop: &CancelToken,
) -> Infallible {
    let Some(begun) = begun else { return std::future::pending().await };
    loop {
        tokio::time::sleep(STOP_PAUSE).await;
        if cancel.is_cancelled() || holds_no_more(app, open, begun) {
            stop.cancel();
        }
    }
}

/// Whether the person, perhaps in another process, chose otherwise meanwhile.
fn holds_no_more(app: &App, open: &OpenVault, begun: &WayOut) -> bool {
    app.way_out(open).is_ok_and(|now| now != *begun)
}

/// What holds, and beside it what a person corrected in other runs: should it be found again, the
/// person's word must hold for it.
fn with_corrected(
    open: &OpenVault,
    session: SessionId,
    transcript: &Transcript,
    mut known: Vec<Element>,
) -> Result<Vec<Element>, CommandError> {
    open.vault.read(|read| {
        for correction in read.corrections().of_session(session)? {
            if known.iter().any(|e| e.id == correction.element) {
                continue;
            }
            let corrected = |revision| -> Result<Vec<Element>, VaultError> {
                let mut found = read.elements().of_run(correction.original.run, revision)?;
                found.retain(|e| e.id == correction.element);
                Ok(found)
            };
            let here = corrected(transcript.revision)?;
            let revision = correction.original.revision;
            known.extend(if here.is_empty() {
                moved(read, session, revision, corrected(revision)?, transcript)?
            } else {
                here
            });
        }
        Ok(known)
    })
}

/// How many characters were not analysed.
fn missing(holes: &[Hole]) -> usize {
    let of_text = holes.iter().filter(|h| h.stage == HoleStage::Analyse);
    of_text.map(|h| h.end.saturating_sub(h.start)).sum()
}

fn kept_the_fuller() -> StageError {
    StageError {
        stage: HoleStage::Analyse,
        code: ErrorCode::Provider,
        message: "parts of the new analysis are missing, so the earlier one is still shown. Analyse again \
                  for the missing parts, or choose the new one among the session's analyses."
            .to_owned(),
    }
}

/// An analyser has asked again as often as is worth it, within the session's limits of time and money: a
/// second layer of tries would multiply both. Whoever wants another try orders the analysis again.
fn step_error(error: &AnalysisError) -> StepError {
    let it = CommandError::new(error.code(), error.to_string());
    StepError::lasting(match error.hint() {
        Some(hint) => it.hint(hint),
        None => it,
    })
}

//! One analysis of one transcript: its windows, tries, limits and what they add up to.

use super::{
    ProviderAnalyser,
    chat::{self, End, Said},
    error::ProviderError,
    findings::{Checked, Findings},
    http::{Answer, Counted, pause},
    prompt::{self, Message},
    retry, tokens,
    turns::Patience,
    windows::{Window, windows},
    wire,
};
use crate::{
    analyser::{AnalysisContext, AnalysisError},
    evidence::EvidenceCheck,
    merge::merge,
    sentences::{Sentence, split},
};
use futures_util::{StreamExt, stream};
use jiff::civil::Date;
use journey_domain::{
    analysis::{Analysis, AnalysisInput},
    run::{Reused, Substitute, WhySubstitute},
    session::{Hole, HoleStage},
    text::{CharSpan, IndexedText},
    transcript::Transcript,
};
use reqwest::Method;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Windows under way at once.
const CONCURRENCY: usize = 3;
/// Answers in a row that may fail before the provider is left alone.
const CIRCUIT: u32 = 2;
/// Requests that may be repeated because the server does not take a parameter.
const MAX_ADAPTIONS: u32 = 5;

#[derive(Debug, Default)]
struct Spent {
    tokens_in: u64,
    tokens_out: u64,
    /// Requests that began.
    n_asked: u32,
    /// Windows answered by what was kept.
    n_reused: u32,
    cost_usd: f64,
    /// Most that the requests under way may add.
    reserved_usd: f64,
    failures: u32,
    adaptions: u32,
    /// Share of the windows that are through.
    fraction: f32,
    /// Nothing is asked any more.
    ended: bool,
    /// Why not.
    ended_by: Option<String>,
}

pub(super) struct Session<'a> {
    provider: &'a ProviderAnalyser,
    context: &'a AnalysisContext,
    transcript: &'a Transcript,
    said_on: Date,
    sentences: &'a [Sentence],
    checked: Checked<'a>,
    began: Duration,
    spent: Mutex<Spent>,
}

/// Analyses a whole transcript.
pub(super) async fn analyse(
    provider: &ProviderAnalyser,
    input: AnalysisInput<'_>,
    context: &AnalysisContext,
) -> Result<Analysis, AnalysisError> {
    let text = &input.transcript.text;
    let sentences = split(text);
    let names = provider.names.for_text(text);
    let session = Session {
        provider,
        context,
        transcript: input.transcript,
        said_on: input.said_on,
        sentences: &sentences,
        checked: Checked {
            text: IndexedText::new(text),
            sentences: &sentences,
            evidence: EvidenceCheck::new(text, &sentences),
            names: &names,
            named: names.in_text(text),
            pack: provider.config.emotions,
        },
        began: provider.ports.clock.monotonic(),
        spent: Mutex::default(),
    };
    session.run().await
}

impl Session<'_> {
    async fn run(self) -> Result<Analysis, AnalysisError> {
        let session = &self;
        let all = session.windows();
        let mut analysis = Analysis::default();
        let mut failed: Vec<(Window, ProviderError)> = Vec::new();
        let mut n_done = 0_usize;
        // A first window alone learns what the server takes and whether it can be asked at all.
        let (first, rest) = all.split_at(all.len().min(1));
        for part in [first, rest] {
            let mut running = stream::iter(part.iter().copied())
                .map(|window| async move { (window, session.window(window).await) })
                .buffer_unordered(CONCURRENCY);
            while let Some((window, outcome)) = running.next().await {
                n_done += 1;
                let fraction = n_done as f32 / all.len() as f32;
                session.spent().fraction = fraction;
                (session.context.progress)(fraction, "analysed a part");
                match outcome {
                    Ok(found) => add(&mut analysis, found),
                    Err(error) => failed.push((window, error)),
                }
            }
        }
        let mut lost: Vec<(Window, ProviderError)> = Vec::new();
        // Where no part succeeded, more tries at once would only multiply the failure.
        let works = failed.len() < all.len();
        for (window, error) in failed {
            for (window, outcome) in session.again(window, error, works).await {
                match outcome {
                    Ok(found) => add(&mut analysis, found),
                    Err(error) => lost.push((window, error)),
                }
            }
        }
        if session.context.cancel.is_cancelled() {
            return Err(AnalysisError::Cancelled);
        }
        let n_lost: u32 = lost.iter().map(|(w, _)| w.last - w.first + 1).sum();
        if n_lost as usize == session.sentences.len() && !lost.is_empty() {
            // The first window's reason: later ones may only say that it was given up.
            lost.sort_by_key(|(window, _)| window.first);
            return Err(lost.swap_remove(0).1.into());
        }
        analysis.holes = lost.iter().filter_map(|(w, error)| session.hole(w, error)).collect();
        analysis.holes.sort_by_key(|hole| hole.start);
        analysis.substitutes.sort_by_key(|part| part.start);
        let spent = session.spent();
        analysis.tokens_in = spent.tokens_in;
        analysis.tokens_out = spent.tokens_out;
        // Without a price nothing is known of the cost, whether or not anything was asked.
        analysis.cost_usd = session.provider.price.is_some().then_some(spent.cost_usd);
        analysis.reused = Reused::of(spent.n_reused, spent.n_asked, analysis.holes.is_empty());
        drop(spent);
        Ok(merge(analysis, session.sentences))
    }

    /// A failed window once more, alone: in halves where its answer was too long.
    async fn again(
        &self,
        window: Window,
        error: ProviderError,
        works: bool,
    ) -> Vec<(Window, Result<Findings, ProviderError>)> {
        match (&error, window.halves()) {
            (ProviderError::CutAtLength | ProviderError::CutPrompt { .. }, Some(halves)) => {
                let mut found = Vec::new();
                for half in halves {
                    found.push((half, self.window(half).await));
                }
                found
            }
            _ if works && error.is_passing() && !self.spent().ended => {
                vec![(window, self.window(window).await)]
            }
            _ => vec![(window, Err(error))],
        }
    }

    /// Asks about one window; an unreadable answer is shown back once, and if the second one is
    /// unreadable too, the window is read on this device.
    async fn window(&self, window: Window) -> Result<Findings, ProviderError> {
        let messages = self.messages(&window);
        if let Some(reply) = self.kept(&messages) {
            self.spent().n_reused += 1;
            return Ok(self.checked.findings(reply, &window));
        }
        let answer = self.ask(&messages).await?;
        let problem = match wire::parse(&answer) {
            Ok(reply) => {
                self.keep(&messages, &answer);
                return Ok(self.checked.findings(reply, &window));
            }
            Err(problem) => problem,
        };
        let shown = prompt::repair(messages.clone(), &answer, &problem.to_string());
        let answer = self.ask(&shown).await?;
        match wire::parse(&answer) {
            Ok(reply) => {
                self.keep(&messages, &answer);
                Ok(self.checked.findings(reply, &window))
            }
            Err(problem) => self.on_device(&window, &problem.to_string()).await,
        }
    }

    /// The windows of the transcript; one that could only be answered in halves before is asked
    /// about in halves, whose answers are kept.
    fn windows(&self) -> Vec<Window> {
        let is_kept = |window: &Window| self.kept(&self.messages(window)).is_some();
        let mut found = Vec::new();
        for window in windows(self.sentences, self.provider.config.kind.window_chars()) {
            match window.halves() {
                Some(halves) if !is_kept(&window) && halves.iter().all(is_kept) => {
                    found.extend(halves);
                }
                _ => found.push(window),
            }
        }
        found
    }

    fn hash(&self, messages: &[Message]) -> String {
        let provider = self.provider;
        let url = provider.http.address.join(chat::path(provider.config.kind));
        let config = &provider.config;
        chat::hash(url.as_str(), &config.model, config.temperature, messages)
    }

    /// The answer to what was asked in the same words before.
    fn kept(&self, messages: &[Message]) -> Option<wire::Reply> {
        let replies = self.provider.ports.replies.as_ref()?;
        wire::parse(&replies.kept(&self.hash(messages))?).ok()
    }

    fn keep(&self, messages: &[Message], answer: &str) {
        let ports = &self.provider.ports;
        if let (Some(replies), Some(session)) = (&ports.replies, ports.consent.session()) {
            replies.keep(session, &self.hash(messages), answer);
        }
    }

    pub(super) fn messages(&self, window: &Window) -> Vec<Message> {
        let text_of = |id: u32| sentence_text(&self.checked, self.sentences, id);
        prompt::messages(self.checked.pack, window, self.said_on, &text_of)
    }

    /// The window read on this device, marked so, with the validator's reason.
    async fn on_device(&self, window: &Window, problem: &str) -> Result<Findings, ProviderError> {
        let span = self.span_of(window).ok_or(ProviderError::NotAnAnswer)?;
        let text = self.checked.text.slice(span).unwrap_or_default().to_owned();
        let language = self.transcript.language.clone();
        let part = Transcript::from_text(self.transcript.revision, language, text);
        let quiet = AnalysisContext { cancel: self.context.cancel.clone(), ..Default::default() };
        let input = AnalysisInput { transcript: &part, said_on: self.said_on };
        let reader = &self.provider.ports.on_device;
        let found = reader.analyse(input, &quiet).await.map_err(|e| match e {
            AnalysisError::Cancelled => ProviderError::Cancelled,
            _ => ProviderError::NotAnAnswer,
        })?;
        let (who, time) = (reader.identity(), self.transcript.time_of(span));
        let mut findings = Findings {
            elements: found.elements,
            relationships: found.relationships,
            rejected: found.rejected,
            substitute: Some(Substitute {
                provider: who.provider.clone(),
                model: who.model,
                start_ms: time.map_or(0, |t| t.start_ms),
                end_ms: time.map_or(0, |t| t.end_ms),
                start: span.start,
                end: span.end,
                why: WhySubstitute::UnusableAnswer,
                reason: format!("the provider's answer could not be used twice: {problem}"),
            }),
        };
        for element in &mut findings.elements {
            element.found_by = Some(who.provider.clone());
        }
        let evidence = findings
            .elements
            .iter_mut()
            .flat_map(|e| &mut e.evidence)
            .chain(findings.relationships.iter_mut().flat_map(|r| &mut r.evidence));
        for piece in evidence {
            piece.span.start += span.start;
            piece.span.end += span.start;
        }
        Ok(findings)
    }

    /// The text of a complete answer, after as many tries as the limits allow.
    async fn ask(&self, messages: &[Message]) -> Result<String, ProviderError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (error, retry_after) = match self.ask_once(messages).await {
                Ok(said) => {
                    self.spent().failures = 0;
                    return Ok(said.text);
                }
                Err(failure) => failure,
            };
            if self.adapts(&error) {
                tries -= 1;
                continue;
            }
            if error.ends_the_session() {
                let mut spent = self.spent();
                spent.ended = true;
                spent.ended_by.get_or_insert_with(|| error.to_string());
            }
            if !error.is_passing() {
                return Err(error);
            }
            if tries >= retry::MAX_TRIES {
                self.spent().failures += 1;
                return Err(error);
            }
            let limits = self.provider.http.limits;
            let wait = retry::pause_before(
                tries,
                retry_after.as_deref(),
                self.provider.ports.clock.now(),
                (limits.backoff, limits.longest_pause),
                &*self.provider.ports.random,
            );
            if wait >= self.time_left() {
                return Err(error);
            }
            pause(wait, &self.context.cancel).await?;
        }
    }

    /// One request, if the limits still allow one.
    async fn ask_once(
        &self,
        messages: &[Message],
    ) -> Result<Said, (ProviderError, Option<String>)> {
        let bare = |error| (error, None);
        let time_left = self.time_left();
        if time_left.is_zero() {
            return Err(bare(ProviderError::TimeLimit));
        }
        let provider = self.provider;
        let ports = &provider.ports;
        let fraction = self.spent().fraction;
        let patience = Patience {
            clock: &*ports.clock,
            longest: time_left,
            cancel: &self.context.cancel,
            waits: &|wait: Duration| {
                let words = format!("as many calls as a minute may see; {}", goes_on_in(wait));
                (self.context.progress)(fraction, &words);
            },
        };
        let _turn = ports.turns.take(&*ports.calls, &patience).await.map_err(bare)?;
        let time_left = self.time_left();
        let reserved = self.reserve(messages).map_err(bare)?;
        let kind = provider.config.kind;
        self.spent().n_asked += 1;
        let body = provider.body(messages);
        let count = |answer: &Answer| {
            let said = (answer.status < 300).then(|| chat::read(kind, answer).ok()).flatten();
            let (tokens_in, tokens_out) =
                said.map_or((None, None), |said| (said.tokens_in, said.tokens_out));
            let cost_usd = provider
                .price
                .zip(tokens_in)
                .map(|(price, tokens_in)| price.cost(tokens_in, tokens_out.unwrap_or(0)));
            Counted { tokens_in, tokens_out, cost_usd }
        };
        let heard = |_bytes: usize| (self.context.progress)(fraction, "the provider is answering");
        let answer = provider
            .http
            .call(
                (Method::POST, chat::path(kind)),
                body,
                time_left,
                &self.context.cancel,
                &heard,
                &count,
            )
            .await;
        let counted = answer.as_ref().ok().map(count).unwrap_or_default();
        let is_billed = match &answer {
            Ok(answer) => answer.status < 300,
            Err(error) => error.may_be_billed(),
        };
        self.settle(reserved, counted, is_billed);
        let answer = answer.map_err(bare)?;
        if !(200..300).contains(&answer.status) {
            let (words, quota) = chat::error_words(&answer.body);
            let message = self.safe_words(&provider.http.without_key(&words));
            let error = ProviderError::Status { status: answer.status, message, quota };
            return Err((error, answer.retry_after));
        }
        let said = chat::read(kind, &answer).map_err(bare)?;
        let sent = self.n_tokens(messages);
        match said.tokens_in {
            Some(read) if read > 0 && read < tokens::least(sent) => {
                return Err(bare(ProviderError::CutPrompt { read, sent }));
            }
            _ => {}
        }
        match said.end {
            End::Complete => Ok(said),
            End::Missing => Err(bare(ProviderError::Network("the answer broke off"))),
            End::Length => Err(bare(ProviderError::CutAtLength)),
            End::Refused => Err(bare(ProviderError::Refused)),
        }
    }

    /// Whether the server's words name a parameter that can be left out next time.
    fn adapts(&self, error: &ProviderError) -> bool {
        let ProviderError::Status { status: 400 | 422, message, .. } = error else { return false };
        let mut spent = self.spent();
        if spent.adaptions >= MAX_ADAPTIONS {
            return false;
        }
        let takes = *self.provider.takes();
        let Some(less) = takes.without(message) else { return false };
        *self.provider.takes() = less;
        spent.adaptions += 1;
        drop(spent);
        true
    }

    fn n_tokens(&self, messages: &[Message]) -> u64 {
        let prefix = prompt::prefix(self.checked.pack);
        let of = |message: &Message| {
            if message.text == prefix {
                prompt::prefix_tokens(self.checked.pack)
            } else {
                tokens::count_tokens(&message.text)
            }
        };
        messages.iter().map(of).sum()
    }

    /// Keeps money back for a request, so that parallel ones stay within the limit together.
    fn reserve(&self, messages: &[Message]) -> Result<f64, ProviderError> {
        let mut spent = self.spent();
        if self.context.cancel.is_cancelled() {
            return Err(ProviderError::Cancelled);
        }
        if spent.ended || spent.failures >= CIRCUIT {
            return Err(ProviderError::CircuitOpen);
        }
        let Some(price) = self.provider.price else { return Ok(0.0) };
        let tokens_in = self.n_tokens(messages);
        // What a window gives rarely fills half of what it may.
        let most = price.cost(tokens_in, u64::from(chat::MAX_TOKENS_OUT / 2));
        let limit = self.provider.config.cost_limit_usd;
        if limit.is_some_and(|limit| spent.cost_usd + spent.reserved_usd + most > limit) {
            return Err(ProviderError::CostLimit);
        }
        spent.reserved_usd += most;
        drop(spent);
        Ok(most)
    }

    /// What a request cost. One that was read and of which the server gave no count may have cost
    /// all that was kept back for it.
    fn settle(&self, reserved: f64, counted: Counted, is_billed: bool) {
        let unknown = if is_billed { reserved } else { 0.0 };
        let mut spent = self.spent();
        spent.reserved_usd -= reserved;
        spent.tokens_in += counted.tokens_in.unwrap_or(0);
        spent.tokens_out += counted.tokens_out.unwrap_or(0);
        spent.cost_usd += counted.cost_usd.unwrap_or(unknown);
    }

    /// A service's words, unless they repeat what was said to it.
    fn safe_words(&self, words: &str) -> String {
        let text = self.checked.text.text();
        let letters: Vec<char> = words.chars().collect();
        let repeats = letters.windows(20).step_by(4).any(|w| text.contains(&String::from_iter(w)));
        if repeats { "(its words repeat the transcript)".to_owned() } else { words.to_owned() }
    }

    fn time_left(&self) -> Duration {
        let ran = self.provider.ports.clock.monotonic().saturating_sub(self.began);
        self.provider.config.time_limit.saturating_sub(ran)
    }

    fn span_of(&self, window: &Window) -> Option<CharSpan> {
        let sentence = |id: u32| self.sentences.get(id.checked_sub(1)? as usize);
        CharSpan::new(sentence(window.first)?.span.start, sentence(window.last)?.span.end)
    }

    fn hole(&self, window: &Window, error: &ProviderError) -> Option<Hole> {
        let span = self.span_of(window)?;
        let time = self.transcript.time_of(span);
        Some(Hole {
            stage: HoleStage::Analyse,
            start_ms: time.map_or(0, |t| t.start_ms),
            end_ms: time.map_or(0, |t| t.end_ms),
            start: span.start,
            end: span.end,
            reason: match error {
                // It was left alone for what befell another part.
                ProviderError::CircuitOpen => self.spent().ended_by.clone(),
                _ => None,
            }
            .unwrap_or_else(|| error.to_string()),
        })
    }

    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn goes_on_in(wait: Duration) -> String {
    format!("goes on in {} s", super::error::whole_seconds(wait))
}

/// The sentence as it is sent: without listed names.
pub(super) fn sentence_text(checked: &Checked<'_>, sentences: &[Sentence], id: u32) -> String {
    let sentence = (id as usize).checked_sub(1).and_then(|at| sentences.get(at));
    sentence.map(|s| checked.named.sent(&checked.text, s.span)).unwrap_or_default()
}

fn add(analysis: &mut Analysis, found: Findings) {
    let before = analysis.elements.len();
    analysis.elements.extend(found.elements);
    analysis.rejected = analysis.rejected.saturating_add(found.rejected);
    analysis.substitutes.extend(found.substitute);
    analysis.relationships.extend(found.relationships.into_iter().map(|mut link| {
        link.from += before;
        link.to += before;
        link
    }));
}

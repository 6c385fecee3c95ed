//! What analyses found: runs, their differences, and a person's corrections.

use crate::{
    App,
    access::Unlocked,
    editing::{bring_forward, standing},
    error::{CommandError, Result},
    review::find,
    run_diff::{self, Change},
    threads::weave,
    views::{ChangeView, RunSummary, SessionView},
};
use journey_domain::{
    element::{Element, ElementKind, MAX_LABEL_CHARS},
    ids::{ElementId, SessionId},
    run::Run,
    taxonomy::NodeId,
};
use journey_vault::table::corrections::Correction;

impl App {
    /// The analyses of a session, oldest first.
    ///
    /// # Errors
    /// Not found.
    pub fn runs(&self, me: &Unlocked, id: &str) -> Result<Vec<RunSummary>> {
        me.vault().read(|read| {
            let id = find(read, id)?;
            let accepted = read.runs().accepted(id)?;
            read.runs()
                .of_session(id)?
                .iter()
                .map(|run| {
                    let n = read.elements().of_run(run.id, run.transcript_revision)?.len();
                    Ok(RunSummary::new(run, n, accepted == Some(run.id)))
                })
                .collect()
        })
    }

    /// What `after` changes relative to `before`.
    ///
    /// # Errors
    /// Not found.
    pub fn diff(
        &self,
        me: &Unlocked,
        id: &str,
        before: &str,
        after: &str,
    ) -> Result<Vec<ChangeView>> {
        me.vault().read(|read| {
            let session = find(read, id)?;
            let run =
                |id: &str| Ok::<_, CommandError>(read.runs().get(read.runs().find(session, id)?)?);
            let (before, after) = (run(before)?, run(after)?);
            // Places in different texts cannot be compared.
            let now = if before.transcript_revision == after.transcript_revision {
                None
            } else {
                read.transcripts().current(session)?
            };
            let elements = |run: &Run| match &now {
                Some(now) => standing(read, run.id, now),
                None => Ok(read.elements().of_run(run.id, run.transcript_revision)?),
            };
            let (before, after) = (elements(&before)?, elements(&after)?);
            let at = |list: &[Element], i: usize| list.get(i).map(Into::into);
            Ok(run_diff::diff(&before, &after)
                .into_iter()
                .filter_map(|change| {
                    let (word, before, after) = match change {
                        Change::Added(j) => ("added", None, at(&after, j)),
                        Change::Removed(i) => ("removed", at(&before, i), None),
                        Change::Changed(i, j) => ("changed", at(&before, i), at(&after, j)),
                        Change::Same(..) => return None,
                    };
                    Some(ChangeView { change: word.to_owned(), before, after })
                })
                .collect())
        })
    }

    /// Shows this run's elements from now on, where they stand in the text that holds.
    ///
    /// # Errors
    /// Not found, or nothing of it stands there.
    pub fn accept_run(&self, me: &Unlocked, id: &str, run: &str) -> Result<SessionView> {
        self.change(me, id, |write, session| {
            let run = write.read().runs().find(session, run)?;
            bring_forward(write, session, run)?;
            write.accept_run(session, run)?;
            Ok(weave(write, session)?)
        })
    }

    /// Gives an element another kind or label; holds across later analyses.
    ///
    /// # Errors
    /// A usage error for an unknown kind, node or a bad label; not found.
    pub fn correct_element(
        &self,
        me: &Unlocked,
        id: &str,
        kind: Option<&str>,
        label: Option<&str>,
    ) -> Result<SessionView> {
        if kind.is_none() && label.is_none() {
            return Err(CommandError::usage("nothing to correct was given")
                .hint("Give --kind, --label or both."));
        }
        let kind = kind.map(str::parse::<ElementKind>).transpose().map_err(|_| {
            CommandError::usage("there is no such kind")
                .hint("It is emotion, topic, insight, belief, challenge or action.")
        })?;
        let (session, element) = self.element(me, id)?;
        // As the person sees it: an earlier correction holds where this one says nothing.
        let shown = me.vault().read(|read| Ok::<_, CommandError>(read.session(session)?))?;
        let element = shown.elements.into_iter().find(|it| it.id == element.id).unwrap_or(element);
        let kind = kind.unwrap_or(element.kind);
        let (label, taxonomy) = self.corrected_label(me, &element, kind, label)?;
        self.correct(me, session, element.id, &Correction::Relabel { kind, label, taxonomy })
    }

    fn corrected_label(
        &self,
        me: &Unlocked,
        element: &Element,
        kind: ElementKind,
        label: Option<&str>,
    ) -> Result<(String, Option<NodeId>)> {
        let is_given = label.is_some();
        let label = label.map_or_else(|| element.label.clone(), |l| l.trim().to_owned());
        let n_chars = label.chars().count();
        if n_chars == 0 || n_chars > MAX_LABEL_CHARS || label.chars().any(char::is_control) {
            return Err(CommandError::usage(format!(
                "a label has 1 to {MAX_LABEL_CHARS} characters"
            )));
        }
        if !matches!(kind, ElementKind::Emotion | ElementKind::Topic) {
            return Ok((label, None));
        }
        let nodes = self.shown_nodes(&me.open, kind)?;
        let tree = if kind == ElementKind::Emotion { "emotions" } else { "topics" };
        let lists = format!("`insight-journey taxonomy {tree}` lists them.");
        let node = nodes
            .iter()
            .find(|n| n.id.as_str() == label || n.name.eq_ignore_ascii_case(&label))
            .ok_or_else(|| {
                if is_given {
                    return CommandError::usage(format!("there is no such node among the {tree}"))
                        .hint(lists);
                }
                CommandError::usage(format!("which {} it is was not said", kind.as_str()))
                    .hint(format!("Give --label with the name of one of the {tree}: {lists}"))
            })?;
        Ok((node.name.clone(), Some(node.id.clone())))
    }

    /// It was not said: hides the element here and in later analyses.
    ///
    /// # Errors
    /// Not found.
    pub fn delete_element(&self, me: &Unlocked, id: &str) -> Result<SessionView> {
        let (session, element) = self.element(me, id)?;
        self.correct(me, session, element.id, &Correction::Delete)
    }

    /// It was said, but not of the speaker.
    ///
    /// # Errors
    /// Not found.
    pub fn element_not_me(&self, me: &Unlocked, id: &str) -> Result<SessionView> {
        let (session, element) = self.element(me, id)?;
        self.correct(me, session, element.id, &Correction::NotMe)
    }

    /// Takes the last correction of an element back.
    ///
    /// # Errors
    /// Not found, or nothing to take back.
    pub fn restore_element(&self, me: &Unlocked, id: &str) -> Result<SessionView> {
        let (session, element) = self.element(me, id)?;
        me.vault().write(|write| {
            let made = write.corrections().of_session(session)?;
            let last = made
                .iter()
                .rev()
                .find(|c| c.element == element.id)
                .ok_or_else(|| CommandError::not_found("this element was not corrected"))?;
            write.corrections().undo(last.number)?;
            weave(write, session).map_err(CommandError::from)
        })?;
        self.announce(session);
        self.view(me, session)
    }

    fn element(&self, me: &Unlocked, id: &str) -> Result<(SessionId, Element)> {
        me.vault().read(|read| {
            let place = read.elements().place(read.elements().find(id)?)?;
            let run = read.runs().get(place.run)?;
            let element = read
                .elements()
                .of_run(run.id, run.transcript_revision)?
                .into_iter()
                .find(|e| e.id == place.element)
                .ok_or_else(|| CommandError::not_found("there is no such element"))?;
            Ok((place.session, element))
        })
    }

    fn correct(
        &self,
        me: &Unlocked,
        session: SessionId,
        element: ElementId,
        correction: &Correction,
    ) -> Result<SessionView> {
        me.vault().write(|write| {
            let made = write.corrections().of_session(session)?;
            let gone = |it: &Correction| matches!(it, Correction::Delete | Correction::NotMe);
            if made.iter().any(|it| it.element == element && gone(&it.correction)) {
                return Err(CommandError::not_found("this element was taken out already"));
            }
            write.corrections().add(element, correction)?;
            weave(write, session).map_err(CommandError::from)
        })?;
        self.announce(session);
        self.view(me, session)
    }
}

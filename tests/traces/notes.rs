//! A subscriber that notes everything: each span with its place among the others, each event with the spans around it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};

/// The text of each value by the name of its field; that of an event's words is `message`.
pub(crate) type Fields = BTreeMap<&'static str, String>;

/// A clone is the same one.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    spans: Vec<Span>,
    events: Vec<Noticed>,
    /// The spans that are entered just now. One engine, one thread.
    entered: Vec<usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) name: &'static str,
    /// Those that are known by now.
    pub(crate) fields: Fields,
    /// Its place in the list of all.
    parent: Option<usize>,
}

/// An event.
#[derive(Debug, Clone)]
pub(crate) struct Noticed {
    pub(crate) level: Level,
    pub(crate) fields: Fields,
    /// The spans around it, from the innermost.
    pub(crate) around: Vec<Span>,
}

impl Noticed {
    /// The names of the spans around it.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        names(&self.around)
    }
}

pub(crate) fn names(spans: &[Span]) -> Vec<&'static str> {
    spans.iter().map(|span| span.name).collect()
}

impl Notes {
    /// Notes what this thread tells from here on, until the guard is dropped.
    pub(crate) fn take() -> (Self, DefaultGuard) {
        let notes = Self::default();
        let guard = tracing::subscriber::set_default(notes.clone());
        (notes, guard)
    }

    /// Each span, with those around it, from the innermost.
    pub(crate) fn spans(&self) -> Vec<(Span, Vec<Span>)> {
        let noted = self.lock();
        noted.spans.iter().map(|span| (span.clone(), noted.from(span.parent))).collect()
    }

    /// The events with these words.
    pub(crate) fn events(&self, words: &str) -> Vec<Noticed> {
        let is_meant = |event: &&Noticed| event.fields.get("message").is_some_and(|message| message == words);
        self.lock().events.iter().filter(is_meant).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    /// The span at this place, and those around it.
    fn from(&self, place: Option<usize>) -> Vec<Span> {
        let at = |place: usize| &self.spans[place];
        std::iter::successors(place.map(at), |span| span.parent.map(at)).cloned().collect()
    }

    /// In which something stands: as it says, or else in the span that is entered.
    fn parent(&self, named: Option<&Id>, is_contextual: bool) -> Option<usize> {
        named.map(place).or_else(|| self.entered.last().copied().filter(|_| is_contextual))
    }
}

struct Noting<'a>(&'a mut Fields);

impl Visit for Noting<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Notes {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        span.record(&mut Noting(&mut fields));
        let mut noted = self.lock();
        let parent = noted.parent(span.parent(), span.is_contextual());
        noted.spans.push(Span { name: span.metadata().name(), fields, parent });
        Id::from_u64(noted.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut Noting(&mut self.lock().spans[place(span)].fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Noting(&mut fields));
        let mut noted = self.lock();
        let around = noted.from(noted.parent(event.parent(), event.is_contextual()));
        noted.events.push(Noticed { level: *event.metadata().level(), fields, around });
    }

    fn enter(&self, span: &Id) {
        self.lock().entered.push(place(span));
    }

    fn exit(&self, _: &Id) {
        self.lock().entered.pop();
    }
}

fn place(span: &Id) -> usize {
    usize::try_from(span.into_u64()).expect("it was a length") - 1
}

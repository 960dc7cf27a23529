//! A subscriber that keeps everything.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::DefaultGuard,
};

/// The fields of a span or an event, as text.
pub(crate) type Fields = BTreeMap<&'static str, String>;

/// A span.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Its name for OpenTelemetry, or its own.
    pub(crate) name: String,
    pub(crate) parent: Option<usize>,
    pub(crate) fields: Fields,
    pub(crate) closed: bool,
    handles: usize,
}

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) target: &'static str,
    pub(crate) level: Level,
    pub(crate) fields: Fields,
}

#[derive(Debug, Default)]
struct Everything {
    spans: Vec<Seen>,
    events: Vec<Told>,
    entered: Vec<usize>,
}

/// Everything that this thread traces, at every level.
#[derive(Clone, Debug, Default)]
pub(crate) struct Capture(Arc<Mutex<Everything>>);

impl Capture {
    /// Listens until the guard is dropped.
    pub(crate) fn start() -> (Self, DefaultGuard) {
        let capture = Self::default();
        let guard = tracing::subscriber::set_default(capture.clone());
        (capture, guard)
    }

    fn all(&self) -> MutexGuard<'_, Everything> {
        self.0.lock().expect("no panic")
    }

    pub(crate) fn spans(&self) -> Vec<Seen> {
        self.all().spans.clone()
    }

    pub(crate) fn events(&self) -> Vec<Told> {
        self.all().events.clone()
    }

    /// The only span of this name.
    pub(crate) fn span(&self, name: &str) -> Seen {
        let mut found: Vec<_> = self.spans();
        found.retain(|span| span.name == name);
        assert_eq!(found.len(), 1, "{name}: {:#?}", self.spans());
        found.remove(0)
    }

    /// The names of a span and of those it lies in, outermost first.
    pub(crate) fn path(&self, span: &Seen) -> Vec<String> {
        let spans = self.spans();
        let mut path = vec![span.name.clone()];
        let mut parent = span.parent;
        while let Some(index) = parent {
            path.insert(0, spans[index].name.clone());
            parent = spans[index].parent;
        }
        path
    }

    /// Everything as one text.
    pub(crate) fn text(&self) -> String {
        format!("{:?}", self.all())
    }
}

fn index(id: &Id) -> usize {
    usize::try_from(id.into_u64()).expect("an index") - 1
}

impl Subscriber for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        span.record(&mut Text(&mut fields));
        let mut all = self.all();
        let parent = match span.parent() {
            Some(parent) => Some(index(parent)),
            None if span.is_root() => None,
            None => all.entered.last().copied(),
        };
        let own = span.metadata().name().to_owned();
        all.spans.push(Seen {
            name: fields.get("otel.name").cloned().unwrap_or(own),
            parent,
            fields,
            closed: false,
            handles: 1,
        });
        Id::from_u64(all.spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        values.record(&mut Text(&mut self.all().spans[index(id)].fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Text(&mut fields));
        self.all().events.push(Told {
            target: event.metadata().target(),
            level: *event.metadata().level(),
            fields,
        });
    }

    fn enter(&self, id: &Id) {
        self.all().entered.push(index(id));
    }

    fn exit(&self, id: &Id) {
        let mut all = self.all();
        let last = all
            .entered
            .iter()
            .rposition(|entered| *entered == index(id));
        if let Some(last) = last {
            all.entered.remove(last);
        }
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.all().spans[index(id)].handles += 1;
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let span = &mut self.all().spans[index(&id)];
        span.handles -= 1;
        span.closed = span.handles == 0;
        span.closed
    }
}

struct Text<'a>(&'a mut Fields);

impl Visit for Text<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

//! What a model answers: types, their strict JSON schema, and a parser for replies as they come.

use journey_domain::element::{ActionStatus, ElementKind, RelationshipKind, Stance};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::LazyLock;

/// Most elements that are read from one reply; what exceeds it is turned away.
pub(crate) const MAX_ELEMENTS: usize = 1_000;
/// Most relationships that are read from one reply.
pub(crate) const MAX_RELATIONSHIPS: usize = 2_000;
/// Most sentences that one element may name.
pub(crate) const MAX_SENTENCES: usize = 12;
/// Longest quote, in characters.
pub(crate) const MAX_QUOTE_CHARS: usize = 1_200;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Emotion,
    Topic,
    Insight,
    Belief,
    Challenge,
    Action,
}

impl From<Kind> for ElementKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Emotion => Self::Emotion,
            Kind::Topic => Self::Topic,
            Kind::Insight => Self::Insight,
            Kind::Belief => Self::Belief,
            Kind::Challenge => Self::Challenge,
            Kind::Action => Self::Action,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Polarity {
    Affirmed,
    Negated,
    Hypothetical,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Holder {
    #[serde(rename = "self")]
    Oneself,
    Other,
    Quoted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WireStance {
    #[serde(rename = "self")]
    Oneself,
    Others,
    World,
    Future,
}

impl From<WireStance> for Stance {
    fn from(stance: WireStance) -> Self {
        match stance {
            WireStance::Oneself => Self::Oneself,
            WireStance::Others => Self::Others,
            WireStance::World => Self::World,
            WireStance::Future => Self::Future,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WireStatus {
    Open,
    Done,
    Dropped,
}

impl From<WireStatus> for ActionStatus {
    fn from(status: WireStatus) -> Self {
        match status {
            WireStatus::Open => Self::Open,
            WireStatus::Done => Self::Done,
            WireStatus::Dropped => Self::Dropped,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Link {
    TriggeredBy,
    About,
    LeadsTo,
    Supports,
    Contradicts,
    Addresses,
}

impl From<Link> for RelationshipKind {
    fn from(link: Link) -> Self {
        match link {
            Link::TriggeredBy => Self::TriggeredBy,
            Link::About => Self::About,
            Link::LeadsTo => Self::LeadsTo,
            Link::Supports => Self::Supports,
            Link::Contradicts => Self::Contradicts,
            Link::Addresses => Self::Addresses,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct WireElement {
    pub(crate) kind: Kind,
    pub(crate) taxonomy: Option<String>,
    pub(crate) label: String,
    pub(crate) sentences: Vec<u32>,
    pub(crate) quote: String,
    pub(crate) intensity: Option<i64>,
    pub(crate) confidence: f64,
    pub(crate) polarity: Polarity,
    pub(crate) holder: Holder,
    pub(crate) stance: Option<WireStance>,
    pub(crate) due: Option<String>,
    pub(crate) status: Option<WireStatus>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct WireRelationship {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) kind: Link,
    pub(crate) confidence: f64,
    pub(crate) sentences: Vec<u32>,
    pub(crate) quote: Option<String>,
}

/// One whole answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Reply {
    pub(crate) elements: Vec<WireElement>,
    pub(crate) relationships: Vec<WireRelationship>,
}

/// Why a reply cannot be read; the message is for the model and may repeat its words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreadable(pub(crate) String);

/// The schema in the form that strict structured output takes: every property required, none
/// beside them, no keyword that it does not know.
pub(crate) fn schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        let mut settings = SchemaSettings::draft2020_12();
        settings.inline_subschemas = true;
        settings.meta_schema = None;
        let mut value = settings.into_generator().into_root_schema_for::<Reply>().to_value();
        tighten(&mut value);
        value
    });
    &SCHEMA
}

fn tighten(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for keyword in ["format", "minimum", "maximum", "title", "default"] {
                // A property may bear the name of a keyword; its value is then a schema.
                if map.get(keyword).is_some_and(|v| !v.is_object()) {
                    map.remove(keyword);
                }
            }
            if let Some(properties) = map.get("properties").and_then(Value::as_object) {
                let names = properties.keys().cloned().map(Value::String).collect();
                map.insert("required".to_owned(), Value::Array(names));
                map.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            map.values_mut().for_each(tighten);
        }
        Value::Array(list) => list.iter_mut().for_each(tighten),
        _ => {}
    }
}

/// Reads a reply, past thoughts and fences around it.
///
/// The JSON itself is read strictly: doubled keys, foreign words and wrong types are errors, and
/// nesting is bounded by the parser.
pub(crate) fn parse(text: &str) -> Result<Reply, Unreadable> {
    let body =
        unwrapped(text).ok_or_else(|| Unreadable("there was no JSON object in it".to_owned()))?;
    serde_json::from_str(body).map_err(|e| Unreadable(shortened(&e.to_string(), 300)))
}

/// The JSON object within thoughts, fences and words.
fn unwrapped(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches('\u{feff}').trim();
    if let Some((_, after)) = rest.rsplit_once("</think>") {
        rest = after;
    }
    let start = rest.find('{')?;
    let end = rest.rfind('}')?;
    rest.get(start..=end)
}

/// At most `max` characters of `text`.
pub(crate) fn shortened(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

//! What a document must look like before its signature means anything.
//!
//! RsaSignature2017 signs statements, not JSON: whoever passes a document on may write the same statements differently. The inbox
//! reads JSON. So every key has to mean what it means to the inbox, and what the inbox reads has to be under its usual key:
//! contexts may not give known words another meaning or known meanings another word, and the forms JSON-LD has besides plain
//! objects (`@graph`, `@included`, `@reverse`, nested contexts, addresses as keys) are refused. PeerTube reaches the same by
//! rewriting received documents in its own words.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::contexts::{self, ACTIVITY_STREAMS, SECURITY};
use crate::context;
use crate::signature::Refusal;

/// A Video in an Update goes ten deep.
const MAX_DEPTH: usize = 32;
/// Values in a document besides its context: a Video with a hundred files has 3,000.
const MAX_VALUES: usize = 8_192;
/// Objects that repeat the context of the document. In PeerTube's documents there is one.
const MAX_REPEATS: usize = 4;
/// Members of the list of contexts.
const MAX_CONTEXTS: usize = 16;
/// Terms a document defines for itself. PeerTube's Video has 44; they may refer to each other, so this bounds a recursion too.
const MAX_TERMS: usize = 128;
/// Prefixes that use prefixes. In practice there is one.
const MAX_PREFIXES: usize = 4;

/// Mastodon writes schema.org like this.
const OTHER_SPELLINGS: [(&str, &str); 2] = [
    ("PropertyValue", "http://schema.org#PropertyValue"),
    ("value", "http://schema.org#value"),
];

/// Words the inbox reads, with what they mean (`expires` has two meanings), and all those meanings.
struct Vocabulary {
    meanings: HashMap<String, BTreeSet<String>>,
    known: HashSet<String>,
}

impl Vocabulary {
    fn add(&mut self, term: &str, iri: String) {
        self.known.insert(iri.clone());
        self.meanings.entry(term.to_owned()).or_default().insert(iri);
    }
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut vocabulary = Vocabulary {
        meanings: HashMap::new(),
        known: HashSet::new(),
    };
    let published = [
        contexts::definitions(ACTIVITY_STREAMS),
        contexts::definitions(SECURITY),
    ];
    let ours = context::terms();
    for terms in published.iter().chain(&ours) {
        let defined: BTreeMap<&str, &str> = terms
            .iter()
            .filter_map(|(term, definition)| Some((term.as_str(), iri_of(definition)?)))
            .collect();
        let resolved: Vec<(&str, String)> = defined
            .iter()
            .filter(|(term, _)| !term.starts_with('@'))
            .map(|(term, iri)| (*term, resolve(iri, &defined, &vocabulary)))
            .collect();
        for (term, iri) in resolved {
            vocabulary.add(term, iri);
        }
    }
    for (term, iri) in OTHER_SPELLINGS {
        vocabulary.add(term, iri.to_owned());
    }
    vocabulary
});

/// Refuses what is not in the plain form.
pub(super) fn check(document: &Map<String, Value>) -> Result<(), Refusal> {
    let context = document
        .get("@context")
        .ok_or(Refusal::Plain("it has no @context"))?;
    let mut bounds = Bounds {
        context,
        values_left: MAX_VALUES,
        repeats_left: MAX_REPEATS,
    };
    for (key, value) in document {
        if key != "@context" {
            bounds.field(key, value, 0)?;
        }
    }
    check_contexts(context)
}

struct Bounds<'a> {
    /// That of the document.
    context: &'a Value,
    values_left: usize,
    repeats_left: usize,
}

impl Bounds<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Refusal> {
        self.values_left = self
            .values_left
            .checked_sub(1)
            .ok_or(Refusal::Complex("it has too many values"))?;
        if depth > MAX_DEPTH {
            return Err(Refusal::Complex("it is nested too deeply"));
        }
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.value(item, depth + 1)),
            Value::Object(fields) => fields
                .iter()
                .try_for_each(|(key, value)| self.field(key, value, depth)),
            _ => Ok(()),
        }
    }

    fn field(&mut self, key: &str, value: &Value, depth: usize) -> Result<(), Refusal> {
        // PeerTube leaves an actor's own context in the Update of it: the same one.
        if key == "@context" && value == self.context && self.repeats_left > 0 {
            self.repeats_left -= 1;
            return Ok(());
        }
        plain_key(key)?;
        self.value(value, depth + 1)
    }
}

fn plain_key(key: &str) -> Result<(), Refusal> {
    if key.starts_with('@') || key.contains(':') {
        return Err(Refusal::Plain("it has keys beyond plain words"));
    }
    Ok(())
}

fn check_contexts(value: &Value) -> Result<(), Refusal> {
    let contexts = match value {
        Value::Array(contexts) => contexts.as_slice(),
        single => std::slice::from_ref(single),
    };
    if contexts.len() > MAX_CONTEXTS {
        return Err(Refusal::Complex("it has too many contexts"));
    }
    if !contexts.iter().any(|context| context == ACTIVITY_STREAMS) {
        return Err(Refusal::Plain("its @context does not name ActivityStreams"));
    }
    let mut defined: BTreeMap<&str, &str> = BTreeMap::new();
    for context in contexts {
        match context {
            Value::String(url) if contexts::document(url).is_some() => (),
            Value::String(url) => return Err(Refusal::Context(url.chars().take(200).collect())),
            Value::Object(terms) => {
                for (term, definition) in terms {
                    define(term, definition, &mut defined)?;
                }
            }
            _ => return Err(Refusal::Plain("its @context is no list of contexts")),
        }
    }
    for (term, iri) in &defined {
        check_meaning(term, &resolve(iri, &defined, &VOCABULARY))?;
    }
    Ok(())
}

/// Takes a definition in, if it is of the forms that servers write.
fn define<'a>(
    term: &'a str,
    definition: &'a Value,
    defined: &mut BTreeMap<&'a str, &'a str>,
) -> Result<(), Refusal> {
    // Pleroma's way to say that it does not know. It goes into what is signed.
    if term == "@language" && definition.is_string() {
        return Ok(());
    }
    plain_key(term)?;
    if let Value::Object(fields) = definition {
        let usual = fields.iter().all(|(key, value)| match (key.as_str(), value) {
            ("@id" | "@type", Value::String(_)) => true,
            ("@container", Value::String(kind)) => matches!(kind.as_str(), "@list" | "@set" | "@language"),
            _ => false,
        });
        if !usual {
            return Err(redefined(term));
        }
    }
    let iri = iri_of(definition).filter(|iri| !iri.starts_with("_:"));
    let iri = iri.ok_or_else(|| redefined(term))?;
    if defined.insert(term, iri).is_some_and(|before| before != iri) {
        return Err(redefined(term));
    }
    if defined.len() > MAX_TERMS {
        return Err(Refusal::Complex("it defines too many terms"));
    }
    Ok(())
}

fn check_meaning(term: &str, iri: &str) -> Result<(), Refusal> {
    let fits = match VOCABULARY.meanings.get(term) {
        Some(meanings) => meanings.contains(iri),
        // Without a colon it is another term, or a keyword.
        None => iri.contains(':') && !VOCABULARY.known.contains(iri),
    };
    if fits { Ok(()) } else { Err(redefined(term)) }
}

fn redefined(term: &str) -> Refusal {
    Refusal::Redefined(term.chars().take(64).collect())
}

fn iri_of(definition: &Value) -> Option<&str> {
    match definition {
        Value::String(iri) => Some(iri),
        Value::Object(fields) => fields.get("@id")?.as_str(),
        _ => None,
    }
}

/// `as:name` in full, by the terms of the document and those everybody has.
fn resolve(iri: &str, defined: &BTreeMap<&str, &str>, vocabulary: &Vocabulary) -> String {
    let mut iri = iri.to_owned();
    for _ in 0..MAX_PREFIXES {
        let Some((prefix, rest)) = iri.split_once(':') else {
            break;
        };
        // JSON-LD 1.1 API 5.2.2: what begins with `//` is an address.
        if rest.starts_with("//") {
            break;
        }
        let known = || vocabulary.meanings.get(prefix)?.first().map(String::as_str);
        match defined.get(prefix).copied().or_else(known) {
            Some(start) => iri = format!("{start}{rest}"),
            None => break,
        }
    }
    iri
}

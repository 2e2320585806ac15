//! From JSON-LD to the statements it makes.

use std::collections::{BTreeSet, HashMap};

use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::vocab::xsd;
use oxrdf::{BlankNode, GraphName, Literal, NamedNode, NamedOrBlankNode, Term};
use serde_json::Value;

use super::contexts::{self, UNDEFINED};
use super::statement::{Node, Statement, quoted};
use crate::signature::Refusal;

/// The statements of a document that passed [`super::strict::check`]. A term that no context defines is refused, as is a
/// reference that is no address: they would be in the document, but not in what is signed (the "safe mode" of PeerTube's JSON-LD
/// library).
pub(super) fn statements(document: &Value) -> Result<BTreeSet<Statement>, Refusal> {
    let text = document.to_string();
    let parser = JsonLdParser::new()
        .with_base_iri(UNDEFINED)
        .map_err(|_| Refusal::Plain("the base cannot be read"))?;
    let quads = parser
        .for_slice(&text)
        .with_load_document_callback(|url, _| match contexts::document(url) {
            Some(text) => Ok(JsonLdRemoteDocument {
                document: text.into(),
                document_url: url.to_owned(),
            }),
            None => Err("not bundled".into()),
        });
    let mut blanks = Blanks(HashMap::new());
    let mut statements = BTreeSet::new();
    for quad in quads {
        let quad = quad.map_err(|_| Refusal::Plain("it is no JSON-LD"))?;
        if quad.graph_name != GraphName::DefaultGraph {
            return Err(Refusal::Plain("it has more than one graph"));
        }
        let subject = match quad.subject {
            NamedOrBlankNode::NamedNode(iri) => Node::Named(named(&iri)?),
            NamedOrBlankNode::BlankNode(blank) => blanks.node(blank),
        };
        let object = match quad.object {
            Term::NamedNode(iri) => Node::Named(named(&iri)?),
            Term::BlankNode(blank) => blanks.node(blank),
            Term::Literal(literal) => Node::Named(literal_text(&literal)?),
        };
        statements.insert(Statement {
            subject,
            predicate: named(&quad.predicate)?,
            object,
        });
    }
    Ok(statements)
}

/// Nameless nodes by number.
struct Blanks(HashMap<BlankNode, usize>);

impl Blanks {
    fn node(&mut self, blank: BlankNode) -> Node {
        let next = self.0.len();
        Node::Blank(*self.0.entry(blank).or_insert(next))
    }
}

fn named(iri: &NamedNode) -> Result<String, Refusal> {
    match iri.as_str().strip_prefix(UNDEFINED) {
        Some(term) => Err(Refusal::Undefined(term.chars().take(64).collect())),
        None => Ok(format!("<{}>", iri.as_str())),
    }
}

fn literal_text(literal: &Literal) -> Result<String, Refusal> {
    let mut text = quoted(literal.value());
    if let Some(language) = literal.language() {
        text.push('@');
        text.push_str(language);
    } else if literal.datatype() != xsd::STRING {
        text.push_str("^^");
        text.push_str(&named(&literal.datatype().into_owned())?);
    }
    Ok(text)
}

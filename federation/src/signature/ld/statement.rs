//! Statements as N-Quads writes them.

/// The subject or object of a statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    /// A nameless node, by a number.
    Blank(usize),
    /// An IRI or literal as N-Quads writes it.
    Named(String),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Statement {
    pub(super) subject: Node,
    /// An IRI in angle brackets.
    pub(super) predicate: String,
    pub(super) object: Node,
}

impl Statement {
    /// A line of N-Quads, with the nameless nodes called as `name` says.
    pub(super) fn line(&self, name: impl Fn(usize) -> String) -> String {
        let text = |node: &Node| match node {
            Node::Blank(blank) => name(*blank),
            Node::Named(text) => text.clone(),
        };
        format!(
            "{} {} {} .\n",
            text(&self.subject),
            self.predicate,
            text(&self.object)
        )
    }

    /// The nameless nodes in it besides `other`, with their positions (4.7).
    pub(super) fn related(&self, other: usize) -> impl Iterator<Item = (&'static str, usize)> {
        [("s", &self.subject), ("o", &self.object)]
            .into_iter()
            .filter_map(move |(position, node)| match node {
                Node::Blank(blank) if *blank != other => Some((position, *blank)),
                _ => None,
            })
    }
}

/// A literal as N-Quads writes it, without its type: URDNA2015 escapes these four and nothing else.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_four_characters_are_escaped() {
        assert_eq!(quoted("a\"b\\c\nd\re\tf"), "\"a\\\"b\\\\c\\nd\\re\tf\"");
    }
}

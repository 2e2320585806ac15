//! One text for one set of statements, however its nameless nodes are called: URDNA2015, today RDF Dataset Canonicalization
//! (RDFC-1.0, W3C Recommendation of 2024), whose section numbers are cited here.
//!
//! Written out because the crates that have it escape literals as RDFC-1.0 does, while servers that sign with RsaSignature2017
//! write N-Quads as URDNA2015 did, and because it can take time without end (7.1, dataset poisoning): here it has a budget.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::statement::{Node, Statement};
use crate::signature::Refusal;

/// Permutations and steps of 4.8 for one document. A Video in twenty renditions takes about a hundred; each is a few hashes.
const MAX_STEPS: usize = 4_000;
/// How far 4.8 goes from a node to its neighbours and theirs. Documents are trees, a few levels deep.
const MAX_HOPS: usize = 32;

/// 4.4: the canonical N-Quads of a set of statements.
pub(super) fn canonical(statements: &BTreeSet<Statement>) -> Result<String, Refusal> {
    let mut canonizer = Canonizer::new(statements);
    canonizer.issue_unique();
    canonizer.issue_rest()?;
    let mut lines: Vec<String> = statements
        .iter()
        .map(|statement| statement.line(|blank| canonizer.canonical.name(blank).unwrap_or_default()))
        .collect();
    lines.sort_unstable();
    Ok(lines.concat())
}

/// 4.3: gives out names in the order they are asked for.
#[derive(Debug, Clone)]
struct Issuer {
    prefix: &'static str,
    numbers: HashMap<usize, usize>,
    order: Vec<usize>,
}

impl Issuer {
    fn new(prefix: &'static str) -> Self {
        Self {
            prefix,
            numbers: HashMap::new(),
            order: Vec::new(),
        }
    }

    fn name(&self, blank: usize) -> Option<String> {
        let number = self.numbers.get(&blank)?;
        Some(format!("_:{}{number}", self.prefix))
    }

    fn issue(&mut self, blank: usize) -> String {
        let number = *self.numbers.entry(blank).or_insert_with(|| {
            self.order.push(blank);
            self.order.len() - 1
        });
        format!("_:{}{number}", self.prefix)
    }
}

struct Canonizer<'a> {
    /// What is said of each nameless node.
    mentions: BTreeMap<usize, Vec<&'a Statement>>,
    /// 4.6 for each of them, in hexadecimal.
    first_degree: HashMap<usize, String>,
    canonical: Issuer,
    steps_left: usize,
}

impl<'a> Canonizer<'a> {
    fn new(statements: &'a BTreeSet<Statement>) -> Self {
        let mut mentions: BTreeMap<usize, Vec<&Statement>> = BTreeMap::new();
        for statement in statements {
            let mut blanks = [&statement.subject, &statement.object].map(|node| match node {
                Node::Blank(blank) => Some(*blank),
                Node::Named(_) => None,
            });
            if blanks[0] == blanks[1] {
                blanks[1] = None;
            }
            for blank in blanks.into_iter().flatten() {
                mentions.entry(blank).or_default().push(statement);
            }
        }
        let first_degree = mentions
            .iter()
            .map(|(blank, mentions)| (*blank, first_degree(*blank, mentions)))
            .collect();
        Self {
            mentions,
            first_degree,
            canonical: Issuer::new("c14n"),
            steps_left: MAX_STEPS,
        }
    }

    /// Nodes by 4.6, of those that have no canonical name yet.
    fn by_hash(&self) -> BTreeMap<String, Vec<usize>> {
        let mut by_hash: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for blank in self.mentions.keys() {
            if let Some(hash) = self.first_degree.get(blank)
                && !self.canonical.numbers.contains_key(blank)
            {
                by_hash.entry(hash.clone()).or_default().push(*blank);
            }
        }
        by_hash
    }

    /// 4.4.3, step 4: those that differ by what is said of them alone.
    fn issue_unique(&mut self) {
        for blanks in self.by_hash().into_values() {
            if let [blank] = *blanks {
                self.canonical.issue(blank);
            }
        }
    }

    /// 4.4.3, step 5: those that differ by their neighbours only.
    fn issue_rest(&mut self) -> Result<(), Refusal> {
        for blanks in self.by_hash().into_values() {
            let mut paths = Vec::new();
            for blank in blanks {
                if self.canonical.numbers.contains_key(&blank) {
                    continue;
                }
                let mut issuer = Issuer::new("b");
                issuer.issue(blank);
                paths.push(self.n_degree(blank, issuer, 0)?);
            }
            paths.sort_by(|(left, _), (right, _)| left.cmp(right));
            for (_, issuer) in paths {
                for blank in issuer.order {
                    self.canonical.issue(blank);
                }
            }
        }
        Ok(())
    }

    /// 4.7: what is known of a neighbour.
    fn related_hash(&self, blank: usize, statement: &Statement, issuer: &Issuer, position: &str) -> String {
        let known = self.canonical.name(blank).or_else(|| issuer.name(blank));
        let known = known
            .as_deref()
            .or_else(|| self.first_degree.get(&blank).map(String::as_str));
        hex(&[position, &statement.predicate, known.unwrap_or_default()])
    }

    /// 4.8: a hash that tells a node from those with the same 4.6, and the names given out on the way.
    fn n_degree(&mut self, blank: usize, issuer: Issuer, hops: usize) -> Result<(String, Issuer), Refusal> {
        if hops > MAX_HOPS {
            return Err(Refusal::Complex("nameless nodes are linked in a chain"));
        }
        let mut issuer = issuer;
        let mut neighbours: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for statement in self.mentions.get(&blank).into_iter().flatten() {
            for (position, related) in statement.related(blank) {
                let hash = self.related_hash(related, statement, &issuer, position);
                neighbours.entry(hash).or_default().push(related);
            }
        }
        let mut data = String::new();
        for (hash, mut related) in neighbours {
            data.push_str(&hash);
            related.sort_unstable();
            let mut chosen: Option<(String, Issuer)> = None;
            loop {
                self.step()?;
                if let Some(found) = self.path(&related, &issuer, chosen.as_ref(), hops)?
                    && chosen.as_ref().is_none_or(|(best, _)| found.0 < *best)
                {
                    chosen = Some(found);
                }
                if !next_permutation(&mut related) {
                    break;
                }
            }
            if let Some((path, names)) = chosen {
                data.push_str(&path);
                issuer = names;
            }
        }
        Ok((hex(&[&data]), issuer))
    }

    /// 4.8.3, step 5.4: one order of equal neighbours; `None` when it cannot become better than the best so far.
    fn path(
        &mut self,
        related: &[usize],
        issuer: &Issuer,
        chosen: Option<&(String, Issuer)>,
        hops: usize,
    ) -> Result<Option<(String, Issuer)>, Refusal> {
        let worse =
            |path: &str| chosen.is_some_and(|(best, _)| path.len() >= best.len() && path > best.as_str());
        let mut issuer = issuer.clone();
        let mut path = String::new();
        let mut unnamed = Vec::new();
        for blank in related {
            if let Some(name) = self.canonical.name(*blank) {
                path.push_str(&name);
            } else {
                if !issuer.numbers.contains_key(blank) {
                    unnamed.push(*blank);
                }
                path.push_str(&issuer.issue(*blank));
            }
            if worse(&path) {
                return Ok(None);
            }
        }
        for blank in unnamed {
            let (hash, names) = self.n_degree(blank, issuer.clone(), hops + 1)?;
            path.push_str(&issuer.issue(blank));
            path.push('<');
            path.push_str(&hash);
            path.push('>');
            issuer = names;
            if worse(&path) {
                return Ok(None);
            }
        }
        Ok(Some((path, issuer)))
    }

    fn step(&mut self) -> Result<(), Refusal> {
        self.steps_left = self
            .steps_left
            .checked_sub(1)
            .ok_or(Refusal::Complex("too many nameless nodes are alike"))?;
        Ok(())
    }
}

/// 4.6: what is said of a node, with itself as `_:a` and other nameless ones as `_:z`.
fn first_degree(blank: usize, mentions: &[&Statement]) -> String {
    let mut lines: Vec<String> = mentions
        .iter()
        .map(|statement| statement.line(|other| if other == blank { "_:a" } else { "_:z" }.to_owned()))
        .collect();
    lines.sort_unstable();
    hex(&[&lines.concat()])
}

/// SHA-256 in hexadecimal.
pub(super) fn hex(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The next order, by the numbers of the nodes; `false` after the last.
fn next_permutation(items: &mut [usize]) -> bool {
    let Some(pivot) = items.windows(2).rposition(|pair| pair.first() < pair.last()) else {
        return false;
    };
    let (_, tail) = items.split_at(pivot);
    let Some(successor) = tail.iter().rposition(|item| Some(item) > tail.first()) else {
        return false;
    };
    items.swap(pivot, pivot + successor);
    if let Some(rest) = items.get_mut(pivot + 1..) {
        rest.reverse();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(subject: usize, predicate: &str, object: Node) -> Statement {
        Statement {
            subject: Node::Blank(subject),
            predicate: format!("<{predicate}>"),
            object,
        }
    }

    fn links(pairs: &[(usize, usize)]) -> BTreeSet<Statement> {
        pairs
            .iter()
            .map(|(from, to)| statement(*from, "p:p", Node::Blank(*to)))
            .collect()
    }

    #[test]
    fn all_orders_come_once() {
        let mut items = [1, 2, 3, 4];
        let mut seen = BTreeSet::from([items]);
        while next_permutation(&mut items) {
            assert!(seen.insert(items));
        }
        assert_eq!(seen.len(), 24);
    }

    #[test]
    fn names_given_by_the_sender_do_not_matter() {
        // Two double circles (RDFC-1.0 appendix B.3 has one), numbered differently.
        let one = links(&[(0, 1), (1, 0), (2, 3), (3, 2), (0, 2)]);
        let other = links(&[(7, 4), (4, 7), (9, 8), (8, 9), (9, 4)]);
        let text = canonical(&one).unwrap();
        assert_eq!(canonical(&other), Ok(text.clone()));
        let different = links(&[(0, 1), (1, 0), (2, 3), (3, 2), (0, 2), (1, 3)]);
        assert_ne!(canonical(&different), Ok(text));
    }

    /// Every node linked to every other: nothing tells them apart, and all orders would have to be tried.
    #[test]
    fn a_poisonous_graph_is_refused() {
        let pairs: Vec<(usize, usize)> = (0..12)
            .flat_map(|from| (0..12).map(move |to| (from, to)))
            .filter(|(from, to)| from != to)
            .collect();
        assert!(matches!(canonical(&links(&pairs)), Err(Refusal::Complex(_))));
        let chain: Vec<(usize, usize)> = (0..400).map(|from| (from, from + 1)).collect();
        assert!(matches!(canonical(&links(&chain)), Err(Refusal::Complex(_))));
    }
}

//! What processes cost, from `/proc`: CPU time and memory of a process and all it started.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use crate::stats::real;

/// The unit of times in `/proc/*/stat` (USER_HZ): 100 on every Linux architecture a server runs on.
const TICK: Duration = Duration::from_millis(10);

/// Bytes of memory: resident (RSS), and with shared pages divided among those who share them (PSS).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    pub(crate) rss: f64,
    pub(crate) pss: f64,
}

/// CPU time of a process and its descendants so far.
pub(crate) fn cpu(root: u32) -> Duration {
    tree(root).into_iter().filter_map(stat).map(|stat| stat.cpu).sum()
}

/// The same with those that have ended and were waited for.
pub(crate) fn cpu_ever(root: u32) -> Duration {
    tree(root)
        .into_iter()
        .filter_map(stat)
        .map(|stat| stat.cpu + stat.reaped)
        .sum()
}

/// Memory of a process and its descendants.
pub(crate) fn memory(root: u32) -> Memory {
    let mut sum = Memory::default();
    for pid in tree(root) {
        let Ok(text) = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")) else {
            continue;
        };
        for line in text.lines() {
            if let Some(kib) = line.strip_prefix("Rss:").and_then(kib) {
                sum.rss += kib * 1024.0;
            } else if let Some(kib) = line.strip_prefix("Pss:").and_then(kib) {
                sum.pss += kib * 1024.0;
            }
        }
    }
    sum
}

/// CPU time of the whole machine so far, idle time left out: what others used is this less what we know of.
pub(crate) fn machine() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let Some(line) = text.lines().next() else {
        return Duration::ZERO;
    };
    // user nice system idle iowait irq softirq steal
    let ticks = line
        .split_ascii_whitespace()
        .skip(1)
        .take(8)
        .enumerate()
        .filter(|(index, _)| !matches!(index, 3 | 4))
        .filter_map(|(_, value)| value.parse::<u32>().ok());
    ticks.map(|n| TICK * n).sum()
}

fn kib(rest: &str) -> Option<f64> {
    let value: u64 = rest.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(real(value))
}

fn tree(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if let Some(stat) = stat(pid) {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(pid) = open.pop() {
        found.push(pid);
        open.extend(children.remove(&pid).unwrap_or_default());
    }
    found
}

struct Stat {
    parent: u32,
    /// In user and kernel mode.
    cpu: Duration,
    /// Of children that were waited for.
    reaped: Duration,
}

fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// proc(5): the name in brackets may hold anything, so fields are counted from the last bracket on.
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let parent = fields.nth(1)?.parse().ok()?;
    let mut ticks = fields.skip(9).map_while(|field| field.parse::<u32>().ok());
    let (user, system) = (ticks.next()?, ticks.next()?);
    let (reaped_user, reaped_system) = (ticks.next()?, ticks.next()?);
    Some(Stat {
        parent,
        cpu: TICK * (user + system),
        reaped: TICK * (reaped_user + reaped_system),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_after_the_name() {
        let text = "42 (a) b (c) S 7 42 42 0 -1 4194304 100 0 0 0 250 50 10 20 20 0 5 0 100 1 2\n";
        let stat = parse_stat(text).unwrap();
        assert_eq!(stat.parent, 7);
        assert_eq!(stat.cpu, Duration::from_millis(3000));
        assert_eq!(stat.reaped, Duration::from_millis(300));
    }

    #[test]
    fn this_process_is_there() {
        assert!(memory(std::process::id()).rss > 100_000.0);
        assert!(machine() > Duration::ZERO);
    }
}

//! How many connections there are, altogether and from each address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Counts connections; a [`Slot`] is one of them.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    taken: Arc<Mutex<Taken>>,
    max: usize,
    max_per_ip: usize,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_ip: HashMap<IpAddr, usize>,
}

/// Free again when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    taken: Arc<Mutex<Taken>>,
    ip: IpAddr,
}

impl Slots {
    pub(super) fn new(max: usize, max_per_ip: usize) -> Self {
        Self {
            taken: Arc::default(),
            max,
            max_per_ip,
        }
    }

    /// `None` when all are taken.
    pub(super) fn take(&self, ip: IpAddr) -> Option<Slot> {
        let ip = neighbourhood(ip);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let from_ip = taken.by_ip.get(&ip).copied().unwrap_or(0);
        if taken.all >= self.max || from_ip >= self.max_per_ip {
            return None;
        }
        taken.all += 1;
        taken.by_ip.insert(ip, from_ip + 1);
        Some(Slot {
            taken: Arc::clone(&self.taken),
            ip,
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        match taken.by_ip.get_mut(&self.ip) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.by_ip.remove(&self.ip)),
        }
    }
}

/// Whoever has one IPv6 address has its whole /64.
fn neighbourhood(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_address_and_forgets() {
        let slots = Slots::new(3, 2);
        let a: IpAddr = "2001:db8::1".parse().unwrap();
        let same_house: IpAddr = "2001:db8::2".parse().unwrap();
        let b: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
        let one = slots.take(a).unwrap();
        let _two = slots.take(same_house).unwrap();
        assert!(slots.take(a).is_none());
        let _three = slots.take(b).unwrap();
        assert!(slots.take("192.0.2.1".parse().unwrap()).is_none(), "all taken");
        drop(one);
        let four = slots.take("192.0.2.1".parse().unwrap()).unwrap();
        drop((_two, _three, four));
        assert!(slots.taken.lock().unwrap().by_ip.is_empty());
    }
}

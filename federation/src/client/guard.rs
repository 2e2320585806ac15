//! Where this server goes when somebody else says where: to public addresses of other servers only.
//!
//! Whoever can make a server fetch something could otherwise read what only that server may: databases on its own machine,
//! routers, and the credentials that clouds hand out at link-local addresses. Names are looked up by [`super::resolve`], which asks
//! [`is_public`] for every address they lead to; what is a number already never gets there and is checked here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::FetchError;

/// PeerTube's bound for addresses.
const MAX_URL_BYTES: usize = 2_000;

/// What may be asked, and of whom.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    /// Nobody asks this server to ask itself.
    pub(super) own_host: String,
    /// Under test: any address, and without TLS.
    pub(super) allow_private: bool,
}

impl Guard {
    /// An address that may be asked; its name, if it has one, is yet to be looked up.
    pub(super) fn check(&self, text: &str) -> Result<Url, FetchError> {
        if text.len() > MAX_URL_BYTES {
            return Err(FetchError::Refused("the address is too long"));
        }
        let mut url = Url::parse(text).map_err(|_| FetchError::Refused("this is no address"))?;
        // Ids may have one; servers never see it.
        url.set_fragment(None);
        self.admit(url)
    }

    pub(super) fn admit(&self, url: Url) -> Result<Url, FetchError> {
        let refused = |why| Err(FetchError::Refused(why));
        match url.scheme() {
            "https" => {}
            "http" if self.allow_private => {}
            _ => return refused("the address is not https"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refused("the address has a user name in it");
        }
        let public = match url.host() {
            Some(Host::Domain(_)) => true,
            Some(Host::Ipv4(address)) => is_public(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => is_public(IpAddr::V6(address)),
            None => false,
        };
        if !public && !self.allow_private {
            return refused("this is no public address");
        }
        if host(&url).replace(".:", ":").trim_end_matches('.') == self.own_host {
            return refused("this is our own address");
        }
        Ok(url)
    }
}

/// The value of the `Host` header: with the port if it is not the scheme's own.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// IANA's registries of special-purpose addresses: first address and length of the prefix of whatever is not globally reachable.
const SPECIAL_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),       // "this network"
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // shared between customers of a provider (CGNAT)
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local, and metadata of clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocols
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved, and broadcast
];

/// Within 2000::/3, the only global unicast addresses there are.
const SPECIAL_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocols; Teredo hides an IPv4 address
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4 hides an IPv4 address
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// Networks without IPv4 reach it through these (NAT64, RFC 6052): as public as what is in their last 32 bits.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Whether an address is one that anybody on the internet can reach. IPv4 addresses in IPv6 notation (`::ffff:127.0.0.1`) are of
/// no use to an honest server and never public.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) if within_v6(address, NAT64) => {
            let [.., a, b, c, d] = address.octets();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        IpAddr::V6(address) => {
            within_v6(address, GLOBAL_UNICAST) && !SPECIAL_V6.iter().any(|block| within_v6(address, *block))
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within =
        |(first, length): &(Ipv4Addr, u32)| (address.to_bits() ^ first.to_bits()).leading_zeros() >= *length;
    !SPECIAL_V4.iter().any(within)
}

fn within_v6(address: Ipv6Addr, (first, length): (Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ first.to_bits()).leading_zeros() >= length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(allow_private: bool) -> Guard {
        Guard {
            own_host: "tube.example".to_owned(),
            allow_private,
        }
    }

    #[test]
    fn special_addresses_are_not_public() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.1.1",
            "198.17.1.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:200::1",
            "2a01:4f8::1",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn only_public_https_addresses_of_others_are_asked() {
        let guard_here = guard(false);
        for good in [
            "https://other.example/inbox",
            "https://other.example:8443/inbox",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/",
        ] {
            assert!(guard_here.check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "other.example",
            "http://other.example/",
            "ftp://other.example/",
            "file:///etc/passwd",
            "gopher://other.example/",
            "https://user@other.example/",
            "https://:secret@other.example/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/latest/meta-data/",
            "https://tube.example/inbox",
            "https://TUBE.example:443/inbox",
            "https://tube.example./inbox",
        ] {
            assert!(
                matches!(guard_here.check(bad), Err(FetchError::Refused(_))),
                "{bad}"
            );
        }
        let long = format!("https://other.example/{}", "a".repeat(MAX_URL_BYTES));
        assert!(guard_here.check(&long).is_err());

        let test = guard(true);
        assert!(test.check("http://127.0.0.1:9000/inbox").is_ok());
        assert!(test.check("http://user@127.0.0.1/").is_err());
        assert!(test.check("ftp://127.0.0.1/").is_err());
    }

    #[test]
    fn fragments_stay_here() {
        let url = guard(false)
            .check("https://other.example/u/ana#main-key")
            .unwrap();
        assert_eq!(url.as_str(), "https://other.example/u/ana");
        assert_eq!(host(&url), "other.example");
    }
}

//! Which addresses are not on the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why a model may not reach an address; `None` for one on the public internet.
///
/// Source: IANA's registries of special-purpose addresses (RFC 6890 and its updates), read
/// strictly: of IPv6 only 2000::/3 is in use, and an address that carries an IPv4 address is judged
/// by that one.
pub(super) fn refusal(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => refusal_v4(address),
        IpAddr::V6(address) => refusal_v6(address),
    }
}

fn refusal_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [0, ..] => Some("an address of this network"),
        [127, ..] => Some("a loopback address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("a private address"),
        [100, 64..=127, ..] => Some("an address behind a carrier's NAT"),
        [169, 254, ..] => Some("a link-local address, where clouds keep their metadata"),
        // Azure's own, though it looks public: metadata and keys of the machine.
        [168, 63, 129, 16] => Some("an address of a cloud's metadata"),
        [192, 0, 0, _] | [192, 88, 99, _] => Some("an address kept for protocols"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Some("an address for documentation")
        }
        [198, 18..=19, ..] => Some("an address for benchmarks"),
        [224..=239, ..] => Some("a multicast address"),
        [255, 255, 255, 255] => Some("the broadcast address"),
        [240..=255, ..] => Some("a reserved address"),
        _ => None,
    }
}

fn refusal_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(inner) = carried(address) {
        return refusal_v4(inner);
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("the unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("a loopback address"),
        [0xfc00..=0xfdff, ..] => Some("a unique local address"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xfec0..=0xfeff, ..] => Some("a site-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        // Teredo among them, which carries an IPv4 address in disguise.
        [0x2001, 0..=0x01ff, ..] => Some("an address kept for protocols"),
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Some("an address for documentation"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("not a public address"),
    }
}

/// The IPv4 address that traffic to an IPv6 address ends at.
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        // Mapped (RFC 4291), translated (RFC 6052).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(v4(high, low))
        }
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => Some(v4(high, low)),
        // ISATAP (RFC 5214), on a public prefix.
        [0x2000..=0x3fff, _, _, _, 0 | 0x0200, 0x5efe, high, low] => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_pass() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450:4001::200e",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            let parsed: IpAddr = address.parse().expect(address);
            assert_eq!(refusal(parsed), None, "{address}");
        }
    }

    #[test]
    fn an_address_is_judged_by_the_one_it_carries() {
        for address in [
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2a00:1450:4001:1:0:5efe:7f00:1",
            "2a00:1450:4001:1:200:5efe:7f00:1",
        ] {
            let parsed: IpAddr = address.parse().expect(address);
            assert_eq!(refusal(parsed), Some("a loopback address"), "{address}");
        }
    }
}

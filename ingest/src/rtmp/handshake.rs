//! The server's half of the handshake (RTMP 1.0 section 5.2), with the digests that Flash Player 9 brought.
//!
//! A client that signs its C1 gets a signed answer; any other gets the plain one: zeros for a version, and its own
//! C1 back. The client's C2 is not compared with anything: several encoders send nonsense there.

use bytes::{BufMut, BytesMut};
use hmac::{Hmac, KeyInit, Mac};
use rand::RngCore;
use sha2::Sha256;

use super::malformed::Malformed;

/// C1, S1, C2 and S2 are all this long.
const PACKET_BYTES: usize = 1_536;
const VERSION: u8 = 3;
const DIGEST_BYTES: usize = 32;
/// What a signing server puts after its time stamp, where a plain one puts zeros.
const SERVER_VERSION: [u8; 4] = [4, 5, 0, 1];
const CLIENT_KEY: &[u8] = b"Genuine Adobe Flash Player 001";
const SERVER_KEY: &[u8] = b"Genuine Adobe Flash Media Server 001";
/// Follows the server's key when S2 is signed.
const SERVER_KEY_TAIL: [u8; 32] = [
    0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8, 0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e, 0x57, 0x6e,
    0xec, 0x5d, 0x2d, 0x29, 0x80, 0x6f, 0xab, 0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb, 0x31, 0xae,
];
/// The two places where the four bytes stand that say where the digest stands.
const SCHEMES: [usize; 2] = [772, 8];

/// Fed with the client's bytes until it is done.
#[derive(Debug, Default)]
pub struct Handshake {
    greeted: bool,
}

impl Handshake {
    /// Takes what it can from the front of `input`, answers into `output`, and is true when the chunks begin.
    pub fn read(&mut self, input: &mut &[u8], output: &mut BytesMut) -> Result<bool, Malformed> {
        if !self.greeted {
            match input.first() {
                None => return Ok(false),
                Some(&VERSION) => {}
                // "A server that does not recognize the client's requested version SHOULD respond with 3" - but those who
                // ask for 6 or 8 go on encrypted, and those who ask for 'G' or 0x16 speak HTTP or TLS.
                Some(_) => return Err(Malformed("this is not RTMP version 3")),
            }
            let Some((hello, rest)) = input.split_at_checked(1 + PACKET_BYTES) else {
                return Ok(false);
            };
            *input = rest;
            answer(hello.get(1..).unwrap_or_default(), output)?;
            self.greeted = true;
        }
        let Some((_c2, rest)) = input.split_at_checked(PACKET_BYTES) else {
            return Ok(false);
        };
        *input = rest;
        Ok(true)
    }
}

/// S0, S1 and S2.
fn answer(c1: &[u8], output: &mut BytesMut) -> Result<(), Malformed> {
    let mut s1 = [0; PACKET_BYTES];
    let (head, noise) = s1.split_at_mut(8);
    rand::rng().fill_bytes(noise);
    output.put_u8(VERSION);
    match client_digest(c1) {
        None => {
            output.put_slice(&s1);
            output.put_slice(c1);
        }
        Some((scheme, digest)) => {
            if let Some(version) = head.get_mut(4..) {
                version.copy_from_slice(&SERVER_VERSION);
            }
            let at = digest_offset(&s1, scheme).ok_or(Malformed("handshake of a wrong length"))?;
            let signature = sign_around(SERVER_KEY, &s1, at)?;
            if let Some(place) = s1.get_mut(at..at + DIGEST_BYTES) {
                place.copy_from_slice(&signature);
            }
            let mut s2 = [0; PACKET_BYTES];
            let (noise, place) = s2.split_at_mut(PACKET_BYTES - DIGEST_BYTES);
            rand::rng().fill_bytes(noise);
            let key = sign(&[SERVER_KEY, &SERVER_KEY_TAIL].concat(), &[&digest])?;
            place.copy_from_slice(&sign(&key, &[noise])?);
            output.put_slice(&s1);
            output.put_slice(&s2);
        }
    }
    Ok(())
}

/// The digest of a client that signs, and which of the schemes it follows.
fn client_digest(c1: &[u8]) -> Option<(usize, [u8; DIGEST_BYTES])> {
    SCHEMES.into_iter().find_map(|scheme| {
        let at = digest_offset(c1, scheme)?;
        let found = c1.get(at..at + DIGEST_BYTES)?;
        let expected = sign_around(CLIENT_KEY, c1, at).ok()?;
        (found == expected).then_some((scheme, expected))
    })
}

fn digest_offset(packet: &[u8], scheme: usize) -> Option<usize> {
    let sum: usize = packet
        .get(scheme..scheme + 4)?
        .iter()
        .copied()
        .map(usize::from)
        .sum();
    Some(sum % 728 + scheme + 4)
}

/// The digest of everything but the place of the digest.
fn sign_around(key: &[u8], packet: &[u8], at: usize) -> Result<[u8; DIGEST_BYTES], Malformed> {
    let before = packet.get(..at).unwrap_or_default();
    let after = packet.get(at + DIGEST_BYTES..).unwrap_or_default();
    sign(key, &[before, after])
}

fn sign(key: &[u8], parts: &[&[u8]]) -> Result<[u8; DIGEST_BYTES], Malformed> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Malformed("handshake key"))?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_clients_get_their_c1_back() {
        let mut c1 = vec![7; PACKET_BYTES];
        c1[4..8].fill(0);
        let hello = [&[3], &c1[..]].concat();
        let mut output = BytesMut::new();
        let mut handshake = Handshake::default();
        let mut input = &hello[..700];
        assert_eq!(handshake.read(&mut input, &mut output), Ok(false));
        assert_eq!((input.len(), output.len()), (700, 0));
        let mut input = &hello[..];
        assert_eq!(handshake.read(&mut input, &mut output), Ok(false));
        assert_eq!(output.len(), 1 + 2 * PACKET_BYTES);
        assert_eq!(output[1 + PACKET_BYTES..], c1);
        let c2 = [&c1[..], b"chunks"].concat();
        let mut input = &c2[..];
        assert_eq!(handshake.read(&mut input, &mut output), Ok(true));
        assert_eq!(input, b"chunks");
    }

    #[test]
    fn signing_clients_get_a_signed_answer() {
        for scheme in SCHEMES {
            let mut c1 = [9; PACKET_BYTES];
            let at = digest_offset(&c1, scheme).unwrap();
            let signature = sign_around(CLIENT_KEY, &c1, at).unwrap();
            c1[at..at + DIGEST_BYTES].copy_from_slice(&signature);
            let hello = [&[3], &c1[..]].concat();
            let mut output = BytesMut::new();
            assert_eq!(Handshake::default().read(&mut &hello[..], &mut output), Ok(false));
            let s1 = &output[1..=PACKET_BYTES];
            assert_eq!(s1[4..8], SERVER_VERSION);
            let at = digest_offset(s1, scheme).unwrap();
            assert_eq!(
                s1[at..at + DIGEST_BYTES],
                sign_around(SERVER_KEY, s1, at).unwrap()
            );
            let (body, signature) = output[1 + PACKET_BYTES..].split_at(PACKET_BYTES - DIGEST_BYTES);
            let key = sign(&[SERVER_KEY, &SERVER_KEY_TAIL].concat(), &[&c1[..]]);
            assert_ne!(
                signature,
                sign(&key.unwrap(), &[body]).unwrap(),
                "signed with the digest, not the packet"
            );
        }
    }

    /// Another implementation, which signs and checks signatures.
    #[test]
    fn rml_rtmp_agrees() {
        use rml_rtmp::handshake::{Handshake as Rml, HandshakeProcessResult, PeerType};
        let mut client = Rml::new(PeerType::Client);
        let hello = client.generate_outbound_p0_and_p1().unwrap();
        let mut server = Handshake::default();
        let mut output = BytesMut::new();
        assert_eq!(server.read(&mut &hello[..], &mut output), Ok(false));
        let Ok(HandshakeProcessResult::Completed { response_bytes, .. }) = client.process_bytes(&output)
        else {
            panic!("the client is not content");
        };
        assert_eq!(server.read(&mut &response_bytes[..], &mut output), Ok(true));
    }

    #[test]
    fn others_are_turned_away_at_the_first_byte() {
        for hello in [&b"GET / HTTP/1.1"[..], &[0x16, 3, 1], &[6]] {
            assert!(
                Handshake::default()
                    .read(&mut &hello[..], &mut BytesMut::new())
                    .is_err()
            );
        }
    }
}

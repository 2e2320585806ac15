//! Pictures that say when they were made.
//!
//! In the middle of each are two rows of 24 blocks, white for one and black for zero, most significant bit first: the
//! low 32 bits of the milliseconds since 1970, and their CRC-16, so that a picture torn by the encoder is not believed.
//! `glass.mjs` reads them. The rest moves, because a still picture would cost the encoder nothing.

use std::time::Duration;

pub(crate) const WIDTH: usize = 1280;
pub(crate) const HEIGHT: usize = 720;
const COLUMNS: usize = 24;
const ROWS: usize = 2;
/// A block's side; several macroblocks, so that compression leaves its middle alone.
const BLOCK: usize = WIDTH / 32;
const LEFT: usize = (WIDTH - COLUMNS * BLOCK) / 2;
const TOP: usize = HEIGHT / 2 - BLOCK;
/// Luma well inside the legal range, far apart.
const WHITE: u8 = 210;
const BLACK: u8 = 40;
/// The moving band at the bottom.
const BAND: usize = HEIGHT / 6;
const NOISE_BYTES: usize = 1 << 16;

/// One picture in planar YUV 4:2:0, drawn again and again.
#[derive(Debug)]
pub(crate) struct Picture {
    data: Vec<u8>,
    noise: Vec<u8>,
}

impl Picture {
    pub(crate) fn new() -> Self {
        let mut data = vec![0; WIDTH * HEIGHT * 3 / 2];
        let (luma, chroma) = data.split_at_mut(WIDTH * HEIGHT);
        for (row, line) in luma.chunks_exact_mut(WIDTH).enumerate() {
            for (column, pixel) in line.iter_mut().enumerate() {
                *pixel = u8::try_from(60 + (column * 3 + row * 2) / 16 % 120).unwrap_or(0);
            }
        }
        chroma.fill(128);
        // Any sequence without a pattern will do: a linear congruential generator (Numerical Recipes).
        let mut state = 1u32;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [high, ..] = state.to_be_bytes();
            50 + high / 2
        });
        Self {
            data,
            noise: noise.take(NOISE_BYTES).collect(),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// The `number`th picture, made `now` (since 1970).
    pub(crate) fn draw(&mut self, number: u32, now: Duration) {
        let shift = usize::try_from(number).unwrap_or(0) * 3;
        let lines = self.data.chunks_exact_mut(WIDTH).take(HEIGHT);
        for (row, line) in lines.enumerate().skip(HEIGHT - BAND) {
            // Grains of two by two pixels, and a band that moves as a whole: motion an encoder can follow, at a price.
            let from = (row / 2 * 331 + shift) % (NOISE_BYTES - WIDTH);
            for (pair, grain) in line.chunks_exact_mut(2).zip(self.noise.iter().skip(from)) {
                pair.fill(*grain);
            }
        }
        let bits = bits(low_32_bits_of_ms(now));
        let rows = self.data.chunks_exact_mut(WIDTH).skip(TOP).take(ROWS * BLOCK);
        for (y, line) in rows.enumerate() {
            let bits = bits.iter().skip(y / BLOCK * COLUMNS);
            let blocks = line.get_mut(LEFT..).unwrap_or_default().chunks_exact_mut(BLOCK);
            for (block, bit) in blocks.take(COLUMNS).zip(bits) {
                block.fill(if *bit { WHITE } else { BLACK });
            }
        }
    }
}

fn low_32_bits_of_ms(now: Duration) -> u32 {
    let [.., a, b, c, d] = now.as_millis().to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

fn bits(ms: u32) -> Vec<bool> {
    let [a, b] = crc16(ms.to_be_bytes()).to_be_bytes();
    ms.to_be_bytes()
        .into_iter()
        .chain([a, b])
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
        .collect()
}

/// CRC-16/CCITT-FALSE.
fn crc16(bytes: [u8; 4]) -> u16 {
    bytes.into_iter().fold(0xffff, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                crc << 1 ^ 0x1021
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_well_known_one() {
        // Appending the CRC to its message leaves nothing; "1234" is 0x5349 with CCITT-FALSE.
        assert_eq!(crc16(*b"1234"), 0x5349);
    }

    #[test]
    fn a_picture_says_its_time() {
        let mut picture = Picture::new();
        let ms = 0x1_8765_4321;
        picture.draw(5, Duration::from_millis(ms));
        let mut read = Vec::new();
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let at = (TOP + row * BLOCK + BLOCK / 2) * WIDTH + LEFT + column * BLOCK + BLOCK / 2;
                read.push(picture.bytes()[at] > 125);
            }
        }
        assert_eq!(read, bits(0x8765_4321));
        assert_eq!(picture.bytes().len(), 1280 * 720 * 3 / 2);
    }
}

//! Frames of Blosc, format 2: blocks of bytes that are shuffled, split by byte and compressed.
//!
//! ```text
//! version  version of the compressor  flags  bytes of an element      one byte each
//! all bytes  bytes of a block  bytes of the frame  a start per block  32 bits each
//! each block: each of its streams: length, bytes
//! ```

use std::io::Read;

/// Elements' bytes are gathered: all first bytes, then all second ones.
const SHUFFLED: u8 = 1;
/// The bytes follow as they are.
const PLAIN: u8 = 2;
/// Bits are gathered like bytes.
const BITS_SHUFFLED: u8 = 4;
/// A block is one stream, not one for each byte of an element.
const WHOLE: u8 = 16;
const HEADER: usize = 16;
const LZ4: u8 = 1;
/// Bytes of a block that is written, about.
const BLOCK: usize = 256 << 10;
/// Least elements of a block that is split.
const LEAST_SPLIT: usize = 128;

/// The bytes of a frame, at most so many; `None` if it is damaged.
pub(super) fn decode(frame: &[u8], most: usize) -> Option<Vec<u8>> {
    let word = |at: usize| {
        frame.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize)
    };
    let (all, block, length) = (word(4)?, word(8)?, word(12)?);
    let (flags, size) = (frame[2], usize::from(frame[3]));
    if frame[0] > 2 || size == 0 || length != frame.len() || all > most {
        return None;
    }
    if flags & PLAIN != 0 {
        return (all == length - HEADER).then(|| frame[HEADER..].to_vec());
    }
    let mut bytes = vec![0; all];
    if all == 0 {
        return Some(bytes);
    }
    let mut shuffled = vec![0; block.min(all)];
    if block == 0 {
        return None;
    }
    for (number, out) in bytes.chunks_mut(block).enumerate() {
        let shuffled = &mut shuffled[..out.len()];
        let streams = if flags & WHOLE != 0 || out.len() < block { 1 } else { size };
        let mut at = word(HEADER + 4 * number)?;
        let each = out.len() / streams;
        for stream in shuffled.chunks_exact_mut(each.max(1)).take(streams) {
            let length = word(at)?;
            let packed = frame.get(at + 4..(at + 4).checked_add(length)?)?;
            at += 4 + length;
            match length == each {
                true => stream.copy_from_slice(packed),
                false => unpack(flags >> 5, packed, stream)?,
            }
        }
        if flags & SHUFFLED != 0 && size > 1 {
            gather_elements(shuffled, out, size);
        } else if flags & BITS_SHUFFLED != 0 && (out.len() / size).is_multiple_of(8) {
            gather_bits(shuffled, out, size);
        } else {
            out.copy_from_slice(shuffled);
        }
    }
    Some(bytes)
}

/// A frame of elements of so many bytes, shuffled, by LZ4.
pub(super) fn encode(bytes: &[u8], size: usize) -> Vec<u8> {
    // As the library does it, so that readers of any age understand.
    let block = (BLOCK / size * size).min(bytes.len()).max(1);
    let splits = size <= 16 && block / size >= LEAST_SPLIT && block.is_multiple_of(size);
    let flags = LZ4 << 5 | SHUFFLED | if splits { 0 } else { WHOLE };
    let header = |flags: u8, length: usize| {
        let mut header = vec![2, 1, flags, size as u8];
        for n in [bytes.len(), block, length] {
            header.extend((n as u32).to_le_bytes());
        }
        header
    };
    let mut starts = Vec::new();
    let mut streams = Vec::new();
    let first = HEADER + 4 * bytes.len().div_ceil(block);
    let mut shuffled = vec![0; block];
    for part in bytes.chunks(block) {
        starts.extend(((first + streams.len()) as u32).to_le_bytes());
        let shuffled = &mut shuffled[..part.len()];
        scatter_elements(part, shuffled, size);
        let each = if splits && part.len() == block { part.len() / size } else { part.len() };
        for stream in shuffled.chunks(each) {
            let packed = lz4_flex::block::compress(stream);
            let stored = if packed.len() < stream.len() { &packed } else { stream };
            streams.extend((stored.len() as u32).to_le_bytes());
            streams.extend_from_slice(stored);
        }
    }
    if first + streams.len() > HEADER + bytes.len() {
        return [&header(flags | PLAIN, HEADER + bytes.len()), bytes].concat();
    }
    [header(flags, first + streams.len()), starts, streams].concat()
}

/// Fills `out` from one stream of a compressor, by its number in Blosc.
fn unpack(compressor: u8, packed: &[u8], out: &mut [u8]) -> Option<()> {
    let length = match compressor {
        0 => return blosclz(packed, out),
        LZ4 => lz4_flex::block::decompress_into(packed, out).ok()?,
        2 => snap::raw::Decoder::new().decompress(packed, out).ok()?,
        3 => flate2::read::ZlibDecoder::new(packed).read_exact(out).map(|()| out.len()).ok()?,
        4 => {
            let mut frame = ruzstd::decoding::StreamingDecoder::new(packed).ok()?;
            frame.read_exact(out).map(|()| out.len()).ok()?
        }
        _ => return None,
    };
    (length == out.len()).then_some(())
}

/// Blosc's own compressor: runs of literals, and of what was before.
fn blosclz(packed: &[u8], out: &mut [u8]) -> Option<()> {
    let mut bytes = packed.iter().map(|b| usize::from(*b));
    let mut control = bytes.next()? & 31;
    let mut at = 0;
    loop {
        if control < 32 {
            for _ in 0..=control {
                *out.get_mut(at)? = bytes.next()? as u8;
                at += 1;
            }
        } else {
            let mut length = (control >> 5) + 2;
            if length == 9 {
                loop {
                    let more = bytes.next()?;
                    length += more;
                    if more < 255 {
                        break;
                    }
                }
            }
            let (high, low) = (control & 31, bytes.next()?);
            let far = high == 31 && low == 255;
            let back = match far {
                true => (bytes.next()? << 8) + bytes.next()? + 8192,
                false => (high << 8) + low + 1,
            };
            let from = at.checked_sub(back)?;
            out.get(..at + length)?;
            (0..length).for_each(|k| out[at + k] = out[from + k]);
            at += length;
        }
        match bytes.next() {
            Some(next) => control = next,
            None => return (at == out.len()).then_some(()),
        }
    }
}

/// Elements from their gathered bytes; what is left over stays at the end.
fn gather_elements(from: &[u8], to: &mut [u8], size: usize) {
    let count = from.len() / size;
    let (planes, rest) = from.split_at(count * size);
    let (elements, end) = to.split_at_mut(count * size);
    for (j, plane) in planes.chunks_exact(count.max(1)).enumerate() {
        elements[j..].iter_mut().step_by(size).zip(plane).for_each(|(to, from)| *to = *from);
    }
    end.copy_from_slice(rest);
}

fn scatter_elements(from: &[u8], to: &mut [u8], size: usize) {
    let count = from.len() / size;
    let (elements, rest) = from.split_at(count * size);
    let (planes, end) = to.split_at_mut(count * size);
    for (j, plane) in planes.chunks_exact_mut(count.max(1)).enumerate() {
        plane.iter_mut().zip(elements[j..].iter().step_by(size)).for_each(|(to, from)| *to = *from);
    }
    end.copy_from_slice(rest);
}

/// Elements, a multiple of 8, from their gathered bits.
fn gather_bits(from: &[u8], to: &mut [u8], size: usize) {
    let eighth = from.len() / size / 8;
    let (planes, rest) = from.split_at(8 * eighth * size);
    let (elements, end) = to.split_at_mut(8 * eighth * size);
    for (j, planes) in planes.chunks_exact((8 * eighth).max(1)).enumerate() {
        for k in 0..eighth {
            // Bit i of byte b is bit b of element i.
            let bits = std::array::from_fn(|b| planes[b * eighth + k]);
            let across = transposed(u64::from_le_bytes(bits)).to_le_bytes();
            across.iter().enumerate().for_each(|(i, b)| elements[(8 * k + i) * size + j] = *b);
        }
    }
    end.copy_from_slice(rest);
}

/// A matrix of 8 by 8 bits: blocks of 1, 2 and 4 change places across the diagonal.
fn transposed(mut x: u64) -> u64 {
    for (mask, shift) in
        [(0x00AA_00AA_00AA_00AA, 7), (0x0000_CCCC_0000_CCCC, 14), (0xF0F0_F0F0, 28)]
    {
        let swap = (x ^ (x >> shift)) & mask;
        x ^= swap ^ (swap << shift);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_they_were_written() {
        for size in [1, 4, 8, 16] {
            for length in [0, 1, 15, 1000, 16 * 40_000, 16 * 40_000 + 7] {
                let smooth: Vec<u8> =
                    (0..length).map(|k| ((k / size) >> (k % size)) as u8).collect();
                let mut state = 1_u32;
                let noise = std::iter::repeat_with(|| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                });
                let noise: Vec<u8> = noise.take(length).collect();
                for bytes in [&smooth, &noise] {
                    let frame = encode(bytes, size);
                    assert!(frame.len() <= HEADER + length);
                    assert_eq!(decode(&frame, length).as_ref(), Some(bytes), "{size}, {length}");
                    assert_eq!(decode(&frame[..frame.len() - 1], length), None);
                    assert!(length == 0 || decode(&frame, length - 1).is_none());
                }
            }
        }
    }

    #[test]
    fn no_damage_is_more_than_an_error() {
        let bytes: Vec<u8> = (0..4096_u32).map(|k| (k / 8 * (k % 8)) as u8).collect();
        for coder in 0..8_u8 {
            let mut frame = encode(&bytes, 8);
            frame[2] = frame[2] & 31 | coder << 5;
            for at in 0..frame.len().min(400) {
                for value in [0, 1, 31, 32, 127, 255] {
                    let mut damaged = frame.clone();
                    damaged[at] = value;
                    if let Some(found) = decode(&damaged, 4096) {
                        assert!(found.len() <= 4096);
                    }
                }
            }
        }
    }
}

//! The sections that say what refers to what: written anew in the place of old ones.

use std::ops::Range;

use anyhow::{Result, ensure};
use wasmparser::{RelocAddendKind, RelocationEntry};

/// Puts a section with these entries into the place of another. `section` is the range of its contents, `title` its name,
/// `of` the index of the section whose contents refer to something.
pub(crate) fn replace(
    wasm: &mut Vec<u8>,
    section: Range<usize>,
    title: &str,
    of: u32,
    entries: &[RelocationEntry],
) -> Result<()> {
    let Range { start, end } = section;
    // Before the contents stand the kind of section, one byte, and the size.
    let header = 1 + size_of_uleb((end - start) as u64);
    ensure!(
        wasm[start - header] == 0,
        "a section of relocations begins elsewhere than expected"
    );
    wasm.splice(start - header..end, write(title, of, entries));
    Ok(())
}

fn write(title: &str, of: u32, entries: &[RelocationEntry]) -> Vec<u8> {
    let mut body = Vec::new();
    uleb(&mut body, title.len() as u64);
    body.extend(title.as_bytes());
    uleb(&mut body, of.into());
    uleb(&mut body, entries.len() as u64);
    for entry in entries {
        body.push(entry.ty as u8);
        uleb(&mut body, entry.offset.into());
        uleb(&mut body, entry.index.into());
        if entry.ty.addend_kind() != RelocAddendKind::None {
            sleb(&mut body, entry.addend);
        }
    }
    let mut section = vec![0];
    uleb(&mut section, body.len() as u64);
    section.extend(body);
    section
}

fn size_of_uleb(value: u64) -> usize {
    let mut bytes = Vec::new();
    uleb(&mut bytes, value);
    bytes.len()
}

pub(crate) fn read_uleb(bytes: &[u8]) -> u32 {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn uleb(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

fn sleb(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && low & 0x40 == 0) || (value == -1 && low & 0x40 != 0) {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for number in [0, 1, 127, 128, 300, 1 << 20] {
            let mut bytes = Vec::new();
            uleb(&mut bytes, u64::from(number));
            assert_eq!(read_uleb(&bytes), number);
            assert_eq!(size_of_uleb(u64::from(number)), bytes.len());
        }
        let mut bytes = Vec::new();
        sleb(&mut bytes, -129);
        assert_eq!(bytes, [0xff, 0x7e]);
    }
}

//! Forgetting where in the source code a panic stands.
//!
//! Whatever may panic refers to its place: file, line and column. No two are alike, so that neither they nor the code before
//! them can be shared, and together they are a thirtieth of the program. Who reads the message of a panic finds its code by
//! the words, and by the numbers of the functions in the browser's trace.

use std::{collections::HashSet, ops::Range};

use anyhow::{Context, Result, ensure};
use wasmparser::{
    DataKind, DefinedDataSymbol, KnownCustom, Linking, Operator, Parser, Payload, RelocationEntry,
    RelocationType, SymbolInfo,
};

use crate::relocations::replace;

/// The size of `core::panic::Location`: where the name of the file is, its length, line, column. Four bytes each.
const SIZE: u32 = 16;

/// Lets all code refer to one place without a file, instead of to its own. Whatever nothing refers to any more, `wasm_split`
/// leaves out.
pub(crate) fn forget(wasm: &[u8]) -> Result<Vec<u8>> {
    let program = Program::read(wasm)?;
    let places = program.places();
    let one = *places.iter().min().context(
        "no place in the source code is found: they look otherwise by now. See bundler/src/places.rs",
    )?;
    let mut out = wasm.to_vec();
    let place = program.bytes_at(one).context("a place without bytes")?;
    // Length, line and column.
    out[place.start + 4..place.end].fill(0);
    let entries = program.code.entries.iter().map(|entry| {
        let mut entry = *entry;
        if is_address(&entry) && places.contains(&entry.index) {
            entry.index = one;
        }
        entry
    });
    let entries: Vec<_> = entries.collect();
    let Section {
        range, title, of, ..
    } = program.code;
    replace(&mut out, range, title, of, &entries)?;
    Ok(out)
}

fn is_address(entry: &RelocationEntry) -> bool {
    matches!(
        entry.ty,
        RelocationType::MemoryAddrLeb
            | RelocationType::MemoryAddrSleb
            | RelocationType::MemoryAddrI32
    )
}

/// A section that says what another refers to.
#[derive(Default)]
struct Section<'a> {
    range: Range<usize>,
    title: &'a str,
    of: u32,
    entries: Vec<RelocationEntry>,
}

/// What is read of a program.
#[derive(Default)]
struct Program<'a> {
    wasm: &'a [u8],
    /// Where the contents of each data segment stand.
    segments: Vec<Range<usize>>,
    /// Where the data section begins: what refers from it counts from there.
    data_start: usize,
    symbols: Vec<Option<DefinedDataSymbol>>,
    code: Section<'a>,
    data: Section<'a>,
}

impl<'a> Program<'a> {
    fn read(wasm: &'a [u8]) -> Result<Self> {
        let mut program = Self {
            wasm,
            ..Self::default()
        };
        let (mut section, mut code, mut data) = (0, None, None);
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            match &payload {
                Payload::CodeSectionStart { .. } => code = Some(section),
                Payload::DataSection(segments) => {
                    data = Some(section);
                    program.data_start = usize::try_from(segments.range().start)?;
                    for segment in segments.clone() {
                        let segment = segment?;
                        let active = matches!(&segment.kind, DataKind::Active { offset_expr, .. }
                            if matches!(offset_expr.get_operators_reader().read(), Ok(Operator::I32Const { .. })));
                        ensure!(active, "a data segment without a place in memory");
                        let end = usize::try_from(segment.range.end)?;
                        program.segments.push(end - segment.data.len()..end);
                    }
                }
                Payload::CustomSection(custom) => match custom.as_known() {
                    KnownCustom::Reloc(reader) => {
                        let of = Some(reader.section_index());
                        let range = custom.range();
                        let found = Section {
                            range: usize::try_from(range.start)?..usize::try_from(range.end)?,
                            title: custom.name(),
                            of: reader.section_index(),
                            entries: reader.entries().into_iter().collect::<Result<_, _>>()?,
                        };
                        if of == code {
                            program.code = found;
                        } else if of == data {
                            program.data = found;
                        }
                    }
                    KnownCustom::Linking(reader) => {
                        for part in reader {
                            if let Linking::SymbolTable(symbols) = part? {
                                for symbol in symbols {
                                    program.symbols.push(match symbol? {
                                        SymbolInfo::Data { symbol, .. } => symbol,
                                        _ => None,
                                    });
                                }
                            }
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
            if payload.as_section().is_some() {
                section += 1;
            }
        }
        Ok(program)
    }

    /// The symbols that are places in source code: they refer to the name of a Rust file, and say how long that name is.
    fn places(&self) -> HashSet<u32> {
        let mut refers = self.data.entries.clone();
        refers.sort_by_key(|entry| entry.offset);
        let symbols = (0..).zip(&self.symbols);
        let is_place = |symbol: &DefinedDataSymbol| {
            let bytes = self.bytes_of(symbol).filter(|_| symbol.size == SIZE)?;
            let at = u32::try_from(bytes.start - self.data_start).ok()?;
            let first = refers.partition_point(|entry| entry.offset < at);
            let mut inside = refers[first..]
                .iter()
                .take_while(|entry| entry.offset < at + SIZE);
            let (Some(to), None) = (inside.next(), inside.next()) else {
                return None;
            };
            if to.offset != at || !is_address(to) {
                return None;
            }
            let name = self.bytes_at(to.index)?.start + usize::try_from(to.addend).ok()?;
            let length: [u8; 4] = self.wasm[bytes.start + 4..bytes.start + 8]
                .try_into()
                .ok()?;
            let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
            let name = self.wasm.get(name..name.checked_add(length)?)?;
            name.ends_with(b".rs").then_some(())
        };
        let places = symbols.filter(|(_, symbol)| symbol.as_ref().and_then(is_place).is_some());
        places.map(|(index, _)| index).collect()
    }

    fn bytes_at(&self, symbol: u32) -> Option<Range<usize>> {
        self.bytes_of(self.symbols.get(symbol as usize)?.as_ref()?)
    }

    fn bytes_of(&self, symbol: &DefinedDataSymbol) -> Option<Range<usize>> {
        let segment = self.segments.get(symbol.index as usize)?;
        let start = segment.start + symbol.offset as usize;
        let end = start + symbol.size as usize;
        (end <= segment.end).then_some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_no_place_is_refused_in_words() {
        // A program without anything.
        let said = forget(b"\0asm\x01\0\0\0").expect_err("nothing is there");
        assert!(
            said.to_string().contains("no place in the source code"),
            "{said}"
        );
    }
}

//! Taking out the bodies of functions that are never called.

use std::{collections::HashSet, ops::Range};

use anyhow::{Context, Result, bail, ensure};
use wasmparser::{
    KnownCustom, Name, Parser, Payload, RelocAddendKind, RelocationEntry, TypeRef,
};

/// Puts a trap in the place of each function with `name` in its name. The functions stay where they are, byte for byte,
/// and what they referred to is forgotten.
pub(crate) fn silence(wasm: &[u8], name: &str) -> Result<Vec<u8>> {
    let mut silent = HashSet::new();
    let mut imported = 0_u32;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else {
                    continue;
                };
                for names in names {
                    let Name::Function(functions) = names? else {
                        continue;
                    };
                    for function in functions {
                        let function = function?;
                        // wasm-bindgen runs what describes an export, and takes it out itself.
                        if function.name.contains(name) && !function.name.contains("describe") {
                            silent.insert(function.index);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    ensure!(
        !silent.is_empty(),
        "no function is called *{name}*: a library calls it otherwise by now, or the names were stripped. \
         See NEVER_CALLED in bundler/src/main.rs"
    );
    let mut out = wasm.to_vec();
    let mut bodies: Vec<Range<usize>> = Vec::new();
    let mut code = None;
    let mut relocations = None;
    let mut index = imported;
    let mut section = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            Payload::CodeSectionStart { range, .. } => code = Some((section, range.start as usize)),
            Payload::CodeSectionEntry(body) => {
                if silent.contains(&index) {
                    let range = body.range();
                    let range = range.start as usize..range.end as usize;
                    empty(&mut out[range.clone()])?;
                    bodies.push(range);
                }
                index += 1;
            }
            Payload::CustomSection(custom) => {
                if let KnownCustom::Reloc(reader) = custom.as_known()
                    && code.is_some_and(|(code, _)| code == reader.section_index())
                {
                    relocations = Some((custom.range(), custom.name(), reader));
                }
            }
            _ => {}
        }
        if payload.as_section().is_some() {
            section += 1;
        }
    }
    let (_, code_start) = code.context("the program has no code")?;
    let (range, title, reader) = relocations.context(
        "the program does not say what refers to what: it has to be linked with --emit-relocs, \
         which frontend/build.rs asks for",
    )?;
    let mut kept = Vec::new();
    for entry in reader.entries() {
        let entry = entry?;
        let at = code_start + entry.offset as usize;
        let next = bodies.partition_point(|body| body.end <= at);
        if !bodies.get(next).is_some_and(|body| body.contains(&at)) {
            kept.push(entry);
        }
    }
    let section = write_relocations(title, reader.section_index(), &kept);
    // The range is that of the contents: before it stand the kind of section, one byte, and the size.
    let start = range.start as usize;
    let header = 1 + size_of_uleb(range.end - range.start);
    ensure!(
        out[start - header] == 0,
        "a section of relocations begins elsewhere than expected"
    );
    out.splice(start - header..range.end as usize, section);
    Ok(out)
}

/// No locals, a trap, and as much of nothing as there was code.
fn empty(body: &mut [u8]) -> Result<()> {
    const UNREACHABLE: u8 = 0x00;
    const NOP: u8 = 0x01;
    const END: u8 = 0x0b;
    let [locals, code @ .., end] = body else {
        bail!("a function without a body");
    };
    if let Some(trap) = code.first_mut() {
        *locals = 0;
        *trap = UNREACHABLE;
        code[1..].fill(NOP);
        *end = END;
    }
    Ok(())
}

fn write_relocations(title: &str, of: u32, entries: &[RelocationEntry]) -> Vec<u8> {
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

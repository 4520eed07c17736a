//! Taking out the bodies of functions that are never called.

use std::{collections::HashSet, ops::Range};

use anyhow::{Context, Result, bail, ensure};
use wasmparser::{
    KnownCustom, Name, Parser, Payload, RelocSectionReader, RelocationEntry, RelocationType,
    TypeRef,
};

use crate::relocations::{read_uleb, replace};

/// Puts a trap in the place of each function that [`is_named`], and that no other function calls. The functions stay where
/// they are, byte for byte, and what they referred to is forgotten.
///
/// The linker gives functions of the same code one name, so that a name alone proves nothing: whatever is called under
/// such a name is spared.
pub(crate) fn silence(wasm: &[u8], name: &str) -> Result<Vec<u8>> {
    let program = Program::read(wasm)?;
    let mut silent: HashSet<u32> = program.functions_named(name);
    ensure!(
        !silent.is_empty(),
        "no function is called {name}: a library calls it otherwise by now, or the names were stripped. \
         See NEVER_CALLED in bundler/src/main.rs"
    );
    loop {
        let called =
            |(caller, called): &(u32, u32)| !silent.contains(caller) && silent.contains(called);
        let spared: Vec<u32> = program
            .calls
            .iter()
            .filter(|call| called(call))
            .map(|(_, called)| *called)
            .collect();
        if spared.is_empty() {
            break;
        }
        for spared in spared {
            silent.remove(&spared);
        }
    }
    let mut out = wasm.to_vec();
    let mut kept = Vec::new();
    for (index, body) in (program.imported..).zip(&program.bodies) {
        if silent.contains(&index) {
            empty(&mut out[body.clone()])?;
        }
    }
    for entry in program.relocations.entries() {
        let entry = entry?;
        if !program
            .function_at(&entry)
            .is_some_and(|index| silent.contains(&index))
        {
            kept.push(entry);
        }
    }
    replace(
        &mut out,
        program.section.clone(),
        program.title,
        program.relocations.section_index(),
        &kept,
    )?;
    Ok(out)
}

/// Whether the function has this name, or is the body of it where it is `async`; or is exported under a name that begins
/// with it.
fn is_named(symbol: &str, name: &str) -> bool {
    if symbol.starts_with(name) {
        return true;
    }
    let path = format!("{:#}", rustc_demangle::demangle(symbol));
    let path = path.strip_suffix("::{{closure}}").unwrap_or(&path);
    // As newer compilers write it.
    let path = path.strip_suffix("::{closure#0}").unwrap_or(path);
    path.rsplit("::").next() == Some(name)
}

/// What is read of a program.
struct Program<'a> {
    wasm: &'a [u8],
    names: Vec<(u32, &'a str)>,
    /// So many functions come from outside: the others are counted on from there.
    imported: u32,
    bodies: Vec<Range<usize>>,
    /// Where its code begins.
    code: usize,
    /// What the code refers to, and the section that says so.
    relocations: RelocSectionReader<'a>,
    section: Range<usize>,
    title: &'a str,
    /// Which function calls which.
    calls: Vec<(u32, u32)>,
}

impl<'a> Program<'a> {
    fn read(wasm: &'a [u8]) -> Result<Self> {
        let mut names = Vec::new();
        let mut imported = 0;
        let mut bodies = Vec::new();
        let mut code = None;
        let mut relocations = None;
        let mut section = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            match &payload {
                Payload::ImportSection(imports) => {
                    for import in imports.clone().into_imports() {
                        imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionStart { range, .. } => code = Some((section, range.start)),
                Payload::CodeSectionEntry(body) => {
                    let range = body.range();
                    bodies.push(range.start as usize..range.end as usize);
                }
                Payload::CustomSection(custom) => match custom.as_known() {
                    KnownCustom::Reloc(reader)
                        if code.is_some_and(|(code, _)| code == reader.section_index()) =>
                    {
                        let range = custom.range();
                        let range = range.start as usize..range.end as usize;
                        relocations = Some((reader, range, custom.name()));
                    }
                    KnownCustom::Name(reader) => {
                        for part in reader {
                            if let Name::Function(functions) = part? {
                                for function in functions {
                                    let function = function?;
                                    names.push((function.index, function.name));
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
        let (_, code) = code.context("the program has no code")?;
        let (relocations, section, title) = relocations.context(
            "the program does not say what refers to what: it has to be linked with --emit-relocs, \
             which frontend/build.rs asks for",
        )?;
        let mut program = Self {
            wasm,
            names,
            imported,
            bodies,
            code: code as usize,
            relocations,
            section,
            title,
            calls: Vec::new(),
        };
        for entry in program.relocations.entries() {
            let entry = entry?;
            if entry.ty == RelocationType::FunctionIndexLeb {
                let caller = program
                    .function_at(&entry)
                    .context("code outside of functions")?;
                let at = program.code + entry.offset as usize;
                program.calls.push((caller, read_uleb(&program.wasm[at..])));
            }
        }
        Ok(program)
    }

    fn functions_named(&self, name: &str) -> HashSet<u32> {
        let named = self
            .names
            .iter()
            .filter(|(_, symbol)| is_named(symbol, name));
        named.map(|(index, _)| *index).collect()
    }

    /// The function in whose code this stands.
    fn function_at(&self, entry: &RelocationEntry) -> Option<u32> {
        let at = self.code + entry.offset as usize;
        let place = self.bodies.partition_point(|body| body.end <= at);
        self.bodies.get(place).filter(|body| body.contains(&at))?;
        Some(self.imported + place as u32)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_function_itself_and_its_body_have_its_name() {
        let path = "_ZN3app4View13hydrate_async";
        let named = [
            "17h0123456789abcdefE",
            "28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
        ];
        for end in named {
            assert!(is_named(&format!("{path}{end}"), "hydrate_async"), "{end}");
        }
        // The linker may have merged these with what is called.
        for symbol in [
            &format!("{path}5inner17h0123456789abcdefE"),
            "_ZN3app4View7hydrate17h0123456789abcdefE",
            "_ZN4core3ptr40drop_in_place$LT$app..hydrate_async$GT$17h0123456789abcdefE",
        ] {
            assert!(!is_named(symbol, "hydrate_async"), "{symbol}");
        }
    }

    #[test]
    fn an_emptied_function_is_as_long_and_does_nothing() {
        let mut body = [1, 1, 0x7f, 0x41, 0, 0x0b];
        empty(&mut body).expect("a body");
        assert_eq!(body, [0, 0, 1, 1, 1, 0x0b]);
        assert!(empty(&mut [0x0b]).is_err());
    }

    #[test]
    fn what_has_no_such_function_is_refused_in_words() {
        // A program without anything.
        let said = silence(b"\0asm\x01\0\0\0", "hydrate_async").expect_err("nothing is there");
        assert!(said.to_string().contains("has no code"), "{said}");
    }
}

//! The languages whose code has colours, and the words that are theirs.

use std::{collections::HashMap, sync::LazyLock};

use super::grammar::{
    COMMENT, CONSTANT, CURLY, Code, DATA, DELETED, DOUBLE, Grammar, HASH, INSERTED, KEYWORD, Kind,
    NAME, SCRIPT, SINGLE, quote, same,
};

/// A language: what it is called, how it is written, and which words are its own.
pub(super) struct Language {
    /// What a block calls it behind its fence, in small letters.
    pub names: &'static str,
    pub grammar: Grammar,
    pub keywords: &'static str,
    pub constants: &'static str,
}

/// All of them. An unknown one is plain.
pub(super) static LANGUAGES: [Language; 27] = [
    Language {
        names: "rust rs",
        grammar: Grammar::Code(Code {
            strings: &[
                quote("r##\"", "\"##", Kind::Raw),
                quote("r#\"", "\"#", Kind::Raw),
                quote("r\"", "\"", Kind::Raw),
                same("\"", Kind::Lines),
                same("'", Kind::Letter),
            ],
            ..CURLY
        }),
        keywords: "as async await break const continue crate dyn else enum extern fn for if impl in let loop macro_rules match \
            mod move mut pub ref return self static struct super trait type union unsafe use where while bool char f32 f64 i8 \
            i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize",
        constants: "true false",
    },
    Language {
        names: "typescript ts tsx mts cts",
        grammar: Grammar::Code(SCRIPT),
        keywords: "abstract any as asserts async await bigint boolean break case catch class const continue debugger declare \
            default delete do else enum export extends finally for function if implements import in infer instanceof \
            interface is keyof let namespace never new number object of private protected public readonly return satisfies \
            static string super switch symbol this throw try type typeof unknown var void while with yield",
        constants: "true false null undefined NaN Infinity",
    },
    Language {
        names: "javascript js jsx mjs cjs",
        grammar: Grammar::Code(SCRIPT),
        keywords: "as async await break case catch class const continue debugger default delete do else export extends \
            finally for function if import in instanceof let new of return static super switch this throw try typeof var \
            void while with yield",
        constants: "true false null undefined NaN Infinity",
    },
    Language {
        names: "python py python3",
        grammar: Grammar::Code(HASH),
        keywords: "and as assert async await break case class continue def del elif else except finally for from global if \
            import in is lambda match nonlocal not or pass raise return self try while with yield",
        constants: "True False None",
    },
    Language {
        names: "go golang",
        grammar: Grammar::Code(Code {
            strings: &[same("`", Kind::Raw), DOUBLE, SINGLE],
            ..CURLY
        }),
        keywords: "any bool break byte case chan const continue default defer else error fallthrough float32 float64 for func \
            go goto if import int int32 int64 interface map package range return rune select string struct switch type uint \
            uint32 uint64 var",
        constants: "true false nil iota",
    },
    Language {
        names: "java",
        grammar: Grammar::Code(CURLY),
        keywords: "abstract assert boolean break byte case catch char class continue default do double else enum extends final \
            finally float for if implements import instanceof int interface long native new package permits private protected \
            public record return sealed short static super switch synchronized this throw throws transient try var void \
            volatile while yield",
        constants: "true false null",
    },
    Language {
        names: "kotlin kt kts",
        grammar: Grammar::Code(CURLY),
        keywords: "abstract as break by catch class companion const constructor continue data do else enum expect external \
            final finally for fun if import in infix init inline inner interface internal is lateinit object open operator out \
            override package private protected public return sealed super suspend this throw try typealias val var vararg \
            when where while",
        constants: "true false null",
    },
    Language {
        names: "swift",
        grammar: Grammar::Code(CURLY),
        keywords: "actor any as associatedtype async await break case catch class continue default defer deinit do else enum \
            extension fallthrough fileprivate final for func guard if import in init inout internal is let mutating open \
            operator override private protocol public repeat rethrows return self some static struct subscript super switch \
            throw throws try typealias var weak where while",
        constants: "true false nil",
    },
    Language {
        names: "c h",
        grammar: Grammar::Code(CURLY),
        keywords: "auto bool break case char const continue default do double else enum extern float for goto if inline int \
            long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while \
            define elif endif ifdef ifndef include pragma undef size_t int8_t int16_t int32_t int64_t uint8_t uint16_t \
            uint32_t uint64_t",
        constants: "true false NULL",
    },
    Language {
        names: "c++ cpp cc cxx hpp",
        grammar: Grammar::Code(CURLY),
        keywords: "alignas auto bool break case catch char class co_await co_return co_yield concept const consteval constexpr \
            continue decltype default delete do double else enum explicit export extern final float for friend goto if inline \
            int long mutable namespace new noexcept operator override private protected public requires return short signed \
            sizeof static static_assert struct switch template this throw try typedef typename union unsigned using virtual \
            void volatile while define elif endif ifdef ifndef include pragma undef size_t",
        constants: "true false nullptr NULL",
    },
    Language {
        names: "c# csharp cs",
        grammar: Grammar::Code(CURLY),
        keywords: "abstract as async await base bool break byte case catch char checked class const continue decimal default \
            delegate do double else enum event explicit extern finally fixed float for foreach get if implicit in init int \
            interface internal is lock long namespace new object operator out override params private protected public \
            readonly record ref required return sealed set short sizeof static string struct switch this throw try typeof \
            uint ulong using value var virtual void volatile when where while with yield",
        constants: "true false null",
    },
    Language {
        names: "dart",
        grammar: Grammar::Code(Code {
            strings: HASH.strings,
            ..CURLY
        }),
        keywords: "abstract as assert async await base bool break case catch class const continue covariant default do double \
            dynamic else enum export extends extension factory final finally for get if implements import in int interface is \
            late library mixin new num on operator part required rethrow return sealed set static super switch this throw try \
            typedef var void when while with yield",
        constants: "true false null",
    },
    Language {
        names: "php",
        grammar: Grammar::Code(Code {
            line_comments: &["//", "#"],
            ..CURLY
        }),
        keywords: "abstract array as bool break case catch class clone const continue declare default do echo else elseif enum \
            extends final finally float fn for foreach function global if implements instanceof int interface match mixed \
            namespace new print private protected public readonly require require_once return self static string switch \
            throw trait try use var void while yield",
        constants: "true false null",
    },
    Language {
        names: "ruby rb",
        grammar: Grammar::Code(HASH),
        keywords: "alias and begin break case class def defined do else elsif end ensure extend for if in include module next \
            not or private protected public raise redo require rescue retry return self super then undef unless until when \
            while yield",
        constants: "true false nil",
    },
    Language {
        names: "lua",
        grammar: Grammar::Code(Code {
            line_comments: &["--"],
            block_comments: &[("--[[", "]]")],
            strings: &[quote("[[", "]]", Kind::Raw), DOUBLE, SINGLE],
            ..CURLY
        }),
        keywords: "and break do else elseif end for function goto if in local not or repeat return then until while",
        constants: "true false nil",
    },
    Language {
        names: "bash sh shell zsh",
        grammar: Grammar::Code(Code {
            strings: &[same("\"", Kind::Lines), same("'", Kind::Raw)],
            types: false,
            hyphens: true,
            ..HASH
        }),
        keywords: "alias break case cd continue declare do done echo elif else esac eval exec exit export fi for function if in \
            local printf read readonly return set shift source then trap unset until while",
        constants: "true false",
    },
    Language {
        names: "makefile make mk",
        grammar: Grammar::Code(Code {
            strings: &[],
            types: false,
            hyphens: true,
            ..HASH
        }),
        keywords: "define else endef endif export ifdef ifeq ifndef ifneq include override unexport",
        constants: "",
    },
    Language {
        names: "dockerfile docker containerfile",
        grammar: Grammar::Code(Code {
            strings: &[DOUBLE, same("'", Kind::Apart)],
            key: Some('='),
            types: false,
            hyphens: true,
            ..HASH
        }),
        keywords: "ADD ARG AS CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL ONBUILD RUN SHELL STOPSIGNAL USER VOLUME \
            WORKDIR",
        constants: "",
    },
    Language {
        names: "sql sqlite postgresql postgres mysql",
        grammar: Grammar::Code(Code {
            line_comments: &["--"],
            strings: &[same("'", Kind::Raw), same("\"", Kind::Raw)],
            types: false,
            ignores_case: true,
            ..CURLY
        }),
        keywords: "add all alter and any as asc begin between bigint blob boolean by cascade case cast check column commit \
            conflict constraint create cross database default delete desc distinct do drop else end except exists explain \
            false fetch foreign from full function grant group having if in index inner insert int integer intersect into is \
            join json jsonb key left like limit not nothing null numeric of offset on or order outer over partition primary \
            procedure references returning revoke right rollback row rows select serial set table temporary text then time \
            timestamp timestamptz to transaction trigger union unique update using uuid values varchar view when where window \
            with",
        constants: "",
    },
    Language {
        names: "graphql gql",
        grammar: Grammar::Code(HASH),
        keywords: "directive enum extend fragment implements input interface mutation on query scalar schema subscription type \
            union",
        constants: "true false null",
    },
    Language {
        names: "json jsonc json5 jsonl",
        grammar: Grammar::Code(Code {
            strings: &[DOUBLE, SINGLE],
            key: Some(':'),
            types: false,
            ..CURLY
        }),
        keywords: "",
        constants: "true false null",
    },
    Language {
        names: "yaml yml",
        grammar: Grammar::Code(Code {
            key: Some(':'),
            ..DATA
        }),
        keywords: "",
        constants: "true false null yes no",
    },
    Language {
        names: "toml ini",
        grammar: Grammar::Code(DATA),
        keywords: "",
        constants: "true false",
    },
    Language {
        names: "css scss less",
        grammar: Grammar::Code(Code {
            line_comments: &[],
            key: Some(':'),
            types: false,
            hyphens: true,
            ..CURLY
        }),
        keywords: "charset container import include keyframes layer media mixin supports use important",
        constants: "auto inherit initial none unset",
    },
    Language {
        names: "html htm xml svg vue svelte",
        grammar: Grammar::Markup,
        keywords: "",
        constants: "",
    },
    Language {
        names: "diff patch",
        grammar: Grammar::Lines(&[
            ("+++", NAME),
            ("---", NAME),
            ("diff ", NAME),
            ("index ", NAME),
            ("@@", KEYWORD),
            ("+", INSERTED),
            ("-", DELETED),
        ]),
        keywords: "",
        constants: "",
    },
    Language {
        names: "markdown md",
        grammar: Grammar::Lines(&[
            ("#", KEYWORD),
            (">", COMMENT),
            ("```", COMMENT),
            ("~~~", COMMENT),
        ]),
        keywords: "",
        constants: "",
    },
];

/// Words behind which something gets its name.
pub(super) const DEFINING: [&str; 20] = [
    "actor",
    "class",
    "def",
    "enum",
    "fn",
    "fun",
    "func",
    "function",
    "interface",
    "macro_rules",
    "mod",
    "module",
    "namespace",
    "object",
    "protocol",
    "record",
    "struct",
    "trait",
    "type",
    "typealias",
];

/// The words of a language, by what they look like.
pub(super) type Words = HashMap<&'static str, &'static str>;

static KNOWN: LazyLock<Vec<Words>> = LazyLock::new(|| {
    let words = |language: &Language| {
        let of =
            |words: &'static str, class| words.split_whitespace().map(move |word| (word, class));
        of(language.keywords, KEYWORD)
            .chain(of(language.constants, CONSTANT))
            .collect()
    };
    LANGUAGES.iter().map(words).collect()
});

/// The language that a block names behind its fence, as in `rust,no_run`, `{.python}` or `ts:src/main.ts`, with its words.
pub(super) fn language(info: &str) -> Option<(&'static Language, &'static Words)> {
    let info = info.trim_start_matches(['{', '.', ' ']);
    let end = |letter: char| letter.is_whitespace() || matches!(letter, ',' | ':' | '{' | '}');
    let name = info.split(end).next()?;
    let is_it = |known: &str| known.eq_ignore_ascii_case(name);
    let place = LANGUAGES
        .iter()
        .position(|language| language.names.split(' ').any(is_it))?;
    Some((LANGUAGES.get(place)?, KNOWN.get(place)?))
}

// Puts a .br and a .gz beside each file of a folder that a compressed form makes smaller.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const FIRST_PAGE = 'staffel.wasm';

const folder = process.argv[2];
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const bytes = readFileSync(path);
  const forms = {
    '.br': brotli(path, bytes),
    '.gz': gzipSync(bytes, { level: 9 }),
  };
  for (const [ending, form] of Object.entries(forms)) {
    if (form.length < bytes.length) writeFileSync(path + ending, form);
  }
}

// The compressor chooses the size of its blocks by the length of the file; small ones suit the code of the first page
// better, by a hundredth. How it writes distances it does not choose at all, and no form of it suits every build: some are
// tried for the page that everybody waits for.
function brotli(path, bytes) {
  const { BROTLI_PARAM_SIZE_HINT, BROTLI_PARAM_LGBLOCK, BROTLI_PARAM_NPOSTFIX, BROTLI_PARAM_NDIRECT } = constants;
  const form = (more) => brotliCompressSync(bytes, { params: { [BROTLI_PARAM_SIZE_HINT]: bytes.length, ...more } });
  const small = (postfix, direct) => form({ [BROTLI_PARAM_LGBLOCK]: 16, [BROTLI_PARAM_NPOSTFIX]: postfix, [BROTLI_PARAM_NDIRECT]: direct });
  const forms = [form({}), small(0, 0)];
  if (basename(path) === FIRST_PAGE) forms.push(small(0, 12), small(0, 15), small(2, 16), small(3, 8));
  return forms.reduce((shortest, next) => (next.length < shortest.length ? next : shortest));
}

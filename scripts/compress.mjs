// Puts a .br and a .gz beside each file of a folder that a compressed form makes smaller.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const folder = process.argv[2];
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const bytes = readFileSync(path);
  const forms = {
    '.br': brotli(bytes),
    '.gz': gzipSync(bytes, { level: 9 }),
  };
  for (const [ending, form] of Object.entries(forms)) {
    if (form.length < bytes.length) writeFileSync(path + ending, form);
  }
}

// The compressor chooses the size of its blocks by the length of the file; small ones suit the code of the first page
// better, by a hundredth.
function brotli(bytes) {
  const form = (more) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, ...more } });
  const forms = [form({}), form({ [constants.BROTLI_PARAM_LGBLOCK]: 16 })];
  return forms[0].length <= forms[1].length ? forms[0] : forms[1];
}

// Puts a .br and a .gz beside each file of a folder that a compressed form makes smaller.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

// On all processors: these work in threads of their own.
const brotliCompress = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

const FIRST_PAGE = 'staffel.wasm';

const files = readdirSync(process.argv[2], { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
await Promise.all(files.map((file) => compress(join(file.parentPath ?? file.path, file.name))));

async function compress(path) {
  const bytes = readFileSync(path);
  const [br, gz] = await Promise.all([brotli(path, bytes), gzip(bytes, { level: 9 })]);
  if (br.length < bytes.length) writeFileSync(`${path}.br`, br);
  if (gz.length < bytes.length) writeFileSync(`${path}.gz`, gz);
}

// The compressor chooses the size of its blocks by the length of the file; small ones suit the code of the first page
// better, by a hundredth. How it writes distances it does not choose at all, and no form of it suits every build: some are
// tried for the page that everybody waits for.
async function brotli(path, bytes) {
  const { BROTLI_PARAM_SIZE_HINT, BROTLI_PARAM_LGBLOCK, BROTLI_PARAM_NPOSTFIX, BROTLI_PARAM_NDIRECT } = zlib.constants;
  const form = (more) => brotliCompress(bytes, { params: { [BROTLI_PARAM_SIZE_HINT]: bytes.length, ...more } });
  const small = (postfix, direct) => form({ [BROTLI_PARAM_LGBLOCK]: 16, [BROTLI_PARAM_NPOSTFIX]: postfix, [BROTLI_PARAM_NDIRECT]: direct });
  const forms = [form({}), small(0, 0)];
  if (basename(path) === FIRST_PAGE) forms.push(small(0, 12), small(0, 15), small(2, 16), small(3, 8));
  return (await Promise.all(forms)).reduce((shortest, next) => (next.length < shortest.length ? next : shortest));
}

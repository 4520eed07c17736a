// Puts a .br and a .gz beside each file of a folder that a compressed form makes smaller.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

// On all processors: these work in threads of their own.
const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

const files = readdirSync(process.argv[2], { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
await Promise.all(files.map((file) => compress(join(file.parentPath ?? file.path, file.name))));

async function compress(path) {
  const bytes = readFileSync(path);
  const [br, gz] = await Promise.all([brotli(bytes), gzip(bytes, { level: 9 })]);
  if (br.length < bytes.length) writeFileSync(`${path}.br`, br);
  if (gz.length < bytes.length) writeFileSync(`${path}.gz`, gz);
}

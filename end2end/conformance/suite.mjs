// Runs the official conformance suite of MCP and reads what it found.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SUITE = fileURLToPath(new URL('../node_modules/@modelcontextprotocol/conformance', import.meta.url));
const RESULTS = fileURLToPath(new URL('../test-results/conformance', import.meta.url));

/** @typedef {{ id: string, status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO', errorMessage?: string }} Check */

/** The scenarios that decide whether a server conforms to a revision.
 * @param {string} revision @returns {string[]} */
export function scored(revision) {
  const file = join(SUITE, 'requirements', `${revision}.yaml`);
  const [, list] = /^server:\n((?: +- .+\n)+)/m.exec(readFileSync(file, 'utf8')) ?? [];
  if (!list) throw new Error(`${file} names no scenarios`);
  return Array.from(list.matchAll(/- (\S+)/g), ([, scenario]) => scenario);
}

/** Runs every scenario of a revision, or one alone, and returns the checks of those that ran to their end.
 * @param {string} url @param {string} revision @param {string} target what is tested: a folder of the results
 * @param {string} [scenario]
 * @returns {Promise<Map<string, Check[]>>} */
export async function run(url, revision, target, scenario) {
  const folder = join(RESULTS, target, revision, scenario ?? 'all');
  const which = scenario ? ['--scenario', scenario, '--spec-version', revision] : ['--requirements', revision];
  rmSync(folder, { recursive: true, force: true });
  const program = join(SUITE, 'dist/index.js');
  // The suite ends with 1 also for what is expected to fail; its results tell more.
  const child = spawn(process.execPath, [program, 'server', '--url', url, ...which, '--output-dir', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  }
  await once(child, 'close');
  if (!existsSync(folder)) throw new Error(`the suite did not run:\n${said}`);
  return new Map(readdirSync(folder).flatMap((name) => result(folder, name)));
}

/** @param {string} folder @param {string} name @returns {[string, Check[]][]} */
function result(folder, name) {
  const [, scenario] = /^server-(.+)-\d{4}-\d\d-\d\dT[-\d]+Z$/.exec(name) ?? [];
  const file = join(folder, name, 'checks.json');
  return scenario && existsSync(file) ? [[scenario, JSON.parse(readFileSync(file, 'utf8'))]] : [];
}

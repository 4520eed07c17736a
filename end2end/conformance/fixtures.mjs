// The server with the suite's fixtures: Staffel's own endpoint around another handler (server/examples/conformance).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { ROOT } from '../support/server.mjs';

const BINARY = join(ROOT, 'target/debug/examples/conformance');

export class Fixtures {
  #process;

  /** @param {import('node:child_process').ChildProcess} process @param {string} mcp */
  constructor(process, mcp) {
    this.#process = process;
    this.mcp = mcp;
  }

  static async start() {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing; \`make conformance\` builds it`);
    // A person's own settings must not reach the tests.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('STAFFEL_'));
    const child = spawn(BINARY, {
      cwd: ROOT,
      env: Object.fromEntries(inherited),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = createInterface(child.stdout);
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the fixtures ended at once, with ${code}`);
    });
    const [address] = await Promise.race([once(said, 'line'), ended]);
    return new Fixtures(child, address);
  }

  async dispose() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
  }
}

// The MCP inspector's command line: every call is a process, and a session, of its own.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Server } from '../support/server.mjs';
import { OF_THE_INSPECTOR } from './expected-findings.mjs';
import { agents, loop } from './loop.mjs';

const INSPECTOR = fileURLToPath(new URL('../node_modules/.bin/mcp-inspector', import.meta.url));

/** @type {Server} */
let server;
/** @type {string} */
let home;

before(async () => {
  server = await Server.start();
  home = mkdtempSync(join(tmpdir(), 'staffel-home-'));
});
after(async () => {
  await server.dispose();
  rmSync(home, { recursive: true, force: true });
});

/** @param {string} era @param {string} method @param {string[]} more */
async function inspect(era, method, ...more) {
  const target = [server.mcp, '--transport', 'http', '--protocol-era', era, '--stored-auth-only'];
  const args = ['--cli', ...target, '--method', method, '--format', 'json', '--quiet', ...more];
  const env = { PATH: process.env.PATH, HOME: home };
  return new Promise((/** @type {(said: { code: unknown, out: any, err: string }) => void} */ resolve, reject) => {
    execFile(INSPECTOR, args, { env, timeout: 40_000, maxBuffer: 8 << 20 }, (error, stdout, stderr) => {
      if (error?.killed) return reject(error);
      resolve({ code: error?.code ?? 0, out: stdout ? JSON.parse(stdout) : undefined, err: stderr });
    });
  });
}

/** What `--strict` says about the schemas: one line for each finding. @param {string} err */
function findings(err) {
  const found = err.matchAll(/^(\w+): tool "(\w+)"\n +Path: (\S+)\n +Issue: (.+)$/gm);
  return Array.from(found, ([, severity, tool, path, issue]) => ({ at: `${tool}: ${path}`, severity, issue }));
}

for (const era of ['legacy', 'modern']) {
  describe(`the inspector, ${era}`, { timeout: 60_000 }, () => {
    test('the schemas of the tools', async () => {
      const { code, out, err } = await inspect(era, 'tools/list', '--strict');
      assert.equal(code, 0, err);
      assert.equal(out.result.tools.length, 12);
      const found = findings(err);
      assert.equal(found.length, err.match(/^ +Issue: /gm)?.length ?? 0, `not understood:\n${err}`);
      const unexpected = found.filter(({ issue }) => !OF_THE_INSPECTOR.some(({ words }) => issue.includes(words)));
      assert.deepEqual(unexpected, []);
      for (const { words } of OF_THE_INSPECTOR) {
        assert.ok(
          found.some(({ issue }) => issue.includes(words)),
          `no longer found, remove it: ${words}`,
        );
      }
    });

    for (const [method, list, least] of /** @type {const} */ ([
      ['resources/list', 'resources', 1],
      ['resources/templates/list', 'resourceTemplates', 3],
      ['prompts/list', 'prompts', 2],
    ])) {
      test(method, async () => {
        const { code, out, err } = await inspect(era, method);
        assert.deepEqual([code, err], [0, '']);
        assert.ok(out.result[list].length >= least, JSON.stringify(out));
      });
    }

    /** @param {string} tool @param {Record<string, unknown>} args */
    async function call(tool, args) {
      const given = ['--tool-name', tool, '--tool-args-json', JSON.stringify(args)];
      const { code, out, err } = await inspect(era, 'tools/call', ...given);
      assert.deepEqual([code, err], [0, '']);
      return out.result.structuredContent;
    }

    test('the whole loop', async () => {
      const pipeline = await loop(server, call, { asTask: era === 'modern' });
      for (const name of await agents(server, pipeline)) assert.match(name, /inspector/);
    });
  });
}

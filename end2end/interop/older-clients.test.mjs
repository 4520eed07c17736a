// Clients of the older protocol era: the TypeScript client of version 1, alone and behind the two bridges that
// people put in front of servers which their assistant cannot reach itself.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { ROOT, Server } from '../support/server.mjs';
import { bringsThrough, carriesTheRest, hearsChanges, overHttp, through } from './older-client.mjs';

const MCP_REMOTE = fileURLToPath(new URL('../node_modules/.bin/mcp-remote', import.meta.url));
const MCP_PROXY = join(ROOT, 'target/venv-tools/bin/mcp-proxy');

/** @type {Server} */
let server;
/** @type {string} */
let home;

beforeEach(async () => {
  server = await Server.start();
  home = mkdtempSync(join(tmpdir(), 'staffel-home-'));
});
afterEach(async () => {
  await server.dispose();
  rmSync(home, { recursive: true, force: true });
});

/** How each client is connected, and as whom the journal knows it. */
const CLIENTS = {
  'the client of version 1': { connect: () => overHttp(server), known: /^older$/, hears: true },
  'mcp-remote': {
    connect: () => through(MCP_REMOTE, [server.mcp, '--allow-http', '--transport', 'http-only'], { MCP_REMOTE_CONFIG_DIR: home }),
    known: /^older \(via mcp-remote \d+\.\d+\.\d+\)$/,
    hears: true,
  },
  'mcp-proxy': {
    connect: () => through(MCP_PROXY, ['--transport', 'streamablehttp', server.mcp]),
    known: /^mcp$/, // it speaks for itself and not for its client
    hears: false, // it passes subscriptions on, but not what comes of them
  },
};

for (const [name, { connect, known, hears }] of Object.entries(CLIENTS)) {
  describe(name, { timeout: 30_000 }, () => {
    test('the whole loop', () => bringsThrough(server, connect(), known));
    test('progress, refusals, prompts and resources', () => carriesTheRest(server, connect()));
    if (hears) test('notices of what changes', () => hearsChanges(connect()));
  });
}

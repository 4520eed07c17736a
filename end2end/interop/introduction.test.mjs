// What a client is told before it does anything, word for word. A change here is seen by every model, so it has to
// be meant: STAFFEL_ACCEPT_SNAPSHOTS=1 writes the files anew, and git shows the difference.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Server } from '../support/server.mjs';
import { ask, introduction } from './wire.mjs';

const FOLDER = fileURLToPath(new URL('snapshots/', import.meta.url));
const ACCEPT = process.env.STAFFEL_ACCEPT_SNAPSHOTS === '1';

/** @type {Server} */
let server;

before(async () => {
  server = await Server.start();
});
after(() => server.dispose());

/** @param {string} name @param {any} said */
function matches(name, said) {
  // Only the server's own version: it changes with every release.
  const text = `${JSON.stringify(said, masked, 2)}\n`;
  const file = `${FOLDER}${name}.json`;
  if (ACCEPT) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  try {
    // Line by line: of one long text, the difference would be cut off.
    assert.deepEqual(text.split('\n'), readFileSync(file, 'utf8').split('\n'));
  } catch (error) {
    throw new Error(`${error}\n\nIf this is meant: STAFFEL_ACCEPT_SNAPSHOTS=1 make interop`);
  }
}

/** @param {string} _ @param {any} value */
function masked(_, value) {
  return value?.name === 'staffel' && value.version ? { ...value, version: 'X.Y.Z' } : value;
}

const LISTS = ['tools/list', 'prompts/list', 'resources/templates/list'];

for (const revision of /** @type {const} */ (['2025-11-25', '2026-07-28'])) {
  describe(revision, { timeout: 30_000 }, () => {
    test('the introduction', async () => {
      matches(`${revision}/introduction`, await introduction(server, revision));
    });
    for (const list of LISTS) {
      test(list, async () => {
        matches(`${revision}/${list.replaceAll('/', '-')}`, await ask(server, revision, list));
      });
    }
    test('no snapshot is left over', () => {
      assert.equal(readdirSync(`${FOLDER}${revision}`).length, 1 + LISTS.length);
    });
  });
}

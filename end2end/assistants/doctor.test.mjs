// What `staffel doctor` hears from real assistants: what they reach, and what their user has still to approve.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';

import { Server, binary, until } from '../support/server.mjs';
import { Assistant, PATIENCE, version } from './assistant.mjs';
import { CLIENTS } from './clients.mjs';

/** What each says right after `staffel connect CLIENT --project --hooks`. */
const SAYS = {
  'claude-code': 'not-approved',
  codex: 'hooks-not-trusted',
  gemini: 'connected',
  qwen: 'not-approved',
  opencode: 'connected',
};

/** @type {Server} */
let server;
before(async () => {
  server = await Server.start();
});
after(() => server.dispose());

for (const client of CLIENTS) {
  describe(version(client), { timeout: 2 * PATIENCE }, () => {
    test('says how it stands with the server', async () => {
      const assistant = new Assistant(client, server);
      await assistant.start(() => ({ say: 'ok' }));
      const doctor = () => {
        const options = { cwd: assistant.project, env: assistant.environment };
        try {
          return JSON.parse(String(execFileSync(binary(), ['doctor', '--json', '--url', server.mcp], options)));
        } catch (error) {
          // It ends with 1 where something is to be done.
          return JSON.parse(String(/** @type {any} */ (error).stdout));
        }
      };
      // On a machine with much to do one may take longer than it is given: then the doctor says nothing of it.
      const { clients, todo } = await until('it says something', () => [doctor()].find((said) => said.clients.length > 0), PATIENCE);
      assert.deepEqual(clients, [{ client: client.connect, says: SAYS[/** @type {keyof SAYS} */ (client.connect)] }]);
      assert.equal(todo.length > 0, clients[0].says !== 'connected', JSON.stringify(todo));
      if (client.name === 'qwen') {
        execFileSync('qwen', ['mcp', 'approve', 'staffel'], { cwd: assistant.project, env: assistant.environment });
        assert.equal(doctor().clients[0].says, 'connected');
      }
      await assistant.dispose();
    });
  });
}

// Real assistants, a scripted model, and a decision that comes when the agent's turn has ended.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Server, until } from '../support/server.mjs';
import { Assistant, PATIENCE, version } from './assistant.mjs';
import { CLIENTS } from './clients.mjs';
import { WOKEN, hands_over_and_ends } from './script.mjs';

/** @type {Server} */
let server;
before(async () => {
  server = await Server.start();
});
after(() => server.dispose());

for (const client of CLIENTS) {
  describe(version(client), { timeout: 4 * PATIENCE }, () => {
    /** @type {Assistant} */
    let assistant;
    afterEach(async (context) => {
      // @ts-expect-error the types do not know it
      if (context.error) console.log(assistant.traces);
      await assistant.dispose();
    });

    test('the session goes on that has handed over and ended its turn', async () => {
      assistant = new Assistant(client, server);
      await assistant.start(hands_over_and_ends(assistant.name));
      const running = await assistant.turn('Do the work.');
      const { pipeline } = await assistant.pipeline('awaiting_review');
      await until('the hook waits', async () => (await (await server.api('GET', '/status')).json()).waits === 1, PATIENCE);
      const { session } = await (await server.api('GET', `/pipelines/${pipeline}`)).json();
      assert.equal(session.client, client.connect);
      assert.equal(session.folder, assistant.project);

      await server.decide(`${pipeline}-h1`, 'request_changes', { changes: 'Shorter, please.' });
      await until('it confirms', async () => (await server.count(pipeline, 'PromptAcknowledged')) === 1, PATIENCE);
      if (!client.ask) {
        assert.equal(await assistant.ended(running), 0);
        assert.match(assistant.said, new RegExp(WOKEN));
      }
      const picked = (await server.events(pipeline)).filter(({ event }) => event.type === 'PromptPickedUp');
      assert.deepEqual(
        picked.map(({ event }) => event.via),
        ['hook'],
      );
    });

    test('a session that goes on later hears what was decided meanwhile', async () => {
      assistant = new Assistant(client, server);
      await assistant.start(hands_over_and_ends(assistant.name));
      const running = await assistant.turn('Do the work.');
      const { pipeline } = await assistant.pipeline('awaiting_review');
      await until('the hook waits', async () => (await (await server.api('GET', '/status')).json()).waits === 1, PATIENCE);
      process.kill(-(running.pid ?? 0), 'SIGKILL');
      await until('the wait is over', async () => (await (await server.api('GET', '/status')).json()).waits === 0, PATIENCE);

      await server.decide(`${pipeline}-h1`);
      const again = assistant.run(client.again('Go on.'));
      await until('it confirms', async () => (await server.count(pipeline, 'PromptAcknowledged')) === 1, PATIENCE);
      assert.equal(await assistant.ended(again), 0);
    });
  });
}

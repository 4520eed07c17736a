// Real assistants, a scripted model, and a decision that comes when the agent's turn has ended.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Server, until } from '../support/server.mjs';
import { Assistant, PATIENCE, version } from './assistant.mjs';
import { CLIENTS } from './clients.mjs';
import { WOKEN, hands_over_and_ends } from './script.mjs';

const CHANGED = 'Work on the branch sync.';

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

    test('the session goes on that has handed over and ended its turn, with the prompt as a person has changed it', async () => {
      assistant = new Assistant(client, server);
      const script = hands_over_and_ends(assistant.name);
      let told = false;
      await assistant.start((talk, tools) => {
        told ||= talk.some((turn) => 'text' in turn && turn.text.includes(CHANGED));
        return script(talk, tools);
      });
      const running = await assistant.turn('Do the work.');
      const { pipeline } = await assistant.pipeline('awaiting_review');
      await until('the hook waits', async () => (await (await server.api('GET', '/status')).json()).waits === 1, PATIENCE);
      const { session } = await (await server.api('GET', `/pipelines/${pipeline}`)).json();
      assert.equal(session.client, client.connect);
      assert.equal(session.folder, assistant.project);

      await server.asPerson('PUT', `/pipelines/${pipeline}/held-phases`, { phases: ['VAN'] });
      await server.decide(`${pipeline}-h1`, 'request_changes', { changes: 'Shorter, please.' });
      const path = `/pipelines/${pipeline}/prompts/${pipeline}-p1`;
      await until('the prompt is written', async () => (await server.asPerson('GET', path)).ok);
      const { prompt: text, held } = await (await server.asPerson('GET', path)).json();
      assert.equal(held, 'to_look');
      await server.asPerson('POST', `${path}/versions`, { base: 1, text: `${text}\n\n${CHANGED}` });
      assert.equal(await server.count(pipeline, 'PromptOffered'), 0, 'the session waits on');
      await server.asPerson('POST', `${path}/send`, { version: 2 });
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
      assert.ok(told, 'the model was given the changed prompt');
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

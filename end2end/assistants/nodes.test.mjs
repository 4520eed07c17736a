// Real assistants work at three nodes behind nginx that are killed in turn.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { hasNginx, Nodes } from '../support/nodes.mjs';
import { until } from '../support/server.mjs';
import { Assistant, PATIENCE, version } from './assistant.mjs';
import { CLIENTS } from './clients.mjs';
import { DONE, works_through } from './script.mjs';

/** @type {Nodes} */
let nodes;
before(async () => {
  if (hasNginx) nodes = await Nodes.start(3);
});
after(() => nodes?.dispose());

/** What somebody sees who is signed in; from elsewhere nobody else sees anything. @param {string} path */
async function seen(path) {
  const answer = await nodes.front.asPerson('GET', path);
  return answer.ok ? answer.json() : undefined;
}

/** How often a kind of fact is there. @param {string} pipeline @param {string} kind @returns {Promise<number | undefined>} */
async function count(pipeline, kind) {
  const facts = await seen(`/pipelines/${pipeline}/events`);
  return facts?.events.filter((/** @type {any} */ { event }) => event.type === kind).length;
}

// One that calls again and one that comes back for its answer; the others, which take a minute more, where that is wanted.
const SLOW = process.env.STAFFEL_TEST_SLOW === '1';
for (const client of CLIENTS.filter(({ name }) => SLOW || ['claude', 'codex'].includes(name))) {
  const gap = client.gaps?.killed_in_a_call;
  const whose = gap ? 'where no call waits' : 'where a call waits';
  describe(`${version(client)}, kills ${whose}`, { timeout: 4 * PATIENCE, skip: !hasNginx && 'nginx is not installed' }, () => {
    /** @type {Assistant} */
    let assistant;
    afterEach(async (context) => {
      // @ts-expect-error the types do not know it
      if (context.error) console.log(assistant.traces);
      await assistant.dispose();
    });

    test('a question and two phases, while nodes are killed in turn', async () => {
      const server = nodes.front;
      /** @type {Set<import('../support/server.mjs').Server>} */
      const killed = new Set();
      /** A call waits, and a node dies, if it may be one that has not been killed yet; the next call finds all three again. */
      const kill = async () => {
        const found = await until(
          'a node to be killed while a call waits',
          async () => {
            const all = await Promise.all(nodes.nodes.map(async (node) => ({ node, waits: await node.waits() })));
            if (!all.some(({ waits }) => waits > 0)) return false;
            const may = all.filter(({ waits }) => !gap || waits === 0);
            const first = may.filter(({ node }) => !killed.has(node));
            return first.find(({ waits }) => waits > 0) ?? first[0] ?? may[0];
          },
          PATIENCE,
        );
        killed.add(found.node);
        await found.node.kill();
        await found.node.start();
      };
      assistant = new Assistant(client, server, nodes.token(client.name));
      await assistant.start(works_through(assistant.name, ['PLAN', 'CREATE']));
      const running = await assistant.turn('Do the work.');
      const own = (/** @type {any} */ it) => it.project === assistant.name;
      const started = async () => (await seen('/pipelines'))?.pipelines.find(own);
      const { pipeline } = await until('a pipeline', started, PATIENCE);
      const happens = (/** @type {string} */ kind, times = 1) =>
        until(`${kind}, ${times} times`, async () => ((await count(pipeline, kind)) ?? 0) >= times, PATIENCE);
      await happens('QuestionAsked');
      await kill();
      const answered = await server.asPerson('POST', `/pipelines/${pipeline}/questions/${pipeline}-q1/answer`, { answer: 'SQLite' });
      assert.equal(answered.status, 200, await answered.text());
      for (const handover of [1, 2]) {
        await happens('HandoverSubmitted', handover);
        await kill();
        await server.decide(`${pipeline}-h${handover}`);
      }
      await until('it has heard of the decision', () => assistant.model?.log.some((line) => line.includes(DONE)), PATIENCE);
      if (!client.ask) assert.equal(await assistant.ended(running), 0);
      assert.ok(killed.size >= (gap ? 2 : 3), `${killed.size} nodes were killed`);
      for (const kind of ['QuestionAsked', 'QuestionAnswered', 'PipelineCompleted']) {
        assert.equal(await until(kind, () => count(pipeline, kind)), 1, kind);
      }
      for (const kind of ['HandoverSubmitted', 'HandoverAccepted', 'PromptWritten']) {
        assert.equal(await until(kind, () => count(pipeline, kind)), kind === 'PromptWritten' ? 1 : 2, kind);
      }
    });
  });
}

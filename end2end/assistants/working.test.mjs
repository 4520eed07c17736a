// Real assistants, a scripted model, and a person who answers, tells and decides while the agent works.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { Server, until } from '../support/server.mjs';
import { Assistant, PATIENCE, version } from './assistant.mjs';
import { CLIENTS } from './clients.mjs';
import { DONE, works_through } from './script.mjs';

/** So long a client has for what it is known not to do. All others do it within some seconds. */
const GAP = 15_000;

/** @type {Server} */
let server;
before(async () => {
  server = await Server.start();
});
after(() => server.dispose());

/** The pipeline of an assistant. @param {Assistant} assistant */
const pipeline_of = (assistant) =>
  until(
    'a pipeline',
    async () => {
      const { pipelines } = await (await server.api('GET', '/pipelines')).json();
      const own = (/** @type {any} */ it) => it.project === assistant.name && it.status === 'running';
      return pipelines.find(own)?.pipeline;
    },
    PATIENCE,
  );

/** A fact of this kind, so often. @param {string} pipeline @param {string} kind */
const happens = (pipeline, kind, times = 1) =>
  until(`${kind}, ${times} times`, async () => (await server.count(pipeline, kind)) >= times, PATIENCE);

/** @param {string} path @param {unknown} body */
async function person(path, body) {
  const answer = await server.asPerson('POST', path, body);
  assert.equal(answer.status, 200, await answer.text());
}

for (const client of CLIENTS) {
  describe(version(client), { timeout: 4 * PATIENCE }, () => {
    /** @type {Assistant} */
    let assistant;
    afterEach(async (context) => {
      // @ts-expect-error the types do not know it
      if (context.error) console.log(assistant.traces);
      await assistant.dispose();
    });

    test('a question, a note, comments and two phases in one turn', async () => {
      assistant = new Assistant(client, server);
      await assistant.start(works_through(assistant.name, ['PLAN', 'CREATE']));
      const running = await assistant.turn('Do the work.');
      const pipeline = await pipeline_of(assistant);
      await happens(pipeline, 'QuestionAsked');
      await person(`/pipelines/${pipeline}/notes`, { text: 'Mind the tests.' });
      await person(`/pipelines/${pipeline}/questions/${pipeline}-q1/answer`, { answer: 'SQLite' });
      await happens(pipeline, 'NotesAcknowledged');
      await happens(pipeline, 'HandoverSubmitted');
      const comments = [{ text: 'Name the risks.', about: { quote: 'All of it.' } }, { text: 'Leave the rest out.' }];
      await server.decide(`${pipeline}-h1`, 'request_changes', { changes: 'Shorter, please.', review: { comments } });
      await happens(pipeline, 'HandoverRevised');
      await server.decide(`${pipeline}-h1`, 'accept', { revision: 2, review: { settled: [2] } });
      await happens(pipeline, 'HandoverSubmitted', 2);
      await server.decide(`${pipeline}-h2`);
      await happens(pipeline, 'PipelineCompleted');
      if (!client.ask) {
        assert.equal(await assistant.ended(running), 0);
        assert.match(assistant.said, new RegExp(DONE));
      }
      const events = (await server.events(pipeline)).map(({ event }) => event);
      const of = (/** @type {string} */ type) => events.filter((event) => event.type === type);
      assert.deepEqual(
        of('PromptPickedUp').map(({ via }) => via),
        ['wait', 'wait'],
      );
      assert.equal(of('PromptAcknowledged').length, 2);
      assert.deepEqual(
        of('CommentsAnswered').map(({ answers }) => answers.map((/** @type {any} */ it) => [it.comment, it.outcome])),
        [
          [
            [1, 'done'],
            [2, 'declined'],
          ],
        ],
      );
      assert.equal(of('AnswerDelivered').length, 1);
      assert.equal(of('NotesDelivered').length, 1);
    });

    const gap = client.gaps?.killed_in_a_call;
    test(`goes on after a kill of the server in the middle of a call${gap ? `: not yet, ${gap}` : ''}`, async () => {
      assistant = new Assistant(client, server);
      await assistant.start(works_through(assistant.name, ['PLAN']));
      await assistant.turn('Do the work.');
      const pipeline = await pipeline_of(assistant);
      await happens(pipeline, 'QuestionAsked');
      await person(`/pipelines/${pipeline}/questions/${pipeline}-q1/answer`, { answer: 'SQLite' });
      await happens(pipeline, 'HandoverSubmitted');
      await until('the call waits', async () => (await (await server.api('GET', '/status')).json()).waits === 1, PATIENCE);
      // Its answer has begun by then: a call that is cut off before that is sent again by every client.
      await pause(2_000);
      await server.kill();
      await server.start();
      await server.decide(`${pipeline}-h1`);
      const done = () => assistant.model?.log.some((line) => line.includes(DONE));
      if (!gap) await until('it has heard of the decision', done, PATIENCE);
      else await assert.rejects(until('it has heard of the decision', done, GAP), 'the gap is closed: say so in clients.mjs');
    });
  });
}

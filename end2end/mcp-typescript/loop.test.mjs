// The official TypeScript client, which most assistants embed, in every protocol era.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { Agent } from '../support/agent.mjs';
import { Server, until } from '../support/server.mjs';

/** @type {Server} */
let server;
/** @type {Agent[]} */
let agents = [];

beforeEach(async () => {
  server = await Server.start();
});
afterEach(async () => {
  await Promise.allSettled(agents.map((agent) => agent.close()));
  agents = [];
  await server.dispose();
});

/** @param {import('../support/agent.mjs').Mode} mode */
async function connect(mode, name = 'node') {
  const agent = await Agent.connect(server, { mode, name });
  agents.push(agent);
  return agent;
}

for (const mode of /** @type {const} */ (['legacy', 'auto', { pin: '2026-07-28' }])) {
  describe(typeof mode === 'string' ? mode : mode.pin, { timeout: 60_000 }, () => {
    test('the tools', async () => {
      const agent = await connect(mode);
      const { tools } = await agent.client.listTools();
      assert.equal(tools.length, 12);
      for (const tool of tools) {
        assert.ok(tool.title && tool.description && tool.annotations && tool.outputSchema, tool.name);
        assert.equal(tool.inputSchema.additionalProperties, false, tool.name);
      }
      assert.equal(agent.client.getServerVersion()?.name, 'staffel');
    });

    test('start, report, hand over, wait, decide, go on, revise, complete', async () => {
      const agent = await connect(mode);
      const pipeline = await agent.start({ phases: ['PLAN', 'CREATE'] });
      const reported = await agent.report(pipeline, { progress: 30, message: 'Planning' });
      assert.deepEqual([reported.phase, reported.progress, reported.status], ['PLAN', 30, 'running']);

      let handover = await agent.handOver(pipeline, '# PLAN\n\nThree steps.');
      assert.equal((await agent.wait(handover, 1)).decision, 'pending');
      let parked = await agent.park(handover);
      await server.decide(handover, 'request_changes', { changes: 'Name the risks.' });
      let answer = await parked.answer;
      assert.deepEqual([answer.decision, answer.next_phase], ['changes_requested', 'PLAN']);
      assert.match(answer.prompt, /Name the risks\./);
      await agent.call('acknowledge_prompt', { prompt_id: answer.prompt_id });

      const revised = await agent.call('save_handover_content', { pipeline, content: '# PLAN\n\nThree steps, two risks.' });
      assert.deepEqual([revised.handover, revised.revision], [handover, 2]);
      const read = await agent.call('get_handover_content', { handover });
      assert.deepEqual([read.content, read.phase], ['# PLAN\n\nThree steps, two risks.', 'PLAN']);
      parked = await agent.park(handover);
      await server.decide(handover, 'accept', { revision: 2, changes: 'Keep it small.' });
      answer = await parked.answer;
      assert.deepEqual([answer.decision, answer.next_phase], ['accepted', 'CREATE']);
      assert.match(answer.prompt, /Keep it small\./);
      assert.equal((await agent.call('get_next_prompt', { pipeline })).prompt, answer.prompt);
      await agent.call('acknowledge_prompt', { prompt_id: answer.prompt_id });

      handover = await agent.handOver(pipeline);
      await server.decide(handover);
      assert.equal((await agent.wait(handover)).decision, 'accepted');
      assert.equal((await agent.call('get_pipeline_status', { pipeline })).status, 'completed');
      assert.equal(await server.count(pipeline, 'PromptPickedUp'), 2);
    });

    test('a refusal is a result that the model can read', async () => {
      const agent = await connect(mode);
      const pipeline = await agent.start();
      assert.match(await agent.refused('update_pipeline_status', { pipeline, progress: 140 }), /140.*100/s);
      assert.match(await agent.refused('get_pipeline_status', { nonsense: 1 }), /nonsense/);
      await assert.rejects(agent.client.callTool({ name: 'accept_handover', arguments: {} }), /accept_handover/);
    });

    test('a call that is given up loses nothing', async () => {
      const agent = await connect(mode);
      const { pipeline, handover } = await agent.handedOver();
      const giveUp = new AbortController();
      const call = agent.call(
        'await_handover_decision',
        { handover, wait_seconds: 50 },
        { signal: giveUp.signal, onprogress: () => giveUp.abort() },
      );
      await assert.rejects(call);
      await server.decide(handover);
      await until('the prompt', async () => (await server.count(pipeline, 'PromptWritten')) === 1);
      assert.equal(await server.count(pipeline, 'PromptPickedUp'), 0, 'nobody has it yet');
      assert.equal((await agent.wait(handover)).decision, 'accepted');
      assert.equal(await server.count(pipeline, 'PromptPickedUp'), 1);
    });

    test('a server that is killed in the middle of a wait loses nothing', async () => {
      const first = await connect(mode);
      const { pipeline, handover } = await first.handedOver();
      const parked = await first.park(handover);
      parked.answer.catch(() => {}); // what the client makes of it is its own business
      await server.kill();
      await server.start();
      await server.decide(handover, 'accept', { changes: 'Go on.' });
      const second = await connect(mode, 'second');
      const answer = await second.wait(handover);
      assert.equal(answer.decision, 'accepted');
      assert.match(answer.prompt, /Go on\./);
      assert.equal(await server.count(pipeline, 'HandoverAccepted'), 1);
      assert.equal(await server.count(pipeline, 'PromptPickedUp'), 1);
    });
  });
}

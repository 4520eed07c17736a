// The loop that every client has to bring through: start, report, hand over, wait, be decided on, go on.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** @typedef {import('../support/server.mjs').Server} Server */
/** @typedef {(tool: string, args: Record<string, unknown>) => Promise<any>} Call calls a tool, and returns its structured answer */

/** @param {Server} server @param {Call} call
 * @param {{ asTask?: boolean }} [options] whether the client turns a wait into a task, and never sees it pending
 * @returns {Promise<string>} the pipeline, completed */
export async function loop(server, call, { asTask = false } = {}) {
  const started = await call('start_pipeline', { project: 'shop', title: 'Faster checkout', phases: ['PLAN', 'CREATE'] });
  const { pipeline } = started;
  assert.deepEqual([started.phase, started.status, started.baton], ['PLAN', 'running', 'agent']);

  const tasks = [
    { name: 'Read', status: 'completed' },
    { name: 'Measure', status: 'in_progress' },
  ];
  const reported = await call('update_pipeline_status', { pipeline, message: 'Reading the code', tasks });
  assert.deepEqual([reported.progress, reported.progress_source], [50, '1 of 2 tasks']);

  const { handover } = await call('save_handover_content', { pipeline, content: '# PLAN\n\nThe *basket* is slow.' });
  if (!asTask) {
    const pending = await call('await_handover_decision', { handover, wait_seconds: 1 });
    assert.deepEqual([pending.decision, pending.prompt ?? null], ['pending', null]);
  }
  await server.decide(handover, 'accept', { changes: 'Keep it small.' });
  const accepted = await call('await_handover_decision', { handover, wait_seconds: 20 });
  assert.deepEqual([accepted.decision, accepted.next_phase], ['accepted', 'CREATE']);
  assert.match(accepted.prompt, /Keep it small\./);
  assert.match(accepted.prompt, /The \*basket\* is slow\./);
  await call('acknowledge_prompt', { prompt_id: accepted.prompt_id });
  assert.equal((await call('get_pipeline_status', { pipeline })).phase, 'CREATE');

  // This time the decision comes while the call is open.
  const last = (await call('save_handover_content', { pipeline, content: '# CREATE\n\nDone.' })).handover;
  const [end] = await Promise.all([
    call('await_handover_decision', { handover: last, wait_seconds: 20 }),
    pause(500).then(() => server.decide(last)),
  ]);
  assert.equal(end.decision, 'accepted');
  assert.equal((await call('get_pipeline_status', { pipeline })).status, 'completed');

  for (const [fact, times] of Object.entries({ HandoverAccepted: 2, PromptPickedUp: 1, PromptAcknowledged: 1, PipelineCompleted: 1 })) {
    assert.equal(await server.count(pipeline, fact), times, fact);
  }
  return pipeline;
}

/** As whom the journal knows those who called. @param {Server} server @param {string} pipeline */
export async function agents(server, pipeline) {
  const events = await server.events(pipeline);
  return new Set(events.filter(({ actor }) => actor.kind === 'agent').map(({ actor }) => actor.name));
}

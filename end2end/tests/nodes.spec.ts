// Three nodes behind nginx are one Staffel, and none of them matters.

import { setTimeout as pause } from 'node:timers/promises';

import { Agent, type Answer } from '../support/agent.mjs';
import { hasNginx, Nodes } from '../support/nodes.mjs';
import { CONNECTION_LOST, expect, openReview, test as base } from './fixtures.ts';

const test = base.extend<{ nodes: Nodes }>({
  nodes: async ({ afterwards }, use) => {
    const nodes = await Nodes.start(3);
    afterwards(() => nodes.dispose());
    await use(nodes);
  },
  server: async ({ nodes }, use) => use(nodes.front),
});
test.use({ tolerated: new RegExp(`${CONNECTION_LOST.source}|50[234]`) });
test.skip(!hasNginx, 'nginx is not installed');

/** Calls again where a call fails. One that waits when its node dies does not: its client comes back to the next one. */
async function insist(agent: Agent, tool: string, given: Record<string, unknown>): Promise<Answer> {
  for (;;) {
    try {
      return await agent.call(tool, given, { timeout: 60_000 });
    } catch (error) {
      if (!/fetch failed|terminated|closed|timed out|50[234]|ECONN/i.test(String(error) + String((error as Error).cause))) throw error;
      await pause(100);
    }
  }
}

/** Waits for a decision and its prompt, in as many calls as it takes. */
async function decision(agent: Agent, handover: string): Promise<Answer> {
  for (;;) {
    const heard = await insist(agent, 'await_handover_decision', { handover, wait_seconds: 8 });
    if (heard.prompt) return heard;
  }
}

for (const mode of ['auto', 'legacy'] as const) {
  test(`a board and a waiting agent go on while every node is killed in turn (${mode})`, async ({ board, nodes, server }) => {
    test.slow();
    const agent = await Agent.connect(server, { mode, name: 'builder', token: nodes.token('builder') });
    const pipeline = await agent.start();
    await board.open(`/pipelines/${pipeline}`);
    await board.page.evaluate(() => Object.assign(window, { stillTheSame: true }));
    for (const [round, node] of nodes.nodes.entries()) {
      const saved = { pipeline, content: `# Round ${round}`, idempotency_key: `round-${round}` };
      const { handover } = await insist(agent, 'save_handover_content', saved);
      const decided = decision(agent, handover);
      await openReview(board.page);
      // Whatever runs there: the wait, the stream of the board, the duty.
      await node.kill();
      await board.words.fill(`Words of round ${round}.`);
      await board.button('Accept with changes').click();
      await expect(board.review).toBeHidden({ timeout: 20_000 });
      const heard = await decided;
      expect(heard).toMatchObject({ decision: 'accepted', review_changes: `Words of round ${round}.` });
      expect(heard.prompt).toContain(`Words of round ${round}.`);
      await node.start();
      await board.live();
    }
    expect(await board.page.evaluate(() => 'stillTheSame' in window)).toBe(true);
    for (const type of ['HandoverSubmitted', 'HandoverAccepted', 'PromptWritten']) {
      for (const node of nodes.nodes.slice(1)) expect(await node.count(pipeline, type), type).toBe(3);
    }
    await agent.close();
  });
}

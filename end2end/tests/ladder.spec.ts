// Each way of a prompt to an agent, alone, followed on the page to the agent at work; and what the page says when a step is missing.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Agent } from '../support/agent.mjs';
import { until, type Server } from '../support/server.mjs';
import { expect, test } from './fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'staffel-prompts-'));
test.use({ settings: { STAFFEL_PROMPT_FOLDER: folder } });
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Rung = {
  way: string;
  /** What the page says of how the prompt was picked up. */
  said: string;
  /** Everything up to the prompt in the agent's hands; gives the words that it got. */
  bring: (at: { agent: Agent; server: Server; pipeline: string; handover: string }) => Promise<string>;
};

const session = { session_id: 's1', cwd: '/home/dana/shop' };
const decide = (server: Server, handover: string) => server.decide(handover, 'accept', { changes: 'Mind the tests.' });
const written = (server: Server, pipeline: string) =>
  until('the prompt', async () => (await server.count(pipeline, 'PromptWritten')) === 1);

async function hook(server: Server, event: string, more: object = {}): Promise<string> {
  const asked = await server.api('POST', '/hooks/codex?wait=20', { hook_event_name: event, ...session, ...more });
  const answer = await asked.json();
  return answer.reason ?? answer.hookSpecificOutput?.additionalContext ?? '';
}

const works = (server: Server, pipeline: string) =>
  hook(server, 'PostToolUse', { tool_name: 'mcp__staffel__update_pipeline_status', tool_input: { pipeline } });

const rungs: Rung[] = [
  {
    way: 'a call that waits',
    said: 'waiting agent',
    async bring({ agent, server, handover }) {
      const { answer } = await agent.park(handover);
      await decide(server, handover);
      return (await answer).prompt;
    },
  },
  {
    way: 'a hook at the end of the turn',
    said: 'at the end of its turn',
    async bring({ server, pipeline, handover }) {
      await works(server, pipeline);
      const waits = hook(server, 'Stop');
      await until('the wait', async () => (await (await server.api('GET', '/status')).json()).waits === 1);
      await decide(server, handover);
      return waits;
    },
  },
  {
    way: 'the beginning of a session',
    said: 'asked for it',
    async bring({ agent, server, pipeline, handover }) {
      await works(server, pipeline);
      await decide(server, handover);
      await written(server, pipeline);
      expect(await hook(server, 'SessionStart', { session_id: 's2' })).toContain(`get_next_prompt(pipeline="${pipeline}")`);
      return (await agent.call('get_next_prompt', { pipeline })).prompt;
    },
  },
  {
    way: 'a person who says go on',
    said: 'asked for it',
    async bring({ agent, server, pipeline, handover }) {
      await decide(server, handover);
      await written(server, pipeline);
      return (await agent.call('get_next_prompt', { pipeline })).prompt;
    },
  },
  {
    way: 'a file',
    said: 'as a file',
    async bring({ server, pipeline, handover }) {
      await decide(server, handover);
      await until('the file', async () => {
        const { deliveries } = await (await server.api('GET', `/pipelines/${pipeline}/prompts/next`)).json();
        return deliveries?.some((step: { via?: string }) => step.via === 'file');
      });
      return readFileSync(join(folder, pipeline, 'latest_prompt.md'), 'utf8');
    },
  },
  {
    way: 'the clipboard of a person',
    said: 'not seen',
    async bring({ server, pipeline, handover }) {
      await decide(server, handover);
      await written(server, pipeline);
      const offer = await server.asPerson('POST', `/pipelines/${pipeline}/prompts/${pipeline}-p1/offers`, { via: 'copy' });
      return (await offer.json()).prompt;
    },
  },
];

for (const { way, said, bring } of rungs) {
  test(`${way} alone brings the prompt, and the page shows the way up to the agent at work`, async ({ agent, board, server }) => {
    const { pipeline, handover } = await agent.handedOver();
    await board.open(`/pipelines/${pipeline}`);
    expect(await bring({ agent, server, pipeline, handover })).toContain('Mind the tests.');
    await agent.call('acknowledge_prompt', { prompt_id: `${pipeline}-p1` });
    await agent.report(pipeline, { message: 'at work' });
    await expect(board.page.locator('.steps li.now, .steps li.missing')).toHaveCount(0);
    await expect(board.page.locator('.steps li').last()).toHaveClass('ok');
    if (said !== 'not seen') await expect(board.page.locator('.steps li').nth(3)).toContainText(said);
    expect(await server.count(pipeline, 'PromptPickedUp')).toBe(1);
  });
}

test('a step that is missing is named with what to do, until it comes', async ({ agent, board, page, server }) => {
  await page.clock.install();
  const { pipeline, handover } = await agent.handedOver();
  await decide(server, handover);
  await written(server, pipeline);
  await board.open(`/pipelines/${pipeline}`);
  const missing = page.locator('.steps li.missing');
  const alarm = page.locator('.prompt .alarm');
  await expect(page.locator('.steps li.now')).toBeVisible();
  await expect(alarm).toBeHidden();
  // The page takes the server's time from every event: the clock goes on once more if one came in between.
  await expect(async () => {
    await page.clock.fastForward('06:00');
    await expect(missing).toContainText('missing for', { timeout: 1_000 });
  }).toPass();
  await expect(missing).toContainText('Picked up');
  await expect(alarm).toContainText('No agent has picked up the prompt.');
  await agent.call('acknowledge_prompt', { prompt_id: `${pipeline}-p1` });
  await agent.report(pipeline, { message: 'at work' });
  await expect(missing).toHaveCount(0);
  await expect(alarm).toBeHidden();
});

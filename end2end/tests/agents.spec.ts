// Who has called, and how one more is connected.

import { execFileSync } from 'node:child_process';

import { Agent } from '../support/agent.mjs';
import { binary } from '../support/server.mjs';
import { Board, expect, test } from './fixtures.ts';

const firstCall = (board: Board) => board.page.locator('.first-call');
const agentLine = (board: Board, name: string) =>
  board.page.locator('.caller').filter({ has: board.page.getByText(name, { exact: true }) });

test('the page turns green when the first call arrives', async ({ board, server }) => {
  await board.open();
  await board.page.getByRole('link', { name: 'Connect an agent' }).first().click();
  await expect(board.page).toHaveURL(/\/agents$/);
  await expect(board.page).toHaveTitle(/Agents/);
  await expect(firstCall(board)).toContainText('Waiting for an agent to connect');
  await expect(firstCall(board)).not.toHaveClass(/arrived/);

  const agent = await Agent.connect(server, { name: 'my-editor' });
  await expect(firstCall(board)).toHaveText('my-editor is connected.');
  await expect(firstCall(board)).toHaveClass(/arrived/);
  await expect(agentLine(board, 'my-editor')).toContainText('name not verified');
  await expect(agentLine(board, 'my-editor')).toContainText('tools/list');
  await expect(agentLine(board, 'my-editor')).toContainText('MCP 2026-07-28');
  await expect(board.page.locator('header').getByRole('link', { name: 'Agents 1' })).toBeVisible();
  await agent.close();
});

test('an agent that is here already does not turn it green', async ({ agent, board, server }) => {
  await board.open('/agents');
  await expect(agentLine(board, 'claude-code')).toBeVisible();
  await agent.start();
  await expect(agentLine(board, 'claude-code')).toContainText('start_pipeline');
  await expect(firstCall(board)).toContainText('Waiting for an agent to connect');
  const other = await Agent.connect(server, { name: 'my-editor' });
  await expect(firstCall(board)).toHaveText('my-editor is connected.');
  await agent.start();
  await expect(agentLine(board, 'claude-code')).toContainText('just now');
  await expect(firstCall(board)).toHaveText('my-editor is connected.');
  await other.close();
});

test('an open wait is seen, and an agent with a token before its first call', async ({ agent, board, server }) => {
  await board.open('/agents');
  execFileSync(binary(), ['agents', 'add', 'builder', '--data', server.data]);
  await expect(agentLine(board, 'builder')).toContainText('never connected');
  await expect(agentLine(board, 'builder')).toContainText('token');
  const handover = await agent.handOver(await agent.start());
  const waiting = agent.wait(handover);
  await expect(agentLine(board, 'claude-code')).toHaveClass(/here/);
  await server.decide(handover);
  await waiting;
  await expect(agentLine(board, 'claude-code')).not.toHaveClass(/here/);
  execFileSync(binary(), ['agents', 'revoke', 'builder', '--data', server.data]);
  await expect(agentLine(board, 'builder')).toBeHidden();
});

test('the name of a tool is one word at every width', async ({ agent, board, page }) => {
  const pipeline = await agent.start();
  await agent.handOver(pipeline);
  await board.open('/agents');
  await page.keyboard.press('Escape');
  const called = agentLine(board, 'claude-code').locator('code');
  await expect(called).toHaveText('save_handover_content');
  for (const width of [1280, 900, 780, 360, 320]) {
    await page.setViewportSize({ width, height: 800 });
    const lines = await called.evaluate((code) => {
      const range = document.createRange();
      range.selectNodeContents(code);
      return range.getClientRects().length;
    });
    expect(lines, `${width} px`).toBe(1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `${width} px`).toBeLessThanOrEqual(width);
  }
});

test('every client has a command, a file and, where it can, a button', async ({ board, server }) => {
  await board.open('/agents');
  const open = async (client: string) => {
    await board.page.locator('.clients summary').filter({ hasText: client }).click();
    return board.page.locator('.clients details[open]');
  };
  for (const client of ['Cursor', 'VS Code', 'Claude Code', 'Codex', 'Gemini CLI', 'Qwen Code', 'OpenCode', 'Windsurf']) {
    const ways = await open(client);
    await expect(ways).toHaveCount(1); // Opening one closes the other.
    await expect(ways).toContainText(`--url ${server.mcp}`);
    await expect(ways.locator('pre').nth(1)).toContainText(server.mcp);
  }
  const cursor = new URL((await (await open('Cursor')).getByRole('link').getAttribute('href'))!);
  expect(cursor.protocol).toBe('cursor:');
  expect(JSON.parse(atob(cursor.searchParams.get('config')!))).toEqual({ url: server.mcp });
  const code = (await (await open('VS Code')).getByRole('link').getAttribute('href'))!;
  expect(JSON.parse(decodeURIComponent(code.split('?')[1]!))).toEqual({ name: 'staffel', type: 'http', url: server.mcp });
  await expect(await open('Other client')).toContainText(server.mcp);
});

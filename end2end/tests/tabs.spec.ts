// One stream for a browser, however many tabs show the board.

import { Board, CONNECTION_LOST, expect, test } from './fixtures.ts';
import { until } from '../support/server.mjs';
import type { Server } from '../support/server.mjs';
import type { BrowserContext } from '@playwright/test';

const TABS = 10;

async function streams(server: Server): Promise<number> {
  return (await (await server.api('GET', '/status')).json()).subscribers;
}

async function tabs(context: BrowserContext, server: Server, path: (number: number) => string): Promise<Board[]> {
  const boards: Board[] = [];
  for (let number = 0; number < TABS; number += 1) {
    const board = new Board(await context.newPage(), server);
    await board.open(path(number));
    boards.push(board);
  }
  return boards;
}

test('ten tabs are live over one stream', async ({ agent, context, server }) => {
  test.slow();
  const pipeline = await agent.start();
  // Every other one shows the pipeline's own page.
  const boards = await tabs(context, server, (number) => (number % 2 ? `/pipelines/${pipeline}` : '/'));
  await until('one stream', async () => (await streams(server)) === 1);
  await agent.report(pipeline, { progress: 35 });
  for (const [number, board] of boards.entries()) {
    await expect(number % 2 ? board.leg('VAN') : board.row('Faster checkout')).toContainText('says 35%');
  }
  // Each can load and ask although six connections are all that a browser makes.
  await boards[9]!.page.reload();
  await boards[9]!.ready();
  const handover = await agent.handOver(pipeline);
  await expect(boards[0]!.page.getByRole('button', { name: 'Review', exact: true }).or(boards[0]!.review).first()).toBeVisible();
  await server.decide(handover);
  for (const board of boards) await expect(board.page).toHaveTitle(/^(?!\(1\))/);
  expect(await streams(server)).toBe(1);
});

test('when the tab that holds the stream closes, the next one goes on without a gap', async ({ agent, context, server }) => {
  test.slow();
  const pipeline = await agent.start();
  const boards = await tabs(context, server, () => '/');
  for (let progress = 10; boards.length > 1; progress += 10) {
    // The one that came first holds it.
    await boards.shift()!.page.close();
    await agent.report(pipeline, { progress, message: `Step ${progress}` });
    for (const board of boards) await expect(board.row('Faster checkout')).toContainText(`says ${progress}%`);
    await until('one stream', async () => (await streams(server)) === 1);
  }
});

test('a tab that comes later has seen everything', async ({ agent, board, context, page, server }) => {
  const pipeline = await agent.start();
  await board.open();
  const late = new Board(await context.newPage(), server);
  // The page is rendered, and then something happens before its first script runs.
  await late.page.route(
    '**/staffel.wasm',
    async (route) => {
      await agent.report(pipeline, { progress: 55 });
      await expect(board.row('Faster checkout')).toContainText('says 55%');
      await route.continue();
    },
    { times: 1 },
  );
  await late.open();
  await expect(late.row('Faster checkout')).toContainText('says 55%');
  await until('one stream', async () => (await streams(server)) === 1);
  // And it hears on what the first one hears.
  await agent.report(pipeline, { progress: 60 });
  await expect(late.row('Faster checkout')).toContainText('says 60%');
  await expect(page.locator('.badge')).toHaveAttribute('data-link', 'live');
});

test.describe('a restart', () => {
  test.use({ tolerated: CONNECTION_LOST });
  test('is seen by all tabs, and none misses anything', async ({ agent, context, server }) => {
    test.slow();
    const pipeline = await agent.start();
    const boards = await tabs(context, server, () => '/');
    await server.kill();
    for (const board of boards) await expect(board.badge).not.toHaveAttribute('data-link', 'live');
    await server.start();
    // Any tab can ask for the next try at once.
    await boards[7]!.page.evaluate(() => window.dispatchEvent(new Event('online')));
    for (const board of boards) await board.live();
    await server.api('POST', `/pipelines/${pipeline}/reports`, { progress: 80 });
    for (const board of boards) await expect(board.row('Faster checkout')).toContainText('says 80%');
    await until('one stream', async () => (await streams(server)) === 1);
  });
});

test('without Web Locks every tab has a stream of its own', async ({ agent, board, context, server }) => {
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined }));
  const pipeline = await agent.start();
  await board.open();
  const other = new Board(await context.newPage(), server);
  await other.open();
  await until('two streams', async () => (await streams(server)) === 2);
  await agent.report(pipeline, { progress: 35 });
  await expect(board.row('Faster checkout')).toContainText('says 35%');
  await expect(other.row('Faster checkout')).toContainText('says 35%');
});

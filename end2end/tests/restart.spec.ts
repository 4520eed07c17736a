// The server is killed under an open board. Nothing is lost, nothing is doubled.

import { Agent } from '../support/agent.mjs';
import { CONNECTION_LOST, expect, test } from './fixtures.ts';

test.use({ tolerated: CONNECTION_LOST });

test('the board says that it is out of date, and catches up', async ({ agent, board, server }) => {
  const pipeline = await agent.start();
  for (let number = 1; number <= 5; number += 1) await agent.report(pipeline, { message: `Line ${number}` });
  await board.open(`/pipelines/${pipeline}`);
  await board.page.evaluate(() => Object.assign(window, { stillTheSame: true }));
  const lines = board.page.locator('.log li');
  await expect(lines).toHaveCount(7); // and: started, VAN started

  for (let round = 1; round <= 3; round += 1) {
    await server.kill();
    await expect(board.badge).toHaveAttribute('data-link', /reconnecting|offline/);
    // A moment's break is not worth a word; this one lasts.
    if (round === 1) await expect(board.page.locator('.stale-line')).not.toBeEmpty();
    await server.start();
    const again = await Agent.connect(server, { name: 'claude-code' });
    await again.report(pipeline, { message: `After ${round}`, progress: 10 * round });
    await again.close();
    await board.live();
    await expect(lines).toHaveCount(7 + round);
    await expect(lines.first()).toContainText(`After ${round}`);
    await expect(board.leg('VAN')).toContainText(`says ${10 * round}%`);
  }
  await expect(board.page.locator('.stale-line')).toBeEmpty();
  const shown = await lines.locator('b').allTextContents();
  expect(shown).toEqual(['After 3', 'After 2', 'After 1', 'Line 5', 'Line 4', 'Line 3', 'Line 2', 'Line 1']);
  expect(await board.page.evaluate(() => 'stillTheSame' in window)).toBe(true);
});

test('a page that is loaded while the server is down says so, and comes back by itself', async ({ agent, board, page, server }) => {
  await agent.start();
  await board.open();
  await expect
    .poll(() => page.evaluate(async () => !!(await navigator.serviceWorker.ready) && !!(await caches.match('/offline.html'))))
    .toBe(true);
  await server.kill();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText("Can't reach Staffel. Check that it's running, then try again.");
  await expect(page.getByRole('button', { name: 'Try now' })).toBeVisible();
  await server.start();
  await expect(board.row('Faster checkout')).toBeVisible({ timeout: 30_000 });
  await board.live();
});

test('a review that is open survives, with its words, and is decided once', async ({ agent, board, server }) => {
  const { pipeline, handover } = await agent.handedOver();
  await board.open(`/pipelines/${pipeline}`);
  await board.words.fill('Keep it small.');
  await server.kill();
  await board.button('Accept with changes').click();
  await expect(board.review).toContainText('Not sent. Your text is still here.');
  await expect(board.words).toHaveValue('Keep it small.');
  await server.start();
  await board.live();
  await expect(board.review).toBeVisible();
  await board.button('Accept with changes').click();
  await expect(board.review).toBeHidden();
  const again = await Agent.connect(server);
  const heard = await again.wait(handover);
  await again.close();
  expect(heard).toMatchObject({ decision: 'accepted', review_changes: 'Keep it small.' });
  await expect.poll(() => board.prompt.textContent()).toBe(heard.prompt);
  expect(await server.count(pipeline, 'HandoverAccepted')).toBe(1);
  expect(await server.count(pipeline, 'PromptWritten')).toBe(1);
  expect(await server.count(pipeline, 'PromptPickedUp')).toBe(1);
});

test('a decision whose answer got lost is not made twice', async ({ agent, board, page, server }) => {
  const { pipeline } = await agent.handedOver();
  await board.open(`/pipelines/${pipeline}`);
  let calls = 0;
  await page.route('**/decision', async (route) => {
    calls += 1;
    if (calls > 1) return route.continue();
    await route.fetch(); // it reaches the server …
    return route.abort(); // … and the answer does not come back
  });
  const lost = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/decision'));
  await board.button('Accept').click();
  await expect(board.review).toBeHidden(); // by the live connection
  await lost;
  await expect.poll(() => server.count(pipeline, 'PromptWritten')).toBe(1);
  expect(await server.count(pipeline, 'HandoverAccepted')).toBe(1);
});

test('a handover that arrived while the board was cut off opens when it is back', async ({ agent, board, server }) => {
  const pipeline = await agent.start();
  await board.open();
  await board.page.context().setOffline(true);
  await server.stop();
  await server.start();
  const again = await Agent.connect(server);
  const handover = await again.handOver(pipeline, '# While you were out');
  const parked = await again.park(handover);
  await expect(board.badge).toHaveAttribute('data-link', /reconnecting|offline/);
  await board.page.context().setOffline(false);
  await expect(board.review.locator('.doc')).toContainText('While you were out', { timeout: 30_000 });
  await board.button('Accept').click();
  expect((await parked.answer).decision).toBe('accepted');
  await again.close();
});

// What goes wrong on the screens of other tools that put a person between an agent and its next step, each seen in the wild:
// where is in docs/REVIEWS.md. Those that need no browser are in mcp-python/test_pitfalls.py.

import type { Agent } from '../support/agent.mjs';
import { type Board, expect, fakeNotifications, notificationsShown, openReview, test } from './fixtures.ts';

/** The first revision comes back with comments about these passages, and this one follows. */
async function revised(agent: Agent, board: Board, first: string, quotes: object[], then: string): Promise<string> {
  const { pipeline, handover } = await agent.handedOver({}, first);
  const comments = quotes.map((about) => ({ text: 'Why?', about }));
  await board.server.decide(handover, 'request_changes', { review: { comments } });
  await agent.wait(handover);
  await agent.handOver(pipeline, then);
  await board.open(`/pipelines/${pipeline}`);
  await openReview(board.page);
  await expect(board.review).toContainText('revision 2');
  return pipeline;
}

test('every occurrence of the words is marked', async ({ agent, board }) => {
  const about = { quote: 'Keep it.', before: 'Two', after: 'Three' };
  await revised(
    agent,
    board,
    '## One\n\nKeep it.\n\n## Two\n\nKeep it.\n\n## Three\n\nKeep it.',
    [about],
    '## Zero\n\nKeep it.\n\n## One\n\nKeep it.\n\n## Two\n\nKeep it.\n\n## Three\n\nKeep it.',
  );
  await expect(board.mark(1)).toHaveCount(1);
  await expect(board.review.locator('.doc p').nth(2).locator('mark')).toHaveText('Keep it.');
});

test('comments do not come back after the agent edits', async ({ agent, board }) => {
  const first = '## Plan\n\nOrders stay in the queue.\n\nNobody is told.';
  const then = '## Before\n\nSomething new.\n\n## Plan\n\nNow and always: orders stay in the queue.\n\nSupport is told.';
  await revised(agent, board, first, [{ quote: 'stay in the queue' }, { quote: 'Nobody is told.' }], then);
  await expect(board.mark(1)).toHaveText('stay in the queue');
  await expect(board.point(1)).not.toContainText('The passage is gone');
  // Named where its passage is gone, with its words.
  await expect(board.point(2)).toContainText('Why?');
  await expect(board.point(2)).toContainText('The passage is gone');
});

test('a decided handover opens again', async ({ agent, board, context, page }) => {
  const { pipeline, handover } = await agent.handedOver();
  await board.open(`/pipelines/${pipeline}`);
  await board.button('Accept').click();
  await agent.wait(handover);
  await page.reload();
  await board.ready();
  await expect(board.leg('VAN')).toContainText('accepted');
  await expect(board.review).toBeHidden();
  const later = await context.newPage();
  await later.goto(page.url());
  await expect(later.locator('.leg').first()).toContainText('accepted');
  await expect(later.locator('dialog.review')).toBeHidden();
});

test('a storm of events takes away what is written', async ({ agent, board, page }) => {
  const busy = await agent.start({ title: 'Busy' });
  await agent.handedOver();
  await board.open();
  await board.touch();
  await page.keyboard.press('c');
  const field = board.review.locator('#comment-text');
  await expect(field).toBeFocused();
  const storm = async () => {
    for (let report = 1; report <= 40; report += 1) await agent.report(busy, { message: `Report ${report}` });
  };
  const words = 'Every letter of this is still here, and none of it has accepted anything.';
  await Promise.all([storm(), page.keyboard.type(words, { delay: 10 })]);
  await expect(board.row('Busy')).toContainText('Report 40');
  await expect(field).toBeFocused();
  await expect(field).toHaveValue(words);
});

test('the prompt of another pipeline is copied', async ({ agent, board, context, page, server }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
  for (const title of ['One', 'Two']) {
    const { handover } = await agent.handedOver({ title }, `# ${title}\n\nOnly of ${title}.`);
    await server.decide(handover);
  }
  await board.open();
  for (const title of ['One', 'Two']) {
    await board.row(title).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    await page.locator('section.prompt').getByRole('button', { name: 'Copy' }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain(`Only of ${title}.`);
    await page.getByRole('link', { name: 'All pipelines' }).click();
  }
});

test('approval before the content is shown', async ({ agent, board, page, server }) => {
  const { pipeline, handover } = await agent.handedOver();
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  let asked = 0;
  await page.route(`**/api/pipelines/${pipeline}/handovers/${handover}?*`, async (route) => {
    asked += 1;
    await released;
    await route.continue();
  });
  await board.open();
  await expect(board.review).toBeVisible();
  await expect.poll(() => asked).toBeGreaterThan(0);
  await expect(board.button('Accept')).toBeDisabled();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('a');
  await expect(board.review).toHaveAttribute('data-keys', 'blocked');
  expect(await server.count(pipeline, 'HandoverAccepted')).toBe(0);
  release();
  await expect(board.review.locator('.doc')).toContainText('All of it.');
  await board.button('Accept').click();
  await agent.wait(handover);
});

test.describe('with notifications', () => {
  test.use({ permissions: ['notifications'] });

  test('a notification for whoever is looking already', async ({ agent, board, context, page }) => {
    await context.addInitScript(fakeNotifications);
    await context.addInitScript(() => localStorage.setItem('staffel-notifications', 'on'));
    await board.open();
    await page.evaluate(() => Object.assign(document, { hasFocus: () => true }));
    await agent.handedOver({ title: 'Seen' });
    await expect(board.review.locator('.doc')).toContainText('All of it.');
    await page.keyboard.press('Escape');
    await page.evaluate(() => Object.assign(document, { hasFocus: () => false }));
    await agent.handedOver({ title: 'Unseen' });
    await expect.poll(() => notificationsShown(page)).not.toEqual({});
    expect(Object.values(await notificationsShown(page))).toEqual(['A handover is ready: Unseen']);
  });
});

// A decision can be taken back until the agent hears of it: by button, by key, by touch, in another window, after a reload.

import { complaints } from './axe.ts';
import { another, Board, expect, openReview, test } from './fixtures.ts';

test.use({ settings: { STAFFEL_UNDO_SECONDS: '30' }, contextOptions: { reducedMotion: 'reduce' } });

const undo = (board: Board) => board.undoBar.getByRole('button', { name: /^Undo/ });

test('taken back by its button: the agent hears nothing, and everything that was typed is there again', async ({
  agent,
  board,
  page,
  server,
}) => {
  const { pipeline, handover } = await agent.handedOver({}, '# The plan\n\nThe basket comes first.');
  const parked = await agent.park(handover);
  await board.open(`/pipelines/${pipeline}`);
  await board.review.locator('.note-keys').getByRole('button', { name: 'Comment' }).click();
  await board.review.locator('#comment-text').fill('Why the basket?');
  await board.words.fill('Keep it small.');
  await board.button('Accept with changes').click();
  await expect(board.review).toBeHidden();

  await expect(board.undoBar).toContainText('VAN accepted.');
  await expect(board.undoBar).toContainText(/claude-code hears it in \d+ s\./);
  await expect(page.locator('section.now')).toContainText('You accepted VAN. It can still be undone for');
  await expect(page.locator('.headline .chip')).toHaveText('On its way');
  await expect(page).toHaveTitle(/^Faster checkout/);
  expect(await complaints(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await complaints(page, 'color-contrast')).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light' });
  expect(await server.count(pipeline, 'HandoverAccepted')).toBe(0);

  await undo(board).click();
  await expect(board.undoBar).toBeHidden();
  await expect(board.review.locator('.doc')).toContainText('The basket comes first.');
  await expect(board.words).toHaveValue('Keep it small.');
  await expect(board.review.locator('.note')).toContainText('Why the basket?');
  await expect(board.notice).toContainText('Undone. claude-code never saw it.');
  expect(await server.count(pipeline, 'DecisionTakenBack')).toBe(1);

  // Decided otherwise, and sent at once.
  await board.button('Request changes').click();
  await expect(board.undoBar).toContainText('Changes to VAN requested.');
  await board.undoBar.getByRole('button', { name: 'Send now' }).click();
  expect(await parked.answer).toMatchObject({ decision: 'changes_requested', review_changes: 'Keep it small.' });
  await expect(board.undoBar).toBeHidden();
  await expect(board.notice).toContainText('Changes requested.');
  const audit = await (await server.asPerson('GET', '/audit')).json();
  expect(audit.entries.map((entry: { what: string }) => entry.what)).toEqual(expect.arrayContaining(['taken_back', 'decided']));

  // What was sent is nothing that was kept.
  await agent.handOver(pipeline, '# Better');
  await openReview(page);
  await expect(board.review).toContainText('Better');
  await expect(board.review.locator('.reading-time')).toContainText(/1 min read\. You read revision 1 /);
  await expect(board.words).toHaveValue('');
});

test('taken back by its key, on every page, and never while somebody types', async ({ agent, board, page, server }) => {
  const { pipeline } = await agent.handedOver();
  const second = await agent.handedOver({ title: 'Two' });
  await board.open();
  await board.touch();
  await page.keyboard.press('a');
  await expect(board.undoBar).toContainText('VAN accepted.');
  for (const path of ['/agents', '/people', `/pipelines/${second.pipeline}`]) {
    await page.evaluate((to) => document.querySelector<HTMLAnchorElement>(`a[href="${to}"]`)?.click(), path);
    if (!page.url().endsWith(path)) await board.open(path);
    await expect(board.undoBar, path).toContainText('VAN accepted.');
  }
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type('u');
  await expect(page.getByRole('searchbox')).toHaveValue('u');
  await expect(board.undoBar).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+u');
  expect(await server.count(pipeline, 'DecisionTakenBack')).toBe(0);
  await page.keyboard.press('u');
  await expect(board.review).toBeVisible();
  await expect(board.review.getByRole('heading', { level: 2 })).toContainText('Faster checkout');
  expect(await server.count(pipeline, 'DecisionTakenBack')).toBe(1);
});

test('over another review that is open the bar is in the review', async ({ agent, board, page }) => {
  await agent.handedOver({ title: 'One' });
  await agent.handedOver({ title: 'Two' });
  await board.open();
  await expect(board.review.getByRole('heading', { level: 2 })).toContainText('One');
  await board.button('Accept').click();
  await expect(board.undoBar).toBeVisible();
  await page.locator('.gate').filter({ hasText: 'Two' }).getByRole('button', { name: 'Review', exact: true }).click();
  await expect(board.review.getByRole('heading', { level: 2 })).toContainText('Two');
  const inside = board.review.locator('.undo-bar');
  await expect(inside).toContainText('One');
  expect(await complaints(page)).toEqual([]);
  await inside.getByRole('button', { name: /^Undo/ }).click();
  await expect(board.review.getByRole('heading', { level: 2 })).toContainText('One');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });

  test('taken back by touch', async ({ agent, board, page, server }) => {
    const { pipeline } = await agent.handedOver();
    await board.open();
    await board.words.fill('Keep it small.');
    await board.button('Accept with changes').tap();
    await expect(board.undoBar).toContainText('VAN accepted.');
    const box = (await undo(board).boundingBox())!;
    expect(box.height).toBeGreaterThanOrEqual(44);
    expect(box.x + box.width).toBeLessThanOrEqual(360);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await undo(board).tap();
    await expect(board.words).toHaveValue('Keep it small.');
    expect(await server.count(pipeline, 'HandoverAccepted')).toBe(0);
  });
});

test('every window of the same person has the bar, also after a reload', async ({ agent, board, context, page, server }) => {
  const { pipeline } = await agent.handedOver();
  const other = new Board(await context.newPage(), server);
  await other.open(`/pipelines/${pipeline}`);
  await other.page.keyboard.press('Escape');
  await board.page.bringToFront();
  await board.open();
  await board.words.fill('Keep it small.');
  await board.button('Accept with changes').click();
  await expect(other.undoBar).toContainText('VAN accepted.');
  await page.reload();
  await board.ready();
  await expect(board.undoBar).toContainText(/hears it in \d+ s\./);
  await expect(board.review).toBeHidden();

  await other.page.bringToFront();
  await undo(other).click();
  await expect(other.review).toBeVisible();
  await expect(other.words).toHaveValue('Keep it small.');
  await expect(board.undoBar).toBeHidden();
});

test('another browser of the same person takes back with what was typed elsewhere', async ({ agent, board, browser, server }) => {
  const { pipeline } = await agent.handedOver();
  await board.open(`/pipelines/${pipeline}`);
  await board.words.fill('Keep it small.');
  await board.button('Accept with changes').click();
  await expect(board.undoBar).toBeVisible();
  const elsewhere = await browser.newContext();
  await elsewhere.addCookies([server.cookie()]);
  const phone = new Board(await elsewhere.newPage(), server);
  await phone.open('/agents');
  await undo(phone).click();
  await expect(phone.words).toHaveValue('Keep it small.');
  await elsewhere.close();
});

test('another person sees that it is decided, by whom, and has nothing to press', async ({ agent, board, browser, server }) => {
  const { pipeline, handover } = await agent.handedOver();
  const ben = await another(browser, server, 'Ben');
  await ben.open(`/pipelines/${pipeline}`);
  await ben.words.fill('Not so fast.');
  await board.open(`/pipelines/${pipeline}`);
  await board.button('Accept').click();
  await expect(ben.review).toBeHidden();
  await expect(ben.notice).toContainText('Local accepted VAN. It can still be undone');
  await expect(ben.notice).toContainText('Your words are not sent; they are kept as a draft.');
  await expect(ben.page.locator('section.now')).toContainText('Local accepted VAN.');
  await expect(ben.undoBar).toBeHidden();
  await ben.page.keyboard.press('u');
  await ben.open();
  await expect(ben.row('Faster checkout')).toContainText('accepted, can still be undone');
  await ben.open(`/pipelines/${pipeline}/handovers/${handover}/1`);
  await expect(ben.page.locator('main')).toContainText('Local accepted VAN. It can still be undone');
  expect(await server.count(pipeline, 'DecisionTakenBack')).toBe(0);
  await undo(board).click();
  await expect(board.review).toBeVisible();
  // It is Ben's to decide again, with what was typed.
  await ben.page.getByRole('button', { name: 'Review', exact: true }).first().click();
  await expect(ben.words).toHaveValue('Not so fast.');
  await ben.page.context().close();
});

test('what was not sent, since somebody else decided, goes to the agent as a note', async ({ agent, board, page, server }) => {
  const { pipeline, handover } = await agent.handedOver({}, '# The plan\n\nThe basket comes first.');
  await board.open(`/pipelines/${pipeline}`);
  await board.words.fill('Keep it small.');
  await server.decide(handover, 'accept', { by: 'Anna' });
  await expect(board.notice).toContainText('Anna accepted VAN. Your words are not sent; they are kept as a draft.');
  await board.open(`/pipelines/${pipeline}/handovers/${handover}/1`);
  await page.getByRole('button', { name: 'Send as a note' }).click();
  await expect(page.getByRole('button', { name: 'Send as a note' })).toBeHidden();
  const note = await server.events(pipeline).then((events) => events.find(({ event }) => event.type === 'NoteSent'));
  expect(note?.event).toMatchObject({ text: 'Keep it small.' });
  await page.reload();
  await board.ready();
  await expect(page.locator('main')).not.toContainText('Keep it small.');
});

test.describe('too late', () => {
  test.use({ settings: { STAFFEL_UNDO_SECONDS: '2' }, tolerated: /409/ });

  test('after the delivery it says that the agent has it', async ({ agent, board, page, server }) => {
    const { pipeline, handover } = await agent.handedOver();
    const parked = await agent.park(handover);
    await board.open();
    await board.touch();
    await page.keyboard.press('a');
    await expect(board.undoBar).toBeVisible();
    expect(await parked.answer).toMatchObject({ decision: 'accepted' });
    await expect(board.undoBar).toBeHidden();
    await expect(board.notice).toContainText('VAN accepted. The prompt for PLAN is on its way.');
    await page.keyboard.press('u');
    await expect(board.notice).toContainText('Too late: claude-code already has this decision.');
    expect(await server.count(pipeline, 'DecisionTakenBack')).toBe(0);
  });
});

// The board by keys alone: through what waits, into it, and from one thing to the next.

import type { Agent } from '../support/agent.mjs';
import { complaints } from './axe.ts';
import { type Board, expect, test } from './fixtures.ts';

const focused = '*:focus';

/** The review that has opened by itself is closed again. */
async function putOff(board: Board) {
  await expect(board.review).toBeVisible();
  await board.page.keyboard.press('Escape');
  await expect(board.review).toBeHidden();
}

/** A handover waits, and then a question. */
async function handoverAndQuestion(agent: Agent) {
  await agent.handedOver({ title: 'One' });
  const asks = await agent.start({ title: 'Asks' });
  await agent.call('ask_person', { pipeline: asks, question: 'Which bucket?', wait_seconds: 0 });
  return asks;
}

test('J and K go through what waits, oldest first, and Enter opens it', async ({ agent, board, page }) => {
  await agent.handedOver({ title: 'Oldest' });
  const asks = await agent.start({ title: 'Asks' });
  await agent.call('ask_person', { pipeline: asks, question: 'Which bucket?', wait_seconds: 0 });
  await agent.handedOver({ title: 'Newest' });
  await agent.start({ title: 'At work' });
  await board.open();
  await putOff(board);
  const here = () => page.evaluate(() => document.activeElement?.closest('li')?.textContent ?? '');

  for (const [key, title] of [
    ['j', 'Oldest'],
    ['j', 'Asks'],
    ['j', 'Newest'],
    ['k', 'Asks'],
    ['k', 'Oldest'],
    ['k', 'Oldest'],
  ] as const) {
    await page.keyboard.press(key);
    expect(await here()).toContain(title);
  }
  // A screen reader hears of which pipeline the button is.
  await expect(page.locator(focused)).toHaveAccessibleDescription('Oldest');
  await page.keyboard.press('Enter');
  await expect(board.review.getByRole('heading', { level: 2 })).toContainText('Oldest');
  await putOff(board);
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('j');
  await expect(page.locator(focused)).toHaveClass(/row/);
});

test('on another page the keys go through the line of what waits', async ({ agent, board, page }) => {
  await agent.handedOver({ title: 'One' });
  const { pipeline } = await agent.handedOver({ title: 'Two' });
  await board.open('/agents');
  await putOff(board);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(board.review.getByRole('heading', { level: 2 })).toContainText('Two');
  await page.keyboard.press('Escape');
  await board.open(`/pipelines/${pipeline}`);
  await expect(page.locator('.inbox')).toContainText('One');
  await expect(page.locator('.inbox')).not.toContainText('Two');
});

test('N opens what has waited longest, also out of a review, and says where nothing else waits', async ({ agent, board, page }) => {
  const asks = await handoverAndQuestion(agent);
  await board.open('/agents');
  await putOff(board);
  await page.keyboard.press('n');
  await expect(board.review.getByRole('heading', { level: 2 })).toContainText('One');
  await page.keyboard.press('n');
  await expect(board.review).toBeHidden();
  await expect(page).toHaveURL(new RegExp(`/pipelines/${asks}$`));
  await page.keyboard.press('n');
  await expect(board.review.getByRole('heading', { level: 2 })).toContainText('One');
  await board.touch();
  await page.keyboard.press('a');
  await expect(board.review).toBeHidden();
  await page.keyboard.press('n');
  await expect(board.notice).toContainText('Nothing else is waiting for you.');
});

test('N right after an acceptance does not open it again, though the live connection has not told of it yet', async ({
  agent,
  board,
  page,
}) => {
  const asks = await handoverAndQuestion(agent);
  await board.open(`/pipelines/${asks}`);
  // The answer comes before the decision is on the board.
  let decide = () => {};
  const pressed = new Promise<void>((resolve) => {
    decide = resolve;
  });
  let decided: Promise<unknown> = Promise.resolve();
  await page.route('**/decision', async (route) => {
    const request = route.request();
    await route.fulfill({ json: {} });
    decided = pressed.then(() => page.request.fetch(request));
  });
  await page.keyboard.press('n');
  await board.touch();
  await page.keyboard.press('a');
  await expect(board.review).toBeHidden();
  await page.keyboard.press('n');
  await expect(board.notice).toContainText('Nothing else is waiting for you.');
  await expect(board.review).toBeHidden();
  decide();
  await decided; // the live connection may tell of it first, and the page must not be gone before the answer
  await expect(page.locator('.inbox')).toHaveCount(0);
});

test('what an acceptance did is said when the board shows it, not over what was said since', async ({ agent, board, page }) => {
  const asks = await handoverAndQuestion(agent);
  await board.open(`/pipelines/${asks}`);
  let answer = () => {};
  const pressed = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const answered = page.waitForResponse('**/decision');
  await page.route('**/decision', async (route) => {
    const response = await route.fetch();
    await pressed;
    await route.fulfill({ response });
  });
  await page.keyboard.press('n');
  await board.touch();
  await page.keyboard.press('a');
  await expect(board.review).toBeHidden(); // by the live connection
  await expect(board.notice).toContainText('accepted');
  await page.keyboard.press('n');
  await expect(board.notice).toContainText('Nothing else is waiting for you.');
  answer();
  await (await answered).finished();
  await expect(board.notice).toContainText('Nothing else is waiting for you.');
});

test('N right after Escape opens the same review: it is not in front of the reader any more', async ({ agent, board, page }) => {
  await handoverAndQuestion(agent);
  await board.open('/agents');
  await expect(board.review).toBeVisible();
  // Both before the browser has told that the dialog is closed.
  await board.review.evaluate((dialog: HTMLDialogElement) => {
    dialog.requestClose();
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'n', bubbles: true }));
  });
  await expect(board.review).toBeVisible();
  await expect(page).toHaveURL(/\/agents$/);
});

test('E leads to the words of an acceptance, and to the editor of a prompt', async ({ agent, board, page }) => {
  const { pipeline } = await agent.handedOver();
  await board.open(`/pipelines/${pipeline}`);
  await board.touch();
  await page.keyboard.press('e');
  await expect(board.words).toBeFocused();
  await page.keyboard.type('Keep it small, please');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(board.review).toBeHidden();
  await expect(board.prompt).toBeVisible();
  await page.keyboard.press('e');
  await expect(page.locator('section.prompt textarea').first()).toBeVisible();
});

test('the keys are listed, do nothing while somebody types, and single keys can be switched off', async ({ agent, board, page }) => {
  await agent.handedOver({ title: 'One' });
  await board.open();
  await putOff(board);
  await page.keyboard.press('?');
  const list = page.locator('dialog.keys');
  await expect(list.getByRole('heading', { name: 'Keys' })).toBeVisible();
  await expect(list).toContainText('Take back the decision you just made');
  expect(await complaints(page)).toEqual([]);
  await list.getByRole('checkbox').uncheck();
  await page.keyboard.press('Escape');
  await expect(list).toBeHidden();
  await page.keyboard.press('n');
  await page.keyboard.press('j');
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).not.toBeFocused();
  await expect(board.review).toBeHidden();
  await expect(page.locator('.gate :focus')).toHaveCount(0);
  // In a review as well: nothing is accepted by a letter.
  await page.getByRole('button', { name: 'Review', exact: true }).click();
  await board.touch();
  await page.keyboard.press('a');
  await page.keyboard.press('c');
  await expect(board.review.locator('.note.writing')).toHaveCount(0);
  await putOff(board);
  await page.keyboard.press('?');
  await list.getByRole('checkbox').check();
  await page.keyboard.press('Escape');

  await page.keyboard.press('/');
  await page.keyboard.type('njk?');
  await expect(page.getByRole('searchbox')).toHaveValue('njk?');
  await expect(list).toBeHidden();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Alt+n');
  await expect(board.review).toBeHidden();
  await page.keyboard.press('n');
  await expect(board.review).toBeVisible();
});

test('an agent that does not respond and a prompt that nobody picks up are in the inbox', async ({ agent, board, page }) => {
  const silent = await agent.start({ title: 'Silent' });
  await agent.report(silent, { message: 'Begins' });
  const sent = await agent.handedOver({ title: 'Sent' });
  await page.clock.install();
  await board.open(`/pipelines/${sent.pipeline}`);
  await board.button('Accept').click();
  await expect(board.prompt).toBeVisible();
  await board.open();
  await expect(page.locator('.inbox')).toHaveCount(0);
  await page.clock.fastForward('16:00');
  const lines = page.locator('main .inbox li');
  await expect(lines).toHaveCount(2);
  await expect(lines.filter({ hasText: 'Silent' })).toContainText('Not responding');
  await expect(lines.filter({ hasText: 'Sent' })).toContainText('not picked up yet');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Two things need you');
  expect(await complaints(page)).toEqual([]);
});

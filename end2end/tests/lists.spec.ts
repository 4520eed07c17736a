// The lists of the overview: what is open, what has ended, the archive, and what a search finds.

import { Board, expect, test } from './fixtures.ts';
import { until } from '../support/server.mjs';
import type { Server } from '../support/server.mjs';

/** So many pipelines at once, without an agent's session. Of each the name, from the last to the first. */
async function fill(server: Server, count: number, title: (number: number) => string, ended = false): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const answer = await server.api('POST', '/pipelines', { project: `project ${number % 3}`, title: title(number) });
    const { pipeline } = await answer.json();
    if (ended) await server.api('POST', `/pipelines/${pipeline}/finish`, { outcome: 'cancelled' });
    ids.push(pipeline);
  }
  return ids;
}

/** How many rows the lists on the page have, drawn or not. */
const listed = (board: Board) =>
  board.page.locator('.rows').evaluateAll((lists) => lists.reduce((sum, list) => sum + Number(list.getAttribute('data-count')), 0));
const tab = (board: Board, name: string) => board.page.getByRole('navigation', { name: 'Pipelines' }).getByRole('link', { name });
const choose = (board: Board, title: string) => board.page.getByRole('checkbox', { name: `Select ${title}`, exact: true });
const press = (board: Board, name: string | RegExp) => board.page.getByRole('button', { name }).click();

test('what has ended has a list of its own, and goes to the archive and back', async ({ agent, board, server }) => {
  await agent.start({ title: 'Still runs' });
  await fill(server, 3, (number) => `Ended ${number}`, true);
  await board.open();
  await expect(tab(board, 'Open')).toHaveText('Open 1');
  await expect(board.row('Ended')).toHaveCount(0);

  await tab(board, 'Ended').click();
  await expect(board.page).toHaveTitle('Ended · Staffel');
  await expect(board.row('Ended')).toHaveCount(3);
  await choose(board, 'Ended 0').check();
  await choose(board, 'Ended 2').check();
  await press(board, 'Archive 2 pipelines');
  await expect(board.notice).toContainText('2 pipelines archived.');
  await expect(board.row('Ended')).toHaveText([/Ended 1/]);
  await expect(tab(board, 'Archived')).toHaveText('Archived 2');

  await board.notice.getByRole('button', { name: 'Undo' }).click();
  await expect(board.notice).toContainText('2 pipelines are back from the archive.');
  await expect(board.row('Ended')).toHaveCount(3);

  await press(board, 'Archive all 3 ended pipelines');
  await expect(board.notice).toContainText('3 pipelines archived.');
  await expect(board.page.locator('main')).toContainText('Nothing here.');
  // The list has an address.
  await board.open('/archived');
  await expect(board.row('Ended')).toHaveCount(3);
  await choose(board, 'Ended 1').check();
  await press(board, 'Unarchive 1 pipeline');
  await expect(board.row('Ended')).toHaveCount(2);
  await expect(tab(board, 'Ended')).toHaveText('Ended 1');
  await board.page.goBack();
});

test('a pipeline that ends while somebody looks stays where it is', async ({ agent, board, server }) => {
  const pipeline = await agent.start({ title: 'Ends soon' });
  await board.open();
  await server.api('POST', `/pipelines/${pipeline}/finish`, { outcome: 'failed' });
  await expect(board.row('Ends soon')).toContainText('Failed');
  await expect(tab(board, 'Open')).toHaveText('Open 0');
  await expect(tab(board, 'Ended')).toHaveText('Ended 1');
  await tab(board, 'Ended').click();
  await expect(board.row('Ends soon')).toBeVisible();
  await tab(board, 'Open').click();
  await expect(board.row('Ends soon')).toHaveCount(0);
});

test('two boards archive at once, and both show the same', async ({ board, context, server }) => {
  await fill(server, 4, (number) => `Ended ${number}`, true);
  const other = new Board(await context.newPage(), server);
  await board.open('/ended');
  await other.open('/ended');
  await expect(board.row('Ended')).toHaveCount(4);
  await expect(other.row('Ended')).toHaveCount(4);
  await choose(board, 'Ended 1').check();
  await choose(other, 'Ended 1').check();
  await press(board, 'Archive 1 pipeline');
  await expect(other.row('Ended')).toHaveCount(3);
  await press(other, 'Archive 1 pipeline');
  await expect(other.notice).toContainText('1 pipeline archived.');
  await expect(tab(other, 'Archived')).toHaveText('Archived 1');
});

test('a long list comes page by page, and only what is near the view is drawn', async ({ board, page, server }) => {
  const title = (number: number) => `Ended ${number}`;
  await fill(server, 130, title, true);
  await board.open('/ended');
  await expect(tab(board, 'Ended')).toHaveText('Ended 130');
  await expect.poll(() => listed(board)).toBe(50);
  // Down to the end: each page is fetched when the end of the one before comes near.
  await expect(async () => {
    await page.mouse.wheel(0, 20_000);
    await expect.poll(() => listed(board), { timeout: 500 }).toBe(130);
  }).toPass();
  await expect(page.getByRole('button', { name: 'Show more' })).toHaveCount(0);
  await page.keyboard.press('End');
  await expect(board.row('Ended 0')).toBeVisible();
  // What is far away is a blank of the same height.
  const blocks = page.locator('.block');
  await expect(blocks).toHaveCount(7);
  await expect(blocks.first()).toBeEmpty();
  const height = async (index: number) => (await blocks.nth(index).boundingBox())?.height;
  // But for the line between two blocks.
  expect(Math.abs((await height(0))! - (await height(5))!)).toBeLessThanOrEqual(1);
  // The browser may still be on its way to the end, and forgets a key then.
  await expect(async () => {
    await page.keyboard.press('Home');
    await expect(board.row('Ended 129')).toBeVisible({ timeout: 500 });
  }).toPass();
  await expect(blocks.last()).toBeEmpty();
  // On paper there is no view.
  await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
  await expect(page.locator('.block > li')).toHaveCount(130);
  await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
  await expect(blocks.last()).toBeEmpty();
});

test('more open pipelines than a page begins with are all there', async ({ board, page, server }) => {
  test.slow();
  await fill(server, 230, (number) => `Open ${number}, ${'a long title '.repeat(8)}`);
  await board.open();
  await expect(tab(board, 'Open')).toHaveText('Open 230');
  await expect.poll(() => listed(board)).toBe(230);
  await expect(page.locator('.project h2').first()).toHaveText('project 0 77');
  // A search looks through all of them at once.
  await page.getByRole('searchbox').fill('Open 229,');
  await expect.poll(() => listed(board)).toBe(1);
});

test('a search finds what has ended, what is archived, and what documents say', async ({ agent, board, page, server }) => {
  await fill(server, 2, (number) => `Compass ${number}`, true);
  const [archived] = await fill(server, 1, () => 'Old compass', true);
  await server.api('POST', '/pipelines/archive', { pipelines: [archived] });
  const { pipeline } = await agent.handedOver({ title: 'Checkout' }, '# Plan\n\nNavigation is done with a compass rose.');
  await agent.start({ title: 'A new compass' });
  await until('the text of the handover is findable', async () => {
    const found = await (await server.api('GET', '/pipelines?state=all&q=compass')).json();
    return found.pipelines.length === 5;
  });
  await board.open();
  await expect(board.review).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('searchbox').fill('compass');
  await expect(board.row('ompass')).toHaveCount(5);
  await expect(board.row('Checkout')).toContainText('Handover: ');
  await expect(board.row('Checkout').locator('mark')).toHaveText('compass');
  await expect(page.getByRole('heading', { name: 'More results' })).toBeVisible();
  await board.row('Checkout').click();
  await expect(page).toHaveURL(new RegExp(pipeline));
  // Back, and it is still looked for.
  await page.goBack();
  await expect(board.row('Old compass')).toBeVisible();
  await page.getByRole('searchbox').fill('nothing of the kind');
  await expect(page.getByRole('status').filter({ hasText: 'No pipeline matches' })).toHaveText(
    'No pipeline matches “nothing of the kind”.',
  );
  await press(board, 'Clear search');
  await expect(board.row('A new compass')).toBeVisible();
});

test.describe('a search that cannot be', () => {
  test('longer than anything, or full of signs, is no error', async ({ agent, board, page }) => {
    await agent.start();
    await board.open();
    for (const find of ['"', 'a" OR NEAR(', '***', 'x'.repeat(10_000), '–']) {
      await page.getByRole('searchbox').fill(find);
      await expect(page.getByRole('status').filter({ hasText: 'No pipeline matches' })).toBeVisible();
      await expect(page.locator('main')).not.toContainText("couldn't be loaded");
    }
  });
});

test.describe('while the server is away', () => {
  test.use({ tolerated: /net::ERR_/ });
  test('a list says that it could not be loaded, and comes when asked again', async ({ board, page, server }) => {
    await fill(server, 2, (number) => `Ended ${number}`, true);
    await board.open();
    await server.kill();
    await tab(board, 'Archived').click();
    await expect(page.getByRole('status').filter({ hasText: "The list couldn't be loaded." })).toBeVisible();
    await server.start();
    await press(board, 'Try again');
    await expect(page.locator('main')).toContainText('The archive is empty.');
  });
});

// What only some pages need is loaded with them: never before the list lives, and never to be missed in silence.

import type { Page } from '@playwright/test';

import { expect, test } from './fixtures.js';

// The browser's own words, and those of the script that loads parts.
test.use({ tolerated: /net::ERR_|Failed to fetch/ });

/** Keeps the program back until what is given back is called. */
async function heldBack(page: Page) {
  let go = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  await page.route('**/pkg/staffel.wasm', async (route) => {
    await held;
    await route.continue();
  });
  return go;
}

const REST = '**/pkg/rest.*.wasm';

test('the list lives without the rest, which comes as soon as it is wanted', async ({ agent, board, page, server }) => {
  await agent.start({ title: 'Split me' });
  await page.route(REST, (route) => route.abort());
  await page.goto(server.url);
  await board.live();
  await board.row('Split me').click();
  const failure = page.locator('main').getByRole('alert');
  await expect(failure).toBeVisible();
  await page.unroute(REST);
  await page.locator('main').getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Split me' })).toBeVisible();
});

test('a page that shows the rest says that it cannot be used yet, and lives once it can', async ({ agent, page, server }) => {
  const pipeline = await agent.start({ title: 'Wait for me' });
  await page.route(REST, (route) => route.abort());
  // Told once: a page that cannot be used begins anew while the server answers.
  await page.goto(`${server.url}/pipelines/${pipeline}`);
  await expect(page.getByRole('heading', { level: 1, name: 'Wait for me' })).toBeVisible();
  await expect(page.locator('.notices').getByRole('alert')).toBeVisible();
  await expect(page.locator('html[data-hydrated]')).not.toBeAttached();
  await page.unroute(REST);
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
  await expect(page.locator('.notices').getByRole('alert')).toBeHidden();
});

test('once the board lives everything is here, also when the server is not', async ({ agent, board, page, server }) => {
  await agent.start({ title: 'Keep me' });
  const rest = page.waitForResponse(REST);
  const german = page.waitForResponse('**/pkg/german.*.wasm');
  await board.open();
  await (await rest).finished();
  await (await german).finished();
  await server.stop();
  await page.getByRole('link', { name: /^Agents/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Agents' })).toBeVisible();
  await page.getByRole('button', { name: /Deutsch/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Agenten' })).toBeVisible();
});

test('what is pressed before the page lives is done once it does', async ({ page, server }) => {
  const live = await heldBack(page);
  await page.goto(server.url);
  await page.locator('.palette-open').click();
  // Whoever sees nothing happen presses again.
  await page.getByRole('button', { name: /Deutsch/ }).click({ clickCount: 2 });
  live();
  await expect(page.locator('dialog.palette')).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
});

test('what is sent before the page lives is sent once, and nothing typed is lost', async ({ page, server }) => {
  const live = await heldBack(page);
  await page.goto(`${server.url}/people`);
  await page.locator('form.invite').first().getByRole('textbox').first().fill('Anna');
  await page.keyboard.press('Enter');
  live();
  await expect(page.locator('.people-list li').filter({ hasText: 'Anna' })).toHaveCount(1);
  expect(page.url()).toBe(`${server.url}/people`);
});

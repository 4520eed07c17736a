// People: the first one, one more device, one more person, and the end of a device.

import type { Browser, Page } from '@playwright/test';
import decodeQR from 'qr/decode.js';

import { Board, expect, openReview, test } from './fixtures.ts';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: 'en-GB' };

/** What a camera reads from the picture. */
async function read(page: Page): Promise<string> {
  const { data, width, height } = await page.locator('.pairing img').evaluate(async (image: HTMLImageElement) => {
    await image.decode();
    const canvas = document.createElement('canvas');
    const [width, height] = [image.naturalWidth, image.naturalHeight];
    Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d')!;
    context.drawImage(image, 0, 0);
    return { data: Array.from(context.getImageData(0, 0, width, height).data), width, height };
  });
  return decodeQR({ data: Uint8Array.from(data), width, height });
}

/** Another device that opens a link and signs in there. */
async function device(browser: Browser, link: string, options = PHONE): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(link);
  await page.getByRole('button', { name: 'Sign in', exact: true }).tap();
  await page.waitForURL((url) => url.pathname === '/');
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
  return page;
}

test.describe('nobody yet', () => {
  test.use({ nobody: true });

  test('from the first start to the first decision without typing', async ({ agent, board, page, server }) => {
    const { pipeline } = await agent.handedOver();
    await page.goto(server.firstLink);
    await expect(page.getByRole('textbox')).not.toHaveValue('');
    expect(page.url(), 'the code is not left in the address').not.toContain('code');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await board.ready();
    await openReview(page);
    await board.button('Accept').click();
    await expect(board.review).toBeHidden();
    const [accepted] = (await server.events(pipeline)).filter(({ event }) => event.type === 'HandoverAccepted');
    expect(accepted!.actor.kind).toBe('person');
    expect(accepted!.event.proof).toMatchObject({ by: 'session' });
  });

  test('whoever is not signed in reads and is led to the sign-in', async ({ agent, board, page }) => {
    await agent.handedOver();
    await board.open();
    await openReview(page);
    await expect(board.review.locator('.doc')).toContainText('All of it.');
    await expect(board.button('Accept')).toHaveCount(0);
    await board.review.getByRole('link', { name: 'Sign in to decide' }).click();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    await expect(page.locator('.sign-in')).toContainText('open that one');
  });
});

test('a phone that reads the QR code decides by touch', async ({ agent, board, browser, page, server }) => {
  const { handover } = await agent.handedOver();
  await board.open('/people');
  await page.getByRole('button', { name: 'Add a device' }).click();
  await expect(page.locator('.people.link')).toContainText('works once, for 9:');
  const link = await read(page);
  expect(link).toBe(await page.locator('.pairing-link code').textContent());
  const phone = await device(browser, link);
  await openReview(phone);
  await new Board(phone, server).button('Accept').tap();
  await expect(phone.locator('dialog.review')).toBeHidden();
  expect((await agent.wait(handover)).decided_by).toBe('Local');
  const again = await (await browser.newContext(PHONE)).newPage();
  await again.goto(link);
  await again.getByRole('button', { name: 'Sign in', exact: true }).tap();
  await expect(again.locator('main').getByRole('alert')).toContainText("doesn't work any more");
});

test('a device that is signed out is nobody within a moment', async ({ agent, board, browser, page }) => {
  await agent.handedOver();
  await board.open('/people');
  await page.getByRole('button', { name: 'Add a device' }).click();
  const phone = await device(browser, (await page.locator('.pairing-link code').textContent())!);
  await expect(phone.locator('.badge')).toHaveAttribute('data-link', 'live', { timeout: 30_000 });
  await page.reload();
  await expect(page.locator('.people-list li')).toHaveCount(3);
  await page.locator('.people-list li').filter({ hasText: 'Chrome' }).filter({ hasNotText: 'this one' }).getByRole('button').click();
  await expect(phone.getByRole('link', { name: 'Sign in', exact: true })).toBeAttached({ timeout: 30_000 });
  await expect(page.locator('.people-list li').filter({ hasText: 'this one' })).toHaveCount(1);
});

test.describe('managing', () => {
  // The browser notes what the server refuses.
  test.use({ tolerated: /409/ });

  test('an owner lets somebody in, changes what they may do, and keeps them out', async ({ board, browser, page }) => {
    await board.open('/people');
    await page.getByLabel('Name').fill('Anna');
    await page.getByLabel('What they may do').selectOption('May only watch');
    await page.getByRole('button', { name: 'Invite' }).click();
    await expect(page.locator('.people.link')).toContainText('Link for Anna');
    const anna = await device(browser, await read(page));
    await anna.goto(new URL('/people', page.url()).href);
    await expect(anna.locator('main')).toContainText('Signed in as Anna · May only watch');
    await expect(anna.getByRole('heading', { name: 'People' })).toHaveCount(1);

    const line = page.locator('.people-list li').filter({ hasText: 'Anna' });
    await line.getByLabel('What Anna may do').selectOption('May decide');
    await anna.reload();
    await expect(anna.locator('main')).toContainText('May decide');
    await page.getByLabel('What Local may do').selectOption('May decide');
    await expect(page.locator('main').getByRole('alert')).toContainText('The last owner stays an owner');
    await expect(page.getByLabel('What Local may do')).toHaveValue('owner');
    await line.getByRole('button', { name: 'Remove access' }).click();
    await expect(line.getByRole('button', { name: 'Give access again' })).toBeVisible();
    await anna.reload();
    await expect(anna.getByRole('link', { name: 'Sign in', exact: true })).toBeAttached();

    await page.getByText('Who did what').click();
    const lines = page.locator('.audit li');
    await expect(lines.filter({ hasText: 'Local · removed access' })).toContainText('Anna');
    await expect(lines.filter({ hasText: 'Anna · signed in' })).toContainText('Chrome on');
  });
});

test.describe('telling', () => {
  test.use({ permissions: ['notifications'] });

  test('three tabs show one notification, and take it back when it is decided', async ({ agent, board, context, page, server }) => {
    // What the browser would show, by its tag: headless ones show nothing.
    await context.addInitScript(() => {
      const shown = new Map<string, string>();
      Object.assign(window, { shown });
      class Fake extends EventTarget {
        static permission = 'granted';
        static requestPermission = async () => 'granted';
        onclick = null;
        constructor(
          title: string,
          private readonly options: { body?: string; tag?: string },
        ) {
          super();
          shown.set(options.tag!, `${title}: ${options.body}`);
        }
        close() {
          shown.delete(this.options.tag!);
        }
      }
      Object.defineProperty(window, 'Notification', { value: Fake });
      // Nobody looks at any of these tabs.
      document.hasFocus = () => false;
    });
    await board.open('/people');
    await page.getByLabel('Show a notification when a handover is ready').check();
    const tabs = [page, await context.newPage(), await context.newPage()];
    for (const tab of tabs) {
      await tab.goto(server.url);
      await expect(tab.locator('.badge')).toHaveAttribute('data-link', 'live', { timeout: 30_000 });
    }
    const shown = (tab: typeof page) => tab.evaluate(() => Object.fromEntries((window as any).shown));
    const { handover } = await agent.handedOver();
    const tag = `${handover}-1`;
    for (const tab of tabs) await expect.poll(() => shown(tab)).toEqual({ [tag]: 'A handover is ready: Faster checkout' });
    await expect(page.locator('link[rel=icon]')).toHaveAttribute('href', /favicon-waiting/);
    await server.decide(handover);
    for (const tab of tabs) await expect.poll(() => shown(tab)).toEqual({});
    await expect(page.locator('link[rel=icon]')).toHaveAttribute('href', /favicon\.svg/);
  });
});

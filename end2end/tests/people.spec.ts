// People: the first one, one more device, one more person, and the end of a device.

import { execFileSync } from 'node:child_process';

import type { Browser, Page } from '@playwright/test';
import decodeQR from 'qr/decode.js';

import { binary } from '../support/server.mjs';
import { Board, expect, fakeNotifications, notificationsShown, openReview, test } from './fixtures.ts';

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

/** Goes with the Tab key to what has this name. */
async function tabTo(page: Page, name: string | RegExp) {
  const wanted = page
    .getByRole('main')
    .getByLabel(name)
    .or(page.getByRole('main').getByRole('button', { name }))
    .or(page.locator('summary', { hasText: name }));
  for (let steps = 0; steps < 60; steps += 1) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluateAll((all) => all.some((one) => one === document.activeElement))) return;
  }
  throw new Error(`Tab never leads to ${name}`);
}

test('with keys alone: a device, what one hears of, a token, another person, the audit', async ({ board, page }) => {
  await board.open('/people');
  await tabTo(page, 'Add a device');
  await page.keyboard.press('Enter');
  await expect(page.locator('.people.link')).toContainText('works once, for 9:');
  await tabTo(page, 'What you hear of, and when');
  await page.keyboard.press('Enter');
  await tabTo(page, 'A pipeline ends');
  await page.keyboard.press('Space');
  await tabTo(page, 'Save');
  await page.keyboard.press('Enter');
  await expect(page.locator('.telling [role=status]')).toContainText('Saved.');
  await tabTo(page, 'What is it for?');
  await page.keyboard.type('nightly');
  await page.keyboard.press('Enter');
  await expect(page.locator('.made code')).toContainText('staffel_p_');
  await tabTo(page, 'Name');
  await page.keyboard.type('Anna');
  await page.keyboard.press('Enter');
  await expect(page.locator('.people.link')).toContainText('Link for Anna');
  await tabTo(page, 'Who did what');
  await page.keyboard.press('Enter');
  await expect(page.locator('.audit li').filter({ hasText: 'Anna' })).not.toHaveCount(0);
  await page.reload();
  await board.ready();
  await page.getByText('What you hear of, and when').click();
  await expect(page.getByLabel('A pipeline ends')).toBeChecked();
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
  const devices = page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: 'Your devices' }) })
    .locator('li');
  await expect(devices).toHaveCount(2);
  await devices.filter({ hasText: 'Chrome' }).filter({ hasNotText: 'this one' }).getByRole('button').click();
  await expect(phone.getByRole('link', { name: 'Sign in', exact: true })).toBeAttached({ timeout: 30_000 });
  await expect(page.locator('.people-list li').filter({ hasText: 'this one' })).toHaveCount(1);
});

test('a link that is made at a terminal is told on the board until an owner has seen it', async ({ board, page, server }) => {
  // A terminal, as far as the program can tell.
  const command = `${binary()} people link Local --data ${server.data}`;
  execFileSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { ...process.env, STAFFEL_DATA: server.data },
  });
  await board.open();
  await expect(board.notice).toContainText('A link that signs in as Local was made at a terminal');
  await board.open('/people');
  const told = page.locator('.unseen-links');
  await expect(told).toContainText('signs in as Local');
  await told.getByRole('button', { name: "I've seen it" }).click();
  await expect(told).toBeHidden();
  await board.open();
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
  await board.open('/people');
  await expect(page.getByRole('heading', { name: 'Your devices' })).toBeVisible();
  await expect(told).toBeHidden();
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
    const changed = page.waitForResponse((response) => response.url().endsWith('/api/people/Anna'));
    await line.getByLabel('What Anna may do').selectOption('May decide');
    await (await changed).finished();
    await anna.reload();
    await expect(anna.locator('main')).toContainText('May decide');
    await page.getByLabel('What Local may do').selectOption('May decide');
    await expect(page.locator('main').getByRole('alert')).toContainText('The last owner stays an owner');
    await expect(page.getByLabel('What Local may do')).toHaveValue('owner');
    await line.getByRole('button', { name: 'Remove access' }).click();
    await expect(line.getByRole('button', { name: 'Give access again' })).toBeVisible();
    // Her page begins anew by itself: its stream has ended, and nobody is signed in any more.
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
    await context.addInitScript(fakeNotifications);
    await board.open('/people');
    await page.getByLabel('Show a notification when a handover is ready').check();
    const tabs = [page, await context.newPage(), await context.newPage()];
    for (const tab of tabs) {
      await tab.goto(server.url);
      await expect(tab.locator('.badge')).toHaveAttribute('data-link', 'live', { timeout: 30_000 });
    }
    const shown = notificationsShown;
    const { handover } = await agent.handedOver();
    const tag = `${handover}-1`;
    for (const tab of tabs) await expect.poll(() => shown(tab)).toEqual({ [tag]: 'A handover is ready: Faster checkout' });
    await expect(page.locator('link[rel=icon]')).toHaveAttribute('href', /favicon-waiting/);
    await server.decide(handover);
    for (const tab of tabs) await expect.poll(() => shown(tab)).toEqual({});
    await expect(page.locator('link[rel=icon]')).toHaveAttribute('href', /favicon\.svg/);
  });
});

test('what one wants to hear of is not saved before it is known', async ({ board, page }) => {
  let arrive = () => {};
  const late = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/me/notifications', async (route) => {
    await late;
    await route.continue();
  });
  await board.open('/people');
  const wishes = page.locator('details.wishes');
  await wishes.locator('summary').click();
  const save = wishes.getByRole('button', { name: 'Save' });
  await expect(save).toBeDisabled();
  arrive();
  await expect(save).toBeEnabled();
  await save.click();
  await expect(page.locator('main')).toContainText('Saved.');
});

test.describe('proofs', () => {
  // The browser notes what the server refuses.
  test.use({ tolerated: /40[139]/ });

  /** A keeper of passkeys as a phone has one, which always says that it is the person. */
  async function authenticator(page: Page) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    } as const;
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', { options });
    return { devtools, authenticatorId };
  }

  /** Browsers have passkeys only under a name. */
  const named = (url: string) => url.replace('127.0.0.1', 'localhost');

  test('a passkey is made, signs in, and is taken away', async ({ context, page, server }) => {
    await context.addCookies([{ ...server.cookie('Local'), url: named(server.url) }]);
    const { devtools, authenticatorId } = await authenticator(page);
    await page.goto(`${named(server.url)}/people`);
    const proofs = page.locator('section').filter({ has: page.getByRole('heading', { name: 'How you sign in and confirm' }) });
    await proofs.getByRole('button', { name: 'Add a passkey' }).click();
    const line = proofs.locator('li').filter({ hasText: 'localhost' });
    await expect(line).toContainText('Passkey');
    const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId });
    expect(credentials.map(({ rpId, isResidentCredential }) => [rpId, isResidentCredential])).toEqual([['localhost', true]]);

    await page
      .getByRole('button', { name: /^Sign out.*/ })
      .first()
      .click();
    await page.waitForURL((url) => url.pathname === '/');
    await page.goto(`${named(server.url)}/sign-in`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await page.goto(`${named(server.url)}/people`);
    await expect(page.locator('main')).toContainText('Signed in as Local · Owner');

    // Only whoever has it may take it away.
    await line.getByRole('button', { name: /^Remove/ }).click();
    await proofs.getByRole('button', { name: 'Use a passkey' }).click();
    await expect(line).toHaveCount(0);
    await page
      .getByRole('button', { name: /^Sign out.*/ })
      .first()
      .click();
    await page.waitForURL((url) => url.pathname === '/');
    await page.goto(`${named(server.url)}/sign-in`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await expect(page.locator('main').getByRole('alert')).not.toBeEmpty();
  });

  test('lists that were asked for earlier do not take the place of newer ones', async ({ context, page, server }) => {
    await context.addCookies([{ ...server.cookie('Local'), url: named(server.url) }]);
    await authenticator(page);
    let arrive = () => {};
    const late = new Promise<void>((resolve) => (arrive = resolve));
    await page.route(
      '**/me/credentials',
      async (route) => {
        const response = await route.fetch();
        await late;
        await route.fulfill({ response });
      },
      { times: 1 },
    );
    const first = page.waitForRequest('**/me/credentials');
    await page.goto(`${named(server.url)}/people`);
    await first;
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    const passkey = page.locator('.people-list li').filter({ hasText: 'localhost' }).filter({ hasText: 'Passkey' });
    await expect(passkey).toHaveCount(1);
    const answered = page.waitForResponse('**/me/credentials');
    arrive();
    await (await answered).finished();
    // What the answer changes would be drawn by the next frame but one.
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    await expect(passkey).toHaveCount(1);
  });

  test('whoever has no passkey where browsers have none is told where they do', async ({ board, page }) => {
    await board.open('/people');
    await expect(page.getByRole('button', { name: 'Add a passkey' })).toBeDisabled();
    await expect(page.locator('main')).toContainText('at http://localhost with the same port');
  });

  test.describe('confirmed', () => {
    test.use({ settings: { STAFFEL_CONFIRM: 'pin' } });

    test('a decision asks for the PIN, once in five minutes, with keys alone', async ({ agent, board, page, server }) => {
      await board.open('/people');
      const pin = page.locator('.people-list li').filter({ hasText: '6 to 12 digits' });
      await pin.getByRole('button', { name: /^Set/ }).focus();
      await page.keyboard.press('Enter');
      await expect(pin.getByLabel('PIN')).toBeFocused();
      await page.keyboard.type('314159');
      await page.keyboard.press('Enter');
      await expect(pin).toContainText('set');
      const first = await agent.handedOver();
      await page.goto(`${server.url}/pipelines/${first.pipeline}`);
      await openReview(page);
      await board.touch();
      await page.keyboard.press('a');
      await expect(board.review).toContainText("Confirm that it's you.");
      await expect(board.review.getByLabel('PIN')).toBeFocused();
      await page.keyboard.type('271828');
      await page.keyboard.press('Enter');
      await expect(board.review.getByRole('alert')).toContainText("That's not your PIN");
      await page.keyboard.type('314159');
      await page.keyboard.press('Enter');
      await expect(board.review).toBeHidden();
      const [accepted] = (await server.events(first.pipeline)).filter(({ event }) => event.type === 'HandoverAccepted');
      expect(accepted!.event.proof).toMatchObject({ by: 'pin' });

      const second = await agent.handedOver();
      await page.goto(`${server.url}/pipelines/${second.pipeline}`);
      await openReview(page);
      await board.button('Accept').click();
      await expect(board.review).toBeHidden();
      expect((await agent.wait(second.handover)).decided_by).toBe('Local');
    });
  });

  test('a password signs in another browser', async ({ board, browser, page, server }) => {
    await board.open('/people');
    const password = page.locator('.people-list li').filter({ hasText: 'At least 12 characters' });
    await password.getByRole('button', { name: /^Set/ }).click();
    await password.getByLabel('Password').fill('correct horse battery');
    await password.getByRole('button', { name: 'Save' }).click();
    await expect(password).toContainText('set');
    const other = await (await browser.newContext()).newPage();
    await other.goto(`${server.url}/sign-in`);
    await other.getByText('Sign in with a password').click();
    await other.getByLabel('Name').fill('Local');
    await other.getByLabel('Password').fill('wrong horse battery');
    await other.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(other.locator('main').getByRole('alert')).toContainText('The name or the password is wrong');
    await other.getByLabel('Password').fill('correct horse battery');
    await other.getByRole('button', { name: 'Sign in', exact: true }).click();
    await other.waitForURL((url) => url.pathname === '/');
    await other.goto(`${server.url}/people`);
    await expect(other.locator('main')).toContainText('Signed in as Local');
  });

  test('a token for scripts is shown once and works until it is removed', async ({ board, page, request, server }) => {
    await board.open('/people');
    await page.getByLabel('What is it for?').fill('nightly');
    await page.getByLabel('What it may do').selectOption('May read and report');
    await page.getByRole('button', { name: 'Create token' }).click();
    const secret = await page.locator('.made code').textContent();
    expect(secret).toMatch(/^staffel_p_/);
    const session = () => request.get(`${server.url}/api/session`, { headers: { authorization: `Bearer ${secret}` } });
    expect((await (await session()).json()).person.name).toBe('Local');
    await page.reload();
    const line = page.locator('.people-list li').filter({ hasText: 'nightly' });
    await expect(line).toContainText('May read and report');
    await expect(page.locator('main')).not.toContainText(secret!);
    await line.getByRole('button', { name: /^Remove/ }).click();
    await expect(line).toHaveCount(0);
    expect((await session()).status()).toBe(401);
  });
});

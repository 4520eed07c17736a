// Messages to browsers whose pages are closed: from the server over a push service of the test's own to the service worker.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { BrowserContext, Page } from '@playwright/test';

import { FLAGS, WHOLE } from '../support/chromium.mjs';
import { isSigned, Keys, PushService } from '../support/push.mjs';
import { CONNECTION_LOST, expect, test as base } from './fixtures.ts';

const test = base.extend<{ service: PushService }>({
  service: async ({}, use) => {
    const service = await new PushService().start();
    await use(service);
    service.stop();
  },
  settings: async ({ service }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'staffel-settings-'));
    const file = join(folder, 'Leptos.toml');
    writeFileSync(file, `[notify.push]\nprivate_hosts = ["${service.host}"]\n`);
    await use({ STAFFEL_CONFIG: file, STAFFEL_UNDO_SECONDS: '30' });
    rmSync(folder, { recursive: true });
  },
});
test.use({ launchOptions: { ...WHOLE, args: FLAGS }, permissions: ['notifications'] });

/** Lets a browser of the test subscribe there: its own push service is on the internet. */
async function subscribes(context: BrowserContext, endpoint: string, keys: Keys) {
  await context.addInitScript(
    (subscription) => {
      Object.assign(PushManager.prototype, { subscribe: async () => ({ toJSON: () => subscription }) });
      Object.defineProperty(Notification, 'permission', { get: () => 'granted' });
      // Nobody looks at any tab.
      document.hasFocus = () => false;
    },
    { endpoint, keys: keys.public },
  );
}

async function switchOn(page: Page, label = 'Also when the board is closed') {
  // Checked it is at once; the server knows it later.
  const known = page.waitForResponse((answer) => answer.url().endsWith('/api/people/me/push') && answer.ok());
  await page.getByLabel(label).check();
  await known;
  await expect(page.getByLabel(label)).toBeChecked();
}

/** The service worker of the board, and how a push service would wake it. */
async function worker(context: BrowserContext, page: Page) {
  const devtools = await context.newCDPSession(page);
  const registered = new Promise<string>((found) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [ours] = registrations.filter(({ scopeURL }) => page.url().startsWith(scopeURL));
      if (ours) found(ours.registrationId);
    });
  });
  await devtools.send('ServiceWorker.enable');
  const registrationId = await registered;
  const script = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  const origin = new URL(page.url()).origin;
  const deliver = (message: unknown) =>
    devtools.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data: JSON.stringify(message) });
  const shown = () =>
    script.evaluate(async () => {
      const notifications = await (self as any).registration.getNotifications();
      return notifications.map(({ tag, title, body }: Notification) => ({ tag, title, body }));
    });
  return { deliver, shown, script };
}

test('one handover, three tabs, two devices: one message each, taken back when it is decided', async ({
  agent,
  board,
  browser,
  context,
  page,
  server,
  service,
}) => {
  const keys = { laptop: new Keys(), phone: new Keys() };
  await subscribes(context, `http://${service.host}/laptop`, keys.laptop);
  await board.open('/people');
  await switchOn(page);
  for (const _ of [1, 2]) await (await context.newPage()).goto(server.url);

  const phone = await browser.newContext({ permissions: ['notifications'], locale: 'de-DE' });
  await subscribes(phone, `http://${service.host}/phone`, keys.phone);
  const link = await server.link('Local');
  const there = await phone.newPage();
  await there.goto(link);
  await there.getByRole('button', { name: 'Anmelden', exact: true }).click();
  await there.waitForURL((url) => url.pathname === '/');
  await there.goto(`${server.url}/people`);
  await switchOn(there, 'Auch wenn das Board geschlossen ist');
  await there.close();

  const pipeline = await agent.start();
  const handover = await agent.handOver(pipeline, 'All of it.');
  const tag = `${handover}-1`;
  await expect.poll(() => service.got.length).toBe(2);
  const [onLaptop] = service.messages('/laptop', keys.laptop);
  const [onPhone] = service.messages('/phone', keys.phone);
  expect(onLaptop).toMatchObject({ tag, gone: false, path: `/pipelines/${pipeline}`, open: 'Open' });
  expect(onLaptop.title).toBe('A handover waits for you: Faster checkout');
  expect(onPhone.title).toBe('Eine Übergabe wartet auf dich: Faster checkout');
  // It is short enough to be read and accepted there.
  expect(onLaptop.body).toContain('All of it.');
  expect(onLaptop.accept).toMatchObject({ label: 'Accept', revision: 1 });
  for (const { headers } of service.got) {
    expect(headers).toMatchObject({ 'content-encoding': 'aes128gcm', urgency: 'high' });
    expect(isSigned(headers.authorization!, `http://${service.host}`)).toBe(true);
  }
  // What is longer than every system shows is not accepted there.
  await agent.handOver(await agent.start(), '# Done\n\nAnd the table of users is gone.');
  await expect.poll(() => service.got.length).toBe(4);
  expect(service.messages('/laptop', keys.laptop)[1].accept).toBeNull();
  service.got.splice(2);
  await server.decide(handover);
  await expect.poll(() => service.got.length).toBe(4);
  for (const [path, own] of [['/laptop', keys.laptop] as const, ['/phone', keys.phone] as const]) {
    const [, gone] = service.messages(path, own);
    expect(gone).toMatchObject({ tag, gone: true });
  }
  expect(new Set(service.got.map(({ headers }) => headers.topic)).size, 'a browser that is away gets only the last').toBe(1);
  await phone.close();
});

test('the service worker shows a message, takes it back, and accepts what can be undone', async ({
  agent,
  board,
  context,
  page,
  server,
  service,
}) => {
  const keys = new Keys();
  await subscribes(context, `http://${service.host}/browser`, keys);
  await board.open('/people');
  await switchOn(page);
  const { deliver, shown, script } = await worker(context, page);
  const handover = await agent.handOver(await agent.start(), 'All of it.');
  await expect.poll(() => service.got.length).toBe(1);
  const [message] = service.messages('/browser', keys);
  await page.goto('about:blank');
  await deliver(message);
  await expect.poll(shown).toEqual([{ tag: `${handover}-1`, title: message.title, body: message.body }]);
  // Once more, as a reminder is: still one.
  await deliver(message);
  await expect.poll(shown).toHaveLength(1);
  await deliver({ ...message, gone: true });
  await expect.poll(shown).toEqual([]);

  await deliver(message);
  await expect.poll(shown).toHaveLength(1);
  await script.evaluate(async () => {
    const [notification] = await (self as any).registration.getNotifications();
    self.dispatchEvent(new (self as any).NotificationEvent('notificationclick', { notification, action: 'accept' }));
  });
  await expect.poll(shown).toEqual([]);
  // A finger slips on a notification more easily than anywhere else.
  await board.open();
  await expect(page.locator('.undo-bar')).toContainText('VAN accepted.');
  await page.getByRole('button', { name: 'Send now' }).click();
  expect(await agent.wait(handover)).toMatchObject({ decision: 'accepted', decided_by: 'Local' });
});

test('a browser that its push service knows no longer is forgotten', async ({ agent, board, context, page, service }) => {
  const keys = new Keys();
  service.answers['/gone'] = 410;
  await subscribes(context, `http://${service.host}/gone`, keys);
  await board.open('/people');
  await switchOn(page);
  await agent.handedOver();
  await expect.poll(() => service.got.length).toBe(1);
  await expect
    .poll(async () => {
      await page.reload();
      return page.getByLabel('Also when the board is closed').isChecked();
    })
    .toBe(false);
  await agent.handedOver();
  await page.getByRole('button', { name: 'Test', exact: true }).first().click();
  expect(service.got).toHaveLength(1);
});

test('a test says what the push service answers', async ({ board, context, page, service }) => {
  await subscribes(context, `http://${service.host}/tried`, new Keys());
  await board.open('/people');
  await switchOn(page);
  await page.getByRole('button', { name: 'Test', exact: true }).first().click();
  await expect(page.locator('.telling [role=status]')).toContainText('The other side answered: 201');
});

test.describe('without a server', () => {
  test.use({ tolerated: CONNECTION_LOST });

  test('a reload says since when', async ({ board, page, server, afterwards }) => {
    await board.open('/people');
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.reload();
    await expect(page.locator('html[data-hydrated]')).toBeAttached();
    await expect.poll(() => page.evaluate(() => caches.match('/answered').then(Boolean))).toBe(true);
    await server.kill();
    afterwards(() => page.goto('about:blank'));
    await page.reload();
    await expect(page.getByRole('heading')).toContainText("Can't reach Staffel");
    await expect(page.locator('main')).toContainText(/The server last answered at .*\d:\d{2}/);
  });
});

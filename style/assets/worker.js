// What goes on without a page: a reload while the server is down shows a page that says so and comes back by itself, where
// the browser would show an error; and messages arrive while no page is open. One file: in the page it keeps that page, in
// the reader's language, and registers itself as the service worker.

'use strict';

const CACHE = 'staffel';
const HERE = self.document?.currentScript?.src ?? self.location.href;
const KEPT = new URL('offline.html', HERE).href;
/** Under which address it is kept when the server answered last. */
const ANSWERED = new URL('answered', HERE).href;
/** Stands in the page for that time. */
const WHEN = '\u2026\u231a\u2026';

/** The page without a server. It carries everything with it. */
function offlinePage({ said, since, next, retry }) {
  const page = document.implementation.createHTMLDocument('Staffel');
  const { lang, dataset } = document.documentElement;
  page.documentElement.lang = lang;
  const add = (parent, name, text) => {
    const element = parent.appendChild(page.createElement(name));
    element.textContent = text;
    return element;
  };
  page.head.insertAdjacentHTML('afterbegin', '<meta charset="utf-8"><meta name="viewport" content="width=device-width">');
  add(
    page.head,
    'style',
    `html { color-scheme: ${dataset.theme ?? 'light dark'}; font: 15px/1.5 system-ui, sans-serif; }
     main { max-width: 56ch; margin: 12vh auto 0; padding: 0 16px; }
     h1 { font-size: 1.375rem; line-height: 1.25; }
     button { font: inherit; padding: 6px 14px; cursor: pointer; }`,
  );
  const main = page.body.appendChild(page.createElement('main'));
  add(main, 'h1', said);
  add(main, 'p', since.replace('%', WHEN));
  add(main, 'p', next).setAttribute('role', 'status');
  add(main, 'button', retry).type = 'button';
  add(
    page.body,
    'script',
    `const back = () => fetch(${JSON.stringify(new URL('health', HERE).href)}, { cache: 'no-store' })
       .then(answer => { if (answer.ok) location.reload(); }, () => {});
     setInterval(back, 3000);
     addEventListener('online', back);
     document.querySelector('button').addEventListener('click', back);`,
  );
  return `<!DOCTYPE html>${page.documentElement.outerHTML}`;
}

async function keep(texts) {
  await navigator.serviceWorker.register(HERE);
  const cache = await caches.open(CACHE);
  const headers = { 'Content-Type': 'text/html; charset=utf-8' };
  await cache.put(KEPT, new Response(offlinePage(texts), { headers }));
}

/** Notes when the server answered last. Another program may have this address by now: leave it alone. */
async function answered() {
  const mine = await fetch(HERE, { cache: 'no-store' });
  if (mine.status === 404) {
    await self.registration.unregister();
    return;
  }
  const cache = await caches.open(CACHE);
  await cache.put(ANSWERED, new Response(String(Date.now())));
}

/** The kept page, with the time since which it stands in for the board. */
async function offline() {
  const kept = await caches.match(KEPT);
  if (!kept) return Response.error();
  const page = await kept.text();
  const last = Number(await (await caches.match(ANSWERED))?.text());
  const lang = /<html lang="([^"]*)"/.exec(page)?.[1];
  const when = last ? new Date(last).toLocaleString(lang, { dateStyle: 'medium', timeStyle: 'short' }) : '…';
  return new Response(page.replace(WHEN, when), { headers: kept.headers });
}

/** The open pages of this board: others may have the same host. */
async function ours() {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  return pages.filter(({ url }) => url.startsWith(self.registration.scope));
}

/** Shows a message, or takes back what an earlier one has shown (server/src/notify/people.rs). */
async function told({ tag, title, body, path, open, accept, gone }) {
  const options = { tag, body, icon: new URL('icon-192.png', HERE).href, badge: new URL('badge.png', HERE).href };
  const shown = async () => (await self.registration.getNotifications({ tag })).forEach((notification) => notification.close());
  if (gone) {
    // Browsers want something to be shown for every message: it takes the place of the other one, and both go.
    await self.registration.showNotification(title, { ...options, silent: true });
    await shown();
    return;
  }
  const pages = await ours();
  // Whoever looks at the board sees it there.
  if (pages.some((page) => page.focused)) return;
  const actions = [{ action: 'open', title: open }];
  if (accept) actions.unshift({ action: 'accept', title: accept.label });
  await self.registration.showNotification(title, { ...options, renotify: true, actions, data: { path, accept } });
}

async function show(path) {
  const address = new URL(path.replace(/^\//, ''), HERE).href;
  const [page] = await ours();
  if (!page) return self.clients.openWindow(address);
  await page.focus();
  // A page that this worker does not control cannot be led anywhere.
  return page.navigate(address).catch(() => self.clients.openWindow(address));
}

/** Accepts what stood in the notification whole, to be taken back on the board. Whatever stands in the way is seen there. */
async function acceptThere({ path, accept }) {
  const { path: decision, revision, read } = accept;
  const answer = await fetch(new URL(decision.replace(/^\//, ''), HERE), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `notification-${decision}-${revision}`.slice(-100) },
    body: JSON.stringify({ decision: 'accept', revision, read, undo: true }),
  }).catch(() => undefined);
  if (!answer?.ok) await show(path);
}

if (self.document) {
  // A browser without service workers, or one that does not allow them here, shows its own page.
  if (navigator.serviceWorker) keep({ ...document.currentScript.dataset }).catch(() => {});
} else {
  self.addEventListener('install', () => self.skipWaiting());
  self.addEventListener('fetch', (event) => {
    // Only whole pages. Everything else, the live connection above all, is the browser's own business.
    if (event.request.mode !== 'navigate') return;
    const answer = fetch(event.request);
    event.respondWith(answer.catch(offline));
    event.waitUntil(answer.then(answered).catch(() => {}));
  });
  self.addEventListener('push', (event) => event.waitUntil(told(event.data.json())));
  self.addEventListener('notificationclick', (event) => {
    const { action, notification } = event;
    notification.close();
    event.waitUntil(action === 'accept' ? acceptThere(notification.data) : show(notification.data?.path ?? '/'));
  });
}

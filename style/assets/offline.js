// What a reload shows while the server is down: a page that says so and comes back by itself, where the browser
// would show an error. One file: in the page it keeps that page, in the reader's language, and registers itself
// as the service worker that answers with it.

'use strict';

const CACHE = 'staffel';
const HERE = self.document?.currentScript?.src ?? self.location.href;
const KEPT = new URL('offline.html', HERE).href;

/** The page without a server. It carries everything with it. */
function offlinePage({ said, next, retry }) {
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

/** Another program has this address by now: leave it alone. */
async function leaveOthersAlone() {
  const mine = await fetch(HERE, { cache: 'no-store' });
  if (mine.status === 404) await self.registration.unregister();
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
    event.respondWith(answer.catch(async () => (await caches.match(KEPT)) ?? Response.error()));
    event.waitUntil(answer.then(leaveOthersAlone).catch(() => {}));
  });
}

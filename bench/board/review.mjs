// A handover of 1 MB in Chromium: opened, commented while the board is busy, and compared with its next revision; beside a
// plain page of the same document.
//
//   node bench/board/review.mjs [--quick]      prints one table; STAFFEL_BIN and STAFFEL_CHROMIUM as in the tests

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { FLAGS, PROGRAM } from '../../end2end/support/chromium.mjs';
import { ROOT, Server } from '../../end2end/support/server.mjs';

const { chromium } = createRequire(`${ROOT}end2end/package.json`)('playwright-core');

const QUICK = process.argv.includes('--quick');
const RUNS = QUICK ? 1 : 5;
const BYTES = QUICK ? 100_000 : 1_000_000;
const EVENTS_A_SECOND = 20;
const AIM_TASK = 100;
const AIM_RATIO = 2;
const TYPED = 'Say what happens when the database is down for an hour.';
/** What Linux counts processor time in, in milliseconds: USER_HZ is 100 on every machine that people have. */
const TICK = 10;

const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Sections as agents write them, until there are enough bytes. `revised` changes a word in every tenth. */
function written(revised) {
  const parts = [];
  let bytes = 0;
  for (let number = 1; bytes < BYTES; number += 1) {
    const word = revised && number % 10 === 0 ? 'replaced' : 'kept';
    const part = `## Section ${number}

The worker takes entry ${number} from the queue, looks its key up and books it once. What was ${word} here stays as it is: **no
back-fill**, [no migration](https://example.com/${number}), and \`attempt(${number})\` for whatever fails.

| Step | Before | After |
| --- | ---: | ---: |
| insert | ${number} ms | ${number + 1} ms |
| look up | ${number * 2} ms | ${number} ms |

- Tested with ${number} deliveries of one event.
- Open: who is told about number ${number}?

\`\`\`rust
fn attempt(number: u32) -> Result<Booking, Failure> { book(number + ${number}) }
\`\`\`
`;
    parts.push(part);
    bytes += Buffer.byteLength(part) + 1;
  }
  return parts.join('\n').slice(0, BYTES);
}

/** The name of the last section: longer words leave room for fewer of them. */
const lastSection = (text) => text.slice(text.lastIndexOf('## Section') + '## '.length).split('\n')[0];

/** Notes long tasks, and how long each key takes until the page has been painted again. */
function observe() {
  const tasks = [];
  const keys = [];
  Object.assign(window, { tasks, keys });
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({
    type: 'longtask',
    buffered: true,
  });
  addEventListener(
    'keydown',
    (event) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => keys.push(performance.now() - event.timeStamp);
        port2.postMessage(0);
      });
    },
    true,
  );
}

/** Browsers tell of tasks from 50 ms on; that stands for "no such task". */
const SHORTEST = 50;

const longest = (page) => page.evaluate((shortest) => Math.max(shortest, ...window.tasks.splice(0)), SHORTEST);

async function opened(browser, server, path, last) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  if (server.cookie) await context.addCookies([server.cookie()]);
  const page = await context.newPage();
  await page.addInitScript(observe);
  await page.goto(`${server.url}${path}`, { waitUntil: 'commit' });
  await page.getByRole('heading', { name: last, exact: true }).waitFor({ state: 'attached', timeout: 60_000 });
  const there = await page.evaluate(() => performance.now());
  await page.waitForTimeout(1_000);
  const painted = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0);
  return { page, context, figures: { painted, there, task: await longest(page) } };
}

/** Types a comment, and says how long the slowest of twenty keys took. */
async function type(page) {
  await page.evaluate(() => {
    window.tasks.length = 0;
    window.keys.length = 0;
  });
  await page.keyboard.type(TYPED, { delay: 50 });
  await page.waitForTimeout(300);
  const keys = (await page.evaluate(() => window.keys)).toSorted((a, b) => a - b);
  return { key: keys[Math.floor(keys.length * 0.95)], task: await longest(page) };
}

/** Goes on with a comparison that is shown. Nothing is looked for by its role: that would be a long task of ours. */
async function afterwards(page) {
  const steps = [];
  const step = async (name, act) => {
    await act();
    await page.waitForTimeout(1_000);
    steps.push([name, await longest(page)]);
  };
  const keys = async (...all) => {
    for (const key of all) await page.keyboard.press(key);
  };
  const press = (at) => page.evaluate((at) => document.querySelectorAll('.views [role=group] button')[at].click(), at);
  await keys('ArrowDown');
  await step('it is the whole again', () => keys('d'));
  await step('a comment is begun', async () => {
    await keys('j', 'j', 'c');
    await page.locator('#comment-text:focus').waitFor();
  });
  await page.keyboard.type('Why?');
  await step('it is added', () => keys('Control+Enter'));
  await step('the comparison is drawn beside a comment', () => keys('d'));
  await step('the revisions stand side by side', () => press(2));
  await step('they are shown as they are written', () => press(3));
  return steps;
}

function processorTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

/** A page of the same document, and nothing else. */
async function plain(html) {
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A document</title>
<style>body{font:16px/1.5 sans-serif;max-width:760px;margin:auto}</style><main>${html}</main><textarea aria-label="Comment"></textarea></html>`;
  const listener = createServer((_, response) => response.setHeader('content-type', 'text/html; charset=utf-8').end(page));
  await new Promise((ready) => listener.listen(0, '127.0.0.1', ready));
  return { url: `http://127.0.0.1:${listener.address().port}`, close: () => listener.close() };
}

const server = await Server.start({ STAFFEL_UNDO_SECONDS: '0' });
const browser = await chromium.launch({ executablePath: PROGRAM, args: FLAGS });
try {
  const started = await (await server.api('POST', '/pipelines', { project: 'bench', title: 'A long handover' })).json();
  const { pipeline } = started;
  const busy = [];
  for (let number = 0; number < 10; number += 1) {
    const other = await (await server.api('POST', '/pipelines', { project: 'bench', title: `Busy ${number}` })).json();
    busy.push(other.pipeline);
  }
  const [before, after] = [written(false), written(true)];
  const { handover } = await (await server.api('POST', `/pipelines/${pipeline}/handovers`, { content: before })).json();
  // Its review opens by itself there.
  const path = `/pipelines/${pipeline}`;
  const { html } = await (await server.asPerson('GET', `/pipelines/${pipeline}/handovers/${handover}?revision=1`)).json();
  const last = lastSection(before);
  const peer = await plain(html);

  const ours = [];
  const theirs = [];
  for (let run = 0; run < RUNS; run += 1) {
    const there = await opened(browser, peer, '/', last);
    await there.page.getByRole('textbox').focus();
    theirs.push({ ...there.figures, ...prefixed(await type(there.page)) });
    await there.context.close();

    const here = await opened(browser, server, path, last);
    await here.page.locator('dialog.review[data-keys=asleep]').waitFor();
    let at = 0;
    const events = setInterval(() => {
      at += 1;
      server.api('POST', `/pipelines/${busy[at % busy.length]}/reports`, { message: `Step ${at}` }).catch(() => {});
    }, 1_000 / EVENTS_A_SECOND);
    for (const key of ['ArrowDown', 'j', 'j', 'c']) await here.page.keyboard.press(key);
    await here.page.locator('#comment-text:focus').waitFor();
    await pause(500);
    const typed = await type(here.page);
    clearInterval(events);
    ours.push({ ...here.figures, ...prefixed(typed) });
    await here.context.close();
  }

  await server.api('POST', `/pipelines/${pipeline}/handovers`, { content: after });
  const changes = `/pipelines/${pipeline}/handovers/${handover}/changes?from=1&to=2`;
  const cpu = processorTime(server.pid);
  await (await server.asPerson('GET', changes)).json();
  const compared = processorTime(server.pid) - cpu;
  const [old, now] = ['old.md', 'new.md'].map((name) => join(server.data, '..', name));
  writeFileSync(old, before);
  writeFileSync(now, after);
  const words = spawnSync('git', ['diff', '--no-index', '--word-diff', '--no-color', old, now], { maxBuffer: 1 << 26 });
  const gits = words.status === 1 ? await gitTime(old, now) : NaN;
  const reader = await opened(browser, server, path, lastSection(after));
  await reader.page.locator('dialog.review[data-keys=asleep]').waitFor();
  await reader.page.keyboard.press('ArrowDown');
  await longest(reader.page);
  await reader.page.keyboard.press('d');
  await reader.page.locator('.changes ins').first().waitFor({ state: 'attached', timeout: 60_000 });
  await reader.page.waitForTimeout(1_000);
  const drawn = await longest(reader.page);
  const later = await afterwards(reader.page);
  await reader.context.close();
  peer.close();

  const of = (all, figure) => middle(all.map((one) => one[figure]));
  const size = BYTES === 1_000_000 ? '1 MB' : `${BYTES / 1000} KB`;
  const shown = (millis) => (Number.isFinite(millis) ? millis.toFixed(0) : '');
  const row = (name, here, there, aim) => {
    const ratio = there > 0 ? (here / there).toFixed(1) : '';
    console.log(`| ${name} | ${shown(here)} | ${shown(there)} | ${ratio} | ${aim(here, here / there)} |`);
  };
  const none = () => '';
  const within = (here) => `≤ ${AIM_TASK} ms: ${here <= AIM_TASK ? 'met' : 'missed'}`;
  const near = (_, ratio) => `≤ ${AIM_RATIO} times: ${ratio <= AIM_RATIO ? 'met' : 'missed'}`;
  console.log(`| a handover of ${size}, ms, middle of ${RUNS} | Staffel | a plain page | ratio | aim |`);
  console.log('| --- | ---: | ---: | ---: | --- |');
  row('first paint', of(ours, 'painted'), of(theirs, 'painted'), near);
  row('the last section is there', of(ours, 'there'), of(theirs, 'there'), none);
  row('longest task until then', of(ours, 'task'), of(theirs, 'task'), none);
  row(`a key in a comment, at ${EVENTS_A_SECOND} events a second: 95 of 100 within`, of(ours, 'key'), of(theirs, 'key'), near);
  row('longest task meanwhile', of(ours, 'typing'), of(theirs, 'typing'), within);
  row('comparing two revisions, processor time (beside: git diff by words)', compared, gits, none);
  row('longest task when the comparison is drawn', drawn, NaN, within);
  for (const [name, task] of later) row(`longest task when ${name}`, task, NaN, within);
  console.log();
} finally {
  await browser.close();
  await server.dispose();
}

function prefixed({ key, task }) {
  return { key, typing: task };
}

/** The processor time of git for the same comparison, by words. */
async function gitTime(old, now) {
  const script = `git diff --no-index --word-diff --no-color "$0" "$1" >/dev/null; times`;
  const { stdout } = spawnSync('bash', ['-c', script, old, now], { encoding: 'utf8' });
  const children = stdout.trim().split('\n').at(-1) ?? '';
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, rest]) => Number(minutes) * 60 + Number(rest));
  return seconds.reduce((sum, one) => sum + one, 0) * 1000;
}

// The board in Chromium with few and with many pipelines: the longest task of each thing that a person does.
//
//   node bench/board/board.mjs [--quick]      prints one table; STAFFEL_BIN and STAFFEL_CHROMIUM as in the tests
//
// A task is what the browser does at one go: while it lasts, nothing on the page answers. Browsers tell of those that last
// longer than 50 ms (W3C Long Tasks API); a figure of 50 stands for "no such task".

import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';

import { FLAGS, PROGRAM } from '../../end2end/support/chromium.mjs';
import { ROOT, Server, until } from '../../end2end/support/server.mjs';

const { chromium } = createRequire(`${ROOT}end2end/package.json`)('playwright-core');

const QUICK = process.argv.includes('--quick');
const [FEW, MANY] = QUICK ? [80, 300] : [100, 5_000];
const OPEN = 50;
const AIM = 100;
const SHORTEST = 50;
const LOADING = 'the page becomes live';
const AT_ONCE = 16;

/** Does `work` for all of these, some at a time. */
async function each(items, work) {
  const rest = items.entries();
  const worker = async () => {
    for (const [index, item] of rest) await work(item, index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** So many pipelines, of which all but `OPEN` have ended. */
async function fill(server, count) {
  const ended = [];
  await each([...Array(count).keys()], async (number) => {
    const body = { project: `project ${number % 20}`, title: `Pipeline number ${number} of the benchmark` };
    const { pipeline } = await (await server.api('POST', '/pipelines', body)).json();
    if (number >= OPEN) ended.push(pipeline);
  });
  await each(ended, (pipeline) => server.api('POST', `/pipelines/${pipeline}/finish`, { outcome: 'cancelled' }));
}

async function measure(browser, count) {
  const server = await Server.start();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const figures = new Map();
  try {
    await fill(server, count);
    const page = await context.newPage();
    await page.addInitScript(() => {
      const tasks = [];
      Object.assign(window, { tasks });
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({
        type: 'longtask',
        buffered: true,
      });
    });
    /** Does one thing, waits until the page is at rest, and notes its longest task. */
    const step = async (name, work) => {
      await work();
      await page.waitForTimeout(500);
      const longest = await page.evaluate(() => Math.max(0, ...window.tasks.splice(0)));
      figures.set(name, Math.max(SHORTEST, longest));
    };
    const rows = page.locator('.block > li');
    const count_of = (name) => page.getByRole('navigation', { name: 'Pipelines' }).getByRole('link', { name });
    const scroll = async () => {
      for (let turn = 0; turn < 40; turn += 1) {
        await page.mouse.wheel(0, 700);
        await pause(16);
      }
    };
    const ended = count - OPEN;

    await step(LOADING, async () => {
      await page.goto(server.url);
      await page.locator('.badge[data-link=live]').waitFor();
    });
    await page.mouse.move(640, 700);
    await step('scrolling the open ones', scroll);
    await step('50 reports in a second', () =>
      each([...Array(50).keys()], async (number) => {
        const href = await rows
          .nth(number % OPEN)
          .locator('a')
          .getAttribute('href', { timeout: 1_000 })
          .catch(() => null);
        if (href) await server.api('POST', `${href}/reports`, { progress: number, message: `Step ${number}` });
      }),
    );
    await step('the list of ended ones', async () => {
      await count_of('Ended').click();
      await rows.first().waitFor();
    });
    await step('scrolling it to its end', async () => {
      await until(
        'the whole list',
        async () => {
          await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
          await pause(50);
          return Number(await page.locator('.rows').getAttribute('data-count')) === ended;
        },
        240_000,
      );
    });
    await step('scrolling through it', async () => {
      await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight / 2));
      await scroll();
    });
    await step('typing a search', async () => {
      await page.getByRole('searchbox').pressSequentially(`number ${count - 3}`, { delay: 60 });
      await page.locator('.row mark').first().waitFor();
    });
    await step('clearing it', () => page.getByRole('button', { name: 'Clear search' }).click());
    await step('archiving three', async () => {
      for (const index of [0, 1, 2])
        await page
          .getByRole('checkbox', { name: /^Select P/ })
          .nth(index)
          .check();
      await page.getByRole('button', { name: 'Archive 3 pipelines' }).click();
      await page.getByText('3 pipelines archived.').waitFor();
    });
    await step('archiving all', async () => {
      await page.getByRole('button', { name: /^Archive all/ }).click();
      await page.getByText('Nothing here.').waitFor({ timeout: 240_000 });
      await page.getByRole('button', { name: 'Undo' }).waitFor({ timeout: 240_000 });
    });
    await step('undoing that', async () => {
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.getByText('back from the archive').waitFor({ timeout: 240_000 });
    });
  } finally {
    await context.close();
    await server.dispose();
  }
  return figures;
}

const browser = await chromium.launch({ executablePath: PROGRAM, args: FLAGS });
try {
  const few = await measure(browser, FEW);
  const many = await measure(browser, MANY);
  const written = (millis) => (millis <= SHORTEST ? `under ${SHORTEST}` : millis.toFixed(0));
  console.log(`| longest task in the browser, ms | ${FEW.toLocaleString('en')} pipelines | ${MANY.toLocaleString('en')} pipelines | aim |`);
  console.log('| --- | ---: | ---: | --- |');
  for (const [name, millis] of many) {
    const aim = name === LOADING ? '' : `≤ ${AIM}: ${millis <= AIM ? 'met' : 'missed'}`;
    console.log(`| ${name} | ${written(few.get(name))} | ${written(millis)} | ${aim} |`);
  }
  console.log();
} finally {
  await browser.close();
}

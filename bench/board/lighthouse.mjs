// Lighthouse on the three main pages: its scores, and when the largest thing is painted on its slow network and slow processor.
//
//   node bench/board/lighthouse.mjs [--quick]      prints one table; STAFFEL_BIN and STAFFEL_CHROMIUM as in the tests

import { createRequire } from 'node:module';
import { createServer } from 'node:net';

import lighthouse from '../node/node_modules/lighthouse/core/index.js';
import { FLAGS, PROGRAM } from '../../end2end/support/chromium.mjs';
import { ROOT, Server } from '../../end2end/support/server.mjs';

const { chromium } = createRequire(`${ROOT}end2end/package.json`)('playwright-core');

const RUNS = process.argv.includes('--quick') ? 1 : 5;
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];
const AIM_SCORE = 99;
const AIM_SECONDS = 1.6;

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** A few pipelines, one of which waits for a person. Returns the pages. */
async function fill(server) {
  let last = '';
  for (let number = 0; number < 8; number += 1) {
    const body = { project: `project ${number % 3}`, title: `Pipeline number ${number} of the benchmark` };
    const { pipeline } = await (await server.api('POST', '/pipelines', body)).json();
    await server.api('POST', `/pipelines/${pipeline}/reports`, {
      message: 'Reading the code',
      tasks: [...Array(6).keys()].map((task) => ({ id: `t${task}`, title: `Task ${task}`, status: task < number ? 'done' : 'open' })),
    });
    last = pipeline;
  }
  return ['/', `/pipelines/${last}`, '/agents'];
}

const server = await Server.start();
const port = await freePort();
const browser = await chromium.launch({ executablePath: PROGRAM, args: [...FLAGS, `--remote-debugging-port=${port}`] });
try {
  const rows = [];
  for (const path of await fill(server)) {
    const runs = [];
    for (let run = 0; run < RUNS; run += 1) {
      const { lhr } = await lighthouse(`${server.url}${path}`, { port, output: 'json', logLevel: 'error', onlyCategories: CATEGORIES });
      if (lhr.runtimeError) throw new Error(`${path}: ${lhr.runtimeError.message}`);
      runs.push({
        scores: CATEGORIES.map((name) => Math.round(lhr.categories[name].score * 100)),
        seconds: lhr.audits['largest-contentful-paint'].numericValue / 1000,
        blocked: lhr.audits['total-blocking-time'].numericValue,
        bytes: lhr.audits['total-byte-weight'].numericValue,
      });
    }
    const of = (figure) => middle(runs.map(figure));
    const scores = CATEGORIES.map((_, index) => of((run) => run.scores[index]));
    const seconds = of((run) => run.seconds);
    const met = scores[0] >= AIM_SCORE && seconds <= AIM_SECONDS;
    const page = path.startsWith('/pipelines') ? '/pipelines/…' : path;
    const figures = [...scores, seconds.toFixed(1), of((run) => run.blocked).toFixed(0), Math.round(of((run) => run.bytes) / 1000)];
    rows.push(`| \`${page}\` | ${figures.join(' | ')} | ≥ ${AIM_SCORE} and ≤ ${AIM_SECONDS} s: ${met ? 'met' : 'missed'} |`);
  }
  console.log(
    `| Lighthouse, middle of ${RUNS} | performance | accessibility | best practices | SEO | largest paint, s | blocked, ms | KB | aim |`,
  );
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |');
  console.log(`${rows.join('\n')}\n`);
} finally {
  await browser.close();
  await server.dispose();
}

// Draws the pictures of the loop with a real assistant, for README.md, with a program that is built: node pictures.mjs
//
// Claude Code is connected as `staffel connect claude-code --hooks` does it, and its model follows a script. A person decides
// in a real browser. The board shows what it is told by the assistant, and nothing is changed for the picture.

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT, Server, until } from '../support/server.mjs';
import { Assistant, PATIENCE } from './assistant.mjs';
import { CLIENTS } from './clients.mjs';
import { Person } from './person.mjs';
import { found } from './script.mjs';

/** @typedef {import('./model.mjs').Turn} Turn @typedef {import('./model.mjs').Act} Act */

const IMAGES = join(ROOT, 'docs/images');
const LOOK = /** @type {const} */ ({ viewport: { width: 1280, height: 900 }, colorScheme: 'light', timezoneId: 'Europe/Berlin' });
/** Tall enough for the whole page of a pipeline. */
const TALL = { width: 1280, height: 1600 };

const PROJECT = 'webshop';
const TITLE = 'Delivery day on product pages';
const TASKS = ['Read how dispatch works', 'Compare the carriers'];
const WORDS = 'Mind the holidays.';
/** What it reports when there is something to see. */
const SEEN = { planning: 'Two carriers, two tables', creating: 'The tests come first' };

const PLAN = `# Plan: when does it arrive?

The product page says on which day an order arrives, before anybody puts it into the basket.

## Results

- The basket works out the day of dispatch already; the page can use the same function
- Two carriers say how long they take, by postcode; their tables change once a year
- Written down what the page shows when nobody knows the day

## Decisions

| Question | Decision | Why |
| --- | --- | --- |
| Worked out where | On the server | One answer for all pages |
| Kept how long | Until four o'clock | It changes only then |
| Unknown postcode | The slowest region | Nobody waits in vain |

## Next steps

CREATE writes the function with its tests first, then the line on the page.
`;

const DISPATCH = `def dispatch_day(ordered_at, closed_days):
    """The day on which an order leaves the house."""
    day = ordered_at.date()
    if ordered_at.hour >= 16:
        day += ONE_DAY
    while day in closed_days or day.weekday() == SUNDAY:
        day += ONE_DAY
    return day
`;

class Illustrated extends Assistant {
  /** Its path stands on the board: a short one. */
  project = join(tmpdir(), PROJECT);
  #made = false;
  /** As long as this is there, the model thinks where there is something to see. @type {Promise<void> | undefined} */
  #thinks;
  answer = () => {};

  get name() {
    return PROJECT;
  }

  async start() {
    // Somebody else's folder is not to be thrown away afterwards.
    if (existsSync(this.project)) throw new Error(`${this.project} is there already`);
    this.#made = true;
    await super.start((talk, tools) => this.#works(talk, tools));
    writeFileSync(join(this.project, 'dispatch.py'), DISPATCH);
    return this;
  }

  think() {
    this.#thinks = new Promise((answers) => (this.answer = () => answers(undefined)));
  }

  /** Plans, hands over and ends its turn; goes on once it is told to. @param {Turn[]} talk @param {string[]} tools @returns {Promise<Act>} */
  async #works(talk, tools) {
    // Beside the conversation, Claude Code asks for titles and the like.
    if (tools.length === 0) return { say: TITLE };
    const told = talk.flatMap((turn) => (turn.kind === 'user' ? [turn.text] : [])).join('\n');
    const prompt = /acknowledge_prompt\(prompt_id=\\?"([0-9a-z-]+)/.exec(told)?.[1];
    const pipeline = found(talk, 'pipeline');
    const plans = [
      staffel('start_pipeline', {
        project: PROJECT,
        title: TITLE,
        goal: 'Visitors see on which day an order arrives, before they put it into the basket.',
        phases: ['PLAN', 'CREATE', 'REFLECT'],
        version: { previous: '2.3', current: '2.4' },
        tracks: [{ name: 'Delivery', agents: ['claude-code'], tasks: TASKS.map((name) => ({ name, phase: 'PLAN' })) }],
      }),
      { call: 'Read', args: { file_path: join(this.project, 'dispatch.py') } },
      staffel('update_pipeline_status', {
        pipeline,
        message: SEEN.planning,
        tasks: [
          { name: TASKS[0], status: 'completed' },
          { name: TASKS[1], status: 'in_progress' },
        ],
      }),
      staffel('update_pipeline_status', { pipeline, message: 'The plan is written', tasks: [{ name: TASKS[1], status: 'completed' }] }),
      staffel('save_handover_content', { pipeline, content: PLAN }),
    ];
    const creates = [
      staffel('acknowledge_prompt', { prompt_id: prompt }),
      staffel('update_pipeline_status', { pipeline, progress: 10, message: SEEN.creating }),
    ];
    const made = talk.flatMap((turn) => (turn.kind === 'call' ? [turn.args.message] : []));
    if (Object.values(SEEN).includes(made.at(-1))) await this.#thinks;
    if (made.length < plans.length) return plans[made.length];
    return (prompt && creates[made.length - plans.length]) || { say: 'Handed over; my turn ends.' };
  }

  async dispose() {
    this.answer();
    await super.dispose();
    if (this.#made) rmSync(this.project, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A tool of Staffel, as Claude Code calls it. @param {string} tool @param {Record<string, unknown>} args */
const staffel = (tool, args) => ({ call: `mcp__staffel__${tool}`, args });

/** Shows the page from its top, with nothing touched. @param {string} name @param {import('playwright-core').PageScreenshotOptions} [how] */
async function draw(name, how = {}) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => scrollTo(0, 0));
  let seen = Buffer.of();
  // A bar may still grow: it is no animation that a picture could end.
  await until('a picture of which nothing moves', async () => {
    const before = seen;
    seen = await page.screenshot({ animations: 'disabled', caret: 'hide', ...how });
    return seen.equals(before);
  });
  writeFileSync(join(IMAGES, `claude-code-${name}.png`), seen);
}

const client = CLIENTS.find(({ connect }) => connect === 'claude-code');
if (!client) throw new Error('Claude Code is none of the assistants');
mkdirSync(IMAGES, { recursive: true });
const server = await Server.start();
const claude = new Illustrated(client, server);
const person = await Person.of(server, LOOK);
const { page } = person;
try {
  claude.think();
  await claude.start();
  await claude.turn('Start a Staffel pipeline for this work, report as you go, and hand every phase over to me.');
  const { pipeline } = await claude.pipeline('running');
  await person.opens(`${server.url}/pipelines/${pipeline}`);
  await page.locator('.log').getByText(SEEN.planning).waitFor();
  await page.getByText('Session of Claude Code').waitFor();
  await draw('at-work');

  claude.answer();
  const review = await person.reads('PLAN → CREATE');
  await until('its turn has ended', async () => (await (await server.api('GET', '/status')).json()).waits === 1, PATIENCE);
  await review.getByLabel('What should change?').fill(WORDS);
  // Its edge: the text is read, and the buttons are awake.
  await review.locator('.review-document').click({ position: { x: 4, y: 4 } });
  await page.locator('dialog.review[data-keys=ready]').waitFor();
  await draw('review');

  claude.think();
  await review.getByRole('button', { name: 'Accept with changes', exact: true }).click();
  await page.locator('.steps li.ok').nth(5).waitFor();
  await page.locator('.notice').getByRole('button', { name: 'Close' }).click();
  await page.setViewportSize(TALL);
  const shown = await page.locator('main .two').boundingBox();
  if (!shown) throw new Error('the page of the pipeline is not there');
  const edge = 12;
  await draw('goes-on', { clip: { x: 0, y: shown.y - edge, width: TALL.width, height: shown.height + 2 * edge } });
} catch (error) {
  console.error(claude.traces, await person.sees());
  throw error;
} finally {
  await person.leaves();
  await claude.dispose();
  await server.dispose();
}

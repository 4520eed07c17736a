// A real server, a real agent and the board for every test.

import {
  test as base,
  type Browser,
  type BrowserContextOptions,
  expect,
  type FrameLocator,
  type Locator,
  type Page,
  type Response,
} from '@playwright/test';

import { Agent } from '../support/agent.mjs';
import { OWNER, Server } from '../support/server.mjs';

/** Brings the handover that waits in front of the reader: by itself its review opens only on an idle board. */
export async function openReview(within: Page | FrameLocator) {
  const document = within.locator('dialog.review[open] .doc');
  const button = within.getByRole('button', { name: 'Review', exact: true }).first();
  await expect(async () => {
    if (!(await document.isVisible())) await button.click({ timeout: 1_000 });
    await expect(document).toBeVisible({ timeout: 1_000 });
  }).toPass();
}

/** In the page: finds words within one text of the document, brings them into view, and selects them where that is wanted. */
function rangeOf(doc: Element, { words, select }: { words: string; select: boolean }) {
  const walker = document.createTreeWalker(doc, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.textContent!.indexOf(words);
    if (at < 0) continue;
    node.parentElement!.scrollIntoView({ block: 'center' });
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + words.length);
    if (select) {
      getSelection()!.removeAllRanges();
      getSelection()!.addRange(range);
    }
    const boxes = [...range.getClientRects()];
    const [first, last] = [boxes[0]!, boxes.at(-1)!];
    return {
      from: { x: first.left, y: first.top + first.height / 2 },
      to: { x: last.right, y: last.top + last.height / 2 },
    };
  }
  throw new Error(`nothing says ${words}`);
}

/** The board in one window, in the words a person would use. */
export class Board {
  readonly review: Locator;
  readonly badge: Locator;
  readonly notice: Locator;
  /** The line of a handover that arrived while somebody was busy. */
  readonly arrival: Locator;
  readonly words: Locator;
  /** Of the decision that can be taken back. */
  readonly undoBar: Locator;
  /** How the phases are accepted, on a pipeline's page. */
  readonly policies: Locator;
  readonly history: Locator;

  constructor(
    readonly page: Page,
    readonly server: Server,
  ) {
    this.review = page.locator('dialog.review');
    this.badge = page.locator('.badge');
    this.notice = page.locator('.notice:not(.arrival)');
    this.arrival = page.locator('.notice.arrival');
    this.words = this.review.locator('#review-words');
    this.undoBar = page.locator('.notices .undo-bar');
    this.policies = page.locator('.policies');
    this.history = page.locator('.history');
  }

  /** Opens a page, and waits until its buttons and keys do something and what it shows is live. */
  async open(path = '/'): Promise<Response> {
    const response = await this.page.goto(this.server.url + path);
    await this.ready();
    return response!;
  }

  async ready() {
    await expect(this.page.locator('html[data-hydrated]')).toBeAttached();
    await this.live();
    // What comes once the page lives is all there with it: its keys, the bar of a decision, what is late.
    await expect(this.page.locator('dialog.palette')).toBeAttached();
  }

  async live() {
    // Longer than usual: the pause before the next try grows with every failed one.
    await expect(this.badge).toHaveAttribute('data-link', 'live', { timeout: 30_000 });
  }

  button(name: string): Locator {
    return this.review.getByRole('button', { name, exact: true });
  }

  /** Reads: waits for the text, touches it, and waits until letters decide. */
  async touch() {
    await expect(this.review).toHaveAttribute('data-keys', /asleep|ready/);
    // Its edge: in the middle there may be a link.
    await this.review.locator('.review-document').click({ position: { x: 4, y: 4 } });
    await expect(this.review).toHaveAttribute('data-keys', 'ready');
  }

  /** Selects some words of the document, whatever the hand. */
  async select(words: string) {
    await this.review.locator('.doc').evaluate(rangeOf, { words, select: true });
  }

  /** Where some words of the document stand in the window: their first letter and their last. */
  async place(words: string) {
    return this.review.locator('.doc').evaluate(rangeOf, { words, select: false });
  }

  /** What is marked in the document for a point of the review. */
  mark(number: number): Locator {
    return this.review.locator(`.doc mark[data-points~="${number}"]`);
  }

  /** A point of an earlier round, with what became of it. */
  point(number: number): Locator {
    return this.review.locator('.ledger li').filter({ has: this.page.locator('.n').getByText(String(number), { exact: true }) });
  }

  /** How a phase is accepted, in the list of that. */
  policy(phase: string): Locator {
    return this.policies.locator('.policy-row').filter({ has: this.page.getByText(phase, { exact: true }) });
  }

  row(title: string): Locator {
    return this.page.locator('.rows').getByRole('link').filter({ hasText: title });
  }

  /** A leg of the track on a pipeline's page. */
  leg(name: string): Locator {
    return this.page.locator('.track .leg').filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** What the page of a pipeline shows of its prompt. */
  get prompt(): Locator {
    return this.page.locator('pre.prompt-text');
  }

  /** How far the prompt got: the steps that were taken. */
  get steps(): Locator {
    return this.page.locator('.steps li.ok b');
  }
}

/** Somebody else at a browser of their own. */
export async function another(browser: Browser, server: Server, name: string, options: BrowserContextOptions = {}): Promise<Board> {
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...options });
  await server.asPerson('GET', '/session', undefined, name);
  await context.addCookies([server.cookie(name)]);
  return new Board(await context.newPage(), server);
}

/** In the page: notes what the browser would show, by its tag, since headless ones show nothing. Nobody looks at the page. */
export function fakeNotifications() {
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
  document.hasFocus = () => false;
}

/** The notifications that a page with fake ones shows. */
export async function notificationsShown(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() => Object.fromEntries((window as any).shown));
}

type Fixtures = {
  /** Whether nobody has signed in yet, and nobody does by itself. */
  nobody: boolean;
  /** Who sits at the browser: nobody where it is empty. */
  reader: string;
  /** Puts off what would take something away from under the page until nobody looks at the page; the last first. */
  afterwards: (end: () => unknown) => void;
  settings: Record<string, string>;
  server: Server;
  agent: Agent;
  board: Board;
  /** Errors in the console that the test causes on purpose. */
  tolerated: RegExp;
};

export const test = base.extend<Fixtures>({
  settings: [{}, { option: true }],
  nobody: [false, { option: true }],
  reader: [OWNER, { option: true }],
  tolerated: [/(?!)/, { option: true }],

  afterwards: async ({}, use) => {
    const ends: (() => unknown)[] = [];
    await use((end) => ends.unshift(end));
    for (const end of ends) await end();
  },

  server: async ({ settings, nobody, afterwards }, use) => {
    const server = await Server.start(settings, nobody);
    afterwards(() => server.dispose());
    await use(server);
  },

  agent: async ({ server }, use) => {
    const agent = await Agent.connect(server, { name: 'claude-code' });
    await use(agent);
    // The server may be gone by now, and the client would wait for it.
    await Promise.race([agent.close().catch(() => {}), new Promise((done) => setTimeout(done, 1_000))]);
  },

  // Whatever a page does, it does so without an error in the console.
  // Depends on `afterwards` to end before it: a page whose server is gone complains.
  context: async ({ context, server, nobody, reader, afterwards: _, tolerated }, use) => {
    if (reader && !nobody) await context.addCookies([server.cookie(reader)]);
    const errors: string[] = [];
    const note = (text: string) => {
      if (!tolerated.test(text)) errors.push(text);
    };
    context.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        note(`${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    context.on('weberror', (error) => note(String(error.error())));
    await use(context);
    if (test.info().errors.length > 0) for (const page of context.pages()) await tell(page);
    expect(errors, 'errors in the console').toEqual([]);
  },

  board: async ({ page, server }, use) => {
    await use(new Board(page, server));
  },
});

/** Prints what is on the page, where the focus lies and what is open: all that is left of a test that fails far away. */
async function tell(page: Page) {
  const seen = page.evaluate(() => {
    const tags = (elements: Iterable<Element | null>) =>
      [...elements].map((element) => (element?.cloneNode() as Element | undefined)?.outerHTML);
    return { url: location.href, focus: tags([document.activeElement]), open: tags(document.querySelectorAll('dialog[open]')) };
  });
  const body = page.locator('body').ariaSnapshot({ timeout: 2_000 });
  const [where, what] = await Promise.allSettled([seen, body]);
  console.log(JSON.stringify(where, null, 2), what.status === 'fulfilled' ? what.value : what.reason);
}

export { expect, type Locator, type Page };

/** For tests that take the server away from under the page. */
export const CONNECTION_LOST = /net::ERR_/;

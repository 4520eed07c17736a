// The ways in which a person works the board: with a mouse, with a finger, with keys alone. A story that is told with one of
// them can be told with all; none of them does anything that this person could not do.

import { type Board, expect, type Locator, type Page } from './fixtures.ts';

export interface Hand {
  /** Presses something. */
  press(target: Locator): Promise<void>;
  /** Replaces what stands in a field. */
  write(field: Locator, text: string): Promise<void>;
  /** Chooses from a list. */
  choose(list: Locator, option: string): Promise<void>;
  /** Goes to a pipeline, from wherever one is. */
  open(title: string): Promise<void>;
  /** Opens the review of the handover that waits, and reads. */
  read(): Promise<void>;
  /** Begins a comment about words of the document. */
  mark(words: string): Promise<void>;
  /** Begins a comment about the whole. */
  remark(): Promise<void>;
  /** Adds the comment that is written. */
  add(): Promise<void>;
  /** Sends what is decided in the review that is open. */
  accept(): Promise<void>;
  requestChanges(): Promise<void>;
  /** Takes back what was just decided. */
  undo(): Promise<void>;
}

/** A comment is begun: what is typed now goes into its field. */
async function begun(board: Board) {
  await expect(board.review.getByLabel('New comment')).toBeFocused();
}

/** What both a mouse and a finger do: they go to a place on the screen. */
abstract class Pointer implements Hand {
  constructor(protected readonly board: Board) {}

  abstract press(target: Locator): Promise<void>;
  abstract mark(words: string): Promise<void>;

  protected get page(): Page {
    return this.board.page;
  }

  async write(field: Locator, text: string) {
    await this.press(field);
    // Keyboards on a screen insert words, not letters.
    await field.fill(text);
  }

  async choose(list: Locator, option: string) {
    // The list that opens is the system's: no test sees it.
    await list.selectOption(option);
  }

  async open(title: string) {
    await this.press(this.page.getByRole('banner').getByRole('link').first());
    await this.press(this.board.row(title));
    await expect(this.page.getByRole('heading', { level: 1 })).toHaveText(title);
  }

  async read() {
    // It opens by itself unless somebody is busy; then a line says that it is here.
    const open = this.page.locator('dialog.review[open]');
    await expect(open.or(this.board.arrival).first()).toBeVisible();
    if (!(await open.isVisible())) await this.press(this.board.arrival.getByRole('button', { name: 'Review', exact: true }));
    await expect(this.board.review).toHaveAttribute('data-keys', /asleep|ready/);
  }

  async remark() {
    // Beside the text: then it is about no passage.
    await this.press(this.board.review.locator('.reading-time'));
    await this.press(this.board.review.locator('.note-keys').getByRole('button', { name: 'Comment' }));
    await begun(this.board);
  }

  async add() {
    await this.press(this.board.button('Add'));
  }

  async accept() {
    await this.press(this.board.button('Accept'));
  }

  async requestChanges() {
    await this.press(this.board.button('Request changes'));
  }

  async undo() {
    await this.press(this.board.undoBar.getByRole('button', { name: /^Undo/ }));
  }
}

export class Mouse extends Pointer {
  async press(target: Locator) {
    await target.click();
  }

  override async write(field: Locator, text: string) {
    // Whoever sees the caret there already just types.
    if (!(await field.evaluate((element) => element === document.activeElement))) await this.press(field);
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.type(text);
  }

  async mark(words: string) {
    const { from, to } = await this.board.place(words);
    await this.page.mouse.move(from.x, from.y);
    await this.page.mouse.down();
    await this.page.mouse.move(to.x, to.y, { steps: 3 });
    await this.page.mouse.up();
    await this.press(this.board.review.locator('.pick'));
    await begun(this.board);
  }
}

export class Finger extends Pointer {
  async press(target: Locator) {
    await target.tap();
  }

  async mark(words: string) {
    const paragraph = this.board.review.locator('.doc').getByText(words);
    // What is touched is chosen; the handles of a selection are the system's.
    if ((await paragraph.textContent()) === words) await this.press(paragraph);
    else await this.board.select(words);
    await this.press(this.board.review.locator('.note-keys').getByRole('button', { name: 'Comment' }));
    await begun(this.board);
  }
}

export class Keys implements Hand {
  constructor(private readonly board: Board) {}

  private get page(): Page {
    return this.board.page;
  }

  /** Presses a key, and sees what comes of it: where the focus goes is known once that is drawn. */
  private async key(key: string) {
    await this.page.keyboard.press(key);
    await this.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  }

  /** Goes to something with Tab, as often as that takes. */
  private async tabTo(target: Locator) {
    await expect(target).toBeEnabled();
    const here = () => target.evaluate((element) => element === document.activeElement);
    for (let steps = 0; !(await here()); steps += 1) {
      expect(steps, `steps with Tab to ${target}`).toBeLessThan(60);
      await this.page.keyboard.press('Tab');
    }
  }

  async press(target: Locator) {
    await this.tabTo(target);
    await this.key('Enter');
  }

  async write(field: Locator, text: string) {
    await this.tabTo(field);
    await this.key('ControlOrMeta+a');
    await this.page.keyboard.type(text);
  }

  async choose(list: Locator, option: string) {
    await this.tabTo(list);
    // As far as it takes to tell it from the others.
    await this.page.keyboard.type(option.slice(0, 4));
  }

  /** Finds something or does it. */
  private async find(words: string, result: string) {
    await this.key('ControlOrMeta+k');
    const palette = this.page.locator('dialog.palette');
    await expect(palette.getByRole('combobox')).toBeFocused();
    await this.page.keyboard.type(words);
    await expect(palette.getByRole('option', { selected: true })).toContainText(result);
    await this.key('Enter');
    await expect(palette).toBeHidden();
  }

  async open(title: string) {
    await this.find(title, title);
    await expect(this.page.getByRole('heading', { level: 1 })).toHaveText(title);
  }

  async read() {
    const open = this.page.locator('dialog.review[open]');
    await expect(open.or(this.board.arrival).first()).toBeVisible();
    if (!(await open.isVisible())) await this.key('n');
    await expect(this.board.review).toHaveAttribute('data-keys', /asleep|ready/);
    // Letters do something once one has moved in the text.
    await this.key('ArrowDown');
    await expect(this.board.review).toHaveAttribute('data-keys', 'ready');
  }

  async mark(words: string) {
    const here = () => this.page.evaluate(() => document.activeElement?.textContent ?? '');
    await expect(async () => {
      await this.key('j');
      expect(await here()).toContain(words);
    }).toPass({ intervals: [0], timeout: 5_000 });
    await this.key('c');
    await begun(this.board);
  }

  async remark() {
    // From the button, which is no passage.
    await this.press(this.board.review.locator('.note-keys').getByRole('button', { name: 'Comment' }));
    await begun(this.board);
  }

  async add() {
    await this.key('ControlOrMeta+Enter');
  }

  /** A letter that decides: in a field it would be a letter of the text. */
  private async letter(key: string) {
    const types = await this.page.evaluate(() => document.activeElement?.matches('input, textarea') ?? false);
    if (types) await this.key('Tab');
    await this.key(key);
  }

  async accept() {
    await this.letter('a');
  }

  async requestChanges() {
    await this.letter('r');
  }

  async undo() {
    await this.key('u');
  }
}

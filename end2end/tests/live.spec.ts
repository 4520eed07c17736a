// What an agent reports is on every open board at once.

import { Board, expect, test } from './fixtures.ts';

test('an empty board says how to connect an agent, and fills by itself', async ({ agent, board, server }) => {
  await board.open();
  await expect(board.page.getByRole('heading', { level: 1 })).toHaveText('No pipelines yet');
  await expect(board.page.locator('main')).toContainText(`connect claude-code --url ${server.mcp}`);
  await agent.start({ title: 'Faster checkout' });
  await expect(board.row('Faster checkout')).toBeVisible();
  await expect(board.page.locator('main')).not.toContainText('connect claude-code');
});

test('progress appears without a reload', async ({ agent, board }) => {
  const pipeline = await agent.start();
  await board.open();
  // A page that was loaded anew would have forgotten this.
  await board.page.evaluate(() => Object.assign(window, { stillTheSame: true }));

  await agent.report(pipeline, { progress: 35, message: 'Reading the code' });
  await expect(board.row('Faster checkout')).toContainText('says 35%');
  await expect(board.row('Faster checkout')).toContainText('Reading the code');

  await board.row('Faster checkout').click();
  await expect(board.page.getByRole('heading', { level: 1 })).toHaveText('Faster checkout');
  await agent.report(pipeline, {
    tasks: [
      { name: 'Read', status: 'completed' },
      { name: 'Measure', status: 'completed' },
      { name: 'Write', status: 'in_progress' },
    ],
  });
  await expect(board.leg('VAN')).toContainText('2 of 3 tasks');
  await expect(board.leg('VAN').getByRole('progressbar')).toHaveJSProperty('value', 66);
  await expect(board.page.locator('.work')).toContainText('Write');
  await agent.report(pipeline, { tasks: [{ name: 'Write', status: 'completed' }], message: 'All read' });
  await expect(board.leg('VAN')).toContainText('3 of 3 tasks');
  await expect(board.page.locator('.log')).toContainText('All read');
  // 100 % does not end a phase: the handover does.
  await expect(board.page.locator('.headline .chip')).toHaveText('At work');
  expect(await board.page.evaluate(() => 'stillTheSame' in window)).toBe(true);
});

test('the server sends the true state as HTML, before any script runs', async ({ agent, browser, server }) => {
  const pipeline = await agent.start({ title: 'Costs < profits & </title>' });
  await agent.report(pipeline, { progress: 35 });
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(server.url);
  await expect(page).toHaveTitle('Staffel');
  await expect(page.locator('.rows')).toContainText('says 35%');
  await page.goto(`${server.url}/pipelines/${pipeline}`);
  await expect(page).toHaveTitle('Costs < profits & </title> · Staffel');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Costs < profits & </title>');
  await context.close();
});

test('progress moves nothing on the page', async ({ agent, board, page }) => {
  await page.addInitScript(() => {
    const shifts: unknown[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as any[]) {
        // A figure that stands at the right edge grows to the left: its end stays where it is.
        // The log has its newest line on top: its own lines move down (the last one out of the page), and nothing else may.
        const moved = entry.sources.filter(({ node, previousRect: before, currentRect: after }: any) => {
          if (!node || node.closest?.('.log')) return false;
          return Math.abs(before.right - after.right) > 0.5 || Math.abs(before.top - after.top) > 0.5;
        });
        if (moved.length) shifts.push(moved.map((source: any) => source.node?.outerHTML?.slice(0, 80)));
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  const shifts = () => page.evaluate(() => (window as any).shifts);
  const pipeline = await agent.start({ tracks: [{ name: 'Work', tasks: Array.from({ length: 20 }, (_, n) => ({ name: `Task ${n}` })) }] });
  const other = await agent.start({ title: 'Another', project: 'garden' });
  for (const path of ['/', `/pipelines/${pipeline}`]) {
    await board.open(path);
    for (let done = 0; done < 20; done += 1) {
      await agent.report(pipeline, { tasks: [{ name: `Task ${done}`, status: 'completed' }] });
      await agent.report(other, { progress: 5 * done });
    }
    const shown = path === '/' ? board.row('Faster checkout') : board.leg('VAN');
    await expect(shown).toContainText('20 of 20 tasks');
    expect(await shifts()).toEqual([]);
    await agent.report(pipeline, { tasks: Array.from({ length: 20 }, (_, n) => ({ name: `Task ${n}`, status: 'pending' })) });
  }
});

test('a gate that opens pushes nothing away', async ({ agent, board }) => {
  const pipeline = await agent.start();
  await board.open();
  const before = await board.row('Faster checkout').boundingBox();
  await agent.handOver(pipeline);
  await expect(board.review).toBeVisible();
  await board.page.keyboard.press('Escape');
  await expect(board.page.getByRole('button', { name: 'Review', exact: true })).toBeVisible();
  expect((await board.row('Faster checkout').boundingBox())?.y).toBe(before?.y);
});

test('the window title counts what waits', async ({ agent, board, server }) => {
  const { handover } = await agent.handedOver();
  await board.open();
  await expect(board.page).toHaveTitle('(1) Staffel');
  const second = await agent.handedOver({ title: 'Another' });
  await expect(board.page).toHaveTitle('(2) Staffel');
  await server.decide(handover);
  await server.decide(second.handover);
  await expect(board.page).toHaveTitle('Staffel');
});

test('two windows show the same', async ({ agent, board, context, server }) => {
  const pipeline = await agent.start();
  const other = new Board(await context.newPage(), server);
  await board.open();
  await other.open(`/pipelines/${pipeline}`);
  await agent.report(pipeline, { progress: 70, message: 'Nearly there' });
  await expect(board.row('Faster checkout')).toContainText('says 70%');
  await expect(other.leg('VAN')).toContainText('says 70%');
});

test('what is looked for is found as one types', async ({ agent, board }) => {
  await agent.start({ title: 'Faster checkout' });
  await agent.start({ title: 'New garden', project: 'garden' });
  await board.open();
  await board.page.keyboard.press('/');
  await board.page.keyboard.type('gard');
  await expect(board.row('New garden')).toBeVisible();
  await expect(board.row('Faster checkout')).toHaveCount(0);
  const field = board.page.getByRole('searchbox');
  await board.page.keyboard.press('Escape');
  await expect(board.row('Faster checkout')).toBeVisible();
  await expect(field).toHaveValue('');
  await expect(field).toBeFocused();
  await board.page.keyboard.press('Escape');
  await expect(field).not.toBeFocused();
});

// What happens at the same moment, again and again: two people decide, and a text is swapped under the finger.

import { another, expect, test } from './fixtures.ts';

// STAFFEL_ROUNDS=200 for as many as one has the time for.
const ROUNDS = Number(process.env.STAFFEL_ROUNDS ?? 5);

// The browser notes that the second of two decisions is refused.
test.use({ tolerated: /409/, settings: { STAFFEL_UNDO_SECONDS: '0' } });

test('two browsers decide at the same moment: one decision, and both see the same', async ({ agent, board, browser, server }) => {
  test.setTimeout(60_000 + ROUNDS * 5_000);
  const ben = await another(browser, server, 'Ben');
  await Promise.all([board.open(), ben.open()]);
  const won = { Local: 0, Ben: 0 };
  for (let round = 1; round <= ROUNDS; round++) {
    const title = `Round ${round}`;
    const { pipeline, handover } = await agent.handedOver({ title }, `# Plan ${round}\n\nAll of it.`);
    for (const window of [board, ben]) {
      await window.open();
      await expect(window.review.locator('.doc')).toContainText(`Plan ${round}`);
      await window.touch();
    }
    await Promise.all([board, ben].map((window) => window.page.keyboard.press('a')));
    for (const window of [board, ben]) await expect(window.review).toBeHidden();
    const decisions = (await server.events(pipeline)).filter(({ event }) => event.type === 'HandoverAccepted');
    expect(decisions, title).toHaveLength(1);
    const winner = (await agent.wait(handover)).decided_by as keyof typeof won;
    won[winner]++;
    const loser = winner === 'Local' ? ben : board;
    await expect(loser.notice).toContainText(`${winner} accepted`);
    for (const window of [board, ben]) await expect(window.row(title)).toContainText('PLAN');
  }
  expect(won.Local + won.Ben).toBe(ROUNDS);
  await ben.page.context().close();
});

test('a text is swapped while A is pressed: what nobody read is never accepted', async ({ agent, board, page, server }) => {
  test.setTimeout(60_000 + ROUNDS * 5_000);
  const ends = { accepted: 0, asked: 0 };
  for (let round = 1; round <= ROUNDS; round++) {
    const { pipeline, handover } = await agent.handedOver({ title: `Round ${round}` }, '# Plan\n\nWhat was read.');
    await board.open();
    await expect(board.review.locator('.doc')).toContainText('What was read.');
    await board.touch();
    // Whichever comes first makes the other one void.
    const [swapped] = await Promise.all([
      agent.client.callTool({
        name: 'save_handover_content',
        arguments: { pipeline, content: `# Plan\n\nSomething else, ${round}.` },
      }),
      page.keyboard.press('a'),
    ]);
    if (swapped.isError) {
      await expect(board.review).toBeHidden();
      ends.accepted++;
    } else {
      await expect(board.review).toContainText('Revision 2 is here.');
      await expect(board.review.locator('.doc')).toContainText('What was read.');
      expect(await server.count(pipeline, 'HandoverAccepted'), `round ${round}`).toBe(0);
      await server.decide(handover, 'accept', { revision: 2 });
      ends.asked++;
    }
    await agent.wait(handover);
  }
  expect(ends.accepted + ends.asked).toBe(ROUNDS);
});

// Code in a handover: in colours that everybody can read, and still text that can be commented on.

import { complaints } from './axe.ts';
import { expect, openReview, test } from './fixtures.ts';

// Half-way through a transition, colours are neither the old nor the new ones.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

const RUST = `/// Books a payment once, however often the provider sends it.
fn book(payment: &Payment) -> Result<Booking, Failure> {
    let key = format!("{}-{}", payment.id, payment.capture); // the provider's own
    for attempt in 0..3 {
        if let Some(booking) = store.insert(&key, attempt)? {
            return Ok(booking);
        }
    }
    Err(Failure::Late)
}
`;
const TYPESCRIPT = `// What the page asks for.
export async function bookings(from: Date, limit = 50): Promise<Booking[]> {
  const response = await fetch(\`/api/bookings?from=\${from.toISOString()}&limit=\${limit}\`);
  return response.ok ? await response.json() : [];
}
`;
const DIFF = `--- a/src/book.rs
+++ b/src/book.rs
@@ -1,3 +1,3 @@
 fn keep() -> Days {
-    Days(30)
+    Days(90)
 }
`;
const MERMAID = 'graph LR; Provider-->Queue-->Worker\n';
const DOCUMENT = [
  '# Webhooks',
  ['rust', RUST],
  ['ts', TYPESCRIPT],
  ['diff', DIFF],
  ['json', '{ "keep": 90, "queue": "bookings", "dry_run": false }\n'],
  ['sh', '# Once a day\nfor file in *.log; do gzip "$file"; done\n'],
  ['mermaid', MERMAID],
]
  .map((part) => (typeof part === 'string' ? part : `\`\`\`${part[0]}\n${part[1]}\`\`\``))
  .join('\n\n');

for (const [device, viewport] of [
  ['desktop', { width: 1280, height: 1500 }],
  ['phone', { width: 360, height: 740 }],
] as const) {
  test(`code has colours, light and dark, ${device}`, async ({ agent, board, page }) => {
    await page.setViewportSize(viewport);
    const { pipeline } = await agent.handedOver({}, DOCUMENT);
    await board.open(`/pipelines/${pipeline}`);
    await openReview(page);
    const blocks = board.review.locator('.doc pre');
    await expect(blocks).toHaveCount(6);

    // The text is what the agent wrote; a diagram is its source.
    for (const [index, code] of [RUST, TYPESCRIPT, DIFF].entries()) {
      expect(await blocks.nth(index).textContent()).toBe(code);
    }
    expect(await blocks.last().textContent()).toBe(MERMAID);
    await expect(blocks.last().locator('span')).toHaveCount(0);

    const colour = (block: number, kind: string, text: string) =>
      blocks
        .nth(block)
        .locator(`.code-${kind}`)
        .filter({ hasText: text })
        .first()
        .evaluate((span) => getComputedStyle(span).color);
    const colours = async () => ({
      plain: await blocks.first().evaluate((block) => getComputedStyle(block).color),
      comment: await colour(0, 'comment', 'Books a payment once'),
      keyword: await colour(0, 'keyword', 'fn'),
      string: await colour(0, 'string', '{}-{}'),
      name: await colour(0, 'name', 'book'),
      function: await colour(1, 'keyword', 'function'),
      deleted: await colour(2, 'deleted', 'Days(30)'),
      inserted: await colour(2, 'inserted', 'Days(90)'),
    });
    const shown: Record<string, string>[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      expect(await complaints(page), colorScheme).toEqual([]);
      const seen = await colours();
      shown.push(seen);
      expect(new Set(Object.values(seen)).size, JSON.stringify(seen)).toBe(6);
      expect(seen.function).toBe(seen.keyword);
      expect(seen.inserted).toBe(seen.string);
    }
    const [light, dark] = shown;
    for (const kind of Object.keys(light!)) expect(dark![kind], kind).not.toBe(light![kind]);
  });
}

test('a passage of code can be commented on, across its colours', async ({ agent, board, page }) => {
  const { pipeline } = await agent.handedOver({}, DOCUMENT);
  await board.open(`/pipelines/${pipeline}`);
  await openReview(page);
  const line = 'let key = format!("{}-{}", payment.id, payment.capture);';
  await board.review
    .locator('.doc pre')
    .first()
    .evaluate((block, line) => {
      block.scrollIntoView({ block: 'center' });
      const range = document.createRange();
      const start = block.textContent!.indexOf(line);
      const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
      let at = 0;
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const length = node.textContent!.length;
        if (at <= start && start < at + length) range.setStart(node, start - at);
        const end = start + line.length;
        if (at < end && end <= at + length) range.setEnd(node, end - at);
        at += length;
      }
      getSelection()!.removeAllRanges();
      getSelection()!.addRange(range);
    }, line);
  await board.review.locator('.pick').click();
  await board.review.locator('#comment-text').fill('And without a capture?');
  await board.button('Add').click();
  const marks = board.review.locator('.doc mark[data-points~="1"]');
  await expect(marks).not.toHaveCount(0);
  expect((await marks.allTextContents()).join('')).toBe(line);
  expect(await board.review.locator('.doc pre').first().textContent()).toBe(RUST);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await complaints(page, 'color-contrast'), colorScheme).toEqual([]);
  }
});

test('a change of code is shown word by word', async ({ agent, board, page }) => {
  const { pipeline, handover } = await agent.handedOver({}, DOCUMENT);
  await board.open(`/pipelines/${pipeline}`);
  await openReview(page);
  await board.words.fill('Try five times.');
  await board.button('Request changes').click();
  await agent.wait(handover);
  await agent.handOver(pipeline, DOCUMENT.replace('0..3', '0..5'));
  await openReview(page);
  const changes = board.review.locator('.changes');
  await expect(changes.locator('pre del')).toHaveText('3');
  await expect(changes.locator('pre ins')).toHaveText('5');
  await expect(changes.locator('.changed')).toHaveCount(1);
});

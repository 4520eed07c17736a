// What agents write is shown, never run.

import { expect, openReview, test } from './fixtures.ts';

const HOSTILE = `# <img src=x onerror="window.harmed=1">

<script>window.harmed = 2</script>
<iframe src="https://evil.example/"></iframe><svg onload="window.harmed=3"></svg>
<style>body { display: none }</style><form action="https://evil.example/"><button>OK</button></form>
</div></article></dialog><script>window.harmed = 4</script>

[click](javascript:window.harmed=5) [data](data:text/html,<script>window.harmed=6</script>)
![picture](https://evil.example/pixel.png) <a href="x" onclick="window.harmed=7">x</a>

\`\`\`html
</pre><script>window.harmed = 8</script>
\`\`\`

\`\`\`rust"><img src=x onerror="window.harmed=11">
fn a() { "</span></code></pre><script>window.harmed = 12</script>" }
\`\`\`

<span class="code-deleted">not code</span>
`;
const SCRIPT = '</script><script>window.harmed = 9</script>{{7*7}}${7*7}<img src=x onerror="window.harmed=10">';

test('hostile text does no harm', async ({ agent, board, page, server }) => {
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url)) elsewhere.push(request.url());
  });
  page.on('dialog', (dialog) => {
    elsewhere.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  const unharmed = async () => {
    expect(await page.evaluate(() => (window as any).harmed)).toBeUndefined();
    expect(elsewhere).toEqual([]);
  };
  const more = { title: `Title ${SCRIPT}`, project: `p ${SCRIPT}`.slice(0, 80), goal: SCRIPT, version: { current: '<b>1' } };
  const pipeline = await agent.start(more);
  await agent.report(pipeline, { message: `Message ${SCRIPT}`, tasks: [{ name: `Task ${SCRIPT}`, status: 'in_progress' }] });
  const handover = await agent.handOver(pipeline, HOSTILE);

  // From the server's HTML, on both pages …
  for (const path of ['/', `/pipelines/${pipeline}`]) {
    const response = await board.open(path);
    const policy = response.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toMatch(/script-src [^;]*'nonce-/);
    expect(policy.match(/script-src [^;]*/)?.[0]).not.toContain("'unsafe-inline'");
    expect(policy).toContain('frame-ancestors vscode-webview: vscode-file:');
    await expect(board.review.locator('.doc')).toContainText('window.harmed = 2');
    const doc = board.review.locator('.doc');
    await expect(doc.locator('script, iframe, svg, style, form, button, img, [onclick], [onerror], [id]')).toHaveCount(0);
    await expect(doc.locator('a[href^="javascript:"], a[href^="data:"]')).toHaveCount(0);
    // Colours are for code alone.
    await expect(doc.locator('pre span.code-keyword, pre span.code-name')).not.toHaveCount(0);
    await expect(doc.locator('span:not(pre span)')).toHaveCount(0);
    await unharmed();
    await page.keyboard.press('Escape');
    await expect(page.locator('main')).toContainText(`Title ${SCRIPT}`);
    await page.evaluate(() => sessionStorage.clear());
  }

  // … and live.
  await agent.handOver(pipeline, `${HOSTILE}\n\nAgain.`);
  // Who opens the review before the page has heard of it reads the revision before.
  await expect(page.locator('.history')).toContainText('revision 2');
  await openReview(page);
  await expect(board.review.locator('.doc')).toContainText('Again.');
  await unharmed();
  await board.words.fill(SCRIPT);
  await board.button('Accept with changes').click();
  const heard = await agent.wait(handover);
  expect(await board.prompt.textContent()).toBe(heard.prompt);
  await expect(page.locator('.log')).toContainText(SCRIPT);
  await page.reload();
  await board.ready();
  await expect(page.locator('.log')).toContainText(SCRIPT);
  await unharmed();
});

test('only editors may put the board into a frame, and it says nothing of where one came from', async ({ server }) => {
  const { headers } = await fetch(server.url);
  expect(headers.get('content-security-policy')).toContain('frame-ancestors vscode-webview: vscode-file:');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
});

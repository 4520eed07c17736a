// The board inside other programs: in an editor, in a page of an allowed origin, under a sub-path behind a proxy.

import { createServer, request as send, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { FrameLocator, Page } from '@playwright/test';

import { Agent } from '../support/agent.mjs';
import { Server } from '../support/server.mjs';
import { expect, openReview, test } from './fixtures.ts';

async function listen(server: HttpServer): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A page that shows the board in a frame. */
const framing = (board: string) =>
  createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>Elsewhere</title><iframe src="${board}" style="width:1100px;height:700px"></iframe>`);
  });

/** Goes through the loop in a frame: the board follows, the review is opened, a person decides. */
async function decides(frame: FrameLocator, agent: Agent) {
  await expect(frame.locator('html[data-hydrated]')).toBeAttached();
  await expect(frame.locator('.badge')).toHaveAttribute('data-link', 'live');
  const pipeline = await agent.start({ title: 'In a frame' });
  await expect(frame.locator('.rows')).toContainText('In a frame');
  const handover = await agent.handOver(pipeline, '# Framed');
  // The focus may be in an editor outside of the frame, and stays there.
  await openReview(frame);
  await expect(frame.locator('dialog.review .doc')).toContainText('Framed');
  await frame.getByRole('button', { name: 'Accept', exact: true }).click();
  // A page around it could lead somebody's clicks: it asks who is there.
  await expect(frame.locator('dialog.review')).toContainText("Confirm that it's you.");
  await frame.locator('dialog.review').getByLabel('PIN').fill('314159');
  await frame.getByRole('button', { name: 'Confirm', exact: true }).click();
  expect((await agent.wait(handover)).decision).toBe('accepted');
  return pipeline;
}

test.describe('in a frame', () => {
  // The browser says so when it refuses to show a frame.
  test.use({ tolerated: /frame-ancestors|Blocked autofocusing|403/ });

  for (const path of ['/', '/vibeframe']) {
    test(`of an allowed origin, at ${path}`, async ({ page, afterwards }) => {
      let board = '';
      const elsewhere = createServer((request, response) => framing(board + path).emit('request', request, response));
      const server = await Server.start({ STAFFEL_FRAME_ORIGINS: await listen(elsewhere) });
      afterwards(() => server.dispose());
      afterwards(() => elsewhere.close());
      await page.context().addCookies([server.cookie()]);
      await server.asPerson('POST', '/people/me/secrets/pin', { secret: '314159' });
      board = server.url;
      const agent = await Agent.connect(server);
      afterwards(() => agent.close());
      await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`);
      await decides(page.frameLocator('iframe'), agent);
    });
  }

  test('of any other origin it is not shown', async ({ page, server, afterwards }) => {
    const elsewhere = framing(server.url);
    afterwards(() => elsewhere.close());
    const refused = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
    await page.goto(await listen(elsewhere));
    await refused;
    await expect(page.frameLocator('iframe').locator('.bar')).toBeHidden();
  });

  test('editors may show every page, and the web may not', async ({ server }) => {
    for (const path of ['/', '/vibeframe', '/agents', '/pipelines/0000000000']) {
      const policy = (await fetch(server.url + path)).headers.get('content-security-policy');
      expect(policy).toContain('frame-ancestors vscode-webview: vscode-file:');
    }
  });
});

/** A reverse proxy that has Staffel under `/staffel`, as nginx would: with the path as it is, or without the prefix. */
function proxy(to: () => string, keepsPrefix: boolean): HttpServer {
  return createServer((request, response) => {
    if (!request.url?.startsWith('/staffel')) {
      response.writeHead(404).end('nothing of Staffel here');
      return;
    }
    const path = keepsPrefix ? request.url : request.url.slice('/staffel'.length) || '/';
    const onward = send(to() + path, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
}

for (const keepsPrefix of [true, false]) {
  test(`under a sub-path, ${keepsPrefix ? 'kept' : 'taken out'} by the proxy`, async ({ page, afterwards }) => {
    let inside = '';
    const front = proxy(() => inside, keepsPrefix);
    const outside = `${await listen(front)}/staffel`;
    const server = await Server.start({ STAFFEL_PUBLIC_URL: `${outside}/` });
    afterwards(() => server.dispose());
    await page.context().addCookies([server.cookie()]);
    afterwards(() => {
      front.close();
      front.closeAllConnections();
    });
    inside = server.url;
    // What the page asks for outside of the sub-path would be another program's.
    const strayed: string[] = [];
    page.on('request', (request) => {
      if (new URL(request.url()).protocol === 'http:' && !request.url().startsWith(outside)) strayed.push(request.url());
    });
    const agent = await Agent.connect({ mcp: `${outside}/mcp` });
    afterwards(() => agent.close());
    await page.goto(outside);
    const pipeline = await throughTheBoard(page, agent, outside);
    const status = await agent.call('get_pipeline_status', { pipeline });
    expect(status.board_url).toBe(`${outside}/pipelines/${pipeline}`);
    expect(strayed).toEqual([]);
    // The machine itself does not need the proxy.
    expect((await fetch(`${inside}/health`)).status).toBe(200);
    expect((await fetch(`${inside}/pipelines/${pipeline}`)).status).toBe(200);
    expect((await fetch(`${inside}/staffelstab`)).status).toBe(404);
  });
}

async function throughTheBoard(page: Page, agent: Agent, outside: string) {
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
  await expect(page.locator('.badge')).toHaveAttribute('data-link', 'live');
  const handover = await agent.handOver(await agent.start({ title: 'Behind a proxy' }));
  const [pipeline] = handover.split('-');
  await page.getByRole('button', { name: 'Accept', exact: true }).click();
  expect((await agent.wait(handover)).decision).toBe('accepted');
  await page.locator('.rows').getByRole('link').filter({ hasText: 'Behind a proxy' }).click();
  await expect(page).toHaveURL(`${outside}/pipelines/${pipeline}`);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Behind a proxy');
  await page.getByRole('link', { name: 'Connect an agent' }).last().click();
  await expect(page).toHaveURL(`${outside}/agents`);
  await expect(page.locator('.clients')).toContainText(`${outside}/mcp`);
  return pipeline!;
}

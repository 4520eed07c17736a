// Real assistants, a scripted model, and a decision that comes when the agent's turn has ended.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Server, binary, until } from '../support/server.mjs';
import { CLIENTS, set_up } from './clients.mjs';
import { Model } from './model.mjs';
import { WOKEN, hands_over_and_ends } from './script.mjs';

/** @typedef {import('./clients.mjs').Client} Client */

const MODULES = fileURLToPath(new URL('node_modules/', import.meta.url));
const NODE = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
/** No assistant takes this long for anything but waiting. */
const PATIENCE = 60_000;

/** An assistant in a home and a project of its own. */
class Assistant {
  /** @type {Model | undefined} */
  model;
  home = realpathSync(mkdtempSync(join(tmpdir(), 'staffel-assistant-')));
  project = join(this.home, 'shop');
  said = '';
  /** @type {import('node:child_process').ChildProcess[]} */
  #children = [];

  /** @param {Client} client @param {Server} server */
  constructor(client, server) {
    this.client = client;
    this.server = server;
  }

  /** @param {import('./model.mjs').Script} script */
  async start(script) {
    this.model = await new Model(script).start();
    mkdirSync(this.project);
    execFileSync('git', ['init', '-q'], { cwd: this.project });
    set_up(this.client, { home: this.home, project: this.project, model: this.model.url });
    const connect = ['connect', this.client.connect, '--project', '--hooks', '--url', this.server.mcp];
    execFileSync(binary(), connect, { cwd: this.project, env: this.environment, stdio: 'pipe' });
    return this;
  }

  /** Nothing of the person who runs the tests. */
  get environment() {
    const path = [join(MODULES, '.bin'), NODE, process.env.PATH].join(':');
    const own = this.client.environment({ home: this.home, project: this.project, model: this.model?.url ?? '' });
    return { PATH: path, HOME: this.home, LANG: 'C.UTF-8', NO_COLOR: '1', TERM: 'dumb', ...own };
  }

  /** @param {string[]} args */
  run(args) {
    const child = spawn(this.client.name, args, {
      cwd: this.project,
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    child.stdout?.on('data', (text) => (this.said += text));
    child.stderr?.on('data', (text) => (this.said += text));
    this.#children.push(child);
    return child;
  }

  /** Asks it for a turn. @param {string} prompt */
  async turn(prompt) {
    const child = this.run(this.client.turn(prompt));
    const { ask } = this.client;
    if (ask) await until(`${this.client.name} takes a prompt`, () => ask(this.said, prompt), PATIENCE);
    return child;
  }

  /** @param {import('node:child_process').ChildProcess} child */
  async ended(child) {
    await until(`the end of ${this.client.name}`, () => child.exitCode !== null || child.signalCode !== null, PATIENCE);
    return child.exitCode;
  }

  /** The pipeline that its agent has started. @param {string} status */
  async pipeline(status) {
    return until(
      `a pipeline that is ${status}`,
      async () => {
        const { pipelines } = await (await this.server.api('GET', '/pipelines')).json();
        return pipelines.find((/** @type {any} */ it) => it.project === this.name && it.status === status);
      },
      PATIENCE,
    );
  }

  get name() {
    return `of ${this.client.name}`;
  }

  /** What there is to see when a test fails. */
  get traces() {
    return `${this.said}\n${this.model?.log.join('\n')}`;
  }

  async dispose() {
    for (const child of this.#children) {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
    await this.model?.stop();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** @type {Server} */
let server;
before(async () => {
  server = await Server.start();
});
after(() => server.dispose());

for (const client of CLIENTS) {
  const version = () => {
    const file = join(MODULES, client.package, 'package.json');
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
  };

  describe(`${client.connect} ${version() ?? 'is not installed: make assistants'}`, { timeout: 4 * PATIENCE }, () => {
    /** @type {Assistant} */
    let assistant;
    afterEach(async (context) => {
      // @ts-expect-error the types do not know it
      if (context.error) console.log(assistant.traces);
      await assistant.dispose();
    });

    test('the session goes on that has handed over and ended its turn', async () => {
      assistant = new Assistant(client, server);
      await assistant.start(hands_over_and_ends(assistant.name));
      const running = await assistant.turn('Do the work.');
      const { pipeline } = await assistant.pipeline('awaiting_review');
      await until('the hook waits', async () => (await (await server.api('GET', '/status')).json()).waits === 1, PATIENCE);
      const { session } = await (await server.api('GET', `/pipelines/${pipeline}`)).json();
      assert.equal(session.client, client.connect);
      assert.equal(session.folder, assistant.project);

      await server.decide(`${pipeline}-h1`, 'request_changes', { changes: 'Shorter, please.' });
      await until('it confirms', async () => (await server.count(pipeline, 'PromptAcknowledged')) === 1, PATIENCE);
      if (!client.ask) {
        assert.equal(await assistant.ended(running), 0);
        assert.match(assistant.said, new RegExp(WOKEN));
      }
      const picked = (await server.events(pipeline)).filter(({ event }) => event.type === 'PromptPickedUp');
      assert.deepEqual(
        picked.map(({ event }) => event.via),
        ['hook'],
      );
    });

    test('a session that goes on later hears what was decided meanwhile', async () => {
      assistant = new Assistant(client, server);
      await assistant.start(hands_over_and_ends(assistant.name));
      const running = await assistant.turn('Do the work.');
      const { pipeline } = await assistant.pipeline('awaiting_review');
      await until('the hook waits', async () => (await (await server.api('GET', '/status')).json()).waits === 1, PATIENCE);
      process.kill(-(running.pid ?? 0), 'SIGKILL');
      await until('the wait is over', async () => (await (await server.api('GET', '/status')).json()).waits === 0, PATIENCE);

      await server.decide(`${pipeline}-h1`);
      const again = assistant.run(client.again('Go on.'));
      await until('it confirms', async () => (await server.count(pipeline, 'PromptAcknowledged')) === 1, PATIENCE);
      assert.equal(await assistant.ended(again), 0);
    });
  });
}

// A real assistant in a home folder and a project of its own, with a scripted model.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { binary, until } from '../support/server.mjs';
import { set_up } from './clients.mjs';
import { Model } from './model.mjs';

/** @typedef {import('./clients.mjs').Client} Client @typedef {import('../support/server.mjs').Server} Server */

export const MODULES = fileURLToPath(new URL('node_modules/', import.meta.url));
export const NODE = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
/** No assistant takes this long for anything but waiting. */
export const PATIENCE = 120_000;

/** An assistant in a home and a project of its own. */
export class Assistant {
  /** @type {Model | undefined} */
  model;
  home = realpathSync(mkdtempSync(join(tmpdir(), 'staffel-assistant-')));
  project = join(this.home, 'shop');
  said = '';
  /** @type {import('node:child_process').ChildProcess[]} */
  #children = [];

  /** @param {Client} client @param {Server} server @param {string} [token] that proves who the agent is: behind a proxy, nobody is at this machine */
  constructor(client, server, token) {
    this.client = client;
    this.server = server;
    this.token = token;
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
    const token = this.token ? { STAFFEL_TOKEN: this.token } : {};
    return { PATH: path, HOME: this.home, LANG: 'C.UTF-8', NO_COLOR: '1', TERM: 'dumb', ...token, ...own };
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

/** The assistant with its version, or how it is installed. @param {Client} client */
export function version(client) {
  const file = join(MODULES, client.package, 'package.json');
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : 'is not installed: make assistants';
  return `${client.connect} ${known}`;
}

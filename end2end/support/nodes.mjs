// Several nodes on one PostgreSQL, behind nginx as docs/CLUSTER.md has it.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Postgres } from './postgres.mjs';
import { binary, ROOT, Server, until } from './server.mjs';

const NGINX = ['/usr/sbin/nginx', '/usr/local/bin/nginx', '/opt/homebrew/bin/nginx'].find((path) => existsSync(path));

/** Whether there is an nginx to go through. */
export const hasNginx = NGINX !== undefined;

/** A port that nobody else can take until it is let go. @returns {Promise<{ port: number, letGo: () => Promise<unknown> }>} */
async function keepPort() {
  const taken = createServer();
  await new Promise((done) => taken.listen(0, '127.0.0.1', () => done(undefined)));
  const address = taken.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { port, letGo: () => new Promise((done) => taken.close(done)) };
}

/** The lines of docs/CLUSTER.md, with these addresses. @param {number} port @param {Server[]} nodes */
function lines(port, nodes) {
  const page = readFileSync(join(ROOT, 'docs/CLUSTER.md'), 'utf8');
  const block = /## nginx\n\n```\n(.*?)```/s.exec(page)?.[1] ?? '';
  let number = 0;
  return block.replace('listen 80;', `listen 127.0.0.1:${port};`).replace(/10\.0\.0\.\d:4700/g, () => new URL(nodes[number++].url).host);
}

export class Nodes {
  /** @type {Postgres | undefined} */
  #postgres;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #nginx;
  #folder = mkdtempSync(join(tmpdir(), 'staffel-nodes-'));
  /** @type {Server[]} */
  nodes = [];
  url = '';
  database = '';

  /** @param {number} count @param {Record<string, string>} [settings] */
  static async start(count, settings = {}) {
    const all = new Nodes();
    try {
      await all.#start(count, settings);
      return all;
    } catch (error) {
      await all.dispose();
      throw error;
    }
  }

  /** @param {number} count @param {Record<string, string>} settings */
  async #start(count, settings) {
    this.#postgres = await Postgres.start();
    this.database = await this.#postgres.database();
    const { port, letGo } = await keepPort();
    this.url = `http://127.0.0.1:${port}`;
    for (let number = 0; number < count; number += 1) {
      const environment = { STAFFEL_DATABASE_URL: this.database, STAFFEL_PUBLIC_URL: this.url, ...settings };
      this.nodes.push(await Server.start(environment));
    }
    const file = join(this.#folder, 'nginx.conf');
    const at = this.#folder;
    writeFileSync(
      file,
      `daemon off; pid ${at}/pid; error_log ${at}/log; events {}\n` +
        `http { access_log off; client_body_temp_path ${at}/body; proxy_temp_path ${at}/proxy;\n${lines(port, [...this.nodes])} }`,
    );
    // A person who is signed in on one of them, at the address of all.
    this.nodes[0].front = port;
    await letGo();
    this.#nginx = spawn(NGINX ?? 'nginx', ['-p', at, '-c', file, '-e', `${at}/log`], { stdio: 'ignore' });
    await until('nginx starts', () =>
      fetch(`${this.url}/health`).then(
        (answer) => answer.ok,
        () => false,
      ),
    );
  }

  /** The one at which people are signed in; its address is that of all. */
  get front() {
    return this.nodes[0];
  }

  /** A token for an agent that comes through nginx. @param {string} name @returns {string} */
  token(name) {
    const env = { ...process.env, STAFFEL_DATABASE_URL: this.database };
    const said = execFileSync(binary(), ['agents', 'add', name], { env, encoding: 'utf8' });
    return /staffel_\w+/.exec(said)?.[0] ?? '';
  }

  async dispose() {
    for (const node of this.nodes) await node.dispose();
    const nginx = this.#nginx;
    if (nginx && nginx.exitCode === null && nginx.signalCode === null) {
      const ended = new Promise((done) => nginx.once('exit', done));
      nginx.kill('SIGTERM');
      await ended;
    }
    await this.#postgres?.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

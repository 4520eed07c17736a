// A real server: one process with a data folder of its own, that can be killed and started again.

import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { newDatabase } from './postgres.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Whether every server keeps its data in a database of its own, where nothing else is said. */
export const ON_POSTGRES = process.env.STAFFEL_TEST_ON_POSTGRES === '1';

/** Asks again and again until there is an answer; fails after `limit` milliseconds.
 * @template T
 * @param {string} what
 * @param {() => Promise<T | undefined | false> | T | undefined | false} ask
 * @returns {Promise<T>} */
export async function until(what, ask, limit = 10_000) {
  const end = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${what}`);
    await pause(20);
  }
}

/** What an answer says that must not be a refusal. @param {Response} answer @returns {Promise<any>} */
async function ok(answer) {
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** The program under test. */
export function binary() {
  const program = resolve(process.env.STAFFEL_BIN ?? join(ROOT, 'target/staffel'));
  if (!existsSync(program)) throw new Error(`there is no ${program} to test; run: make build`);
  return program;
}

/** @typedef {{ position: number, revision: number, actor: { kind: string, name: string }, event: { type: string, [field: string]: any } }} Recorded */
/** @typedef {'accept' | 'request_changes' | 'stop'} Verdict */

/** Milliseconds: longer than any request of the tests waits. */
const ANSWERED_WITHIN = 60_000;

/** Who signs in first, on every new server. */
export const OWNER = 'Local';

export class Server {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;
  #port = 0;
  #starts = 0;
  #folder = mkdtempSync(join(tmpdir(), 'staffel-'));
  /** @type {Record<string, string>} */
  #environment;
  /** What the browsers of people hold, by their names.
   * @type {Map<string, string>} */
  #cookies = new Map();

  #nobody;
  /** The link that the newest start has printed, as long as there is nobody. */
  firstLink = '';

  /** @param {Record<string, string>} environment settings, as STAFFEL_… variables
   * @param {boolean} nobody whether nobody signs in by itself */
  constructor(environment = {}, nobody = false) {
    this.#environment = { ...environment };
    this.#nobody = nobody;
  }

  /** @param {Record<string, string>} [environment] @param {boolean} [nobody] */
  static async start(environment, nobody) {
    const server = new Server(environment, nobody);
    await server.start();
    return server;
  }

  /** The port of a proxy before it. @type {number | undefined} */
  front;

  get url() {
    return `http://127.0.0.1:${this.front ?? this.#port}`;
  }

  /** How many calls wait in this very process, also behind a proxy. */
  async waits() {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/api/status`, { signal: AbortSignal.timeout(ANSWERED_WITHIN) });
    return (await answer.json()).waits;
  }

  /** The id of its process. */
  get pid() {
    return this.#process?.pid;
  }

  /** The folder of its journal. */
  get data() {
    return join(this.#folder, 'data');
  }

  get mcp() {
    return `${this.url}/mcp`;
  }

  /** What the newest start says. */
  get #log() {
    return join(this.#folder, `server-${this.#starts}.log`);
  }

  #said() {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8') : '';
  }

  async start() {
    if (ON_POSTGRES) this.#environment.STAFFEL_DATABASE_URL ??= await newDatabase();
    // A person's own settings must not reach the tests.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('STAFFEL_'));
    this.#starts += 1;
    const out = openSync(this.#log, 'w');
    // Port 0 at the first start: the system picks a free one, and nobody can take it in between.
    const args = ['serve', '--listen', `127.0.0.1:${this.#port}`, '--data', this.data, '--no-open'];
    const child = spawn(binary(), args, {
      cwd: ROOT,
      // Nothing waits for ten seconds after each decision; what is about taking it back sets the time itself.
      env: { ...Object.fromEntries(inherited), STAFFEL_UNDO_SECONDS: '0', ...this.#environment },
      stdio: ['ignore', out, out],
    });
    closeSync(out);
    this.#process = child;
    try {
      await until(
        'the server starts',
        async () => {
          if (child.exitCode !== null) throw new Error('it ended at once');
          const address = /Board +http:\/\/127\.0\.0\.1:(\d+)/.exec(this.#said());
          if (!address) return false;
          this.#port = Number(address[1]);
          return fetch(`http://127.0.0.1:${this.#port}/health`, { signal: AbortSignal.timeout(5_000) }).then(
            (answer) => answer.ok,
            () => false,
          );
        },
        20_000,
      );
      const link = /(http\S+\/sign-in#code=)(\S+)/.exec(this.#said());
      this.firstLink = link?.[0] ?? '';
      if (link && !this.#nobody) await this.#signIn(link[2], OWNER);
    } catch (error) {
      throw new Error(`${error}\n${this.#said()}`);
    }
  }

  /** What the page does that a sign-in link opens. @param {string} code @param {string} person */
  async #signIn(code, person) {
    const answer = await this.api('POST', '/session', { code, name: person });
    await ok(answer);
    this.#cookies.set(person, answer.headers.getSetCookie()[0].split(';')[0]);
  }

  /** A link that signs somebody in who is added first, if that is needed.
   * @param {string} person @param {'viewer' | 'reviewer' | 'owner'} [role] @returns {Promise<string>} */
  async link(person, role = 'reviewer') {
    const added = await this.asPerson('POST', '/people', { name: person, role });
    const answer = added.status === 409 ? await this.asPerson('POST', `/people/${encodeURIComponent(person)}/link`) : added;
    return (await ok(answer)).link;
  }

  /** The cookie of a person, for a browser. @param {string} [person] */
  cookie(person = OWNER) {
    const [name, value] = (this.#cookies.get(person) ?? '').split('=');
    return { name, value, url: this.url, httpOnly: true, sameSite: /** @type {'Lax'} */ ('Lax') };
  }

  /** A request of a board in which a person is signed in.
   * @param {string} method @param {string} path @param {unknown} [body] @param {string} [person] */
  async asPerson(method, path, body, person = OWNER) {
    if (!this.#cookies.has(person)) await this.#signIn((await this.link(person)).split('#code=')[1], person);
    return this.api(method, path, body, { Cookie: this.#cookies.get(person) ?? '', Origin: this.url });
  }

  /** As by a power cut: nothing is told, nothing is flushed. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /** As by a person who stops it. */
  async stop() {
    await this.#end('SIGTERM');
  }

  /** @param {NodeJS.Signals} signal */
  async #end(signal) {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }

  async dispose() {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** @param {string} method @param {string} path @param {unknown} [body] @param {Record<string, string>} [headers] */
  async api(method, path, body, headers = {}) {
    return this.#ask(method, path, {
      headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  /** Says what was asked when there is no answer: a test that is over for its time alone says nothing.
   * @param {string} method @param {string} path @param {RequestInit} init */
  async #ask(method, path, init) {
    try {
      return await fetch(`${this.url}/api${path}`, { ...init, method, signal: AbortSignal.timeout(ANSWERED_WITHIN) });
    } catch (error) {
      const health = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(5_000) }).then((it) => it.text(), String);
      throw new Error(`${method} /api${path}: ${error}\nIts health: ${health}\n${this.#said()}`, { cause: error });
    }
  }

  /** Uploads a file that a handover can name, as `staffel attach` does: a line of its evidence.
   * @param {string} pipeline @param {string} name @param {string | Buffer} bytes @returns {Promise<{ name: string, hash: string }>} */
  async attach(pipeline, name, bytes) {
    const path = `/pipelines/${pipeline}/attachments?name=${encodeURIComponent(name)}`;
    const { hash } = await ok(await this.#ask('POST', path, { body: bytes }));
    return { name, hash };
  }

  /** What a person does in another browser.
   * @param {string} handover @param {Verdict} decision @param {{ revision?: number, changes?: string, review?: object, by?: string }} [more] */
  async decide(handover, decision = 'accept', { revision = 1, changes = '', review = {}, by = OWNER } = {}) {
    const [pipeline] = handover.split('-');
    const path = `/pipelines/${pipeline}/handovers/${handover}/decision`;
    return ok(await this.asPerson('POST', path, { decision, revision, review_changes: changes, review }, by));
  }

  /** Says how a phase is accepted, as a person does.
   * @param {string} pipeline @param {string} phase @param {object} policy */
  async setPolicy(pipeline, phase, policy) {
    await ok(await this.asPerson('PUT', `/pipelines/${pipeline}/phases/${phase}/policy`, policy));
  }

  /** @param {string} pipeline @returns {Promise<Recorded[]>} */
  async events(pipeline) {
    return (await ok(await this.api('GET', `/pipelines/${pipeline}/events`))).events;
  }

  /** How often a kind of fact lies in the journal. @param {string} pipeline @param {string} type */
  async count(pipeline, type) {
    return (await this.events(pipeline)).filter(({ event }) => event.type === type).length;
  }
}

// A throw-away PostgreSQL.

import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('../../scripts/postgres.sh', import.meta.url));

export class Postgres {
  #process = spawn(SCRIPT, ['-c', 'fsync=off'], { stdio: ['pipe', 'pipe', 'inherit'] });
  /** Resolves when it has ended. */
  #ended = new Promise((done) => this.#process.once('exit', done));
  #folder = '';
  #databases = 0;

  static async start() {
    const postgres = new Postgres();
    await postgres.#begin();
    return postgres;
  }

  async #begin() {
    const { stdin, stdout } = this.#process;
    const failed = this.#ended.then(() => Promise.reject(new Error('PostgreSQL did not start')));
    const said = new Promise((done) => createInterface(stdout).once('line', done));
    this.#folder = await Promise.race([said, failed]);
    failed.catch(() => {});
    // Nobody has to end it: it ends when its input ends, with this process.
    this.#process.unref();
    for (const pipe of [stdin, stdout]) /** @type {import('node:net').Socket} */ (pipe).unref();
  }

  /** A new database. @returns {Promise<string>} its URL */
  async database() {
    const name = `test${(this.#databases += 1)}`;
    await promisify(execFile)('psql', ['-qXh', this.#folder, '-U', 'staffel', 'postgres', '-c', `CREATE DATABASE ${name}`]);
    return `postgres:///${name}?host=${this.#folder}&user=staffel`;
  }

  async dispose() {
    this.#process.stdin.end();
    this.#process.ref();
    await this.#ended;
  }
}

/** @type {Promise<Postgres> | undefined} */
let ours;

/** A new database of a PostgreSQL that ends with this process. @returns {Promise<string>} its URL */
export async function newDatabase() {
  ours ??= Postgres.start();
  return (await ours).database();
}

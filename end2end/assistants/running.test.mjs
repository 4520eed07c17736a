// Real assistants that `staffel run` starts itself, with a scripted model: a person only decides.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';

import { Server, binary, until } from '../support/server.mjs';
import { MODULES, NODE, PATIENCE, version } from './assistant.mjs';
import { CLIENTS, set_up } from './clients.mjs';
import { Model } from './model.mjs';
import { Person } from './person.mjs';
import { works_on_what_it_is_told } from './script.mjs';

/** @typedef {import('./clients.mjs').Client} Client */

/** `staffel run` with an assistant, in a home and a project of its own. */
class Run {
  /** @type {Model | undefined} */
  model;
  home = realpathSync(mkdtempSync(join(tmpdir(), 'staffel-run-')));
  /** Its name is that of the project on the board. */
  project;
  said = '';
  /** As long as this is there, the model thinks. @type {Promise<void> | undefined} */
  thinks;
  #answers = () => {};
  /** @type {import('node:child_process').ChildProcess[]} */
  #children = [];
  /** The agents that were started, by their process groups. @type {Set<number>} */
  #agents = new Set();

  /** @param {Client} client @param {Server} server @param {string} project */
  constructor(client, server, project) {
    this.client = client;
    this.server = server;
    this.project = join(this.home, project);
  }

  async prepare() {
    this.model = await new Model(async (talk, tools) => {
      const act = works_on_what_it_is_told(talk, tools);
      await this.thinks;
      return act;
    }).start();
    mkdirSync(this.project);
    execFileSync('git', ['init', '-q'], { cwd: this.project });
    set_up(this.client, { home: this.home, project: this.project, model: this.model.url });
    return this;
  }

  /** From here on the model gives no answer, until it is asked to. */
  think() {
    this.thinks = new Promise((answers) => (this.#answers = () => answers(undefined)));
  }

  answer() {
    this.thinks = undefined;
    this.#answers();
  }

  /** Nothing of the person who runs the tests. */
  get environment() {
    const path = [join(MODULES, '.bin'), NODE, process.env.PATH].join(':');
    const own = this.client.environment({ home: this.home, project: this.project, model: this.model?.url ?? '' });
    return { PATH: path, HOME: this.home, LANG: 'C.UTF-8', NO_COLOR: '1', TERM: 'dumb', ...own };
  }

  /** @param {string[]} words */
  start(words) {
    const args = ['run', '--url', this.server.url, ...words, '--', this.client.name, ...(this.client.acp ?? [])];
    const child = spawn(binary(), args, { cwd: this.project, env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout?.on('data', (text) => (this.said += text));
    child.stderr?.on('data', (text) => (this.said += text));
    this.#children.push(child);
    return child;
  }

  /** @param {import('node:child_process').ChildProcess} child */
  async ended(child) {
    await until('the end of the run', () => child.exitCode !== null || child.signalCode !== null, PATIENCE);
    return child.exitCode;
  }

  /** As by a power cut. @param {import('node:child_process').ChildProcess} child */
  async kill(child) {
    for (const group of children_of(child.pid ?? 0)) this.#agents.add(group);
    child.kill('SIGKILL');
    await this.ended(child);
  }

  /** The agents of runs that were killed, which still run. */
  get left() {
    return [...this.#agents].filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1][0] !== 'Z';
      } catch {
        return false;
      }
    });
  }

  /** The page of the pipeline, as the run tells it. */
  async address() {
    const said = / works on (http\S+\/pipelines\/\w+) /;
    const [, address] = await until('an address', () => said.exec(this.said) ?? false, PATIENCE);
    return address;
  }

  /** The pipeline, once there is one of which this is true. @param {string} what @param {(pipeline: any) => boolean} [is] */
  async pipeline(what, is = () => true) {
    return until(
      what,
      async () => {
        const { pipelines } = await (await this.server.api('GET', `/pipelines?project=${this.project.split('/').at(-1)}`)).json();
        return pipelines.find(is);
      },
      PATIENCE,
    );
  }

  /** Decides about a handover, once this revision of it waits.
   * @param {number} number @param {import('../support/server.mjs').Verdict} decision @param {number} revision @param {string} changes */
  async decide(number, decision = 'accept', revision = 1, changes = '') {
    const waits = (/** @type {any} */ it) => it.handover?.handover.endsWith(`-h${number}`) && it.handover.revision === revision;
    const { pipeline } = await this.pipeline(`handover ${number}, revision ${revision}`, waits);
    await this.server.decide(`${pipeline}-h${number}`, decision, { revision, changes });
    return pipeline;
  }

  get traces() {
    return `${this.said}\n${this.model?.log.join('\n')}`;
  }

  async dispose() {
    for (const child of this.#children.filter((child) => child.exitCode === null && child.signalCode === null)) {
      child.kill('SIGTERM');
      await this.ended(child);
    }
    for (const group of this.left) {
      try {
        process.kill(-group, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
    this.answer();
    await this.model?.stop();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** @param {number} pid */
function children_of(pid) {
  const said = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return said.split('\n').map(Number).filter(Boolean);
}

/** How often each kind of fact lies in the journal. @param {Server} server @param {string} pipeline */
async function counted(server, pipeline) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const { event } of await server.events(pipeline)) counts[event.type] = (counts[event.type] ?? 0) + 1;
  return counts;
}

/** @type {Server} */
let server;
before(async () => {
  server = await Server.start();
});
after(() => server.dispose());

for (const client of CLIENTS.filter((client) => client.acp)) {
  const begin = ['--goal', 'Faster checkout', '--phases', 'PLAN,CREATE,REFLECT'];

  describe(`staffel run -- ${version(client)}`, { timeout: 6 * PATIENCE }, () => {
    /** @type {Run} */
    let run;
    /** @type {Person | undefined} */
    let person;
    afterEach(async (context) => {
      // @ts-expect-error the types do not know it
      if (context.error) console.log(run.traces, await person?.sees());
      await person?.leaves();
      person = undefined;
      await run.dispose();
    });

    test('three phases need no more than the decisions of a person at the board', async () => {
      run = await new Run(client, server, `phases-${client.name}`).prepare();
      person = await Person.of(server);
      const child = run.start(begin);
      const address = await run.address();
      await person.opens(address);
      await person.accepts('PLAN → CREATE');
      await person.requests_changes('CREATE → REFLECT', 'Shorter, please.');
      await person.accepts('CREATE → REFLECT', 2);
      await person.accepts('REFLECT → finish');
      assert.equal(await run.ended(child), 0);
      const pipeline = address.split('/').at(-1) ?? '';
      const counts = await counted(server, pipeline);
      assert.deepEqual(
        [counts.PipelineCompleted, counts.PromptPickedUp, counts.PromptAcknowledged, counts.HandoverRevised, counts.QuestionAsked],
        [1, 3, 3, 1, undefined],
      );
      const { session } = await (await server.api('GET', `/pipelines/${pipeline}`)).json();
      assert.deepEqual([session.client, session.folder], ['acp', run.project]);
    });

    test('a run that is killed goes on, and every decision counts once', async () => {
      run = await new Run(client, server, `killed-${client.name}`).prepare();
      // While the agent works.
      run.think();
      const first = run.start(begin);
      const { pipeline } = await run.pipeline('a pipeline');
      await until('the model is asked', () => run.model && run.model.asked > 0, PATIENCE);
      await run.kill(first);
      run.answer();
      const second = run.start(['--pipeline', pipeline]);
      await run.pipeline('a handover', (it) => it.status === 'awaiting_review');
      // While a person decides.
      await run.kill(second);
      await run.decide(1);
      const third = run.start(['--pipeline', pipeline]);
      await run.decide(2);
      await run.decide(3);
      assert.equal(await run.ended(third), 0);
      const counts = await counted(server, pipeline);
      assert.deepEqual(
        [counts.HandoverSubmitted, counts.HandoverRevised, counts.HandoverAccepted, counts.PromptPickedUp, counts.PromptAcknowledged],
        [3, undefined, 3, 2, 2],
      );
      assert.deepEqual(run.left, []);
      // The session is loaded: what was said in it is not lost. Gemini CLI 0.61.0 writes over a session that is loaded within the
      // minute in which it began, and then does not find it; the run begins a new one.
      if (client.name !== 'gemini') assert.equal(counts.SessionJoined, 1, run.said);
    });
  });
}

// The official conformance suite of MCP, in both protocol eras: all of it against its fixtures behind Staffel's own
// endpoint, and what needs no fixtures against Staffel itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ON_POSTGRES, Server } from '../support/server.mjs';
import { OF_FIXTURES, OF_STAFFEL } from './expected-failures.mjs';
import { Fixtures } from './fixtures.mjs';
import { run, scored } from './suite.mjs';

/** @typedef {import('./expected-failures.mjs').ExpectedFailures} ExpectedFailures */
/** @typedef {import('./suite.mjs').Check} Check */

// Not here: scenarios that pass in part without their tool, and prove nothing then.
const WITHOUT_FIXTURES = {
  '2026-07-28': [
    'server-stateless',
    'completion-complete',
    'tools-list',
    'server-sse-multiple-streams',
    'resources-list',
    'sep-2164-resource-not-found',
    'prompts-list',
    'dns-rebinding-protection',
    'caching',
    'http-header-validation',
    'input-required-result-unsupported-methods',
    'input-required-result-missing-input-response',
    'input-required-result-ignore-extra-params',
    'input-required-result-validate-input',
    'tasks-capability-negotiation',
    'tasks-dispatch-and-envelope',
  ],
  '2025-11-25': [
    'server-initialize',
    'ping',
    'completion-complete',
    'tools-list',
    'server-sse-multiple-streams',
    'resources-list',
    'prompts-list',
    'dns-rebinding-protection',
    'server-session-lifecycle',
  ],
};

/** The name of a scenario's test. @param {string} scenario @param {ExpectedFailures} expected @param {...string} notes */
function title(scenario, expected, ...notes) {
  const known = Object.keys(expected).filter((entry) => entry.split(':')[0] === scenario).length;
  if (known > 0) notes.push(`${known} expected to fail`);
  return [scenario, ...notes].join(', ');
}

/** What is not as it should be. A warning counts: it is about something that should hold.
 * @param {string} scenario @param {Check[]} checks
 * @param {ExpectedFailures} expected */
function faults(scenario, checks, expected) {
  const failed = checks
    .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
    .map(({ id, errorMessage }) => ({ entry: `${scenario}:${id}`, message: errorMessage }));
  if (!checks.some(({ status }) => status === 'SUCCESS')) {
    failed.push({ entry: scenario, message: 'nothing was checked to its end' });
  }
  const unexpected = failed.filter(({ entry }) => !(scenario in expected || entry in expected));
  const passes = Object.keys(expected).filter((entry) =>
    entry === scenario ? failed.length === 0 : entry.startsWith(`${scenario}:`) && failed.every((failure) => failure.entry !== entry),
  );
  return [
    ...unexpected.map(({ entry, message }) => `${entry}: ${message}`),
    ...passes.map((entry) => `${entry} passes now: remove it from the expected failures`),
  ];
}

/** What is not as it should be with a scenario. The suite gives an answer 1.5 s, too little for a machine that is busy for
 * a moment: what fails is tried alone once more.
 * @param {Map<string, Check[]>} results @param {string} scenario @param {ExpectedFailures} expected
 * @param {() => Promise<Map<string, Check[]>>} again */
async function lasting(results, scenario, expected, again) {
  const found = faults(scenario, results.get(scenario) ?? [], expected);
  return found.length === 0 ? found : faults(scenario, (await again()).get(scenario) ?? [], expected);
}

/** How many scenarios decide. @type {Record<string, number>} */
const SCORED = { '2026-07-28': 37, '2025-11-25': 30 };

for (const [revision, withoutFixtures] of Object.entries(WITHOUT_FIXTURES)) {
  test(`the fixtures, ${revision}`, { timeout: 120_000, skip: ON_POSTGRES && 'they keep nothing' }, async (t) => {
    const server = await Fixtures.start();
    t.after(() => server.dispose());
    const results = await run(server.mcp, revision, 'fixtures');
    const required = scored(revision);
    const faulty = new Set();
    for (const scenario of new Set([...required, ...results.keys()])) {
      const found = await lasting(results, scenario, OF_FIXTURES, () => run(server.mcp, revision, 'fixtures', scenario));
      if (found.length > 0) faulty.add(scenario);
      const notes = required.includes(scenario) ? [] : ['not scored'];
      await t.test(title(scenario, OF_FIXTURES, ...notes), () => assert.deepEqual(found, []));
    }
    const passed = required.filter((scenario) => !faulty.has(scenario) && !(scenario in OF_FIXTURES));
    t.diagnostic(`${revision}: ${passed.length} of ${required.length} scored scenarios pass`);
    // The suite's own list: that none has gone from it unseen.
    assert.equal(required.length, SCORED[revision]);
  });

  test(`Staffel, ${revision}`, { timeout: 120_000 }, async (t) => {
    const server = await Server.start();
    t.after(() => server.dispose());
    const results = await run(server.mcp, revision, 'staffel');
    for (const scenario of withoutFixtures) {
      const found = await lasting(results, scenario, OF_STAFFEL, () => run(server.mcp, revision, 'staffel', scenario));
      await t.test(title(scenario, OF_STAFFEL), () => assert.deepEqual(found, []));
    }
  });
}

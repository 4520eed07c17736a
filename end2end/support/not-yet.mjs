// For a test of what should hold and does not yet.

import assert from 'node:assert/strict';

/** Passes while `check` fails as expected, and fails as soon as it holds: then this wrapper has to go.
 * @param {string} reason @param {RegExp} failure @param {() => Promise<void>} check */
export function notYet(reason, failure, check) {
  return async () => {
    await assert.rejects(check, failure, `it holds now; no longer true: ${reason}`);
  };
}

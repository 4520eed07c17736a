// Says what a test did last that ran out of time: where it waits for something that is no step, nothing else tells.

import { relative } from 'node:path';

import type { Location, Reporter, TestCase, TestResult, TestStep } from '@playwright/test/reporter';

const SHOWN = 5;

export default class LastSteps implements Reporter {
  readonly #lines: string[] = [];

  onTestEnd(test: TestCase, result: TestResult) {
    if (result.status !== 'timedOut') return;
    const passed = ({ startTime }: TestStep) => startTime.getTime() - result.startTime.getTime();
    const inTime = [...all(result.steps)].filter((step) => passed(step) < test.timeout);
    const line = (step: TestStep) => {
      const took = step.duration < 0 ? 'not ended' : `took ${step.duration} ms`;
      return `    after ${passed(step)} ms: ${step.title}${step.location ? `, ${place(step.location)}` : ''}, ${took}`;
    };
    this.#lines.push(`  ${place(test.location)}: its last steps`, ...inTime.slice(-SHOWN).map(line));
  }

  onEnd() {
    for (const line of this.#lines) console.log(line);
  }
}

function* all(steps: TestStep[]): Generator<TestStep> {
  for (const step of steps) {
    yield step;
    yield* all(step.steps);
  }
}

function place({ file, line }: Location) {
  return `${relative(process.cwd(), file)}:${line}`;
}

/**
 * An agent's supervision as a process of its own, which can be killed: reads a JSON list of
 * assignments a line from its input, and writes every observation as a line.
 *
 * Arguments: state directory, directory of environment files.
 */

import { createInterface } from 'node:readline';
import { pino } from 'pino';
import type { Assignment } from '../../../src/agent/supervision/assignment.ts';
import { Supervision } from '../../../src/agent/supervision/supervision.ts';

const [stateDir, sysconfigDir] = process.argv.slice(2);
const supervision = new Supervision({
  stateDir: stateDir!,
  sysconfigDir: sysconfigDir!,
  logger: pino({ level: 'silent' }),
  onObservation: (observation) => process.stdout.write(`${JSON.stringify(observation)}\n`),
});
supervision.recover();
for await (const line of createInterface({ input: process.stdin }))
  supervision.assign(JSON.parse(line) as Assignment[], { full: true });

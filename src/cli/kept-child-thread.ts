/** The thread of `kept-child.ts`: whoever began a process is the one whom Node.js lets wait for it. */

import { spawn } from 'node:child_process';
import { parentPort, workerData } from 'node:worker_threads';
import type { KeptCommand, KeptReport } from './kept-child.ts';

const gate = workerData as Int32Array;
const tell = (report: KeptReport): void => parentPort?.postMessage(report);

parentPort?.once('message', ({ command, args, env }: KeptCommand) => {
  const child = spawn(command, args, { env, stdio: [0, 1, 2] });
  child.once('error', ({ code, message }: NodeJS.ErrnoException) =>
    tell({ kind: 'failed', code, message }),
  );
  child.once('spawn', () => {
    tell({ kind: 'begun', pid: child.pid! });
    Atomics.wait(gate, 0, 0);
  });
  child.once('exit', (code, signal) => tell({ kind: 'ended', code, signal }));
});

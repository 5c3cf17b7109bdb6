/**
 * Preloaded into a station: writes down each turn of its event loop that took long, in time of the CPU, which other
 * load on the machine does not add to. A line of the file is the time of its end, ms since the epoch, and how long it
 * took, ms.
 */

import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env['HALCYON_BENCH_TURNS'];
/** Shorter turns are not worth a line, ms. */
const worthMs = 5;

if (isMainThread && file !== undefined) {
  let last = process.threadCpuUsage();
  // A timer comes once a turn, where that is longer than it.
  setInterval(() => {
    const now = process.threadCpuUsage();
    const ms = (now.user - last.user + now.system - last.system) / 1000;
    last = now;
    if (ms >= worthMs) appendFileSync(file, `${Date.now()} ${ms}\n`);
  }, 1).unref();
}

/** The thread of `rendering-ahead.ts`. */

import { parentPort } from 'node:worker_threads';
import { createCountedRenderer } from '../../config/render.ts';
import type { Rendering } from '../../core/allocation/renderings.ts';

const render = createCountedRenderer();

parentPort!.on('message', (renderings: readonly Rendering[]) =>
  parentPort!.postMessage(renderings.map((one) => render(one))),
);

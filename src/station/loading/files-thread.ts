/** The thread of `files.ts`. */

import { parentPort } from 'node:worker_threads';
import { declarationFrom } from '../../config/declaration.ts';
import type { DeclarationFiles } from '../../config/declaration.ts';

parentPort!.on('message', (files: DeclarationFiles) =>
  parentPort!.postMessage(declarationFrom(files)),
);

/** Every flood, in the order in which they are measured. */

import { restlessAgent, unreadAgent, wrongAgent } from './agents.ts';
import { drippedBodies, drippedHeaders } from './connections.ts';
import type { Flood } from './flood.ts';
import { keys } from './keys.ts';
import {
  graphs,
  pages,
  past,
  rareEvents,
  statuses,
  streams,
  unreadGraphs,
  waiters,
  why,
} from './reads.ts';
import { rendering } from './rendering.ts';

export const floods: readonly Flood[] = [
  keys,
  unreadAgent,
  restlessAgent,
  wrongAgent,
  why,
  past,
  rareEvents,
  streams,
  waiters,
  graphs,
  unreadGraphs,
  statuses,
  pages,
  rendering,
  drippedBodies,
  drippedHeaders,
];

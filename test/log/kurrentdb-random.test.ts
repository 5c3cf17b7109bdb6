/**
 * Two stations append to one log on KurrentDB while its servers do wrong whatever they can, and
 * offer again what is in doubt, as `Doubts` does. There is one history; nothing that was
 * acknowledged is missing from it, nothing that certainly failed is in it, and nobody waits for ever.
 */

import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import type { Commit } from '../../src/core/events/commit.ts';
import { openKurrentdbLog } from '../../src/log/kurrentdb/kurrentdb-log.ts';
import type { EventLog } from '../../src/log/log.ts';
import { commitAt as lookUp } from '../../src/log/reading.ts';
import type { Fate } from '../kurrentdb/faults.ts';
import { FakeCluster, FakeNode } from '../kurrentdb/node.ts';
import { patience } from '../kurrentdb/patience.ts';
import { commitAt, range } from './contract.ts';
import { LeapingTimers } from './leaping-timers.ts';

const waits = { ...patience, look: 150, longestRest: 100 };
const commitsEach = 8;

const fates: Fate[] = [
  ...(['ack-lost', 'lost', 'late', 'cut', 'cancelled', 'timeout'] as const),
  ...(['denied', 'not-ready', 'no-leader'] as const),
];

type Wrong =
  | { readonly kind: 'fate'; readonly fate: Fate }
  | { readonly kind: 'elect' | 'kill' | 'revive' | 'hang' | 'wake' | 'deafen' | 'hear' | 'let go' };

interface Step {
  readonly node: number;
  readonly wrong: Wrong;
  readonly ms: number;
  /** How far the stations' time leaps then: nothing, a deadline of an answer, or of a call. */
  readonly leap: number;
}

const kinds = ['elect', 'kill', 'revive', 'hang', 'wake', 'deafen', 'hear', 'let go'] as const;
const wrongs = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(...fates).map((fate) => ({ kind: 'fate' as const, fate })),
  },
  { weight: 2, arbitrary: fc.constantFrom(...kinds).map((kind) => ({ kind })) },
);
const steps = fc.array(
  fc.record({
    ...{ node: fc.nat(1), wrong: wrongs, ms: fc.integer({ min: 5, max: 100 }) },
    leap: fc.constantFrom(0, 0, 0, patience.answer, patience.call),
  }),
  { minLength: 15, maxLength: 25 },
);

async function go(step: Step, cluster: FakeCluster, timers: LeapingTimers): Promise<void> {
  const { node: index, wrong, ms, leap } = step;
  const node = cluster.nodes[index] as FakeNode;
  const acts: Record<Exclude<Wrong['kind'], 'fate'>, () => unknown> = {
    elect: () => cluster.elect(node),
    kill: () => node.isAlive && node.kill(),
    revive: () => node.isAlive || node.revive(),
    hang: () => node.faults.hang(),
    wake: () => node.faults.wake(),
    deafen: () => (node.faults.feeds = false),
    hear: () => (node.faults.feeds = true),
    'let go': () => node.faults.letGo(),
  };
  if (wrong.kind === 'fate') node.faults.order(wrong.fate);
  else await acts[wrong.kind]();
  await pause(ms);
  timers.leap(leap);
}

async function heal(cluster: FakeCluster): Promise<void> {
  for (const node of cluster.nodes) {
    if (!node.isAlive) await node.revive();
    node.faults.wake();
    node.faults.feeds = true;
    node.faults.letGo();
    node.faults.clear();
  }
}

/** Offers a commit until its end is known. */
async function offer(log: EventLog, commit: Commit): Promise<'kept' | 'failed' | 'displaced'> {
  for (;;) {
    try {
      await log.append(commit, revision(commit.revision - 1));
      return 'kept';
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'append-failed') return 'failed';
      if (code === 'revision-conflict') {
        const there = await lookUp(log, commit.revision).catch(() => 'unknown' as const);
        if (there !== 'unknown')
          return JSON.stringify(there) === JSON.stringify(commit) ? 'kept' : 'displaced';
      } else if (code !== 'outcome-unknown') throw error;
      await pause(20);
    }
  }
}

const noteOf = ({ events }: Commit): string => (events[0]?.data as { note: string }).note;

/** Appends so many commits, each behind what it knows, and tells the end of each attempt. */
async function station(log: EventLog, name: string, ended: Map<string, string>): Promise<void> {
  for (let kept = 0, attempt = 0; kept < commitsEach; attempt += 1) {
    const note = `${name} ${attempt}`;
    const end = await offer(log, commitAt(log.head() + 1, note));
    ended.set(note, end);
    if (end === 'kept') kept += 1;
    else await pause(20);
  }
}

t.test('whatever the servers do wrong, there is one history and everybody hears', async (t) => {
  const property = fc.asyncProperty(steps, async (all) => {
    const cluster = new FakeCluster();
    const [first, second] = [await FakeNode.start(cluster), await FakeNode.start(cluster)];
    const place = `//127.0.0.1:${first.port},127.0.0.1:${second.port}/tried?tls=false`;
    const logs: EventLog[] = [];
    const timers = new LeapingTimers();
    const parts = { place, env: {}, waits, timers };
    for (let i = 0; i < 2; i++) logs.push(await openKurrentdbLog(parts));
    try {
      const seen = logs.map((log) => {
        const revisions: number[] = [];
        log.subscribe(revision(0), (commit) => revisions.push(commit.revision));
        return revisions;
      });
      const ended = new Map<string, string>();
      const working = Promise.all(logs.map((log, i) => station(log, `s${i}`, ended)));
      for (const step of all) await go(step, cluster, timers);
      await heal(cluster);
      // What was never answered ends, and is offered again.
      timers.leap(patience.call);
      const late = pause(300_000, 'late', { ref: false });
      if ((await Promise.race([working, late])) === 'late')
        throw new Error('somebody waits for ever');
      const head = cluster.streams.last('tried') + 1;
      for (const end = performance.now() + 60_000; performance.now() < end; await pause(20))
        if (logs.every((log) => log.head() === head)) break;
      const reader = await openKurrentdbLog(parts);
      logs.push(reader);
      const history = await Array.fromAsync(reader.read(revision(0)));
      const ends = await Promise.all(logs.map((log) => log.checksum(revision(head))));
      const notes = history.map(noteOf);
      const problems = [
        ...(new Set(ends).size === 1 ? [] : ['two histories']),
        ...(history.length === head ? [] : ['one is behind']),
        ...(new Set(notes).size === head ? [] : ['one is there twice']),
        ...seen.flatMap((revisions, i) =>
          JSON.stringify(revisions) === JSON.stringify(range(0, head)) ? [] : [`${i} missed some`],
        ),
        ...[...ended].flatMap(([note, end]) =>
          notes.includes(note) === (end === 'kept') ? [] : [`${note} ended as ${end}`],
        ),
      ];
      if (problems.length > 0) throw new Error(problems.join('; '));
    } finally {
      await heal(cluster);
      await Promise.all(logs.map((log) => log.close()));
      await cluster.close();
    }
  });
  await t.resolves(fc.assert(property, { numRuns: 2, endOnFailure: true }));
});

/** What members of projects are told as it happens, and how long an answer takes. */

import { setTimeout as pause } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { awakeClock } from '../station/awake.ts';
import { until } from '../station/harness.ts';
import type { Answer, InProcess } from '../station/harness.ts';
import { free, idOf, nobodys, ours, theirs, traces, twoProjects } from './two-projects.ts';

/** A stream of events that is read until it ends. */
const streamOf = async (
  t: Test,
  { app }: InProcess,
  token: string,
  clock = (): number => 0,
): Promise<{ text: () => string; ended: Promise<number> }> => {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/events`, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    signal: stop.signal,
  });
  let text = '';
  const read = async (): Promise<number> => {
    const decoder = new TextDecoder();
    try {
      for await (const piece of answer.body!) text += decoder.decode(piece);
    } catch {
      // The connection was cut, which is an end too.
    }
    return clock();
  };
  return { text: () => text, ended: read() };
};

t.test('a stream tells a member of its machines as long as they are its own', async (t) => {
  const two = await twoProjects(t);
  const { ask, operator, ourProcess, theirProcess } = two;
  const { text } = await streamOf(t, two, operator);
  const report = async (fid: string, state: string, reason: string): Promise<void> => {
    const { status } = await ask('PUT', `/processes/${fid}/state`, { state, reason });
    t.equal(status, 200);
  };
  await report(theirProcess, 'starting', 'theirs at first');
  await report(ourProcess, 'starting', 'ours at first');
  await until('our report', () => text().includes('ours at first'));
  await ask('POST', '/projects/ours/detach', { hosts: [ours] });
  await report(ourProcess, 'online', 'nobody’s');
  await ask('POST', '/projects/ours/attach', { hosts: [ours] });
  await report(ourProcess, 'offline', 'ours again');
  await until('our second report', () => text().includes('ours again'));
  t.notMatch(text(), 'nobody’s');
  for (const trace of [...traces(two), 'theirs at first']) t.notOk(text().includes(trace), trace);
});

t.test('10: an idle stream ends within a second of its token losing the project', async (t) => {
  const two = await twoProjects(t);
  const clock = awakeClock(t);
  const losses: Readonly<Record<string, (id: string) => Promise<Answer>>> = {
    'the member is taken out': (id) => two.ask('DELETE', `/projects/ours/members/${id}`),
    'the member gets another role': (id) =>
      two.ask('PUT', `/projects/ours/members/${id}`, { role: 'viewer' }),
    'the token is revoked': (id) => two.ask('DELETE', `/tokens/${id}`),
  };
  for (const [what, lose] of Object.entries(losses)) {
    const token = await two.tokenOf('member', { projects: [{ name: 'ours', role: 'operator' }] });
    const { ended, text } = await streamOf(t, two, token, clock);
    await until('the stream', () => text() !== '');
    t.equal((await lose(idOf(token))).status, 200);
    const lost = clock();
    const end = await Promise.race([ended, pause(60_000, null, { ref: false })]);
    t.ok(end !== null && end - lost < 1000, `${what}: ${end === null ? 'never' : end - lost} ms`);
  }
});

t.test('9: to be told that there is nothing takes as long, whatever there is', async (t) => {
  const { ask, operator } = await twoProjects(t);
  const took = async (host: string): Promise<number> => {
    const begun = process.hrtime.bigint();
    await ask('GET', `/hosts/${host}`, undefined, { token: operator });
    return Number(process.hrtime.bigint() - begun);
  };
  const times: { readonly hidden: number[]; readonly missing: number[] } = {
    hidden: [],
    missing: [],
  };
  // In turns, so that what else the machine does slows both alike.
  for (let i = 0; i < 400; i += 1) {
    times.hidden.push(await took(theirs));
    times.missing.push(await took(nobodys));
  }
  const median = (all: number[]): number => all.sort((a, b) => a - b)[all.length >> 1]!;
  const [hidden, missing] = [median(times.hidden), median(times.missing)];
  t.comment(`hidden ${hidden / 1000} µs, missing ${missing / 1000} µs`);
  t.ok(Math.max(hidden, missing) / Math.min(hidden, missing) < 1.5, 'medians of 400 each');
  t.match(await ask('GET', `/hosts/${free}`, undefined, { token: operator }), { status: 404 });
});

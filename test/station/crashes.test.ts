/** Invariants 3 and 5 over random commands and random crashes, with the real log. */

import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import type { Test } from 'tap';
import { bodyOf, openStation, reported, secretOf, startStation, temporary } from './harness.ts';
import type { Answer, Ask, InProcess } from './harness.ts';

const soak = process.env['HALCYON_SOAK'] === '1';

const password = 'a-password-of-an-OBM-91731';
const hosts = ['a.example', 'b.example', 'c.example'];
const facts = `cluster: crashes
hosts:
${hosts
  .map(
    (fqdn, i) => `  - fqdn: ${fqdn}
    roles: []
    variables: { lnid: 10.0.0.${i}@tcp }
    obm: { type: dummy, address: obm-${i}, user: root, password: ${password}-${i} }`,
  )
  .join('\n')}
`;
const roles = `
- role: ha
  processes:
    - { name: ha, type: ha, endpoint: "{{ lnid }}:12345:34:101", services: [HA] }
- role: app
  requires: [ha]
  processes:
    - name: app
      type: client
      ownership: independent
      multiplicity: "{{ multiplicity }}"
      endpoint: "{{ lnid }}:12345:41:4090"
      environment: { PORT: { range: [1, 5] } }
      services: [RMS]
`;

/** One request with a key of its own; `n` chooses among what there is. */
interface Step {
  readonly what: 'add' | 'remove' | 'state' | 'up' | 'load' | 'host';
  readonly n: number;
  readonly tokens: boolean;
  /** Whether the station dies after this request was sent and before its answer came. */
  readonly crash: boolean;
  /** Whether others are sent while it is open. */
  readonly together: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('add', 'add', 'add', 'remove', 'state', 'up', 'load', 'host'),
  n: fc.nat(1000),
  tokens: fc.boolean(),
  crash: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
  together: fc.boolean(),
});

const addAndCrash: Step = { what: 'add', n: 0, tokens: true, crash: true, together: true };

const send = (
  ask: Ask,
  { what, n, tokens }: Step,
  key: string,
  fids: readonly string[],
): Promise<Answer> => {
  const host = hosts[n % hosts.length]!;
  const fid = fids[n % Math.max(1, fids.length)] ?? '0x7200000000000001:0xffff';
  switch (what) {
    case 'add': {
      const overrides = { multiplicity: 1 + (n % 3) };
      return ask('POST', '/processes', { host, role: 'app', overrides, tokens }, { key });
    }
    case 'remove':
      return ask('DELETE', `/processes/${fid}`, undefined, { key });
    case 'state':
      return ask('PUT', `/processes/${fid}/state`, { state: ['online', 'failed'][n % 2] }, { key });
    case 'up':
      return ask('PUT', `/hosts/${host}/facts`, reported(`10.1.0.${n % 7}`, { agent: host }), {
        key,
      });
    case 'load':
      return ask('POST', '/load', bodyOf(facts, roles), { key });
    case 'host':
      return ask('POST', '/hosts', { fqdn: `h${n % 5}.example` }, { key });
  }
};

/** What does the same when it is done twice keeps no key: its repetition may say that nothing changed. */
const keepsKey = ({ what }: Step): boolean => !['host', 'state', 'up'].includes(what);

interface Sent {
  readonly step: Step;
  readonly key: string;
  /** Chosen when it was first sent: a retry asks for the same. */
  readonly fids: readonly string[];
  answer: Answer | null;
}

/**
 * Copies what a power cut would leave: the files as they are at this moment, while the station is still writing. Everything
 * acknowledged before is durable, so it must be in the copy.
 */
const powerCut = async (t: Test, { directory, admin }: InProcess): Promise<InProcess> => {
  const copy = mkdtempSync(join(tmpdir(), 'halcyon-cut-'));
  const names = readdirSync(directory).filter((name) => !/-shm$|lock/.test(name));
  // The write-ahead log last: it must not be behind the head file. Logs this short are never moved into the database.
  const contents = names
    .toSorted((a, b) => Number(a.endsWith('-wal')) - Number(b.endsWith('-wal')))
    .filter((name) => name !== 'snapshots')
    .map((name) => [name, readFileSync(join(directory, name))] as const);
  for (const [name, content] of contents) writeFileSync(join(copy, name), content, { mode: 0o600 });
  return openStation(t, { directory: copy, admin });
};

const checkGraph = ({ station }: InProcess): void => {
  const [endpoints, ports] = [new Set<string>(), new Set<string>()];
  for (const { endpoint, node, ranges } of station.graph.all('process')) {
    if (endpoints.has(endpoint)) throw new Error(`${endpoint} twice`);
    endpoints.add(endpoint);
    const port = ranges['PORT'] === undefined ? undefined : `${node} ${ranges['PORT']}`;
    if (port !== undefined && ports.has(port)) throw new Error(`${port} twice`);
    if (port !== undefined) ports.add(port);
  }
};

t.test(
  'T57: after any crash each acknowledged command is in the log, once, and no secret is anywhere',
  async (t) => {
    const secrets = new Set<string>([password]);
    let inFlight = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        let opened = await openStation(t);
        const directories = [opened.directory];
        const said: string[] = [];
        const first = await opened.ask('POST', '/load', bodyOf(facts, roles), { key: 'load' });
        if (first.status !== 200) throw new Error(first.text);
        const sent: Sent[] = [];
        let open: Promise<unknown>[] = [];
        const run = async (one: Sent): Promise<void> => {
          one.answer = await send(opened.ask, one.step, one.key, one.fids);
        };
        for (const [i, step] of steps.entries()) {
          const fids = [...opened.station.graph.all('process')].map(({ fid }) => fid as string);
          const one: Sent = { step, key: `k${i}`, fids, answer: null };
          sent.push(one);
          const running = run(one);
          open.push(running);
          if (!step.crash) {
            if (!step.together) await running;
            continue;
          }
          // Half of the crashes come while the commit is being written, the others at any moment.
          if (step.n % 2 === 0)
            while (one.answer === null && opened.station.waiting === 0) await nextTurn();
          else for (let turn = 0; turn < step.n % 16; turn += 1) await nextTurn();
          if (opened.station.waiting > 0) inFlight += 1;
          const answered = new Map(
            sent.filter(({ answer }) => answer).map((s) => [s.key, s.answer!]),
          );
          const next = await powerCut(t, opened);
          await Promise.all(open);
          open = [];
          await opened.close();
          said.push(...opened.logged);
          opened = next;
          directories.push(next.directory);
          // Whoever had no answer asks again; whoever had one may ask again, too.
          for (const s of sent) {
            const again = await send(opened.ask, s.step, s.key, s.fids);
            const before = answered.get(s.key);
            const wasKept =
              before !== undefined && before.status < 300 && before.body.changed !== false;
            if (wasKept && keepsKey(s.step) && again.text !== before.text)
              throw new Error(`${s.key}: ${before.text} became ${again.text}`);
            s.answer = again;
          }
        }
        await Promise.all(open);
        checkGraph(opened);

        // Each key is in the log at most once, and its answer names the revision that it has there.
        const { station } = opened;
        const revisions = new Map<string, number>();
        for await (const commit of station.log.read(0 as never)) {
          const key = commit.request?.key;
          if (key === undefined) continue;
          if (revisions.has(key)) throw new Error(`${key} twice`);
          revisions.set(key, commit.revision);
        }
        for (const { key, answer, step } of sent) {
          if (step.what !== 'add' || answer!.status !== 201) continue;
          if (revisions.get(key) !== answer!.body.revision)
            throw new Error(`${key} is not in the log`);
          for (const { token } of answer!.body.processes) if (token) secrets.add(secretOf(token));
        }
        const digest = station.graph.digest();
        const outputs: string[] = [];
        for (const path of [
          '/graph',
          '/graph?format=kv',
          '/graph?format=dot',
          '/events?limit=10000',
          '/dump',
          '/status',
          '/tokens',
          '/log',
          '/engine',
          '/hosts',
          '/processes',
          '/openapi.json',
        ])
          outputs.push((await opened.ask('GET', path)).text);
        outputs.push((await opened.ask('GET', '/metrics')).text);
        for (const kind of ['obm', 'host', 'node'])
          outputs.push((await opened.ask('GET', `/why/a.example?kind=${kind}`)).text);
        const key = readFileSync(join(opened.directory, 'station.key'));
        await opened.close();
        said.push(...opened.logged);

        const replayed = await openStation(t, { directory: opened.directory, admin: opened.admin });
        if (replayed.station.graph.digest() !== digest)
          throw new Error('replay gives another digest');
        await replayed.close();

        secrets.add(secretOf(opened.admin));
        secrets.add(key.toString('base64')).add(key.toString('hex'));
        for (const directory of directories)
          for (const name of readdirSync(directory))
            if (/^log\.db|^head|secrets/.test(name))
              outputs.push(readFileSync(join(directory, name), 'latin1'));
        for (const secret of secrets)
          for (const text of [...outputs, ...said])
            if (text.includes(secret)) throw new Error(`a secret is in: ${text.slice(0, 200)}`);
        for (const directory of directories) rmSync(directory, { recursive: true, force: true });
      }),
      {
        numRuns: soak ? 300 : 8,
        interruptAfterTimeLimit: soak ? 600_000 : 60_000,
        // However few of the random ones a busy machine has time for.
        examples: [[[addAndCrash, addAndCrash]]],
      },
    );
    t.ok(inFlight > 0, `${inFlight} crashes while something was being written`);
    t.ok(secrets.size > 5, `${secrets.size} secrets were looked for`);
  },
);

t.test('the executable says no secret, in whatever it is asked', async (t) => {
  const directory = temporary(t);
  const station = await startStation(t, directory, { flags: ['--log-level', 'trace'] });
  const { ask } = station;
  const shown = [await ask('POST', '/load', bodyOf(facts, roles))];
  const token = (await ask('POST', '/tokens', { name: 'agent', role: 'agent' })).body
    .token as string;
  const added = await ask('POST', '/processes', { host: 'a.example', role: 'app', tokens: true });
  const minted = added.body.processes.map((one: { token: string }) => one.token) as string[];
  const wrong = bodyOf(
    facts.replaceAll('user: root', 'user: [root]').replace('dummy', 'toaster'),
    roles,
  );
  shown.push(await ask('POST', '/load', wrong));
  shown.push(await ask('POST', '/load', bodyOf(`${facts}\n\t: broken [`, roles)));
  shown.push(await ask('POST', '/load', { ...bodyOf(facts, roles), extra: 1 }));
  shown.push(await ask('GET', '/status', undefined, { token: `${minted[0]!}x` }));
  shown.push(await ask('GET', `/why/x?kind=${token}`, undefined, { token: minted[0]! }));
  for (const path of [
    '/graph',
    '/events',
    '/dump',
    '/tokens',
    '/why/a.example?kind=obm',
    '/log',
    '/metrics',
  ])
    shown.push(await ask('GET', path));
  t.equal((await station.end('SIGTERM')).code, 0);
  const texts = [...shown.map(({ text }) => text), station.stderr()];
  for (const name of readdirSync(directory))
    if (name !== 'snapshots' && name !== 'station.key')
      texts.push(readFileSync(join(directory, name), 'latin1'));
  const secrets = [password, ...[token, ...minted, station.admin!].map(secretOf)];
  for (const secret of secrets) t.equal(texts.filter((text) => text.includes(secret)).length, 0);
});

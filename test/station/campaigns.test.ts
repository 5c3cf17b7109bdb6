/** Many machines, a few at a time, on a station with a running OBM daemon: what is sent to whom, and the truth of each. */

import t from 'tap';
import type { Test } from 'tap';
import { bodyOf, openStation, reported, temporary, until } from './harness.ts';
import type { Answer, InProcess, Json } from './harness.ts';
import { Bench, forget } from './obm-bench.ts';
import { ObmdProxy } from './obmd-proxy.ts';
import { unasked } from './suggestions/observed.ts';

/** Of every fleet here. */
const daemon = await Bench.daemon(t);

const patient = { headers: { prefer: 'wait=300' } };
const nameOf = (n: number): string => `n${String(n).padStart(2, '0')}.example`;

/** Machines with OBMs that pretend, four in an enclosure; of some everything fails. */
class Fleet {
  station: InProcess;
  readonly proxy: ObmdProxy;
  readonly #t: Test;
  readonly #directory: string;

  private constructor(t: Test, directory: string, station: InProcess, proxy: ObmdProxy) {
    this.#t = t;
    this.#directory = directory;
    this.station = station;
    this.proxy = proxy;
  }

  static async of(t: Test, count: number, faulty: readonly number[] = []): Promise<Fleet> {
    await forget(daemon);
    const proxy = await ObmdProxy.start(t, () => daemon.url);
    const directory = temporary(t);
    const station = await openStation(t, { directory, checks: unasked });
    const all = Array.from({ length: count }, (_, i) => i + 1);
    const enclosureOf = (n: number): string => `c${Math.ceil(n / 4)}`;
    const enclosures = [...new Set(all.map(enclosureOf))];
    const facts = `cluster: galileo
places: [{site: s, racks: [{rack: r1, enclosures: [${enclosures.join(', ')}]}]}]
hosts:
${all.map((n) => `  - {fqdn: ${nameOf(n)}, roles: [], enclosure: ${enclosureOf(n)}}`).join('\n')}
`;
    const loaded = await station.ask('POST', '/load', bodyOf(facts));
    if (loaded.status !== 200) throw new Error(loaded.text);
    const body = { obmd: proxy.url, admin_token: daemon.admin, type: 'dummy' };
    for (const n of all) {
      const info = faulty.includes(n) ? { fault: 'refused' } : {};
      const path = `/hosts/${nameOf(n)}/obm`;
      const answers = [
        await station.ask('PUT', path, { ...body, info }),
        await station.ask('POST', `${path}/enable`),
      ];
      for (const { status, text } of answers) if (status > 201) throw new Error(text);
    }
    return new Fleet(t, directory, station, proxy);
  }

  ask(method: string, path: string, body?: object): Promise<Answer> {
    return this.station.ask(method, path, body, patient);
  }

  get names(): string[] {
    return [...this.station.station.graph.all('host')].map(({ fqdn }) => fqdn);
  }

  /** Their agents report a boot. */
  async boot(names: readonly string[], boot = '0'): Promise<void> {
    for (const fqdn of names) {
      const boot_id = `00000000-0000-4000-8000-00000000b00${boot}`;
      const address = `10.0.0.${Number(fqdn.slice(1, 3))}`;
      const path = `/hosts/${fqdn}/facts`;
      const { status, text } = await this.station.ask('PUT', path, reported(address, { boot_id }));
      if (status !== 200) throw new Error(text);
    }
  }

  reboot(body: object, query = ''): Promise<Answer> {
    return this.station.ask('POST', `/nodes/actions/reboot${query}`, body);
  }

  /** Each machine that is told to start anew does, until the campaign has ended. */
  async comesBack(id: number): Promise<void> {
    const graph = this.station.station.graph;
    const back = new Set<string>();
    await until('its end', async () => {
      const told = this.sent.filter((label) => !back.has(label));
      for (const label of told) back.add(label);
      await this.boot(told, '1');
      return graph.get('campaign', `campaign ${id}`)?.ended;
    });
  }

  /** Begins to release machines, and waits for nothing. */
  release(nodes: string, body: object = {}): Promise<Answer> {
    return this.station.ask('POST', '/nodes/actions/release', { nodes, ...body });
  }

  async end(id: number): Promise<Json> {
    return (await this.ask('GET', `/operations/${id}`)).body;
  }

  async campaign(id: number, query = ''): Promise<Json> {
    return (await this.ask('GET', `/campaigns/${id}${query}`)).body;
  }

  async events(): Promise<{ type: string; data: Json; revision: number }[]> {
    return (await this.ask('GET', '/events?limit=10000')).body.events;
  }

  /** The station ends, and another one goes on. */
  async restart(): Promise<void> {
    const { admin } = this.station;
    await this.station.close();
    this.station = await openStation(this.#t, { directory: this.#directory, admin });
  }

  /** What was sent to switch machines off, in order. */
  get sent(): string[] {
    return this.proxy.orders.map(({ label }) => label);
  }
}

t.test(
  '48: many are rebooted by a grant: of a chassis one at a time, within a share, and no more where too many fail',
  async (t) => {
    const fleet = await Fleet.of(t, 12, [6, 11]);
    await fleet.boot(fleet.names);
    const nodes = 'n[01-12].example';
    const wide = { max_parallel: 3, stop_after: 2, count: 12, how: 'hard' };
    const some = { override: true, reason: 'a new kernel', nodes: 'n[01-10].example', count: 10 };
    const asked = await fleet.reboot({ ...wide, ...some });
    t.match(asked, { status: 401, body: { code: 'step-up-needed' } }, 'a grant is asked for');
    await fleet.ask('POST', '/grants', {
      actions: ['power'],
      hosts: fleet.names,
      reason: 'a new kernel',
    });
    const vetoed = await fleet.reboot({ ...wide, nodes });
    t.match(vetoed, { status: 422, body: { code: 'reboot-vetoed', detail: /^12 of 12 machines/ } });
    t.match(vetoed.body.vetoes[0], { code: 'no-suggestion', text: /^n01\.example: / });
    const all = { ...wide, nodes, override: true, reason: 'a new kernel' };
    const plan = await fleet.reboot(all, '?dry_run=true');
    t.match(plan.body, {
      ...{ machines: 12, left_out: [], waves_total: 5 },
      waves: ['n01.example', 'n[02,05,09].example'],
    });
    t.equal((await fleet.events()).filter(({ type }) => type === 'CampaignOrdered').length, 0);
    const begun = await fleet.reboot(all);
    t.match(begun, { status: 202, body: { kind: 'campaign', subject: nodes } });
    await fleet.comesBack(begun.body.id);
    const end = await fleet.end(begun.body.id);
    t.match(end, { state: 'failed', problem: /^2 of 12 machines failed, and \d+ were not done/ });
    let stopped = false;
    const open = new Set<string>();
    const ended: string[] = [];
    const events = await fleet.events();
    for (const { type, data } of events) {
      if (type === 'CampaignStopped') stopped = true;
      if (type === 'ProcedureEnded') {
        open.delete(data.fqdn);
        ended.push(data.outcome);
      }
      if (type !== 'ProcedureOrdered') continue;
      t.notOk(stopped, `${data.fqdn} was begun before it stopped`);
      open.add(data.fqdn);
      t.ok(open.size <= (ended.includes('done') ? 3 : 1), `${[...open].join()} are under way`);
      const enclosures = Array.from(open, (fqdn) => Math.ceil(Number(fqdn.slice(1, 3)) / 4));
      t.equal(new Set(enclosures).size, open.size, `${[...open].join()} are of several chassis`);
    }
    t.ok(stopped);
    t.equal(events.filter(({ type }) => type === 'GrantUsed').length, 12, 'each is a use');
    t.equal(new Set(fleet.sent).size, fleet.sent.length, 'each is told once');
    t.equal(fleet.sent[0], nameOf(1), 'the first alone');
    const { counts, items, state, stopped: why } = await fleet.campaign(begun.body.id);
    t.match({ state, why }, { state: 'failed', why: '2 machines failed' });
    t.match(counts, { waiting: 0, running: 0, failed: 2, left_out: 0 });
    t.equal(counts.done + counts.cancelled, 10);
    for (const { host, state: is, operation } of items)
      t.equal(operation !== null, fleet.sent.includes(host), `${host}, which is ${is}`);
  },
);

t.test(
  '48: more than a share of all machines are refused, unless somebody says otherwise',
  async (t) => {
    const fleet = await Fleet.of(t, 11);
    const all = { count: 11 };
    const wide = await fleet.release('n[01-11].example', all);
    t.match(wide, { status: 422, body: { code: 'blast-radius', detail: /10 of 11/ } });
    const bare = await fleet.release('n[01-11].example', { ...all, override: true });
    t.match(bare, { status: 400, body: { field: 'reason' } });
    const miscounted = await fleet.release('n[01-11].example', { count: 10 });
    t.match(miscounted, {
      status: 400,
      body: { field: 'count', detail: /11 machines, and not 10/ },
    });
    t.match(await fleet.release('n[01-11].example'), { status: 400, body: { field: 'count' } });
    t.strictSame(fleet.sent, []);
    await fleet.ask('PUT', '/vars', { reboot_blast_radius: 100 });
    const begun = await fleet.release('@*', all);
    t.equal(begun.status, 202, begun.text);
    const cancelled = await fleet.ask('POST', `/operations/${begun.body.id}/cancel`);
    t.match(cancelled.body, { total: 11, stage: /stopped: cancelled by/ });
  },
);

t.test('48: cancelling leaves alone what was not begun', async (t) => {
  const fleet = await Fleet.of(t, 5);
  const { promise: isHeld, resolve: held } = Promise.withResolvers<void>();
  const { promise: goOn, resolve: release } = Promise.withResolvers<void>();
  fleet.proxy.cuts = async (call, when) => {
    if (call !== 'POST power' || when !== 'before') return false;
    held();
    await goOn;
    return false;
  };
  const { body } = await fleet.release('n[01-05].example', { count: 5 });
  await isHeld;
  const cancelled = await fleet.station.ask('POST', `/operations/${body.id}/cancel`);
  t.match(cancelled.body, { state: 'running', stage: /1 under way.*stopped: cancelled by/ });
  release();
  t.match(await fleet.end(body.id), { state: 'cancelled', done: 1, failed: [] });
  t.strictSame(fleet.sent, [nameOf(1)]);
});

t.test('55: of some of many that were changed, the truth of each is told, and stays', async (t) => {
  const fleet = await Fleet.of(t, 5, [3]);
  const asked = { count: 6, stop_after: 9, canary: false };
  const refused = await fleet.release('n[01-06].example', asked);
  t.match(refused, {
    status: 404,
    body: { detail: /^1 of 6 machines may not be, so none is.*n06/ },
  });
  t.strictSame(fleet.sent, [], 'none is changed');
  await fleet.station.ask('POST', `/hosts/${nameOf(2)}/obm/disable`);
  const disabled = await fleet.release('n[01-05].example', { ...asked, count: 5 });
  t.match(disabled, { status: 409, body: { code: 'obm-disabled', detail: /^1 of 5/ } });
  const { body } = await fleet.release('n[01-06].example', { ...asked, partial: 'allow' });
  t.match(body.warnings, [/^left out n06.*no host/, /^left out n02.*not enabled/]);
  t.match(await fleet.end(body.id), {
    ...{ state: 'failed', total: 4, done: 3, problem: '1 of 4 machines failed' },
    failed: [{ host: nameOf(3), reason: /^power-off: .*told to fail/ }],
  });
  const truth = await fleet.campaign(body.id);
  const is = (n: number, state: string, detail: RegExp | string = ''): object => ({
    ...{ host: nameOf(n), state, detail },
  });
  t.match(truth.items, [
    ...[is(1, 'done'), is(3, 'failed', /told to fail/), is(4, 'done'), is(5, 'done')],
    ...[is(6, 'left-out', /no host/), is(2, 'left-out', /not enabled/)],
  ]);
  t.match(truth.counts, { done: 3, failed: 1, left_out: 2, waiting: 0, running: 0, cancelled: 0 });
  // Whatever happens to the machines later.
  await fleet.station.ask('POST', `/hosts/${nameOf(1)}/obm/power`, { action: 'on' }, patient);
  await fleet.restart();
  const { revision: _, ...later } = await fleet.campaign(body.id);
  const { revision: __, ...then } = truth;
  t.strictSame(later, then);
  t.match(await fleet.campaign(body.id, '?state=failed'), {
    items: [is(3, 'failed', /told to fail/)],
  });
  const page = await fleet.campaign(body.id, '?limit=2');
  t.match(page, { items: [is(1, 'done'), is(3, 'failed', /told to fail/)], next: '2' });
  t.match(await fleet.campaign(body.id, '?limit=2&cursor=2'), { items: [is(4, 'done'), {}] });
  t.match((await fleet.ask('GET', '/campaigns')).body, {
    items: [{ id: body.id, what: 'release' }],
  });
});

t.test('48: a station that ends in the middle goes on with those that are left', async (t) => {
  const fleet = await Fleet.of(t, 6);
  const { promise: isHeld, resolve: held } = Promise.withResolvers<void>();
  fleet.proxy.cuts = async (call, when) => {
    if (call !== 'POST power' || when !== 'after' || fleet.sent.length !== 3) return false;
    held();
    return true;
  };
  const { body } = await fleet.release('n[01-06].example', { count: 6, stop_after: 9 });
  await isHeld;
  await fleet.restart();
  const end = await fleet.end(body.id);
  t.equal(end.total, 6);
  t.match(end.state, /^(succeeded|failed)$/, 'of one nobody may know');
  await until('all were told', () => fleet.sent.length === 6);
  t.strictSame(
    [...fleet.sent].sort(),
    Array.from({ length: 6 }, (_, i) => nameOf(i + 1)),
  );
  const { counts } = await fleet.campaign(body.id);
  t.match(counts, { waiting: 0, running: 0, cancelled: 0 });
  t.equal(counts.done + counts.failed, 6);
  t.ok(counts.failed <= 1);
});

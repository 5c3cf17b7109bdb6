/** OBMs by the station's API and a running OBM daemon: registered, enabled, disabled, whatever fails in between. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { obmLimits } from '../../src/station/fair-use/shares.ts';
import { answerBytesMax } from '../../src/station/obm/request.ts';
import { host, openStation } from './harness.ts';
import type { Answer } from './harness.ts';
import { Bench, other } from './obm-bench.ts';
import type { When } from './obmd-proxy.ts';

const shared = await Bench.set(t);
/** The bench that most tests share, as it was at first. */
const emptied = async (): Promise<Bench> => {
  await shared.clear();
  return shared;
};

t.test('2, 4, 5: an OBM is registered, enabled, disabled and unregistered', async (t) => {
  const bench = await emptied();
  t.match(await bench.register(), { status: 201, body: { changed: true } });
  t.match(await bench.register(), { status: 200, body: { changed: false } }, 'once more is once');
  t.equal(await bench.state(), 'disabled');
  t.match(await bench.turn('enable'), { status: 200, body: { changed: true } });
  t.equal(await bench.state(), 'enabled');
  t.same(await bench.good(), [bench.held()], 'the station has the token that is good');
  t.match(await bench.turn('enable'), { status: 200, body: { changed: false } });
  t.equal(bench.proxy.tokens.length, 1, 'no other was asked for');
  t.match(await bench.unregister(), { status: 409, body: { code: 'obm-enabled' } });
  t.match(await bench.turn('disable'), { status: 200, body: { changed: true } });
  t.same(await bench.good(), []);
  const asked = bench.proxy.calls.length;
  t.match(await bench.turn('disable'), { status: 200, body: { changed: false } });
  t.equal(bench.proxy.calls.length, asked, 'nothing to do is a success');
  t.match(await bench.unregister(), { status: 200, body: { changed: true } });
  t.match(await bench.unregister(), { status: 200, body: { changed: false } });
  t.match(await bench.station.ask('GET', `/hosts/${host}/obm`), {
    status: 404,
    body: { code: 'obm-not-registered' },
  });
  t.match(await bench.daemon.asAdmin('GET', `/v2/obms/${host}`), { status: 404 });
  t.same(bench.station.station.secrets.names, [], 'no secret is left');
  t.match(await bench.turn('enable', 'nowhere.example'), { status: 404 });
  t.match(await bench.turn('disable', 'nowhere.example'), { status: 404 });
  t.match(await bench.turn('disable'), { status: 404, body: { code: 'obm-not-registered' } });
});

/** Sees a console by a token, as whoever has the machine does. */
const view = async (bench: Bench): Promise<IncomingMessage> => {
  const url = `${bench.daemon.url}/node/${host}/console?token=${bench.held()!}`;
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  response.on('error', () => undefined).resume();
  return response;
};

t.test('4: what is enabled already cuts nobody off, and a new token does', async (t) => {
  const bench = await emptied();
  await bench.register();
  await bench.turn('enable');
  const viewer = await view(bench);
  let isOver = false;
  const over = once(viewer, 'close').then(() => (isOver = true));
  t.match(await bench.turn('enable'), { body: { changed: false } });
  t.match(await bench.turn('enable'), { body: { changed: false } });
  t.notOk(isOver);
  const before = bench.held()!;
  t.match(await bench.turn('reissue'), { status: 200, body: { changed: true } });
  await over;
  t.not(bench.held(), before);
  t.same(await bench.good(), [bench.held()]);
  const again = once(await view(bench), 'close');
  await bench.turn('disable');
  await again;
});

t.test('a request for a new token that is repeated by its key makes one token', async (t) => {
  const bench = await emptied();
  await bench.register();
  await bench.turn('enable');
  const asked = { key: 'once' };
  const [first, second] = await Promise.all([
    bench.turn('reissue', host, asked),
    bench.turn('reissue', host, asked),
  ]);
  t.match([first, second], [{ status: 200 }, { status: 200 }]);
  t.equal(bench.proxy.tokens.length, 2);
  await bench.turn('reissue', host, asked);
  t.equal(bench.proxy.tokens.length, 2);
});

t.test('of a dry run neither the log nor the daemon knows', async (t) => {
  const bench = await Bench.set(t);
  const { ask, station } = bench.station;
  const before = station.head;
  t.match(await ask('PUT', `/hosts/${host}/obm?dry_run=true`, bench.body), {
    body: { dry_run: true, events: [{ type: 'ObmRegistered' }] },
  });
  t.equal(station.head, before);
  await bench.register();
  await bench.follows();
  const [calls, head] = [bench.proxy.calls.length, station.head];
  t.match(await ask('POST', `/hosts/${host}/obm/enable?dry_run=true`), {
    body: { events: [{ type: 'ObmEnableBegun' }] },
  });
  t.match(await ask('DELETE', `/hosts/${host}/obm?dry_run=true`), {
    body: { events: [{ type: 'ObmUnregistered' }] },
  });
  const stale = { headers: { 'if-match': '"1"' } };
  for (const verb of ['enable', 'disable', 'reissue'] as const)
    t.match(await bench.turn(verb, host, stale), { status: 412 });
  t.match(await ask('DELETE', `/hosts/${host}/obm`, undefined, stale), { status: 412 });
  t.equal(bench.proxy.calls.length, calls);
  t.equal(station.head, head);
});

t.test('2: what is wrong is named, and nothing is registered', async (t) => {
  const bench = await emptied();
  const wrong: [object, object][] = [
    [{ obmd: 'obmd.example' }, { status: 400, body: { field: 'obmd' } }],
    [{ obmd: 'ftp://obmd.example' }, { status: 400, body: { field: 'obmd' } }],
    [{ obmd: 'http://obmd.example:7410' }, { status: 400, body: { detail: /in the clear/ } }],
    [{ obmd: 'https://user:geheim@obmd.example' }, { status: 400, body: { field: 'obmd' } }],
    [{ obmd: 'https://obmd.example/?a=b' }, { status: 400, body: { field: 'obmd' } }],
    [{ type: undefined }, { status: 400, body: { field: 'type' } }],
    [{ info: undefined }, { status: 400, body: { field: 'info' } }],
    [{ type: 'nonesuch' }, { status: 400, body: { field: 'type', detail: /known are/ } }],
    [{ type: 'ipmi' }, { status: 400, body: { field: /^info/ } }],
    [{ info: { nonesuch: 1 } }, { status: 400, body: { field: /^info/ } }],
    [{ label: '..' }, { status: 400, body: { field: 'label' } }],
    [{ label: 'a/b' }, { status: 400, body: { field: 'label' } }],
    [{ admin_token: '' }, { status: 400, body: { field: 'admin_token' } }],
    [{ admin_token: 'wrong' }, { status: 409, body: { code: 'obmd-not-let-in' } }],
    [
      { type: undefined, info: undefined },
      { status: 409, body: { code: 'obmd-lost' } },
    ],
    [{ obmd: 'http://127.0.0.1:1' }, { status: 502, body: { code: 'obmd-away' } }],
    [{ obmd: 'https://127.0.0.1:1' }, { status: 502, body: { code: 'obmd-away' } }],
  ];
  for (const [change, expected] of wrong) {
    const answer = await bench.register(change);
    t.match(answer, expected, JSON.stringify(change));
    t.notMatch(answer.text, /geheim/);
  }
  t.match(await bench.register({}, 'nowhere.example'), { status: 404 });
  t.match(await bench.station.ask('GET', '/obms'), { body: { items: [] } });
  t.same(bench.station.station.secrets.names, []);
  t.match(await bench.daemon.asAdmin('GET', '/v2/obms'), { text: /"obms":\[\]/ });
});

t.test('a server that is no OBM daemon proves nothing by what it does not have', async (t) => {
  const bench = await emptied();
  await bench.register();
  await bench.turn('enable');
  const stranger = createServer((_request, response) => response.writeHead(404).end('no'));
  const { port } = new URL(bench.daemon.url);
  await bench.daemon.process.stop('SIGKILL');
  stranger.listen(Number(port), '127.0.0.1');
  await once(stranger, 'listening');
  t.match(await bench.turn('disable'), { status: 502, body: { code: 'obmd-failed' } });
  t.equal(await bench.state(), 'enabled', 'it is not known to be shut');
  t.match(await bench.turn('enable'), { status: 502 });
  stranger.close();
  stranger.closeAllConnections();
  await once(stranger, 'close');
  await bench.daemon.run();
  t.match(await bench.turn('disable'), { status: 200 });
});

t.test('1: the OBM of one machine is registered once, and is no other one’s', async (t) => {
  const bench = await emptied();
  await bench.register();
  t.match(await bench.register({ label: 'else' }), {
    status: 409,
    body: { code: 'obm-registered', detail: /unregister it first/ },
  });
  t.match(await bench.register({ info: { consoleWaitMs: 1 } }), { status: /400|409/ });
  t.match(await bench.register({ type: 'ssh', info: {} }), { status: 400 });
  t.match(await bench.register({ label: host }, other), {
    status: 409,
    body: { code: 'obm-taken' },
  });
  const listed = await bench.station.ask('GET', '/obms');
  t.match(listed.body.items, [{ host, obmd: bench.proxy.url, label: host, state: 'disabled' }]);
  t.equal(bench.proxy.calls.filter((call) => call === 'DELETE node').length, 0);
});

t.test('what a daemon has already is taken over, unless somebody uses it there', async (t) => {
  const bench = await emptied();
  await bench.daemon.register('n3', 'dummy', {});
  const there = { type: undefined, info: undefined, label: 'n3' };
  t.match(await bench.register(there), { status: 201 });
  t.match(await bench.turn('enable'), { status: 200 });
  const used = await bench.daemon.lend('n2', 'dummy', {});
  for (const change of [{ ...there, label: 'n2' }, { label: 'n2' }])
    t.match(await bench.register(change, other), {
      status: 409,
      body: { code: 'obm-taken', detail: /somebody has a token/ },
    });
  t.equal(await bench.daemon.power('n2', used), 'off', 'who uses it is not cut off');
});

t.test('6: a machine is not taken back while its OBM is enabled', async (t) => {
  const bench = await emptied();
  const { ask } = bench.station;
  await ask('POST', '/projects', { name: 'climate' });
  await bench.register();
  await ask('POST', '/projects/climate/attach', { hosts: [host] });
  await bench.turn('enable');
  const detach = (): Promise<Answer> => ask('POST', '/projects/climate/detach', { hosts: [host] });
  t.match(await detach(), { status: 409, body: { code: 'obm-enabled', detail: /disable it/ } });
  await bench.turn('disable');
  t.match(await detach(), { status: 200 });
});

t.test('9: members use the OBMs of their machines, and learn of no other', async (t) => {
  const bench = await Bench.set(t);
  const { ask } = bench.station;
  await ask('POST', '/projects', { name: 'climate' });
  await ask('POST', '/projects/climate/attach', { hosts: [host] });
  for (const fqdn of [host, other]) await bench.register({}, fqdn);
  const issued = await ask('POST', '/tokens', {
    name: 'member',
    role: 'member',
    projects: [{ name: 'climate', role: 'operator' }],
  });
  const watching = await ask('POST', '/tokens', {
    name: 'viewer',
    role: 'member',
    projects: [{ name: 'climate', role: 'viewer' }],
  });
  const asked = { token: issued.body.token as string };
  const onlooker = { token: watching.body.token as string };
  const get = (path: string): Promise<Answer> => ask('GET', path, undefined, asked);
  t.match((await get('/obms')).body, {
    items: [{ host, state: 'disabled', obmd: null, label: null }],
    next: null,
  });
  t.match(await get(`/hosts/${host}/obm`), { status: 200, body: { obmd: null } });
  t.match(await bench.turn('enable', host, onlooker), { status: 403 });
  t.match(await bench.turn('enable', host, asked), { status: 200 });
  t.match(await bench.turn('disable', host, asked), { status: 200 });
  const none = await bench.turn('enable', 'no.such.example', asked);
  const others = await bench.turn('enable', other, asked);
  t.match([none.status, others.status], [404, 404]);
  t.equal(others.body.detail, none.body.detail.replace('no.such.example', other));
  t.match(await get(`/hosts/${other}/obm`), { status: 404, body: { code: 'unknown-host' } });
  t.match(await ask('PUT', `/hosts/${host}/obm`, bench.body, asked), { status: 403 });
  t.match(await ask('DELETE', `/hosts/${host}/obm`, undefined, asked), { status: 403 });
  const events = await get('/events?limit=10000');
  t.notMatch(events.text, bench.proxy.url, 'nor how they are reached');
  t.match(events.text, 'ObmEnabled');
  t.notMatch(events.text, /"hash"/);
  await bench.daemon.process.stop('SIGKILL');
  const away = await bench.turn('enable', host, asked);
  t.match(away, { status: 502 });
  t.notMatch(away.text, new URL(bench.proxy.url).port);
});

t.test('a daemon that is away, or hangs, holds nobody up for long', async (t) => {
  const bench = await emptied();
  await bench.register();
  process.kill(bench.daemon.process.pid, 'SIGSTOP');
  t.match(await bench.turn('enable'), { status: 504, body: { code: 'obmd-silent' } });
  t.equal(await bench.state(), 'enabling', 'nobody knows whether a token is out');
  process.kill(bench.daemon.process.pid, 'SIGCONT');
  await bench.daemon.process.stop('SIGKILL');
  t.match(await bench.turn('enable'), { status: 502, body: { code: 'obmd-away' } });
  t.match(await bench.turn('disable'), { status: 502, body: { code: 'obmd-away' } });
  await bench.daemon.run();
  t.match(await bench.turn('enable'), { status: 200, body: { changed: true } });
  t.same(await bench.good(), [bench.held()]);
});

t.test('one token has so many requests about OBMs under way and not one more', async (t) => {
  const { ask, station, fill } = await openStation(t);
  await fill();
  const { id } = (await ask('GET', '/whoami')).body;
  const held = Array.from({ length: obmLimits.each }, () => station.obms.share.take(`token:${id}`));
  const asked = (): Promise<Answer> => ask('POST', `/hosts/${host}/obm/disable`);
  t.match(await asked(), { status: 429, body: { code: 'too-many-requests' } });
  held[0]!();
  t.match(await asked(), { status: 404, body: { code: 'obm-not-registered' } });
});

t.test('a daemon that says too much, or nothing, is not listened to', async (t) => {
  const { ask, fill } = await openStation(t);
  await fill();
  const says = async (answer: (response: ServerResponse) => void): Promise<Answer> => {
    const server = createServer((_request, response) => answer(response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const obmd = `http://127.0.0.1:${port}`;
    const body = { obmd, admin_token: 'a'.repeat(16), type: 'dummy', info: {} };
    const said = await ask('PUT', `/hosts/${host}/obm`, body);
    server.closeAllConnections();
    server.close();
    return said;
  };
  t.match(await says((response) => response.end('x'.repeat(answerBytesMax + 1))), {
    status: 502,
    body: { code: 'obmd-failed', detail: /more than/ },
  });
  t.match(await says((response) => response.write('{')), {
    status: 504,
    body: { code: 'obmd-silent' },
  });
  for (const wrong of ['', 'null', '[]', '{"token":1}'])
    t.match(await says((response) => response.writeHead(500).end(wrong)), { status: 502 });
  t.match(await says((response) => response.writeHead(302, { location: '/' }).end()), {
    status: 502,
  });
  t.match(await says((response) => response.destroy()), {
    status: 502,
    body: { code: 'obmd-away' },
  });
  t.match(await ask('GET', '/obms'), { body: { items: [] } });
});

t.test('what the daemon has lost is put right by doing it again', async (t) => {
  const bench = await emptied();
  await bench.register();
  await bench.turn('enable');
  await bench.daemon.asAdmin('DELETE', `/node/${host}/token`);
  t.match(await bench.turn('enable'), { status: 200, body: { changed: true } });
  t.same(await bench.good(), [bench.held()]);
  await bench.daemon.asAdmin('DELETE', `/node/${host}`);
  t.match(await bench.turn('enable'), { status: 409, body: { code: 'obmd-lost' } });
  t.match(await bench.register(), { status: 200 });
  t.match(await bench.turn('enable'), { status: 200, body: { changed: true } });
  await bench.daemon.asAdmin('DELETE', `/node/${host}`);
  t.match(await bench.turn('disable'), { status: 200, body: { changed: true } });
  t.same(await bench.good(), []);
  t.match(await bench.unregister(), { status: 200 });
});

/** Each thing that is done, and what there is when it has been done. */
const works: Readonly<Record<string, (bench: Bench) => Promise<Answer>>> = {
  register: (bench) => bench.register(),
  enable: (bench) => bench.turn('enable'),
  reissue: (bench) => bench.turn('reissue'),
  disable: (bench) => bench.turn('disable'),
  unregister: (bench) => bench.unregister(),
};

t.test('32, 33: each step fails once, and to do it again puts it right', async (t) => {
  const bench = await emptied();
  const moments: When[] = ['before', 'after'];
  /** Does it with a cut at one moment, then again until it is done. */
  const insist = async (name: string, cut: number, when: When): Promise<boolean> => {
    let met = 0;
    let hasCut = false;
    bench.proxy.cuts = (_call, now) => {
      if (hasCut || now !== when || met++ !== cut) return false;
      return (hasCut = true);
    };
    const first = await works[name]!(bench);
    bench.proxy.cuts = () => false;
    if (hasCut) {
      t.match(first.status, 502, `${name} is cut ${when} call ${cut}`);
      if ((await stateIn(bench)) === 'disabled') t.notOk(bench.held(), 'the station uses no token');
      const again = await works[name]!(bench);
      if (again.status >= 300) t.fail(`${name} again: ${again.text}`);
    } else if (first.status >= 300) t.fail(`${name}: ${first.text}`);
    return hasCut;
  };
  let cuts = 0;
  for (const when of moments)
    for (const failing of Object.keys(works))
      // Until there was no such call to cut any more.
      for (let [cut, wasCut] = [0, true]; wasCut; cut += 1) {
        wasCut = false;
        for (const name of Object.keys(works)) {
          // As a try leaves it that the log was not told of.
          if (name === 'register') await bench.daemon.register(host, 'dummy', {});
          if (await insist(name, name === failing ? cut : Infinity, when)) {
            wasCut = true;
            cuts += 1;
          }
          const state = await stateIn(bench);
          const good = await bench.stillGood();
          if (name === 'enable' || name === 'reissue') {
            t.equal(state, 'enabled');
            t.same(good, [bench.held()], `${name}: the one that the station has is good`);
          } else t.same(good, [], `${name}: no token works`);
        }
      }
  t.equal(cuts, 2 * (4 + 1 + 1 + 1 + 1), 'each call to the daemon was cut before and after');
  t.same(bench.station.station.secrets.names, [], 'no secret is left');
  t.same(await bench.good(), [], 'nor has a token come back');
});

const stateIn = async (bench: Bench): Promise<string> => {
  const { body } = await bench.station.ask('GET', `/hosts/${host}/obm`);
  return (body.state as string | undefined) ?? 'unregistered';
};

t.test('31: who does what at once, a token that works is the one that is told', async (t) => {
  const bench = await emptied();
  const { ask } = bench.station;
  await ask('POST', '/projects', { name: 'climate' });
  await bench.register();
  const tokens = await Promise.all([1, 2, 3, 4, 5, 6].map(() => bench.station.tokenOf('operator')));
  const verbs = ['enable', 'disable', 'reissue', 'attach', 'detach'] as const;
  const codes = new Map<string, number>();
  for (let round = 0; round < 5; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => {
        const asked = { token: tokens[i % tokens.length]! };
        const verb = verbs[(i * 7 + round) % verbs.length]!;
        if (verb === 'attach' || verb === 'detach')
          return ask('POST', `/projects/climate/${verb}`, { hosts: [host] }, asked);
        return bench.turn(verb, host, asked);
      }),
    );
    for (const { status, body } of answers) {
      const code = status < 300 ? 'done' : (body.code as string);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    const state = await bench.state();
    const good = await bench.stillGood();
    t.ok(['enabled', 'disabled'].includes(state), state);
    t.same(good, state === 'enabled' ? [bench.held()] : []);
  }
  t.same(await bench.good(), await bench.stillGood(), 'no other has come back');
  t.comment(Object.fromEntries(codes));
  for (const code of codes.keys())
    t.ok(['done', 'obm-enabled', 'machine-not-attached', 'too-many-requests'].includes(code), code);
});

t.test('13, 14: tokens and passwords are in nothing that is kept, said or shown', async (t) => {
  const bench = await Bench.set(t);
  const pass = 'a password of 20 char';
  const ipmi = { type: 'ipmi', info: { addr: '127.0.0.1', port: 9, user: 'u', pass } };
  t.match(await bench.register({ ...ipmi, info: { ...ipmi.info, more: 1 } }), { status: 400 });
  t.match(await bench.register({ ...ipmi, info: { ...ipmi.info, pass: 'secret-pass-word' } }), {
    status: 201,
  });
  await bench.turn('enable');
  await bench.turn('reissue');
  await bench.daemon.process.stop('SIGKILL');
  await bench.turn('reissue');
  await bench.turn('disable');
  const { station, directory, ask, logged } = bench.station;
  const shown = [await ask('GET', '/obms'), await ask('GET', '/events?limit=10000')];
  shown.push(await ask('GET', '/graph?format=json'), await ask('GET', '/dump'));
  await bench.station.close();
  const kept = readdirSync(directory, { recursive: true })
    .map((name) => join(directory, String(name)))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'));
  const everything = [...kept, ...shown.map(({ text }) => text), ...logged].join('\n');
  const basic = Buffer.from(`admin:${bench.daemon.admin}`).toString('base64');
  for (const secret of [pass, 'secret-pass-word', bench.daemon.admin, basic, ...bench.proxy.tokens])
    t.notOk(everything.includes(secret), 'a secret is nowhere');
  t.equal(bench.proxy.tokens.length, 2);
  t.ok(everything.includes('ObmEnabled'));
  t.ok(station.secrets.names.length > 0);
});

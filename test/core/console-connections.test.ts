/** Console connections: made for a token, under a right to the OBM, and over with either. */

import t from 'tap';
import type { Command } from '../../src/core/commands/index.ts';
import type { Engine } from '../../src/core/engine.ts';
import { mayConnect } from '../../src/core/rights/consoles.ts';
import { connectionsMax, connectionsOfMachineMax } from '../../src/core/values/consoles.ts';
import type { ConsoleMode } from '../../src/core/values/consoles.ts';
import {
  commitOf,
  dataOf,
  given,
  nodeDown,
  nodeUp,
  noon,
  rejectionOf,
  submit,
} from './scenario.ts';

const host = 'n1.example';
const expires = noon + 3_600_000;

const token = (id: string, role: 'operator' | 'viewer' | 'member'): Command => ({
  ...{ type: 'IssueCredential', id, name: id, role, hash: id.padEnd(64, '0'), host: null },
  ...{ process: null, expires: 0 },
  ...(role === 'member' ? { projects: [{ name: 'climate', role: 'operator' }] } : {}),
});

const enable = (engine: Engine, fqdn = host): number => {
  const { revision: epoch } = commitOf(engine, { type: 'EnableObm', fqdn, anew: true });
  commitOf(engine, { type: 'ReportObmEnabled', fqdn, epoch, hash: 'a'.repeat(64) });
  return epoch;
};

const register = (fqdn: string): Command => ({
  ...{ type: 'RegisterObm', fqdn, obmd: 'https://obmd.example', label: fqdn },
});

const usable = (): { engine: Engine; epoch: number } => {
  const { engine } = given(
    nodeUp(host),
    register(host),
    { type: 'CreateProject', name: 'climate' },
    { type: 'AttachMachines', project: 'climate', hosts: [host], mayKnow: true },
    token('aa', 'operator'),
    token('bb', 'viewer'),
    token('cc', 'member'),
  );
  return { engine, epoch: enable(engine) };
};

const make = (
  epoch: number,
  {
    id = '00000001',
    credential = 'aa',
    mode = 'read-write',
    fqdn = host,
  }: { id?: string; credential?: string; mode?: ConsoleMode; fqdn?: string } = {},
): Command => ({
  ...{ type: 'MakeConnection', fqdn, id, purpose: 'console', mode, credential, epoch, expires },
});

const ids = ({ graph }: Engine): string[] =>
  Array.from(graph.all('connection'), ({ id }) => id).sort();

t.test('a connection is made for a token, and ends once', async (t) => {
  const { engine, epoch } = usable();
  const commit = commitOf(engine, make(epoch));
  t.same(dataOf(commit, 'ConsoleConnectionMade'), [
    {
      ...{ fqdn: host, id: '00000001', purpose: 'console', mode: 'read-write' },
      ...{ token: 'aa', epoch, expires },
    },
  ]);
  t.match(engine.graph.must('connection', '00000001'), { host, credential: 'aa' });
  t.equal(rejectionOf(engine, make(epoch)).code, 'obm-changed', 'an id is given once');
  const end = { type: 'EndConnection', id: '00000001', why: 'revoked' } as const;
  const ended = commitOf(engine, end);
  t.same(dataOf(ended, 'ConsoleConnectionEnded'), [{ fqdn: host, id: '00000001', why: 'revoked' }]);
  t.equal(submit(engine, end).kind, 'unchanged');
  t.same(ids(engine), []);
});

t.test('3: none is made by a right to the OBM that is not the one of now', async (t) => {
  const { engine, epoch } = usable();
  t.equal(rejectionOf(engine, make(epoch + 1)).code, 'obm-disabled');
  const again = enable(engine);
  t.equal(rejectionOf(engine, make(epoch)).code, 'obm-disabled');
  t.ok(commitOf(engine, make(again)));
  commitOf(engine, { type: 'DisableObm', fqdn: host, epoch: again });
  t.equal(rejectionOf(engine, make(again, { id: '00000002' })).code, 'obm-disabled');
  t.equal(rejectionOf(engine, make(0, { id: '00000002' })).code, 'obm-disabled');
});

t.test('whatever ends the right to the OBM ends the connections of the machine', async (t) => {
  const { engine, epoch } = usable();
  commitOf(engine, make(epoch));
  commitOf(engine, { type: 'EnableObm', fqdn: host, anew: true });
  t.same(ids(engine), ['00000001'], 'until another token is there, nobody is out');
  const again = enable(engine);
  t.same(ids(engine), []);
  commitOf(engine, make(again));
  commitOf(engine, { type: 'DisableObm', fqdn: host, epoch: again });
  t.same(ids(engine), []);
});

t.test('9: it is made for whoever may be there, and in no other mode', async (t) => {
  const { engine, epoch } = usable();
  const refused = (credential: string, mode: ConsoleMode): unknown =>
    rejectionOf(engine, make(epoch, { credential, mode })).code;
  t.equal(refused('bb', 'read-write'), 'right-ended');
  t.equal(refused('dd', 'read-only'), 'right-ended', 'a token that is gone');
  t.ok(commitOf(engine, make(epoch, { credential: 'bb', mode: 'read-only' })));
  t.ok(commitOf(engine, make(epoch, { credential: 'cc', id: '00000002' })));
  commitOf(engine, { type: 'JoinProject', project: 'climate', token: 'cc', role: 'viewer' });
  t.equal(refused('cc', 'read-write'), 'right-ended');
  commitOf(engine, { type: 'LeaveProject', project: 'climate', token: 'cc' });
  t.equal(refused('cc', 'read-only'), 'right-ended');
});

t.test('10: whether somebody may stay is seen in the graph', async (t) => {
  const { engine, epoch } = usable();
  commitOf(engine, make(epoch, { credential: 'cc', id: '000000rw' }));
  commitOf(engine, make(epoch, { credential: 'cc', id: '000000ro', mode: 'read-only' }));
  const may = (): boolean[] =>
    ['000000rw', '000000ro'].map((id) =>
      mayConnect(engine.graph, engine.graph.must('connection', id)),
    );
  t.same(may(), [true, true]);
  commitOf(engine, { type: 'JoinProject', project: 'climate', token: 'cc', role: 'viewer' });
  t.same(may(), [false, true]);
  commitOf(engine, { type: 'LeaveProject', project: 'climate', token: 'cc' });
  t.same(may(), [false, false]);
  commitOf(engine, { type: 'JoinProject', project: 'climate', token: 'cc', role: 'operator' });
  t.same(may(), [true, true]);
  commitOf(engine, { type: 'RevokeCredential', id: 'cc' });
  t.same(may(), [false, false]);
});

t.test('it is over at its time', async (t) => {
  const { engine, epoch } = usable();
  commitOf(engine, make(epoch));
  const fire = (at: number): ReturnType<typeof submit> =>
    submit(engine, { type: 'FireDeadlines' }, { at });
  t.equal(fire(expires - 1).kind, 'unchanged');
  fire(expires);
  t.same(ids(engine), []);
});

t.test('a machine with another name keeps its connections', async (t) => {
  const { engine, epoch } = usable();
  commitOf(engine, make(epoch));
  commitOf(engine, nodeDown(host));
  commitOf(engine, { type: 'RenameHost', fqdn: host, to: 'n2.example' });
  t.match(engine.graph.must('connection', '00000001'), { host: 'n2.example' });
});

t.test('so many connections of one machine, and in all, and not one more', async (t) => {
  const { engine, epoch } = usable();
  for (let i = 0; i < connectionsOfMachineMax; i += 1)
    commitOf(engine, make(epoch, { id: `0000000${i.toString(36)}` }));
  t.match(rejectionOf(engine, make(epoch, { id: 'one-more' })), {
    code: 'too-many-connections',
    message: /16 console connections of n1\.example/,
  });
  let made = connectionsOfMachineMax;
  for (let machine = 2; made < connectionsMax; machine += 1) {
    const fqdn = `n${machine}.example`;
    for (const command of [nodeUp(fqdn, `10.1.${machine >> 8}.${machine & 255}`), register(fqdn)])
      commitOf(engine, command);
    const of = enable(engine, fqdn);
    for (let i = 0; i < connectionsOfMachineMax; i += 1, made += 1)
      commitOf(engine, make(of, { fqdn, id: `${machine}-${i}`.padStart(8, '0') }));
  }
  const last = 'last.example';
  for (const command of [nodeUp(last, '10.2.0.1'), register(last)]) commitOf(engine, command);
  const of = enable(engine, last);
  t.match(rejectionOf(engine, make(of, { fqdn: last, id: 'one-more' })), {
    code: 'too-many-connections',
    message: /4096 console connections,/,
  });
});

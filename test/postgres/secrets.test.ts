/** Secrets of two stations whose log is on PostgreSQL. */

import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Station } from '../../src/station/station.ts';
import { keptIn } from '../obm/secret-search.ts';
import { temporary, until } from '../station/harness.ts';
import { init } from './ready.ts';
import { startServer } from './servers.ts';

const lease = 300;
const nothing = (): void => undefined;
const logger = { info: nothing, warn: nothing, error: nothing };
const secret = (password: string) => ({ user: 'oper', password });

t.test('secrets of two stations on PostgreSQL are one store, also over a takeover', async (t) => {
  const server = await startServer(t);
  await init(server.url());
  const opened: Station[] = [];
  t.teardown(async () => {
    for (const station of opened) await station.close();
  });
  const open = async (name: string): Promise<Station> => {
    const directory = join(temporary(t), 'data');
    mkdirSync(directory, { mode: 0o700 });
    const [first] = opened;
    if (first) copyFileSync(join(first.directory, 'station.key'), join(directory, 'station.key'));
    const url = `http://${name}.example:7400`;
    // Whoever leads does so until it is closed, however slow all is.
    const station = await Station.open({ directory, logger, name, url, log: server.url(), lease });
    opened.push(station);
    station.start(1);
    return station;
  };

  const a = await open('a');
  await until('a to lead', () => a.standing.role === 'leading');
  const added = { type: 'AddStation', station: 'b', url: 'http://b.example:7400' } as const;
  t.match(await a.submit(added, { actor: 'test' }, () => null), { ok: true });
  const b = await open('b');
  const password = 'dear-to-all-bmcs';
  await a.secrets.put(new Map([['bmc', secret(password)]]));
  const add = (digit: number) => (present: { password: string } | undefined) =>
    secret(`${present?.password ?? ''}${digit}`);
  await Promise.all([0, 1, 2, 3].map(async (n) => a.secrets.update('digits', add(n))));
  const written = async (): Promise<void> => b.secrets.update('digits', add(4));
  await t.rejects(written(), { code: 'not-leading' }, 'who follows writes nothing');

  // No look that comes by chance helps whoever takes over.
  Object.assign(b.secrets, { look: async () => undefined });
  let known: unknown = 'b has not led';
  b.whenLeading(() => {
    known = [b.secrets.get('bmc'), b.secrets.get('last')];
  });
  await a.secrets.put(new Map([['last', secret('p2')]]));
  await a.close();
  await until('b to lead', () => b.standing.role === 'leading');
  t.same(known, [secret(password), secret('p2')]);
  const digits = b.secrets.get('digits')?.password;
  t.same([...(digits ?? '')].sort(), ['0', '1', '2', '3'], 'each change is there once');
  for (const { directory } of opened) {
    t.ok(readdirSync(directory).length > 1, 'there is a mirror');
    t.notOk(keptIn(directory).includes(password), 'in which it does not stand');
  }
  const sql = `select encode(value, 'escape') from halcyon.registers where name = 'secrets'`;
  const stored = await server.ask(sql, 'halcyon');
  t.equal(stored.length, 1);
  t.notOk(JSON.stringify(stored).includes(password), 'nor on the servers');
});

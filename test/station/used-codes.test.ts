/** A code of an authenticator is good once, whichever station it is shown to. */

import t from 'tap';
import type { Member } from './leadership/cluster.ts';
import { Cluster } from './leadership/cluster.ts';
import { codeOf } from '../../src/station/access/totp.ts';

const [name, password] = ['ada', 'a long enough password'];
const sender = { actor: 'test' };

const enter = ({ station }: Member, code: string): Promise<{ token: string }> =>
  station.users.begin(name, { password, code }, 3600, sender);

t.test('a code that one station took is refused by the one that leads next', async (t) => {
  const cluster = new Cluster(t);
  const [first] = await cluster.three();
  const { users } = first.station;
  await users.add(name, 'operator', sender);
  await users.setPassword(name, password, sender, null);
  const secret = await users.offerCodes(name);
  const step = (member: Member): number => Math.floor(member.time.now() / 30_000);
  await users.takeCodes(name, codeOf(secret, step(first)), sender);
  // The step that comes next: it is good from now on until well after the takeover.
  const shown = step(first) + 1;
  const code = codeOf(secret, shown);
  t.ok((await enter(first, code)).token);
  await t.rejects(enter(first, code), { message: /that code was used before/ });
  cluster.kill(first);
  const next = await cluster.leader();
  t.not(next, first);
  t.ok(Math.abs(step(next) - shown) <= 1, 'the code is good by the clock still');
  await cluster.pass(6_000);
  await t.rejects(enter(next, code), { message: /that code was used before/ });
  await cluster.pass(30_000);
  const later = codeOf(secret, step(next) + 1);
  t.ok((await enter(next, later)).token, 'and the next one is taken');
});

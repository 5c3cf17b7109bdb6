/** Grants: rights that are taken up for a while, used, and asked for again just before what they allow is done. */

import t from 'tap';
import { useGrants } from '../../src/core/commands/grants.ts';
import { rightEnded } from '../../src/core/rights/used-right.ts';
import type { GiveGrant, GrantsUsed } from '../../src/core/commands/grants.ts';
import type { Command } from '../../src/core/commands/index.ts';
import { evolve } from '../../src/core/graph/evolve/index.ts';
import { allows, grantFor } from '../../src/core/rights/rights.ts';
import type { Principal } from '../../src/core/rights/rights.ts';
import type { CredentialRole } from '../../src/core/values/credential-roles.ts';
import { grantsMax, grantsOfTokenMax } from '../../src/core/values/grants.ts';
import { revision } from '../../src/core/values/revision.ts';
import { PlayedCluster } from './played-cluster.ts';

const [n1, n2, odd] = ['n1.example', 'n2.example', 'constructor'];
const minute = 60_000;

const issue = (id: string, role: CredentialRole, projects: string[] = []): Command => ({
  ...{ type: 'IssueCredential', id, name: id, role, hash: 'a'.repeat(64), host: null },
  ...{ process: null, expires: 0 },
  projects: projects.map((name) => ({ name, role: 'operator' as const })),
});

const elevate = (id: string, credential: string, change: Partial<GiveGrant> = {}): GiveGrant => ({
  ...{ type: 'GiveGrant', id, credential, actions: ['power'], machines: [n1] },
  ...{ reason: 'it hangs', seconds: 900, uses: null, factor: null },
  ...change,
});

/** Two machines, one of which is in a project, and a token of each role. */
const cluster = (): PlayedCluster => {
  const c = new PlayedCluster({ [n1]: [], [n2]: [] });
  c.run({ type: 'CreateProject', name: 'a' });
  c.run({ type: 'AttachMachines', project: 'a', hosts: [n1], mayKnow: true });
  for (const role of ['viewer', 'note-taker', 'power-intern', 'operator', 'admin'] as const)
    c.run(issue(role, role));
  c.run(issue('member', 'member', ['a']));
  return c;
};

const who = (c: PlayedCluster, id: string): Principal => c.graph.must('credential', id);

const asked = (c: PlayedCluster, id: string, fqdn = n1, suggested = false): object =>
  allows(c.graph, who(c, id), 'power', { kind: 'host', fqdn }, { at: c.now, suggested });

/** What a command does that takes a grant: its events are applied as the engine applies them. */
const use = (
  c: PlayedCluster,
  credential: string,
  machines: readonly string[] = [n1],
  suggested = false,
): GrantsUsed => {
  const wanted = { credential, action: 'power', machines, reason: 'no answer' } as const;
  const used = useGrants(c.graph, { ...wanted, suggested: () => suggested }, c.now);
  const position = { revision: revision(1_000_000), at: c.now };
  if (used.ok) for (const event of used.events) evolve(c.graph, event, position);
  return used;
};

t.test('a right is good for nothing without a grant, and a grant without the right', async (t) => {
  const c = cluster();
  t.strictSame(asked(c, 'operator'), {
    ...{ allowed: false, rule: 'operators power machines', lack: 'grant' },
  });
  c.run(elevate('g1', 'operator'));
  t.strictSame(asked(c, 'operator'), {
    ...{ allowed: true, rule: 'operators power machines', grant: 'g1' },
  });
  t.match(asked(c, 'operator', n2), { allowed: false, lack: 'grant' }, 'it names another machine');
  t.match(asked(c, 'admin'), { allowed: false, lack: 'grant' }, 'it is that of another token');
  t.strictSame(asked(c, 'viewer'), { allowed: false, rule: 'nothing allows it' });
  for (const id of ['viewer', 'note-taker'])
    t.match(c.refusal(elevate('g2', id)), { code: 'not-allowed' });
});

t.test('50: nobody gets a grant for a machine that they may not power or not see', async (t) => {
  const c = cluster();
  c.run(elevate('g1', 'member'));
  t.match(c.refusal(elevate('g2', 'member', { machines: [n1, n2] })), {
    code: 'unknown-host',
    subject: n2,
  });
  t.match(c.refusal(elevate('g2', 'operator', { machines: [odd] })), { code: 'unknown-host' });
  t.match(c.refusal(elevate('g2', 'member', { machines: null })), { code: 'not-allowed' });
  t.match(use(c, 'member', [n2]), { ok: false, rejection: { code: 'unknown-host' } });
  c.run({ type: 'DetachMachines', project: 'a', hosts: [n1] });
  t.match(use(c, 'member'), { ok: false, rejection: { code: 'unknown-host' } }, 'not any more');
});

t.test(
  'a grant ends at its time and not before, and lasts no longer than the role may',
  async (t) => {
    const c = cluster();
    t.match(c.refusal(elevate('g1', 'operator', { seconds: 8 * 3600 + 1 })), {
      code: 'grant-too-long',
    });
    t.match(c.refusal(elevate('g1', 'power-intern', { seconds: 3601 })), {
      code: 'grant-too-long',
    });
    c.run(elevate('g1', 'operator', { seconds: 3600 }));
    c.after(60 * minute - 1);
    t.match(asked(c, 'operator'), { allowed: true });
    t.match(
      allows(c.graph, who(c, 'operator'), 'power', { kind: 'host', fqdn: n1 }, { at: c.now + 1 }),
      { allowed: false },
      'even where its deadline has not fired yet',
    );
    c.after(1);
    t.equal(c.graph.get('grant', 'g1'), undefined);
    t.match(asked(c, 'operator'), { allowed: false, lack: 'grant' });
  },
);

t.test('every use is counted, and more than there are is refused as a whole', async (t) => {
  const c = cluster();
  c.run(elevate('g1', 'admin', { machines: null, uses: 3 }));
  const used = use(c, 'admin', [n1, n2]);
  t.ok(used.ok && used.grants.get(n2) === 'g1');
  t.strictSame(used.ok && used.events[0], {
    type: 'GrantUsed',
    data: { fqdn: n1, id: 'g1', credential: 'admin', action: 'power', reason: 'no answer' },
  });
  t.match(use(c, 'admin', [n1, n2]), { ok: false, rejection: { code: 'step-up-needed' } });
  t.equal(c.graph.must('grant', 'g1').used, 2, 'nothing of that was used');
  t.ok(use(c, 'admin').ok);
  t.equal(grantFor(c.graph, who(c, 'admin'), 'power', n1, c.now), undefined);
  t.match(use(c, 'admin'), { ok: false, rejection: { code: 'step-up-needed' } });
});

t.test('an intern powers one machine at a time that is suggested, three an hour', async (t) => {
  const c = cluster();
  c.run(elevate('g1', 'power-intern', { machines: [n1, n2], seconds: 3600 }));
  t.match(asked(c, 'power-intern', n1, false), { allowed: false, lack: 'suggestion' });
  t.match(asked(c, 'power-intern', n1, true), { allowed: true, grant: 'g1' });
  t.match(use(c, 'power-intern', [n1, n2], true), {
    ok: false,
    rejection: { code: 'not-allowed', message: /fewer machines/ },
  });
  for (let i = 0; i < 3; i++) t.ok(use(c, 'power-intern', [n1], true).ok);
  t.match(asked(c, 'power-intern', n1, true), { allowed: false, lack: 'later-hour' });
  const begun = { at: c.now, suggested: true, stage: 'begun' } as const;
  const host = { kind: 'host', fqdn: n1 } as const;
  t.ok(
    allows(c.graph, who(c, 'power-intern'), 'power', host, begun, 'g1').allowed,
    'what was begun goes on',
  );
  c.after(60 * minute);
  c.run(elevate('g2', 'power-intern'));
  t.match(asked(c, 'power-intern', n1, true), { allowed: true, grant: 'g2' });
});

t.test('52: a grant that was revoked or has ended stops what waits by it', async (t) => {
  const c = cluster();
  const right = { credential: 'operator', action: 'power', fqdn: n1 } as const;
  const ended = (grant: string): object | undefined =>
    rightEnded(c.graph, { ...right, grant }, c.now)?.rejection;
  for (const [id, end] of [
    ['g1', () => c.run({ type: 'RevokeGrant', id: 'g1', by: 'token:admin' })],
    ['g2', () => c.after(15 * minute)],
    ['g3', () => c.run({ type: 'RevokeCredential', id: 'operator' })],
  ] as const) {
    c.run(elevate(id, 'operator', { uses: 1 }));
    t.ok(use(c, 'operator').ok);
    t.equal(ended(id), undefined, 'its last use is good until the end');
    end();
    t.match(ended(id), { code: 'right-ended', subject: n1 }, id);
  }
  t.equal(c.graph.count('grant'), 0);
  t.strictSame(
    [...c.graph.all('deadline')].filter(({ kind }) => kind === 'grant-expiry'),
    [],
  );
});

t.test('a grant is revoked by whoever has it and by administrators, once', async (t) => {
  const c = cluster();
  c.run(elevate('g1', 'operator'));
  const revoke = (credential?: string): Command => ({
    ...{ type: 'RevokeGrant', id: 'g1', by: 'token:x' },
    ...(credential === undefined ? {} : { credential }),
  });
  t.match(c.refusal(revoke('admin')), { code: 'unknown-grant' });
  c.run(revoke('operator'));
  t.match(c.refusal(revoke()), { code: 'unknown-grant' });
});

t.test('a token has so many grants at a time, and one more is refused', async (t) => {
  const c = cluster();
  for (let i = 0; i < grantsOfTokenMax; i++) c.run(elevate(`g${i}`, 'admin'));
  t.match(c.refusal(elevate('more', 'admin')), { code: 'too-many-grants' });
  c.run(elevate('other', 'operator'));
});

t.test('of grants there are so many, and one that ends makes room', async (t) => {
  const c = cluster();
  const tokens = grantsMax / grantsOfTokenMax;
  for (let i = 0; i < tokens; i++) {
    c.run(issue(`t${i}`, 'operator'));
    for (let n = 0; n < grantsOfTokenMax; n++) c.run(elevate(`g${i}.${n}`, `t${i}`));
  }
  t.match(c.refusal(elevate('more', 'admin')), { code: 'too-many-grants' });
  c.run({ type: 'RevokeGrant', id: 'g0.0', by: 'token:admin' });
  c.run(elevate('more', 'admin'));
});

/** What is made of a machine that was rebooted, by what checks have seen since. */

import t from 'tap';
import { catalogueOf } from '../../src/checks/settings/settings.ts';
import type { ProcedureRow, StageNote } from '../../src/core/graph/rows/procedures.ts';
import { revision } from '../../src/core/values/revision.ts';
import type { Ended } from '../../src/station/duties/effects/effect.ts';
import { verifyChecks } from '../../src/station/duties/effects/verify-checks.ts';
import { Observations } from '../../src/station/observations/observations.ts';
import { HandTime } from './hand-time.ts';
import { observe, silentButOn, unasked, well } from './suggestions/observed.ts';
import type { Found } from './suggestions/observed.ts';

const machine = 'n1.example';
const seconds = 600;

/** A machine that was silent, and has started anew just now. */
class Verifying {
  readonly time = new HandTime();
  readonly observations = new Observations();
  readonly asked: string[] = [];
  isOver = false;
  readonly booted = this.time.now();
  readonly ended: Promise<Ended>;

  /** @param asks which checks the station asks by itself */
  constructor(asks: readonly string[], before: Readonly<Record<string, Found>> = silentButOn) {
    this.sees(before, this.booted - 1000);
    const note = { name: 'verify', begun: revision(9), since: this.booted, until: this.until };
    const boot = { name: 'boot', state: 'done', ended: this.booted } as StageNote;
    const row = { host: machine, stages: [boot, note] } as unknown as ProcedureRow;
    const catalogue = catalogueOf(unasked.file);
    const checks = {
      catalogue,
      lackOf: ({ id }: { readonly id: string }) => (asks.includes(id) ? null : 'nobody asks it'),
      ask: (_machine: string, ids: readonly string[]) => this.asked.push(...ids) > 0,
    };
    this.ended = verifyChecks(
      { observations: this.observations, checks },
      {
        effect: undefined as never,
        course: () => (this.isOver ? undefined : { row, note: note as StageNote }),
        context: {
          graph: undefined as never,
          time: this.time,
          signal: new AbortController().signal,
          mustStand: () => undefined,
        },
      },
    );
  }

  get until(): number {
    return this.booted + seconds * 1000;
  }

  sees(found: Readonly<Record<string, Found>>, at = this.time.now()): this {
    observe({ observations: this.observations } as never, machine, found, at);
    return this;
  }
}

t.test('what was bad is asked again, and has to be well', async (t) => {
  const c = new Verifying(['ping', 'ssh', 'agent']);
  t.same(c.asked.sort(), ['agent', 'ping', 'ssh']);
  c.sees({ ping: well['ping']!, agent: well['agent']! });
  c.sees({ ssh: { verdict: 'fail', text: 'refused' } });
  await c.time.pass(60_000);
  c.sees({ ssh: well['ssh']! });
  t.same(await c.ended, { outcome: 'done', detail: '' });
});

t.test('what stays bad is a failure, and says how it is', async (t) => {
  const c = new Verifying(['ping', 'ssh']);
  c.sees({ ping: well['ping']!, ssh: { verdict: 'fail', text: 'no banner' } });
  await c.time.pass(seconds * 1000);
  t.same(await c.ended, { outcome: 'failed', detail: 'ssh: no banner' });
});

t.test('what nobody has looked at since is not said to be well', async (t) => {
  const c = new Verifying([]);
  t.match(await c.ended, {
    outcome: 'done',
    detail: 'unknown: nobody has looked since the boot at ping, ssh, agent',
  });
  const never = new Verifying([], {});
  t.match(await never.ended, { outcome: 'done', detail: /^unknown: no check has looked at it/ });
  const silent = new Verifying(['ping']);
  await silent.time.pass(seconds * 1000);
  t.match(await silent.ended, { outcome: 'done', detail: /^unknown: .* ping, ssh, agent$/ });
});

t.test('one that is cancelled meanwhile is waited for no more', async (t) => {
  const c = new Verifying(['ping']);
  c.isOver = true;
  await c.time.pass(6_000);
  t.match(await c.ended, { outcome: 'interrupted' });
});

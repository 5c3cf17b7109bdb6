import t from 'tap';
import type { Cause } from '../../../src/checks/observation.ts';
import { Observations } from '../../../src/station/observations/observations.ts';
import { LastingFindings } from '../../../src/station/suggestions/lasting.ts';

const found = (
  observedAt: number,
  verdict: 'ok' | 'fail' | 'warn',
  cause?: Cause,
  check = 'ssh',
): Parameters<Observations['record']>[0][number] => ({
  ...{ machine: 'n1', check, verdict, value: null, text: '', observedAt, durationMs: 1 },
  ...(cause === undefined ? {} : { cause }),
});

t.test('a silence lasts however it shows, and anything else begins anew', async (t) => {
  const observations = new Observations();
  const lasting = new LastingFindings(observations);
  const sinceAfter = (observation: ReturnType<typeof found>): number => {
    observations.record([observation]);
    return lasting.sinceOf(observation);
  };
  t.equal(sinceAfter(found(1, 'ok')), 1);
  t.equal(sinceAfter(found(2, 'fail', 'timeout')), 2);
  t.equal(
    sinceAfter(found(3, 'fail', 'silent')),
    2,
    'the network says so, before the limit is over',
  );
  t.equal(sinceAfter(found(4, 'fail', 'timeout')), 2);
  t.equal(sinceAfter(found(5, 'fail', 'refused')), 5);
  t.equal(sinceAfter(found(6, 'fail', 'refused')), 5);
  t.equal(sinceAfter(found(7, 'warn', 'reset')), 7);
  t.equal(sinceAfter(found(8, 'fail', 'silent')), 8);
  t.equal(sinceAfter(found(9, 'ok')), 9);
  t.equal(sinceAfter(found(10, 'fail', 'silent')), 10, 'it was well between');
});

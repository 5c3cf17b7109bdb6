/** What the built-in rules suggest: every row of the table that operators of BOFHbot corrected. */

import t from 'tap';
import { causes } from '../../../src/checks/observation.ts';
import type { Cause } from '../../../src/checks/observation.ts';
import { isDisruptive, isReboot } from '../../../src/checks/suggestions/actions.ts';
import type { Action } from '../../../src/checks/suggestions/actions.ts';
import type { Symptoms } from '../../../src/checks/suggestions/symptoms.ts';
import type { VetoCode } from '../../../src/checks/suggestions/vetoes.ts';
import { about, alive, dead, hour, minute, now, power, scheduled, seen } from './played-machine.ts';

interface Row {
  readonly name: string;
  readonly given: Partial<Symptoms>;
  readonly action: Action;
  readonly confidence?: number;
  readonly vetoes?: readonly VetoCode[];
}

const notResponding = scheduled('Not responding', { flags: ['not_responding'] });
const fellSilent = (since: number): Partial<Symptoms> => ({
  observations: [
    seen('ping', 'fail', { cause: 'silent', since }),
    seen('ssh', 'fail', { cause: 'silent', since }),
  ],
});

const rows: readonly Row[] = [
  {
    name: '35: silent for two hours, power on, nothing else silent: its power is cycled',
    given: { observations: dead, scheduler: notResponding },
    action: 'power-cycle',
    confidence: 0.8,
  },
  {
    name: 'a machine that has been silent for less than it takes to boot is left alone',
    given: { ...fellSilent(now - 5 * minute), scheduler: notResponding },
    action: 'none',
  },
  {
    name: 'silent, and its power is off: it is switched on',
    given: { observations: dead, scheduler: notResponding, power: power('off') },
    action: 'power-on',
    confidence: 0.85,
  },
  {
    name: 'one that was switched off on purpose stays off',
    given: {
      observations: dead,
      power: power('off', { offOnPurpose: 'halctl power off by ada' }),
    },
    action: 'none',
    vetoes: ['off-on-purpose'],
  },
  {
    name: 'one that the scheduler powered down stays off',
    given: {
      observations: dead,
      scheduler: scheduled('', { state: 'idle', flags: ['powered_down'] }),
      power: power('off'),
    },
    action: 'none',
    vetoes: ['planned'],
  },
  {
    name: 'silent, and its BMC too: somebody goes there',
    given: { observations: dead, power: power('unknown') },
    action: 'visit',
  },
  {
    name: 'it answers ping but sends no banner: it is rebooted gracefully',
    given: { observations: [seen('ping', 'ok'), seen('ssh', 'fail', { cause: 'no-banner' })] },
    action: 'reboot',
    confidence: 0.6,
  },
  {
    name: 'no reboot where its agent is well and only sshd is not',
    given: {
      observations: [
        seen('ping', 'ok'),
        seen('agent', 'ok'),
        seen('ssh', 'fail', { cause: 'refused' }),
      ],
    },
    action: 'none',
  },
  {
    name: 'Not responding, one can log in, nobody works there: slurmd is started again',
    given: { scheduler: notResponding },
    action: 'restart-slurmd',
    confidence: 0.75,
  },
  {
    name: '38: Not responding, one can log in, and processes of users live: slurmd only, never its power',
    given: {
      observations: [...alive.slice(0, 2), seen('users', 'ok', { value: 'ada,bob' })],
      scheduler: notResponding,
    },
    action: 'restart-slurmd',
    confidence: 0.65,
  },
  {
    name: 'rebooted when nobody expected it, and well: it is resumed',
    given: { scheduler: scheduled('Node unexpectedly rebooted') },
    action: 'resume',
    confidence: 0.8,
  },
  {
    name: 'rebooted when nobody expected it, and not well: nothing',
    given: {
      observations: [...alive, seen('df/tmp', 'fail')],
      scheduler: scheduled('Node unexpectedly rebooted'),
    },
    action: 'none',
  },
  {
    name: 'a second unexpected reboot in a week is one for people',
    given: {
      scheduler: scheduled('Node unexpectedly rebooted'),
      attempts: [
        {
          machine: 'n0007.savio3',
          hardware: '64 cpus',
          symptom: 'rebooted',
          action: 'resume',
          at: now - 100 * hour,
          outcome: 'worked',
        },
      ],
    },
    action: 'none',
    vetoes: ['loop-guard'],
  },
  ...['batch job complete failure', 'Kill task failed', 'Epilog error', 'Prolog error'].map(
    (reason): Row => ({
      name: `"${reason}", nothing left of the job, and well: it is resumed`,
      given: { scheduler: scheduled(reason) },
      action: 'resume',
      confidence: 0.7,
    }),
  ),
  {
    name: '"Kill task failed" with processes that hang in the kernel: drained and rebooted',
    given: {
      observations: [...alive.slice(0, 3), seen('dstate', 'fail', { value: 2 })],
      scheduler: scheduled('Kill task failed'),
    },
    action: 'drain-reboot',
    confidence: 0.7,
  },
  {
    name: 'taken out by its health check: that is run again',
    given: { scheduler: scheduled('NHC: check_ps_loadavg failed', { author: 'root' }) },
    action: 'run-nhc',
    confidence: 0.7,
  },
  {
    name: 'its health check misses a mount: that is mounted',
    given: {
      scheduler: scheduled('NHC: check_fs_mount: /scratch not mounted', { author: 'root' }),
    },
    action: 'mount',
  },
  {
    name: 'its health check misses hardware: no reboot',
    given: { scheduler: scheduled('NHC: check_hw_physmem: 64 GB of 128', { author: 'root' }) },
    action: 'hardware',
  },
  {
    name: '61: GPUs are missing: drained, and rebooted when empty',
    given: {
      observations: [...alive, seen('gpu', 'fail', { text: '7 of 8, GPU-3 is missing' })],
      scheduler: scheduled('', { state: 'mixed', jobs: ['812'] }),
    },
    action: 'drain-reboot',
    confidence: 0.8,
  },
  ...[
    ['HW:BNFVKNT.dead sda.Sn', 'root'],
    ['dead disk -jwhite', 'root'],
    ['INC0661212_nick', 'slurm'],
    ['vnfs testing', 'tin'],
    ['Not responding', 'jwhite'],
  ].map(([reason = '', author = '']): Row => ({
    name: `"${reason}" by ${author} was written by somebody: nothing`,
    given: { observations: dead, scheduler: scheduled(reason, { author }) },
    action: 'none',
    vetoes: ['human-reason'],
  })),
  ...['maint', 'reboot_issued', 'reboot_requested', 'powering_up', 'powering_down'].map(
    (flag): Row => ({
      name: `what the scheduler has as ${flag} is in progress: nothing`,
      given: { observations: dead, scheduler: scheduled('', { state: 'down', flags: [flag] }) },
      action: 'none',
      vetoes: ['planned'],
    }),
  ),
  ...(['auth-refused', 'host-key-changed', 'host-key-unknown', 'password-asked'] as const).map(
    (cause: Cause): Row => ({
      name: `19: ${cause} is no reason for a reboot, but to put right how one logs in`,
      given: {
        observations: [seen('ping', 'ok'), seen('ssh', 'fail', { cause })],
        scheduler: notResponding,
      },
      action: 'fix-access',
    }),
  ),
  ...(['no-route', 'dns', 'jump-host'] as const).map((cause: Cause): Row => ({
    name: `19, case 23: ${cause} says nothing of the machine`,
    given: {
      observations: [seen('ping', 'fail', { cause: 'silent' }), seen('ssh', 'fail', { cause })],
      scheduler: notResponding,
    },
    action: 'fix-path',
  })),
  {
    name: '64: a verdict that is not confirmed yet suggests nothing',
    given: { observations: dead.map((each) => ({ ...each, soft: true as const })) },
    action: 'none',
    vetoes: ['not-confirmed'],
  },
  {
    name: '64: what comes and goes suggests nothing',
    given: {
      observations: [seen('ping', 'fail', { cause: 'silent', flapping: true }), ...dead.slice(1)],
    },
    action: 'none',
    vetoes: ['flapping'],
  },
  {
    name: '24: ping is blocked and one can log in: it is up',
    given: { observations: [seen('ping', 'fail', { cause: 'silent' }), seen('ssh', 'ok')] },
    action: 'none',
  },
  {
    name: 'a machine that is well is left alone',
    given: {},
    action: 'none',
    vetoes: [],
  },
  {
    name: 'one that nobody asked is not silent',
    given: { observations: [] },
    action: 'none',
  },
  {
    name: 'what was seen an hour ago suggests nothing',
    given: { observations: dead.map((each) => ({ ...each, observedAt: now - hour })) },
    action: 'none',
  },
];

for (const { name, given, action, confidence, vetoes } of rows)
  t.test(name, async (t) => {
    const suggestion = about(given);
    t.equal(suggestion.action, action, suggestion.says);
    if (confidence !== undefined) t.equal(suggestion.confidence, confidence);
    if (vetoes)
      t.strictSame(
        suggestion.vetoes.map(({ code }) => code),
        vetoes,
      );
    else t.ok(action === 'none' || suggestion.vetoes.length === 0);
  });

t.test(
  '35: a suggestion tells what it stands on, when that was seen, and when it is too old',
  async (t) => {
    const suggestion = about({ observations: dead, scheduler: notResponding });
    const texts = suggestion.evidence.map(({ text }) => text);
    for (const part of ['ping: silent', 'ssh: timeout', 'power is on', 'its BMC answers'])
      t.ok(texts.includes(part), part);
    t.ok(suggestion.evidence.every(({ observedAt }) => observedAt > 0 && observedAt <= now));
    t.equal(suggestion.expiresAt, now - minute + 30 * minute);
    t.equal(suggestion.symptom, 'silent-power-on');
    t.equal(suggestion.rules, 'halcyon-1');
  },
);

t.test(
  '38: processes of users are alive: slurmd is started again, and nothing offers the power',
  async (t) => {
    const observations = [...alive.slice(0, 2), seen('users', 'ok', { value: 'ada,bob' })];
    const { action, alternatives } = about({ observations, scheduler: notResponding });
    t.equal(action, 'restart-slurmd');
    t.notOk(alternatives.some(isDisruptive));
  },
);

t.test('19: no cause but silence offers a reboot', async (t) => {
  for (const cause of causes) {
    if (cause === 'silent' || cause === 'timeout' || cause === 'not-asked') continue;
    const observations = [
      seen('ping', 'fail', { cause: 'silent' }),
      seen('ssh', 'fail', { cause }),
      seen('agent', 'fail'),
    ];
    const { action, alternatives } = about({ observations, scheduler: notResponding });
    t.notOk([action, ...alternatives].some(isReboot), cause);
  }
});

t.test('61: missing GPUs: drained first, so that the job that runs goes on', async (t) => {
  const observations = [...alive, seen('gpu', 'fail', { text: '7 of 8, GPU-3 is missing' })];
  const scheduler = scheduled('', { state: 'mixed', jobs: ['812'] });
  const { action, vetoes, evidence } = about({ observations, scheduler });
  t.equal(action, 'drain-reboot');
  t.same(vetoes, []);
  t.ok(evidence.some(({ text }) => text.includes('GPU-3 is missing')));
});

t.test(
  'jobs that are only counted keep a machine from being cycled as those with ids do',
  async (t) => {
    const { vetoes } = about({
      observations: dead,
      scheduler: { ...notResponding, jobs: [], jobCount: 3 },
    });
    t.match(vetoes, [{ code: 'job-running', text: '3 jobs run here' }]);
  },
);

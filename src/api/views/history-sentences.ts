/** What an event about a machine says in its history, in one line. */

import type { historyKinds } from '../../contract/machine-history.ts';

export type HistoryKind = (typeof historyKinds)[number];

export type Fields = Readonly<Record<string, unknown>>;

const text = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : value === undefined || value === null
      ? ''
      : JSON.stringify(value);

/** `: why`, where there is a reason. */
const because = (value: unknown): string => (text(value) === '' ? '' : `: ${text(value)}`);

const checksChanged = ({ changes }: Fields): string =>
  (changes as readonly Fields[])
    .map((one) => `${text(one['check'])} is ${text(one['verdict'])}${because(one['text'])}`)
    .join('; ');

const order = ({ order }: Fields): string => {
  const { kind, ...rest } = (order ?? {}) as Fields;
  return [kind, ...Object.values(rest)].map(text).join(' ');
};

const logGrew = ({ gap, entries }: Fields): string =>
  [
    ...(entries as readonly Fields[]).map(
      ({ severity, text: said }) => `${text(severity)}: ${text(said)}`,
    ),
    ...(gap === true ? ['there may have been more'] : []),
  ].join('; ');

const alsoFor = (twins: unknown): string =>
  (twins as readonly string[]).length === 0
    ? ''
    : `, as that of ${(twins as readonly string[]).join(', ')}`;

/** By type of event: what it is counted as, and what it says. */
export const sentences: ReadonlyMap<string, readonly [HistoryKind, (data: Fields) => string]> =
  new Map<string, readonly [HistoryKind, (data: Fields) => string]>([
    [
      'NodeUp',
      [
        'boot',
        ({ facts }) =>
          `up${because((facts as Fields | undefined)?.['boot_id'] ?? (facts as Fields | undefined)?.['bootId'])}`,
      ],
    ],
    ['NodeDown', ['boot', ({ reason }) => `down${because(reason)}`]],
    ['ChecksChanged', ['check', checksChanged]],
    [
      'ObmPowerChanged',
      ['power', ({ state, cause }) => `power is ${text(state)} (${text(cause)})`],
    ],
    ['ObmReachable', ['power', () => 'its OBM can be reached']],
    ['ObmUnreachable', ['power', ({ reason }) => `its OBM cannot be reached${because(reason)}`]],
    ['ObmOrdered', ['operation', (data) => `ordered: ${order(data)}`]],
    ['ObmOrderBegun', ['operation', () => 'the order was sent']],
    [
      'ObmOrderEnded',
      ['operation', ({ outcome, detail }) => `the order is ${text(outcome)}${because(detail)}`],
    ],
    ['ObmOrderedElsewhere', ['operation', (data) => `ordered by somebody else: ${order(data)}`]],
    [
      'HostAwaited',
      ['operation', ({ seconds }) => `it is to be up again within ${text(seconds)} s`],
    ],
    [
      'ProcedureOrdered',
      ['operation', ({ plan }) => `ordered: ${text((plan as Fields | undefined)?.['kind'])}`],
    ],
    ['ProcedureJoined', ['operation', () => 'somebody else has asked for the same']],
    ['ProcedureBegun', ['operation', () => 'it has the machine now']],
    ['ProcedureStageBegun', ['operation', ({ stage }) => `${text(stage)} was begun`]],
    [
      'ProcedureActEnded',
      [
        'operation',
        ({ outcome, detail }) => `the work of the stage is ${text(outcome)}${because(detail)}`,
      ],
    ],
    [
      'ProcedureStageEnded',
      [
        'operation',
        ({ stage, outcome, detail }) => `${text(stage)} is ${text(outcome)}${because(detail)}`,
      ],
    ],
    ['ProcedureCancelAsked', ['operation', () => 'it is to be cancelled']],
    [
      'ProcedureEnded',
      ['operation', ({ outcome, detail }) => `the operation is ${text(outcome)}${because(detail)}`],
    ],
    ['RebootOrdered', ['operation', ({ reason }) => `to be rebooted${because(reason)}`]],
    [
      'RebootRefused',
      [
        'operation',
        ({ vetoes }) => `not to be rebooted: ${(vetoes as readonly string[]).join(', ')}`,
      ],
    ],
    [
      'GrantUsed',
      [
        'operation',
        ({ action, reason }) => `a grant was used for ${text(action)}${because(reason)}`,
      ],
    ],
    [
      'ConsoleConnectionMade',
      ['console', ({ mode }) => `a console connection was given out (${text(mode)})`],
    ],
    ['ConsoleConnectionEnded', ['console', () => 'a console connection ended']],
    [
      'ObmConsoleAttached',
      ['console', ({ principal }) => `${text(principal)} looks at the console`],
    ],
    [
      'ObmConsoleDetached',
      ['console', ({ principal }) => `${text(principal) || 'somebody'} left the console`],
    ],
    ['ObmWriterTaken', ['console', ({ principal }) => `${text(principal)} types at the console`]],
    ['MaintenanceBegun', ['maintenance', ({ reason }) => `in maintenance${because(reason)}`]],
    ['MaintenanceEnded', ['maintenance', ({ why }) => `maintenance ended (${text(why)})`]],
    ['NoteAdded', ['note', ({ text: note }) => text(note)]],
    ['MachineAttached', ['project', ({ project }) => `lent to ${text(project)}`]],
    ['MachineDetached', ['project', ({ project }) => `taken back from ${text(project)}`]],
    [
      'ProcessStateChanged',
      ['process', ({ fid, state, reason }) => `${text(fid)} is ${text(state)}${because(reason)}`],
    ],
    ['ProcessAdded', ['process', ({ fid, role }) => `${text(fid)} (${text(role)}) was added`]],
    ['ProcessRemoved', ['process', ({ fid }) => `${text(fid)} was removed`]],
    ['ProcessRemovalOrdered', ['process', ({ fid }) => `${text(fid)} is to be removed`]],
    [
      'ProcessAbandoned',
      [
        'process',
        ({ fid, name, reason }) =>
          `${text(fid)} (${text(name)}) was removed though it may run${because(reason)}`,
      ],
    ],
    [
      'ProcessStarting',
      [
        'process',
        ({ fid, attempt, reason }) =>
          `${text(fid)} is started, attempt ${text(attempt)}${because(reason)}`,
      ],
    ],
    ['ProcessRunning', ['process', ({ fid, pid }) => `${text(fid)} runs as pid ${text(pid)}`]],
    [
      'ProcessRetryScheduled',
      [
        'process',
        ({ fid, attempt, reason }) =>
          `${text(fid)} is to be started again, attempt ${text(attempt)}${because(reason)}`,
      ],
    ],
    ['ProcessStopOrdered', ['process', ({ fid }) => `${text(fid)} is told to stop`]],
    [
      'ProcessLeased',
      [
        'process',
        ({ fid, seconds }) => `${text(fid)} has to renew its lease every ${text(seconds)} s`,
      ],
    ],
    ['ProcessInstanceBegan', ['process', ({ fid }) => `another run of ${text(fid)} reports`]],
    ['ProcessWanted', ['process', ({ fid, state }) => `${text(fid)} is wanted ${text(state)}`]],
    ['NodeAdded', ['process', ({ fid }) => `it is node ${text(fid)} of the cluster now`]],
    ['NodeRemoved', ['process', ({ fid }) => `it is node ${text(fid)} no more`]],
    ['NodeWanted', ['operation', ({ state }) => `its node is wanted ${text(state)}`]],
    ['NodeRemovalOrdered', ['operation', () => 'its node is to be removed']],
    [
      'NodeRemovalHeld',
      [
        'operation',
        ({ by }) =>
          `its node stays${because((by as readonly Fields[]).map(({ reason }) => text(reason)).join('; '))}`,
      ],
    ],
    ['HostRemovalOrdered', ['operation', () => 'it is to be removed']],
    ['ObmOrderJoined', ['operation', () => 'somebody else has asked for the same']],
    ['HostAwaitEnded', ['operation', ({ outcome }) => `it was waited for: ${text(outcome)}`]],
    [
      'CampaignMachineEnded',
      ['operation', ({ outcome, detail }) => `its part is ${text(outcome)}${because(detail)}`],
    ],
    ['RecoveryStarted', ['recovery', () => 'it is lost: steps are taken to bring it back']],
    [
      'RecoveryAttempted',
      ['recovery', ({ attempt }) => `attempt ${text(attempt)} to bring it back`],
    ],
    ['RecoveryStepBegun', ['recovery', ({ step }) => `begun: ${order({ order: step })}`]],
    [
      'RecoveryStepEnded',
      ['recovery', ({ outcome, detail }) => `${text(outcome)}${because(detail)}`],
    ],
    [
      'RecoveryExhausted',
      ['recovery', ({ attempts }) => `given up after ${text(attempts)} attempts`],
    ],
    ['ObmLogGrew', ['hardware', logGrew]],
    [
      'ObmIdentified',
      ['hardware', ({ guid, twins }) => `its OBM is ${text(guid)}${alsoFor(twins)}`],
    ],
    [
      'HostClaimRefused',
      ['other', ({ address }) => `another machine claimed its name, from ${text(address)}`],
    ],
    ['HostRegistered', ['other', () => 'it became known']],
    ['HostDeclared', ['other', () => 'facts say what it is']],
    ['HostRenamed', ['other', ({ from, to }) => `${text(from)} is called ${text(to)} now`]],
  ]);

/** Events about a machine as a line of its history. */

import type { EventReply } from '../../contract/events.ts';
import type { HistoryEntry, historyKinds } from '../../contract/machine-history.ts';

type HistoryKind = (typeof historyKinds)[number];

type Fields = Readonly<Record<string, unknown>>;

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

const sentences: ReadonlyMap<string, readonly [HistoryKind, (data: Fields) => string]> = new Map<
  string,
  readonly [HistoryKind, (data: Fields) => string]
>([
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
  ['ObmPowerChanged', ['power', ({ state, cause }) => `power is ${text(state)} (${text(cause)})`]],
  ['ObmReachable', ['power', () => 'its OBM can be reached']],
  ['ObmUnreachable', ['power', ({ reason }) => `its OBM cannot be reached${because(reason)}`]],
  ['ObmOrdered', ['operation', (data) => `ordered: ${order(data)}`]],
  ['ObmOrderBegun', ['operation', () => 'the order was sent']],
  [
    'ObmOrderEnded',
    ['operation', ({ outcome, detail }) => `the order is ${text(outcome)}${because(detail)}`],
  ],
  ['ObmOrderedElsewhere', ['operation', (data) => `ordered by somebody else: ${order(data)}`]],
  ['HostAwaited', ['operation', ({ seconds }) => `it is to be up again within ${text(seconds)} s`]],
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
    ['operation', ({ action, reason }) => `a grant was used for ${text(action)}${because(reason)}`],
  ],
  [
    'ConsoleConnectionMade',
    ['console', ({ mode }) => `a console connection was given out (${text(mode)})`],
  ],
  ['ConsoleConnectionEnded', ['console', () => 'a console connection ended']],
  ['ObmConsoleAttached', ['console', ({ principal }) => `${text(principal)} looks at the console`]],
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
  ['ProcessWanted', ['process', ({ fid, state }) => `${text(fid)} is wanted ${text(state)}`]],
  ['NodeWanted', ['operation', ({ state }) => `its node is wanted ${text(state)}`]],
]);

/** `RecoveryStepBegun` as `recovery step begun`. */
const inWords = (type: string): string =>
  type.replaceAll(/(?<!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();

export const historyKind = (type: string): HistoryKind => {
  const known = sentences.get(type);
  if (known) return known[0];
  if (type.startsWith('Recovery')) return 'recovery';
  if (type.startsWith('Process')) return 'process';
  return 'other';
};

export const historyEntry = (event: EventReply): HistoryEntry => {
  const { id, at, actor, type } = event;
  const data = event.data as Fields;
  const [, sentence] = sentences.get(type) ?? [];
  return {
    id,
    at,
    kind: historyKind(type),
    text: sentence ? sentence(data) : inWords(type),
    by: typeof data['by'] === 'string' ? data['by'] : actor,
    event,
  };
};

/** Long work in words: what is done, how far it is, and how it ended. The same on a terminal and in a browser. */

import type { Operation } from '../types.ts';

const verbs = {
  start: { ing: 'starting', ed: 'online' },
  stop: { ing: 'stopping', ed: 'stopped' },
  remove: { ing: 'removing', ed: 'removed' },
  'power-on': { ing: 'switching on', ed: 'switched on' },
  'power-off': { ing: 'switching off', ed: 'switched off' },
  'power-soft': { ing: 'asking to shut down', ed: 'asked to shut down' },
  'power-cycle': { ing: 'cycling', ed: 'cycled' },
  'power-reset': { ing: 'resetting', ed: 'reset' },
  'power-diagnostic-interrupt': { ing: 'interrupting', ed: 'interrupted' },
  'boot-device': { ing: 'setting the boot device', ed: 'told its boot device' },
  light: { ing: 'lighting', ed: 'told its light' },
  refresh: { ing: 'looking at', ed: 'looked at' },
  reinstall: { ing: 'reinstalling', ed: 'reinstalled' },
  release: { ing: 'releasing', ed: 'released' },
  campaign: { ing: 'going on', ed: 'done' },
  reboot: { ing: 'rebooting', ed: 'rebooted' },
} as const;

/** What is done while it runs, and what was when it is over. */
export const ofKind = (kind: string): { ing: string; ed: string } =>
  verbs[kind as keyof typeof verbs] ?? { ing: 'running', ed: 'done' };

/** Whether it may still change by itself. */
export const isUnderWay = ({ state }: Pick<Operation, 'state'>): boolean =>
  state === 'queued' || state === 'running';

/** The stage of an order that nobody waits any longer for than that. */
export const carriedOut = 'carried out';

/** Of one machine, and not of what runs on it. */
export const isOfMachine = ({ kind, stages }: Operation): boolean =>
  stages.length > 0 || /^(light|refresh)$/.test(kind) || /^(power|boot)-/.test(kind);

/** What it does for now. */
export const goesOn = ({ state, queued_behind: behind }: Operation): string => {
  if (state !== 'queued') return 'goes on';
  return behind === null ? 'waits for its turn' : `waits for operation ${behind}`;
};

/** How far it is, in a line. */
export const progressOf = ({ kind, subject, stage, done, total, waiting }: Operation): string => {
  if (kind === 'campaign') return `${subject}: ${stage}`;
  const [next] = waiting;
  if (next?.fid === null) return `${ofKind(kind).ing} ${next.host}: ${stage}`;
  const about = next ? `; ${next.name} on ${next.host} is ${next.state}` : '';
  return `${ofKind(kind).ing}: ${done} of ${total}${about}`;
};

/** What became of an order to one machine. */
export const howOrderEnded = ({
  name,
  host,
  state,
  reason,
}: Operation['failed'][number]): string => {
  switch (state) {
    case 'unknown':
      return `${name}: nobody knows whether it was carried out${because(reason)}`;
    case 'away':
      return `${name} was carried out, but ${host} is not back${because(reason)}`;
    default:
      return `${name} was not carried out${because(reason)}`;
  }
};

const because = (reason: string): string => (reason === '' ? '' : `: ${reason}`);

/** Words of Slurm for the states of nodes: those of sinfo, and what they are made of. */

import type { SchedulerRow } from './row.ts';

interface State {
  readonly state: string;
  readonly flags: readonly string[];
}

/** States that are not a flag beside another. */
const baseStates = new Set(
  'UNKNOWN DOWN IDLE ALLOCATED ERROR MIXED FUTURE ALLOC MIX UNK FUTR'.split(' '),
);
const longNames: Readonly<Record<string, string>> = {
  ALLOC: 'ALLOCATED',
  MIX: 'MIXED',
  UNK: 'UNKNOWN',
  FUTR: 'FUTURE',
};

/** Of words such as `IDLE`, `DRAIN`: one of them is the base, the others are flags. */
export const stateOf = (words: readonly string[]): State => {
  const upper = words.map((word) => word.trim().toUpperCase()).filter((word) => word !== '');
  const base = upper.find((word) => baseStates.has(word)) ?? 'UNKNOWN';
  const flags = [...new Set(upper.filter((word) => !baseStates.has(word)))].toSorted();
  return { state: (longNames[base] ?? base).toLowerCase(), flags };
};

/** What a sign behind a state of sinfo says. */
const signs: Readonly<Record<string, string>> = {
  '*': 'NOT_RESPONDING',
  '~': 'POWERED_DOWN',
  '#': 'POWERING_UP',
  '!': 'POWER_DOWN',
  '%': 'POWERING_DOWN',
  $: 'MAINTENANCE',
  '@': 'REBOOT_REQUESTED',
  '^': 'REBOOT_ISSUED',
  '-': 'PLANNED',
};

/** The short words of sinfo, and the longer ones that it has too. */
const short: Readonly<Record<string, readonly string[]>> = {
  alloc: ['ALLOCATED'],
  boot: ['DOWN', 'REBOOT_ISSUED'],
  comp: ['IDLE', 'COMPLETING'],
  completing: ['IDLE', 'COMPLETING'],
  down: ['DOWN'],
  drain: ['IDLE', 'DRAIN'],
  drained: ['IDLE', 'DRAIN'],
  draining: ['MIXED', 'DRAIN'],
  drng: ['MIXED', 'DRAIN'],
  fail: ['IDLE', 'FAIL'],
  failg: ['MIXED', 'FAIL'],
  failing: ['MIXED', 'FAIL'],
  futr: ['FUTURE'],
  idle: ['IDLE'],
  inval: ['IDLE', 'INVALID_REG'],
  maint: ['IDLE', 'MAINTENANCE'],
  mix: ['MIXED'],
  no_respond: ['UNKNOWN', 'NOT_RESPONDING'],
  plnd: ['IDLE', 'PLANNED'],
  pow_dn: ['IDLE', 'POWERING_DOWN'],
  pow_up: ['IDLE', 'POWERING_UP'],
  reboot: ['IDLE', 'REBOOT_REQUESTED'],
  resv: ['IDLE', 'RESERVED'],
  reserved: ['IDLE', 'RESERVED'],
  unk: ['UNKNOWN'],
};

/** Reads a state as sinfo prints it, `drain*`; undefined where it is none. */
export const readShortState = (text: string): State | undefined => {
  const [, word = '', marks = ''] = /^([a-z_]+?)([*~#!%$@^-]*)$/i.exec(text) ?? [];
  const key = word.toLowerCase();
  const words = Object.hasOwn(short, key)
    ? short[key]!
    : baseStates.has(word.toUpperCase())
      ? [word]
      : undefined;
  return words && stateOf([...words, ...[...marks].map((mark) => signs[mark]!)]);
};

const [working, usual] = [
  ['allocated', 'mixed'],
  new Map([
    ['allocated', 'alloc'],
    ['mixed', 'mix'],
    ['unknown', 'unk'],
    ['future', 'futr'],
  ]),
];

const wordOf = ({ state, flags }: State): string => {
  const isBusy = working.includes(state);
  if (flags.includes('REBOOT_ISSUED')) return 'boot';
  if (state === 'down') return 'down';
  if (flags.includes('DRAIN')) return isBusy || flags.includes('COMPLETING') ? 'drng' : 'drain';
  if (flags.includes('FAIL')) return isBusy ? 'failg' : 'fail';
  if (flags.includes('COMPLETING')) return 'comp';
  if (flags.includes('INVALID_REG')) return 'inval';
  if (state === 'idle' && flags.includes('MAINTENANCE')) return 'maint';
  if (state === 'idle' && flags.includes('RESERVED')) return 'resv';
  if (state === 'idle' && flags.includes('PLANNED')) return 'plnd';
  return usual.get(state) ?? state;
};

/** As sinfo has it, `drain*`: the word that operators know. */
export const shortState = (row: Pick<SchedulerRow, 'state' | 'flags'>): string => {
  const word = wordOf(row);
  const said = new Set(['boot', 'maint', 'plnd'].includes(word) ? short[word] : []);
  const sign = Object.entries(signs).find(
    ([, flag]) => row.flags.includes(flag) && !said.has(flag),
  );
  return word + (sign?.[0] ?? '');
};

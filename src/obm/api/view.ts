/** What is known of an OBM without asking it. */

import type { Obm } from '../catalogue/obms.ts';
import type { ConsoleGlance } from '../console/console.ts';
import type { PowerState } from '../drivers/driver.ts';
import type { Obmd } from '../obmd.ts';
import type { Look, Machine } from '../machine.ts';

/** Times in ms since the epoch. What was never seen is null. */
export interface ObmView {
  readonly label: string;
  readonly driver: string;
  /** Without what is secret. */
  readonly info: Readonly<Record<string, unknown>>;
  readonly registered: number;
  /** Whether somebody has a token that is good, and until when; null: until it is revoked. */
  readonly token: { readonly expires: number | null } | null;
  /** `since`: of the first look that saw this state; `at`: of the last look that worked. */
  readonly power: {
    readonly state: PowerState;
    readonly since: number | null;
    readonly at: number | null;
  } | null;
  readonly look: Look | null;
  /** When credentials that were refused are tried again. */
  readonly next_try: number | null;
  /** Orders that wait or are under way. */
  readonly orders: number;
  readonly guid: string | null;
  /** Other labels of what has the same GUID. */
  readonly same_as: readonly string[];
  readonly abilities: readonly string[];
  readonly console: ConsoleGlance | null;
}

export const viewOf = (obmd: Obmd, obm: Obm): ObmView => {
  const { label, driver, info, registered, token } = obm;
  const machine = obmd.findMachine(label);
  return {
    ...{ label, driver, info, registered },
    token: token && { expires: token.expires },
    power: powerOf(machine, obm),
    look: machine?.look ?? null,
    next_try: machine?.nextTry ?? null,
    orders: machine?.orders ?? 0,
    guid: machine?.identity?.guid ?? obm.guid,
    same_as: obmd.journal.obms.sameAs(label, obm.guid),
    abilities: machine?.abilities ?? [],
    console: obmd.consoles.get(label)?.glance() ?? null,
  };
};

/** As it was seen last, by this run of the daemon or by one before. */
export const powerOf = (machine: Machine | undefined, { power: before }: Obm): ObmView['power'] => {
  const seen = machine?.power ?? null;
  const state = seen?.state ?? before?.state;
  if (state === undefined) return null;
  const isSame = before !== null && before.state === state;
  return { state, since: isSame ? before.since : null, at: seen?.at ?? null };
};

/**
 * A campaign: one thing is done with many machines, a few at a time. Which of them are next follows from what was begun
 * and what ended, and from nothing else.
 */

/** How it goes on. */
export interface CampaignPolicy {
  /** The first machine alone; the others follow when one was done, and none where it failed. */
  readonly canary: boolean;
  /** Machines under way at once, from 1 to `campaignParallelMax`. */
  readonly max_parallel: number;
  /** Of one chassis, so many of these; a machine whose chassis nobody knows has one of its own. */
  readonly per_chassis: number;
  /** Between two that are begun in one chassis, s. */
  readonly stagger: number;
  /** After so many failures nothing more is begun; from 1. */
  readonly stop_after: number;
}

export const campaignParallelMax = 256;
/** A day, s. */
export const staggerMax = 86_400;

/** Machines of one campaign. */
export const campaignMachinesMax = 10_000;
/** Campaigns that have not ended. */
export const campaignsOpenMax = 16;
/** Campaigns that have ended and are remembered; the oldest gives way. */
export const campaignsKeptMax = 32;
/** Machines of those that have ended, together; the latest is remembered in any case. */
export const campaignMachinesKeptMax = 20_000;
/** Different things that one campaign does with its machines. */
export const campaignPlansMax = campaignMachinesMax;
/** Machines that one commit begins. */
export const turnsMax = 64;

/** Why, one line. */
export const campaignReasonPattern = '^(?=.*\\S)[^\\p{Cc}]{1,512}$';
/** Characters of the account of how it was with one machine. */
export const campaignDetailLength = 1024;

export const campaignOutcomes = ['done', 'failed', 'cancelled'] as const;
export type CampaignOutcome = (typeof campaignOutcomes)[number];

/** One of its machines. */
export interface CampaignMachine {
  readonly fqdn: string;
  /** What it shares with the others of it; null: nobody knows. */
  readonly chassis: string | null;
  /** Which of the plans of the campaign is its own. */
  readonly plan: number;
}

/** A machine that is under way. */
export interface OpenTurn {
  readonly fqdn: string;
  readonly chassis: string | null;
  /** Id of the procedure. */
  readonly procedure: string;
}

/** How far a campaign is, as far as its policy is about it. */
export interface Standing {
  readonly policy: CampaignPolicy;
  readonly machines: readonly CampaignMachine[];
  /** All before it have been begun, or never will be. */
  readonly next: number;
  /** Those of the others that have been, too. */
  readonly ahead: readonly number[];
  readonly open: readonly OpenTurn[];
  /** When the last of a chassis was begun, ms since the epoch, as long as that matters. */
  readonly begunIn: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<CampaignOutcome, number>>;
  /** Nothing more is begun. */
  readonly stopped: object | null;
}

export interface Turns {
  /** Places of those that may be begun now. */
  readonly now: readonly number[];
  /** When the next may be, ms since the epoch; null: it hangs on those that are under way, or none is left. */
  readonly at: number | null;
}

const nothing: Turns = { now: [], at: null };

/** How many more may be under way. */
const roomOf = ({ policy, open, counts }: Standing): number =>
  policy.canary && counts.done === 0 ? 1 - open.length : policy.max_parallel - open.length;

/**
 * Which machines may be begun at a time: the first in their order for which there is room.
 *
 * @param most so many at once
 */
export const turnsOf = (standing: Standing, at: number, most = turnsMax): Turns => {
  const { policy, machines, next, ahead, open, begunIn, stopped } = standing;
  const room = Math.min(roomOf(standing), most);
  if (stopped !== null || room <= 0) return nothing;
  const begun = new Set(ahead);
  const busy = new Map<string, number>();
  for (const { chassis } of open)
    if (chassis !== null) busy.set(chassis, (busy.get(chassis) ?? 0) + 1);
  const last = new Map(Object.entries(begunIn));
  const now: number[] = [];
  let soonest: number | null = null;
  for (let i = next; i < machines.length && now.length < room; i++) {
    if (begun.has(i)) continue;
    const { chassis } = machines[i]!;
    if (chassis !== null) {
      const there = busy.get(chassis) ?? 0;
      if (there >= policy.per_chassis) continue;
      const from = (last.get(chassis) ?? -Infinity) + policy.stagger * 1000;
      if (from > at) {
        soonest = Math.min(soonest ?? from, from);
        continue;
      }
      busy.set(chassis, there + 1);
      last.set(chassis, at);
    }
    now.push(i);
  }
  return { now, at: now.length > 0 ? at : soonest };
};

/** Why nothing more is to be begun, from what has failed; null: it goes on. */
export const stopOf = ({ policy, counts, stopped }: Standing): string | null => {
  if (stopped !== null || counts.failed === 0) return null;
  if (policy.canary && counts.done === 0) return 'the first machine failed';
  if (counts.failed < policy.stop_after) return null;
  return counts.failed === 1 ? 'a machine failed' : `${counts.failed} machines failed`;
};

/** Whether every machine has had its end. */
export const isThrough = ({ machines, next, open, stopped }: Standing): boolean =>
  open.length === 0 && (stopped !== null || next >= machines.length);

/**
 * Which machines would be begun together if all took as long as each other, and none failed.
 *
 * @param most so many are told
 * @returns the first of them, and how many there are
 */
export const wavesOf = (
  policy: CampaignPolicy,
  machines: readonly CampaignMachine[],
  most: number,
): { readonly waves: readonly (readonly string[])[]; readonly total: number } => {
  const waves: string[][] = [];
  let total = 0;
  let standing: Standing = {
    ...{ policy: { ...policy, stagger: 0 }, machines, next: 0, ahead: [], open: [], begunIn: {} },
    ...{ counts: { done: 0, failed: 0, cancelled: 0 }, stopped: null },
  };
  while (!isThrough(standing)) {
    const { now } = turnsOf(standing, 0, campaignParallelMax);
    if (waves.length < most) waves.push(now.map((i) => machines[i]!.fqdn));
    total += 1;
    const counts = { ...standing.counts, done: standing.counts.done + now.length };
    standing = { ...standing, ...withBegun(standing, now), counts };
  }
  return { waves, total };
};

/** What is begun after some more of it was. */
export const withBegun = (
  { next, ahead }: Pick<Standing, 'next' | 'ahead'>,
  more: readonly number[],
): Pick<Standing, 'next' | 'ahead'> => {
  const begun = new Set([...ahead, ...more]);
  let first = next;
  while (begun.delete(first)) first += 1;
  return { next: first, ahead: [...begun].sort((a, b) => a - b) };
};

/**
 * All groups of all sources, as they were read last. Nobody waits for a source: one that hangs or fails keeps what it
 * said before, with its age and what is wrong.
 */

import { didYouMean } from '../../config/problem.ts';
import { NodesetError, readNodeset, UnknownGroupError } from '../../nodeset/nodeset.ts';
import type { Groups } from '../../nodeset/nodeset.ts';
import type { GroupSource, Listing, Members } from './listing.ts';
import type { MachineNames } from './machine-names.ts';

export interface SourceState {
  readonly name: string;
  readonly kind: string;
  readonly listing: Listing;
  /** When it was read, ms since the epoch; null: never. */
  readonly readAt: number | null;
  /** Why it could not be read the last time; null: it could. */
  readonly error: string | null;
}

interface Kept {
  readonly source: GroupSource;
  listing: Listing;
  readAt: number | null;
  error: string | null;
  isReading: boolean;
}

const nothing: Listing = { groups: new Map(), warnings: [] };
/** All that one source may take, ms. */
const readingMs = 60_000;

export class GroupBook {
  readonly #kept: readonly Kept[];
  readonly #now: () => number;

  /** @param sources in the order in which a group without source is looked for */
  constructor(sources: readonly GroupSource[], now: () => number) {
    this.#now = now;
    this.#kept = sources.map((source) => ({
      source,
      listing: nothing,
      readAt: null,
      error: null,
      isReading: false,
    }));
  }

  /** Reads all sources that have to be asked; one that is still being read is let be. Resolves when all have ended. */
  async refresh(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#kept.map((kept) => this.#read(kept, signal)));
  }

  async #read(kept: Kept, signal: AbortSignal): Promise<void> {
    const { source } = kept;
    if (!source.load || kept.isReading) return;
    kept.isReading = true;
    try {
      kept.listing = await source.load(AbortSignal.any([signal, AbortSignal.timeout(readingMs)]));
      kept.readAt = this.#now();
      kept.error = null;
    } catch (error) {
      if (signal.aborted) return;
      const timedOut = (error as Error).name === 'TimeoutError';
      kept.error = timedOut
        ? `it did not end within ${readingMs / 1000} s`
        : ((error as Error).message.split('\n')[0] ?? '').slice(0, 300);
    } finally {
      kept.isReading = false;
    }
  }

  /** What is known of every source, in their order. */
  get sources(): readonly SourceState[] {
    return this.#kept.map(({ source, listing, readAt, error }) => {
      const { name, kind } = source;
      if (!source.now) return { name, kind, listing, readAt, error };
      const state = source.state?.() ?? { readAt: this.#now(), error: null };
      return { name, kind, listing: source.now(), ...state };
    });
  }

  /**
   * Who is in groups, by what is known now. Names are those of machines where they mean one, else as they stand.
   *
   * Of a group that names others, they are looked for in its own source first.
   */
  resolver(machines: MachineNames): Groups {
    return new Resolver(this.sources, machines);
  }
}

class Resolver implements Groups {
  readonly #sources: readonly SourceState[];
  readonly #machines: MachineNames;
  readonly #known = new Map<string, ReadonlySet<string>>();
  /** Groups that are being expanded. */
  readonly #open: string[] = [];

  constructor(sources: readonly SourceState[], machines: MachineNames) {
    this.#sources = sources;
    this.#machines = machines;
  }

  readonly members = (group: string, source: string | undefined): Iterable<string> => {
    const found = this.#sourceOf(group, source);
    const members = found.listing.groups.get(group)!;
    return this.#expanded(`@${found.name}:${group}`, members, found);
  };

  readonly all = (source: string | undefined): Iterable<string> => {
    // Of all sources the first one that is never asked: it knows the machines of the cluster.
    const found = source === undefined ? this.#sources[0] : this.#source(source);
    if (!found) throw new UnknownGroupError('@*', 'There are no sources of groups.');
    const { all, groups } = found.listing;
    const key = `@${found.name}:*`;
    if (all !== undefined) return this.#expanded(key, all, found);
    const names = new Set<string>();
    for (const [group, members] of groups)
      for (const name of this.#expanded(`@${found.name}:${group}`, members, found)) names.add(name);
    return names;
  };

  #source(name: string): SourceState {
    const source = this.#sources.find((one) => one.name === name);
    if (source) return source;
    const names = this.#sources.map((one) => one.name);
    const advice = didYouMean(name, names).trim() || `Sources: ${names.join(', ')}`;
    throw new UnknownGroupError(`@${name}:`, advice, 'source of groups');
  }

  #sourceOf(group: string, wanted: string | undefined): SourceState {
    const sources = wanted === undefined ? this.#sources : [this.#source(wanted)];
    const found = sources.find(({ listing }) => listing.groups.has(group));
    if (found) return found;
    throw new UnknownGroupError(
      `@${wanted === undefined ? '' : `${wanted}:`}${group}`,
      this.#advice(group, wanted, sources),
    );
  }

  /** What was meant, or why a group may be missing. */
  #advice(group: string, wanted: string | undefined, sources: readonly SourceState[]): string {
    const prefix = wanted === undefined ? '@' : `@${wanted}:`;
    if (group === 'all') return `Did you mean "${prefix}*"?`;
    const names = sources.flatMap(({ listing }) => [...listing.groups.keys()]);
    const meant = didYouMean(group, names).trim();
    if (meant !== '') return meant.replace('"', `"${prefix}`);
    const failed = sources.filter(({ error }) => error !== null).map(({ name }) => name);
    return failed.length === 0
      ? ''
      : `Of ${failed.join(', ')} not all may be known: see the sources.`;
  }

  #expanded(key: string, members: Members, source: SourceState): ReadonlySet<string> {
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#open.includes(key))
      throw new NodesetError(
        `groups name each other in a circle: ${[...this.#open.slice(this.#open.indexOf(key)), key].join(' → ')}`,
      );
    this.#open.push(key);
    try {
      const names = new Set<string>();
      for (const name of this.#namesOf(members, source))
        names.add(this.#machines.match(name) ?? name);
      this.#known.set(key, names);
      return names;
    } finally {
      this.#open.pop();
    }
  }

  #namesOf(members: Members, source: SourceState): Iterable<string> {
    if (typeof members !== 'string') return members;
    if (members.trim() === '') return [];
    const inside: Groups = {
      members: (group, named) =>
        this.members(group, named ?? (source.listing.groups.has(group) ? source.name : undefined)),
      all: (named) => this.all(named ?? source.name),
    };
    return readNodeset(members, { groups: inside });
  }
}

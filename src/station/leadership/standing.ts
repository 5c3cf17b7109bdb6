/** Where a station stands among those of its cluster. */

/** A station, and where others reach it. */
export interface Place {
  readonly station: string;
  readonly url: string;
}

export interface Standing {
  /** Whether it takes commands and does what only one station does. */
  readonly role: 'leading' | 'following';
  /** Its own name; null where it is the only one and has none. */
  readonly name: string | null;
  /** The newest term that it knows of; 0 before the first. */
  readonly term: number;
  /** Who leads, as far as it knows; null: nobody, or one that has no name. */
  readonly leader: Place | null;
  /** Since when it has led, or has not, by its wall clock, ms since the epoch. */
  readonly since: number;
}

/** How it is decided whether a station leads, and what begins and ends with that. */
export interface Leadership {
  readonly standing: Standing;
  /** Why the station must be opened anew, from the beginning; never resolves where it need not. */
  readonly ended: Promise<Error>;
  /** @param term the first, of a station that is alone; others find theirs in the log */
  start(term: number): void;
  /** Nothing of it goes on once it resolves; whoever waits to lead may. */
  stop(): Promise<void>;
  /** Whether it may decide and act now; asked before each command and each effect. */
  mayLead(): boolean;
}

/** The name and address that a station was given, where it was given both. */
export const placeOf = (options: {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
}): { readonly name: string | null; readonly place: Place | null } => {
  const { name, url } = options;
  const place = name === undefined || url === undefined ? null : { station: name, url };
  return { name: name ?? null, place };
};

/** This station does not lead: whoever asks for something turns to the one that does. Nothing is kept of it. */
export class NotLeadingError extends Error {
  readonly code = 'not-leading';
  /** Null: nobody does now, as far as is known. */
  readonly leader: Place | null;
  constructor(leader: Place | null) {
    super(
      leader
        ? `this station does not lead: ${leader.station} does, at ${leader.url}`
        : 'this station does not lead, and nobody else does yet',
    );
    this.name = 'NotLeadingError';
    this.leader = leader;
  }
}

/** A duty that does not end: the process must. */
export class DutiesHangError extends Error {
  readonly code = 'duties-hang';
  constructor(options?: ErrorOptions) {
    super(
      'this station does not lead any more, and something that only the leading one does has not ended; it starts anew',
      options,
    );
    this.name = 'DutiesHangError';
  }
}

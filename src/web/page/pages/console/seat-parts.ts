/** What a seat at a console needs, and what it says. */

import type { ConsoleNews } from '../../../../client/console-protocol.ts';

export type News<T extends ConsoleNews['type']> = Extract<ConsoleNews, { type: T }>;
export type Viewer = News<'status'>['viewers'][number];
export type Holder = NonNullable<News<'refused'>['holder']>;

/** What the station let in to, once. */
export interface Admission {
  readonly id: string;
  readonly ticket: string;
}

/** Why one is not let in, and whether waiting may help; `signed-out`: somebody has to sign in first. */
export interface NotAdmitted {
  readonly message: string;
  readonly kind: 'for-good' | 'for-now' | 'signed-out';
}

export interface SocketListener {
  data(bytes: Uint8Array): void;
  told(news: ConsoleNews): void;
  closed(code: number, reason: string): void;
}

export interface Socket {
  send(what: string | Uint8Array): void;
  close(): void;
  /** Bytes that are on their way. */
  readonly bufferedAmount: number;
}

export interface SeatTime {
  /** Ms; goes forward only. */
  now(): number;
  after(ms: number, run: () => void): () => void;
}

export interface SeatParts {
  readonly time: SeatTime;
  /** Lets in, once. Rejects with what `why` explains. */
  readonly admit: () => Promise<Admission>;
  /** The one before is given up: what is left of it would go on typing, as far as the daemon knows. */
  readonly leave: (id: string) => Promise<void>;
  readonly why: (error: unknown) => NotAdmitted;
  /** Asks for nothing and says why one would not be let in now; null: one would be. */
  readonly whyNot: () => Promise<NotAdmitted | null>;
  readonly connect: (query: Readonly<Record<string, string>>, listener: SocketListener) => Socket;
  /** Draws it; `drawn` is called when that is done. */
  readonly draw: (bytes: Uint8Array, drawn: () => void) => void;
  /** Something happened at this place of what is drawn; `isNew`: while one looked. */
  readonly mark: (kind: string, text: string, isNew: boolean) => void;
  readonly note: (note: Note) => void;
  readonly changed: () => void;
}

/** What is told beside the console. */
export interface Note {
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'plain';
  /** What can be done about it. */
  readonly offer?: 'take' | 'ask';
}

export type LinkState =
  | { readonly kind: 'opening' }
  | { readonly kind: 'open' }
  /** It broke, and is tried again at `at` (clock of the seat). */
  | { readonly kind: 'waiting'; readonly why: string; readonly at: number }
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'ended'; readonly why: string };

/** Somebody at a console. */
export const nameOf = (
  who: { readonly principal: string; readonly source: string } | null,
): string => (who === null ? 'Somebody' : `${who.principal} (${who.source})`);

export const skippedText = (bytes: number): string =>
  bytes === 1 ? '1 byte was skipped here' : `${bytes.toLocaleString('en')} bytes were skipped here`;

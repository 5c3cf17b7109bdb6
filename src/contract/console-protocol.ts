/**
 * What a viewer of a console and an OBM daemon say to each other over the WebSocket at `/v2/obms/{label}/console`.
 *
 * A binary message is bytes of the console: what the machine wrote, or what is typed. A text message is one JSON
 * object of those below, which no machine can write. Either side ignores fields that it does not know.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';

/** Grows when a message changes in a way that the other side cannot ignore. */
export const consoleProtocol = 1;
/** A message of a viewer is a few keys, or a piece of what he pastes; bytes. */
export const consoleMessageBytesMax = 16 * 1024;

export const consoleCloseCodes = {
  /** What a viewer said is no message of the protocol. */
  badMessage: 4400,
  /** His right has ended, or the machine is somebody else's now. */
  notAllowed: 4401,
  /** He was too slow, or took nothing for too long. */
  tooSlow: 4408,
  /** The port of his console connection is taken. */
  portTaken: 4409,
  /** A limit was reached. */
  tooMuch: 4429,
} as const;

/** What a viewer asks for. What is refused is answered by `refused`, and changes nothing. */
export const ConsoleWish = Type.Union([
  Type.Object({
    type: Type.Literal('request-writer', { description: 'To type, unless somebody does.' }),
  }),
  Type.Object({
    type: Type.Literal('take-writer', { description: 'To type instead of whoever does.' }),
  }),
  Type.Object({ type: Type.Literal('give-back', { description: 'To type no more.' }) }),
  Type.Object({ type: Type.Literal('break', { description: 'A serial break.' }) }),
  Type.Object({
    type: Type.Literal('reconnect', { description: 'The daemon is to have the console now.' }),
    take: Type.Optional(Type.Boolean({ description: 'From whoever has it.' })),
  }),
  Type.Object({ type: Type.Literal('status', { description: 'Who looks, and the link.' }) }),
]);
export type ConsoleWish = Static<typeof ConsoleWish>;

/** Who somebody is, and his network address. */
export interface ConsoleWho {
  readonly principal: string;
  readonly source: string;
}

/** What the daemon says. Times in ms since the epoch, positions in bytes of the stream. */
export type ConsoleNews =
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly label: string;
      readonly principal: string;
      readonly may_write: boolean;
    }
  /** Of the next byte; said wherever it is not the one behind the last. */
  | { readonly type: 'at'; readonly position: number }
  /** Something happened beside the stream, at this place. */
  | {
      readonly type: 'mark';
      readonly kind: string;
      readonly at: number;
      readonly position: number;
      readonly text: string;
    }
  | {
      readonly type: 'role';
      readonly writer: boolean;
      readonly why: 'asked' | 'taken' | 'idle';
      readonly by: ConsoleWho | null;
    }
  | {
      readonly type: 'refused';
      /** `type`: what was typed. */
      readonly wish: ConsoleWish['type'] | 'type';
      readonly code: string;
      readonly message: string;
      /** Who types, and for how long he has typed nothing, ms; null where that is not why. */
      readonly holder: (ConsoleWho & { readonly idle_ms: number }) | null;
    }
  | {
      readonly type: 'status';
      readonly link: 'connected' | 'connecting' | 'waiting' | 'idle';
      readonly reason: string | null;
      readonly logged: boolean;
      readonly not_kept_since: number | null;
      readonly viewers: readonly (ConsoleWho & {
        readonly since: number;
        readonly writer: boolean;
        readonly idle_ms: number | null;
      })[];
    }
  /** The last message; `missed`: bytes that he has not seen. */
  | {
      readonly type: 'ended';
      /** `expired`: whoever has the right still may ask for another. */
      readonly why: string;
      readonly message: string;
      readonly missed: number;
    };

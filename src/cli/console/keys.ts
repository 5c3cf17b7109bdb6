/** What is typed at a console: bytes for the machine, and commands for us, which begin a line with `~` as in ssh. */

/** By the character after the `~`. */
export const keyCommands = {
  '.': 'leave',
  '?': 'help',
  b: 'break',
  w: 'ask',
  t: 'take',
  g: 'give-back',
  s: 'status',
  r: 'reconnect',
} as const;
export type KeyCommand = (typeof keyCommands)[keyof typeof keyCommands];

export type Key =
  | { readonly kind: 'typed'; readonly bytes: Buffer }
  | { readonly kind: 'command'; readonly command: KeyCommand };

export const keysHelp = [
  '~.  leave',
  '~w  ask to type          ~t  take it from whoever types',
  '~g  type no more         ~b  send a break',
  '~s  who looks            ~r  have the console again now',
  '~~  a ~ at the beginning of a line',
] as const;

const [tilde, carriageReturn, lineFeed] = [0x7e, 0x0d, 0x0a];

export class Keys {
  #isLineStart = true;
  /** Whether a `~` has been typed and waits for what it is about. */
  #isEscaped = false;

  /** Pieces may end anywhere. What is typed stays in its order. */
  take(piece: Buffer): Key[] {
    const keys: Key[] = [];
    let typed: number[] = [];
    const flush = (): void => {
      if (typed.length > 0) keys.push({ kind: 'typed', bytes: Buffer.from(typed) });
      typed = [];
    };
    for (const byte of piece) {
      if (this.#isEscaped) {
        this.#isEscaped = false;
        const command = commandOf(byte);
        if (command !== undefined) {
          flush();
          keys.push({ kind: 'command', command });
          this.#isLineStart = true;
          continue;
        }
        // Of `~~` one is meant; before anything else it was meant itself.
        typed.push(tilde);
        if (byte === tilde) {
          this.#isLineStart = false;
          continue;
        }
      } else if (this.#isLineStart && byte === tilde) {
        this.#isEscaped = true;
        continue;
      }
      typed.push(byte);
      this.#isLineStart = byte === carriageReturn || byte === lineFeed;
    }
    flush();
    return keys;
  }
}

const commandOf = (byte: number): KeyCommand | undefined => {
  const character = String.fromCharCode(byte);
  return Object.hasOwn(keyCommands, character)
    ? keyCommands[character as keyof typeof keyCommands]
    : undefined;
};

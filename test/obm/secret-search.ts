/** Looks for passwords and tokens where none may be, in the clear or in a form that anybody can read. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What is kept in a directory: file after file, as latin1; those that are larger are left out. */
export const keptIn = (directory: string, bytesMax = Infinity): string =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => statSync(path).size <= bytesMax)
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');

/** Arguments and environment of all that run. */
export const processes = (): string =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ['cmdline', 'environ'].map((name) => shownBy(`/proc/${pid}/${name}`)))
    .join('\n');

/** Nothing where it has ended, or is somebody else's. */
const shownBy = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};

/** In base64, wherever it begins in what was encoded: the characters that nothing beside it changes. */
const base64Of = (bytes: Buffer): string[] =>
  [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });

/** As it is, and as it may be hidden: escaped, in base64 or hex, and a token by the bytes that it is written of. */
export const formsOf = (secret: string): readonly string[] => {
  const bytes = Buffer.from(secret);
  const base64 = base64Of(bytes);
  const hex = bytes.toString('hex');
  const [, random = ''] = /^hal_[^_]+_(.+)$/.exec(secret) ?? [];
  return [
    ...new Set([
      ...[
        bytes.toString('latin1'),
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
      ],
      ...[...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))],
      ...[hex, hex.toUpperCase()],
      ...(/^([0-9a-f]{2}){16,}$/.test(secret) ? [latin1(secret, 'hex')] : []),
      ...(random === '' ? [] : [random, latin1(random, 'base64url')]),
    ]),
  ];
};

const latin1 = (text: string, encoding: BufferEncoding): string =>
  Buffer.from(text, encoding).toString('latin1');

export class SecretSearch {
  /** What each is, by what it is. */
  readonly #kinds = new Map<string, string>();
  /** What was found where. */
  readonly found = new Set<string>();

  /** From now on it is looked for. */
  add(kind: string, secret: string): void {
    if (secret.length < 8) throw new Error(`${kind}: what is so short stands anywhere by chance`);
    this.#kinds.set(secret, kind);
  }

  get kinds(): readonly string[] {
    return [...new Set(this.#kinds.values())].sort();
  }

  look(place: string, text: string): void {
    for (const [secret, kind] of this.#kinds)
      if (formsOf(secret).some((form) => text.includes(form)))
        this.found.add(`${kind} in ${place}`);
  }
}

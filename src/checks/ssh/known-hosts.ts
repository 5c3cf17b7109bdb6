/** The lines of known_hosts as OpenSSH has them: whose key is to be trusted as whose. Pure. */

import { createHmac, timingSafeEqual } from 'node:crypto';

/** `authority`: a key that signs the certificates of hosts. `revoked`: a key that nobody is to be known by. */
export type Marker = 'authority' | 'revoked';

export interface KnownHost {
  /** From 1 on. */
  readonly line: number;
  readonly marker: Marker | undefined;
  /** As the key names it itself, such as `ssh-ed25519`. */
  readonly type: string;
  readonly key: Buffer;
  /** Whether the line is for a host, written as {@link hostPattern} has it. */
  readonly covers: (host: string) => boolean;
}

export interface KnownHosts {
  readonly entries: readonly KnownHost[];
  /** Lines that say nothing: they are passed over, as OpenSSH does. */
  readonly unread: readonly number[];
  /** Entries of which all names are written out, by each of them. */
  readonly byName: ReadonlyMap<string, readonly KnownHost[]>;
  /** Those that must be asked one by one: hashes and patterns. */
  readonly patterns: readonly KnownHost[];
}

/** How known_hosts writes a host: with its port only where that is not 22. In lower case, as names are compared. */
export const hostPattern = (host: string, port: number): string =>
  port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;

const markers = new Map<string, Marker>([
  ['@cert-authority', 'authority'],
  ['@revoked', 'revoked'],
]);

/** Reads known_hosts. What is wrong in one line touches no other. */
export const parseKnownHosts = (text: string): KnownHosts => {
  const entries: KnownHost[] = [];
  const unread: number[] = [];
  const patterns: KnownHost[] = [];
  const byName = new Map<string, KnownHost[]>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/^[ \t]+/, '').replace(/\r$/, '');
    if (line === '' || line.startsWith('#')) continue;
    const read = entryOf(line, index + 1);
    if (read === undefined) {
      unread.push(index + 1);
      continue;
    }
    const { entry, names } = read;
    entries.push(entry);
    if (names === undefined) patterns.push(entry);
    for (const name of new Set(names)) byName.set(name, [...(byName.get(name) ?? []), entry]);
  }
  return { entries, unread, byName, patterns };
};

/** Several files as one. */
export const joinKnownHosts = (all: readonly KnownHosts[]): KnownHosts => {
  const [only] = all;
  if (all.length === 1 && only !== undefined) return only;
  const byName = new Map<string, readonly KnownHost[]>();
  for (const known of all)
    for (const [name, entries] of known.byName)
      byName.set(name, [...(byName.get(name) ?? []), ...entries]);
  return {
    entries: all.flatMap(({ entries }) => entries),
    unread: all.flatMap(({ unread }) => unread),
    byName,
    patterns: all.flatMap(({ patterns }) => patterns),
  };
};

interface ReadLine {
  readonly entry: KnownHost;
  /** All its names, where it has nothing else. */
  readonly names: readonly string[] | undefined;
}

const entryOf = (text: string, line: number): ReadLine | undefined => {
  const words = text.split(/[ \t]+/);
  let marker: Marker | undefined;
  if (text.startsWith('@')) {
    marker = markers.get(words.shift() ?? '');
    if (marker === undefined) return undefined;
  }
  const [hosts, type, base64] = words;
  if (hosts === undefined || type === undefined || base64 === undefined) return undefined;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const key = Buffer.from(base64, 'base64');
  if (keyType(key) !== type || !isWhole(key, type)) return undefined;
  const covers = hosts.startsWith('|') ? hashed(hosts) : listed(hosts);
  if (covers === undefined) return undefined;
  const isPlain = !/[|*?!]/.test(hosts);
  return {
    entry: { line, marker, type, key, covers },
    names: isPlain ? hosts.toLowerCase().split(',') : undefined,
  };
};

/** The type that a public key names itself; undefined where it is none. */
export const keyType = (key: Buffer): string | undefined => {
  if (key.length < 4) return undefined;
  const length = key.readUInt32BE(0);
  if (length === 0 || length > 64 || key.length < 4 + length) return undefined;
  return key.toString('latin1', 4, 4 + length);
};

/** Parts of a key by its type; each is its length and so many bytes. */
const partsOf = new Map([
  ['ssh-ed25519', 2],
  ['ecdsa-sha2-nistp256', 3],
  ['ecdsa-sha2-nistp384', 3],
  ['ecdsa-sha2-nistp521', 3],
  ['ssh-rsa', 3],
]);

/**
 * Whether nothing of a key is missing, as where a full disk has cut its line: it would be another one than that of the
 * host, which could not be reached any more.
 */
const isWhole = (key: Buffer, type: string): boolean => {
  const wanted = partsOf.get(type);
  let [at, parts] = [0, 0];
  for (; at + 4 <= key.length; parts += 1) at += 4 + key.readUInt32BE(at);
  return wanted === undefined || (parts === wanted && at === key.length);
};

/** `|1|salt|hash`: names that cannot be read off the file. */
const hashed = (text: string): ((host: string) => boolean) | undefined => {
  const [empty, kind, salt, hash, ...rest] = text.split('|');
  if (empty !== '' || kind !== '1' || salt === undefined || hash === undefined || rest.length > 0)
    return undefined;
  const [key, wanted] = [Buffer.from(salt, 'base64'), Buffer.from(hash, 'base64')];
  if (key.length !== 20 || wanted.length !== 20) return undefined;
  return (host) => timingSafeEqual(hashOf(key, host), wanted);
};

const hashOf = (salt: Buffer, host: string): Buffer =>
  createHmac('sha1', salt).update(host).digest();

/** Patterns with `*` and `?`, separated by commas; one with `!` takes its hosts out, wherever it stands. */
const listed = (text: string): ((host: string) => boolean) => {
  const patterns = text.split(',').map((pattern) => {
    const isNegated = pattern.startsWith('!');
    return { isNegated, matches: wildcard((isNegated ? pattern.slice(1) : pattern).toLowerCase()) };
  });
  return (host) => {
    const matching = patterns.filter(({ matches }) => matches(host));
    return matching.length > 0 && matching.every(({ isNegated }) => !isNegated);
  };
};

/** Walks text and pattern together; goes back to the last `*` only, so that no pattern takes long. */
const wildcard =
  (pattern: string): ((text: string) => boolean) =>
  (text) => {
    let [at, star, mark] = [0, -1, 0];
    let from = 0;
    while (from < text.length) {
      if (pattern[at] === '*') {
        [star, mark] = [at, from];
        at += 1;
      } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[from])) {
        at += 1;
        from += 1;
      } else if (star >= 0) {
        at = star + 1;
        mark += 1;
        from = mark;
      } else return false;
    }
    while (pattern[at] === '*') at += 1;
    return at === pattern.length;
  };

/** What is written for one host. */
export interface HostKeys {
  readonly plain: readonly KnownHost[];
  readonly authorities: readonly KnownHost[];
  readonly revoked: readonly KnownHost[];
}

/** @param host as {@link hostPattern} has it */
export const knownOf = (known: KnownHosts, host: string): HostKeys => {
  const its = [
    ...(known.byName.get(host) ?? []),
    ...known.patterns.filter(({ covers }) => covers(host)),
  ];
  const marked = (wanted: Marker | undefined): readonly KnownHost[] =>
    its.filter(({ marker }) => marker === wanted);
  return {
    plain: marked(undefined),
    authorities: marked('authority'),
    revoked: marked('revoked'),
  };
};

/**
 * What is to be made of a key that a host shows. `changed`: it is known by another one, of whatever type, as who can
 * choose the type would otherwise be taken for new. `unknown`: nothing is known of it.
 */
export type Standing = 'known' | 'changed' | 'unknown' | 'revoked';

export const standingOf = ({ plain, revoked }: HostKeys, key: Buffer): Standing => {
  if (revoked.some((entry) => entry.key.equals(key))) return 'revoked';
  if (plain.some((entry) => entry.key.equals(key))) return 'known';
  return plain.length > 0 ? 'changed' : 'unknown';
};

/** Signature algorithms by the type of key that they are made with, the better ones first; SHA-1 is none of them. */
const algorithmsOf = new Map<string, readonly string[]>([
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
]);

/**
 * The algorithms to ask a host's key by: those first that it is known by, as a host with several keys would otherwise
 * show one that is not known.
 */
export const hostKeyAlgorithms = ({ plain }: HostKeys): readonly string[] => {
  const types = new Set(plain.map(({ type }) => type));
  const all = [...algorithmsOf];
  const first = all.filter(([type]) => types.has(type));
  const rest = all.filter(([type]) => !types.has(type));
  return [...first, ...rest].flatMap(([, algorithms]) => algorithms);
};

/**
 * A line to be known by from now on.
 *
 * @param salt 20 random bytes, where the name is not to be read off the file
 */
export const knownHostLine = (host: string, key: Buffer, salt?: Buffer): string => {
  const name =
    salt === undefined
      ? host
      : `|1|${salt.toString('base64')}|${hashOf(salt, host).toString('base64')}`;
  return `${name} ${keyType(key)} ${key.toString('base64')}`;
};

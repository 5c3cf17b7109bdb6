/** Which system of a service is the machine that is meant: the one that was named, or the only one. */

import { ObmError } from '../../errors.ts';
import { membersOf } from './collection.ts';
import { linkAt, malformed, nameOf, printable, textAt } from './resource.ts';
import type { Json, Resource } from './resource.ts';
import type { Session } from './session.ts';

/** Systems of one service that are looked at. */
const systemsMax = 64;

export class Systems {
  readonly #session: Session;
  readonly #wanted: string | null;
  #path: string | null = null;

  /** @param wanted Id, UUID or serial number; null: the only one */
  constructor(session: Session, wanted: string | null) {
    this.#session = session;
    this.#wanted = wanted;
  }

  /**
   * What it says of itself now.
   *
   * @throws {ObmError} `wrong-machine`: none, or several, may be meant; those that are there are named
   */
  async read(signal: AbortSignal): Promise<Resource> {
    if (this.#path !== null) {
      const system = await this.#session.get(this.#path, signal).catch(ifGone);
      if (system && (this.#wanted === null || isCalled(system.json, this.#wanted))) return system;
    }
    return this.readAnew(signal);
  }

  /** The same, where what was found before is not good enough: others may have come since. */
  async readAnew(signal: AbortSignal): Promise<Resource> {
    this.#path = null;
    const { json: root } = await this.#session.root(signal);
    const collection = linkAt(root, 'Systems');
    if (collection === null) throw malformed('no systems');
    const members = await membersOf(this.#session, collection, signal);
    if (members.length > systemsMax)
      throw new ObmError('limit', `the service has more than ${systemsMax} systems`);
    const [first] = members;
    if (!first) throw new ObmError('wrong-machine', 'the service has no system');
    const system = await this.#choose(
      members.map(({ path }) => path),
      signal,
    );
    this.#path = system.path;
    return system;
  }

  async #choose(paths: readonly string[], signal: AbortSignal): Promise<Resource> {
    const read: Resource[] = [];
    let dead: { path: string; error: Error } | null = null;
    for (const path of paths)
      await this.#session.get(path, signal).then(
        (system) => read.push(system),
        (error: unknown) => {
          if (signal.aborted || paths.length === 1) throw error;
          dead = { path, error: error as Error };
        },
      );
    const wanted = this.#wanted;
    const there = [...read.map(({ json, path }) => calledAs(json, path)), ...deadName(dead)];
    if (wanted === null) {
      if (paths.length === 1) return read[0]!;
      throw new ObmError(
        'wrong-machine',
        `the service has ${paths.length} systems (${there.join('; ')}); register it with one as system`,
      );
    }
    const meant = read.filter(({ json }) => isCalled(json, wanted));
    if (meant.length === 1) return meant[0]!;
    // The one that is meant may be the one that does not answer.
    if (meant.length === 0 && dead !== null) throw (dead as { error: Error }).error;
    const many = meant.length === 0 ? 'no system' : `${meant.length} systems`;
    throw new ObmError('wrong-machine', `${many} of that name; there are ${there.join('; ')}`);
  }
}

const deadName = (dead: { path: string } | null): string[] =>
  dead === null ? [] : [`${nameOf(dead.path)}, which does not answer`];

/** It may be another path now; what else goes wrong says nothing of that. */
const ifGone = (error: unknown): null => {
  if (error instanceof ObmError && error.reason === 'unsupported') return null;
  throw error;
};

const bare = (uuid: string): string => uuid.replaceAll('-', '').toLowerCase();

const isCalled = (json: Json, wanted: string): boolean => {
  const uuid = textAt(json, 'UUID');
  return (
    textAt(json, 'Id') === wanted ||
    textAt(json, 'SerialNumber') === wanted ||
    (uuid !== null && bare(uuid) === bare(wanted))
  );
};

const calledAs = (json: Json, path: string): string => {
  const names = [
    textAt(json, 'Id') ?? nameOf(path),
    textAt(json, 'UUID'),
    textAt(json, 'SerialNumber'),
  ];
  return names.flatMap((name) => (name === null ? [] : [printable(name, 64)])).join(', ');
};

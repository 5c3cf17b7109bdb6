/**
 * A disk that is cut from power. What a piece of code does to files below a folder is recorded while
 * it runs, from the calls of `node:fs` themselves; then every state is made up that a power cut at
 * any moment may leave.
 *
 * The model is POSIX, and no kinder: a sync of a file makes its content last, and a sync of a folder
 * its entries. Everything else is lost or kept, in every combination: entries in any order, content
 * as it was after any write, or as zeros, or torn.
 */

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';

type Step =
  | { readonly kind: 'entries'; readonly changes: readonly Entry[] }
  | { readonly kind: 'content'; readonly inode: number; readonly content: Buffer }
  | { readonly kind: 'sync-file'; readonly inode: number }
  | { readonly kind: 'sync-folder'; readonly folder: string }
  | { readonly kind: 'said'; readonly value: unknown };

interface Entry {
  readonly path: string;
  /** Undefined where the name is taken away. */
  readonly to: number | 'folder' | undefined;
}

/** What a power cut leaves: files below the root, by their paths from there. */
export interface Remains {
  /** Content of each file; undefined for a folder. */
  readonly files: ReadonlyMap<string, Buffer | undefined>;
  /** What had been said when the power was cut, and what was to be said next. */
  readonly said: readonly unknown[];
  readonly next: unknown;
  /** The last step before the cut, for people. */
  readonly after: string;
}

/** More than this means that the recorded code is too long to be tried in every combination. */
const remainsMax = 200_000;

export class RecordedDisk {
  readonly #root: string;
  readonly #steps: Step[] = [];
  readonly #names = new Map<string, number | 'folder'>();
  readonly #first = new Map<string, number | 'folder'>();
  readonly #contents = new Map<number, Buffer>();
  /** What open descriptors lead to: inodes, and paths of folders. */
  readonly #open = new Map<number, number | string>();
  #inodes = 0;

  private constructor(root: string) {
    this.#root = resolve(root);
    for (const name of fs.readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      const path = join(this.#root, name);
      const isFolder = fs.statSync(path).isDirectory();
      const to = isFolder ? 'folder' : ++this.#inodes;
      if (to !== 'folder') this.#contents.set(to, fs.readFileSync(path));
      this.#names.set(path, to);
      this.#first.set(path, to);
    }
  }

  /**
   * Records what `act` does below `root`; what is there before lasts. `said` notes that somebody was
   * told of what has been done.
   */
  static async record(
    root: string,
    act: (said: (value: unknown) => void) => unknown,
  ): Promise<RecordedDisk> {
    const disk = new RecordedDisk(root);
    const restore = disk.#listen();
    try {
      await act((value) => disk.#steps.push({ kind: 'said', value }));
    } finally {
      restore();
    }
    return disk;
  }

  /** Each different state that a cut after each step may leave. */
  *remains(): Generator<Remains, void> {
    let count = 0;
    for (let cut = 0; cut <= this.#steps.length; cut++) {
      const done = this.#steps.slice(0, cut);
      const said = done.flatMap((step) => (step.kind === 'said' ? [step.value] : []));
      const later = this.#steps.slice(cut).find(({ kind }) => kind === 'said');
      const next = later?.kind === 'said' ? later.value : undefined;
      const after = describe(done.at(-1));
      const seen = new Set<string>();
      for (const files of this.#states(done)) {
        const key = [...files].map(([path, file]) => `${path}=${file?.toString('hex')}`).join('|');
        if (seen.has(key)) continue;
        seen.add(key);
        if (++count > remainsMax) throw new Error('too many states: record less at a time');
        yield { files, said, next, after };
      }
    }
  }

  /** Puts the remains into a folder, as the next boot finds them. */
  static lay({ files }: Remains, folder: string): void {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    for (const [path, content] of files) {
      const target = join(folder, path);
      if (content === undefined) fs.mkdirSync(target, { recursive: true, mode: 0o700 });
      else fs.writeFileSync(target, content, { mode: 0o600 });
    }
  }

  *#states(done: readonly Step[]): Generator<Map<string, Buffer | undefined>, void> {
    let pending: Extract<Step, { kind: 'entries' }>[] = [];
    const lasting = new Map(this.#first);
    const contents = new Map([...this.#contents].map(([inode, content]) => [inode, [content]]));
    for (const step of done) {
      if (step.kind === 'entries') pending.push(step);
      if (step.kind === 'content')
        contents.set(step.inode, [...(contents.get(step.inode) ?? [empty]), step.content]);
      if (step.kind === 'sync-file')
        contents.set(step.inode, (contents.get(step.inode) ?? [empty]).slice(-1));
      if (step.kind === 'sync-folder') {
        const isOf = ({ changes }: (typeof pending)[number]): boolean =>
          changes.every(({ path }) => dirname(path) === step.folder);
        for (const { changes } of pending.filter(isOf)) enter(lasting, changes);
        pending = pending.filter((one) => !isOf(one));
      }
    }
    for (let kept = 0; kept < 2 ** pending.length; kept++) {
      const names = new Map(lasting);
      pending.forEach(({ changes }, index) => {
        if (Math.floor(kept / 2 ** index) % 2 === 1) enter(names, changes);
      });
      yield* this.#filled(names, contents);
    }
  }

  /** Each combination of what the files may hold whose names can be reached. */
  *#filled(
    names: ReadonlyMap<string, number | 'folder'>,
    contents: ReadonlyMap<number, readonly Buffer[]>,
  ): Generator<Map<string, Buffer | undefined>, void> {
    const reached = [...names]
      .filter(([path]) => this.#isReached(path, names))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const inodes = [...new Set(reached.map(([, to]) => to))].filter((to) => to !== 'folder');
    const choices = inodes.map((inode) => possible(contents.get(inode) ?? [empty]));
    const total = choices.reduce((product, { length }) => product * length, 1);
    for (let number = 0; number < total; number++) {
      const held = new Map<number, Buffer>();
      let rest = number;
      choices.forEach((choice, index) => {
        held.set(inodes[index]!, choice[rest % choice.length]!);
        rest = Math.floor(rest / choice.length);
      });
      yield new Map(
        reached.map(([path, to]) => [
          path.slice(this.#root.length + 1),
          to === 'folder' ? undefined : held.get(to),
        ]),
      );
    }
  }

  #isReached(path: string, names: ReadonlyMap<string, number | 'folder'>): boolean {
    const folder = dirname(path);
    if (folder === this.#root) return true;
    return names.get(folder) === 'folder' && this.#isReached(folder, names);
  }

  #isMine(path: unknown): path is string {
    return typeof path === 'string' && resolve(path).startsWith(`${this.#root}/`);
  }

  #enter(changes: readonly Entry[]): void {
    enter(this.#names, changes);
    this.#steps.push({ kind: 'entries', changes });
  }

  #opened(path: unknown, descriptor: number): void {
    const full = resolve(String(path));
    if (full === this.#root) return void this.#open.set(descriptor, full);
    if (!this.#isMine(path)) return;
    let inode = this.#names.get(full);
    if (inode === undefined) {
      inode = ++this.#inodes;
      this.#enter([{ path: full, to: inode }]);
    }
    this.#open.set(descriptor, inode === 'folder' ? full : inode);
    this.#wrote(descriptor);
  }

  /** Looks at what the file holds now: something else than `node:fs` may have written, as SQLite does. */
  #wrote(descriptor: number): void {
    const inode = this.#open.get(descriptor);
    if (typeof inode !== 'number') return;
    const content = fs.readFileSync(`/proc/self/fd/${descriptor}`);
    const last = this.#steps.findLast((step) => step.kind === 'content' && step.inode === inode);
    const before = last?.kind === 'content' ? last.content : (this.#contents.get(inode) ?? empty);
    if (!content.equals(before)) this.#steps.push({ kind: 'content', inode, content });
  }

  #synced(descriptor: number): void {
    const to = this.#open.get(descriptor);
    this.#wrote(descriptor);
    if (typeof to === 'string') this.#steps.push({ kind: 'sync-folder', folder: to });
    if (typeof to === 'number') this.#steps.push({ kind: 'sync-file', inode: to });
  }

  #renamed(from: unknown, to: unknown): void {
    if (!this.#isMine(from)) return;
    const [source, target] = [resolve(from), resolve(String(to))];
    const moved = this.#names.get(source);
    this.#enter([
      { path: target, to: moved },
      { path: source, to: undefined },
    ]);
  }

  #linked(from: unknown, to: unknown): void {
    if (!this.#isMine(from)) return;
    this.#enter([{ path: resolve(String(to)), to: this.#names.get(resolve(from)) }]);
  }

  #removed(path: unknown): void {
    const full = resolve(String(path));
    if (this.#names.has(full)) this.#enter([{ path: full, to: undefined }]);
  }

  #madeFolders(path: unknown): void {
    const missing: string[] = [];
    for (
      let one = resolve(String(path));
      this.#isMine(one) && !this.#names.has(one);
      one = dirname(one)
    )
      missing.unshift(one);
    for (const one of missing) this.#enter([{ path: one, to: 'folder' }]);
  }

  #listen(): () => void {
    const undo: (() => void)[] = [];
    /** Calls `then` once a function has succeeded, and before anybody else hears of it. */
    const after = (
      object: object,
      name: string,
      then: (args: readonly unknown[], result: unknown) => void,
    ): void => {
      const functions = object as Record<string, (...args: unknown[]) => unknown>;
      const original = functions[name]!;
      functions[name] = function (this: unknown, ...args: unknown[]): unknown {
        const result = original.apply(this, args);
        if (result instanceof Promise)
          return result.then((value: unknown) => {
            then(args, value);
            return value;
          });
        then(args, result);
        return result;
      };
      undo.push(() => (functions[name] = original));
    };
    for (const [object, suffix] of [
      [fs, 'Sync'],
      [fs.promises, ''],
    ] as const) {
      after(object, `rename${suffix}`, ([from, to]) => this.#renamed(from, to));
      after(object, `link${suffix}`, ([from, to]) => this.#linked(from, to));
      after(object, `rm${suffix}`, ([path]) => this.#removed(path));
      after(object, `unlink${suffix}`, ([path]) => this.#removed(path));
      after(object, `mkdir${suffix}`, ([path]) => this.#madeFolders(path));
    }
    after(fs, 'openSync', ([path], descriptor) => this.#opened(path, Number(descriptor)));
    after(fs, 'closeSync', ([descriptor]) => this.#open.delete(Number(descriptor)));
    for (const name of ['writeSync', 'writeFileSync', 'ftruncateSync'])
      after(fs, name, ([descriptor]) => {
        if (typeof descriptor !== 'number') throw new Error(`${name} to a path is not recorded`);
        this.#wrote(descriptor);
      });
    for (const name of ['fsyncSync', 'fdatasyncSync'])
      after(fs, name, ([descriptor]) => this.#synced(Number(descriptor)));
    after(fs.promises, 'writeFile', () => {
      throw new Error('writeFile to a path is not recorded');
    });
    after(fs.promises, 'open', ([path], result) => {
      const handle = result as fs.promises.FileHandle;
      const { fd } = handle;
      this.#opened(path, fd);
      for (const name of ['write', 'writeFile', 'appendFile', 'truncate'])
        after(handle, name, () => this.#wrote(fd));
      for (const name of ['sync', 'datasync']) after(handle, name, () => this.#synced(fd));
      after(handle, 'close', () => this.#open.delete(fd));
    });
    syncBuiltinESMExports();
    return () => {
      for (const restore of undo.reverse()) restore();
      syncBuiltinESMExports();
    };
  }
}

const empty = Buffer.alloc(0);

/** What a file may hold whose content was the first when it was last synced. */
function possible(contents: readonly Buffer[]): Buffer[] {
  const [lasting, ...later] = contents;
  return [
    lasting!,
    ...later.flatMap((content) => {
      const half = content.length >> 1;
      const zeros = Buffer.alloc(half);
      return [
        content,
        content.subarray(0, half),
        Buffer.alloc(content.length),
        Buffer.concat([zeros, content.subarray(half)]),
        Buffer.concat([content.subarray(0, half), Buffer.alloc(content.length - half)]),
      ];
    }),
  ];
}

function enter(names: Map<string, number | 'folder'>, changes: readonly Entry[]): void {
  for (const { path, to } of changes)
    if (to === undefined) names.delete(path);
    else names.set(path, to);
}

function describe(step: Step | undefined): string {
  if (step === undefined) return 'nothing';
  switch (step.kind) {
    case 'entries':
      return step.changes
        .map(({ path, to }) => `${to === undefined ? 'removed' : 'entered'} ${basename(path)}`)
        .join(', ');
    case 'sync-folder':
      return `synced folder ${basename(step.folder)}`;
    default:
      return step.kind;
  }
}

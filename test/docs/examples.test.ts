/**
 * The examples in README and docs do what the pages say: the commands run, and print what is shown.
 *
 * Each page has a folder and a station of its own, unless it starts one itself. With TAP_SNAPSHOT=1
 * outputs that differ are written into the pages instead.
 */

import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { declarationFrom } from '../../src/config/declaration.ts';
import { folderOf } from '../folder.ts';
import { alike, examplesOf, fits } from './page.ts';
import type { Command, Example } from './page.ts';
import { Terminal } from './terminal.ts';

const root = join(import.meta.dirname, '..', '..');
const docs = join(root, 'docs');
const pages = [
  join(root, 'README.md'),
  ...readdirSync(docs)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(docs, name)),
];

/** Whether outputs are written into the pages instead of compared. */
const isWriting = process.env['TAP_SNAPSHOT'] === '1';

/**
 * A loopback address for one page of one run. Pages say 127.0.0.1:7400; a port that the kernel
 * gives could be taken by somebody's connection before the station listens on it.
 */
const addressOf = (page: string): string =>
  `127.${pages.indexOf(page) + 1}.${(process.pid >> 8) & 255}.${process.pid & 255 || 255}`;

const pagesAddress = /\b127\.0\.0\.1\b/g;

class Reader {
  readonly terminal: Terminal;
  readonly #folder: string;
  readonly #address: string;
  readonly #page: string;
  /** Up to where outputs were written into the page. */
  #written = 0;

  constructor(t: Test, page: string) {
    this.#page = page;
    this.#address = addressOf(page);
    // Said before the folder is made: it is removed after what was said before it, and a station
    // that still writes there would be in its way.
    t.teardown(() => this.terminal.close());
    this.#folder = folderOf(t, { home: {} });
    for (const name of ['roles', 'scripts', 'facts.example.yaml', 'packaging'])
      symlinkSync(join(root, name), join(this.#folder, name));
    this.terminal = new Terminal(this.#folder, {
      PATH: `${join(root, 'scripts')}:${process.env['PATH'] ?? ''}`,
      HOME: join(this.#folder, 'home'),
      TMPDIR: join(this.#folder, 'home'),
      XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? '/', '.cache'),
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      HALCYON_JOINED: process.env['HALCYON_JOINED'],
      LC_ALL: 'C.UTF-8',
      TERM: 'dumb',
    });
  }

  /** A station for the pages that do not start one. */
  async startStation(): Promise<void> {
    await this.#do(`(umask 077; halcyon station --data station --listen 127.0.0.1:7400 \
      --log-level error >station.out 2>&1 &)`);
    await this.#do(`until grep -q ^bootstrap station.out; do sleep 0.05; done
      (umask 077; sed -n 's/^bootstrap admin token: //p' station.out >admin.token)
      export HALCYON_STATION=http://127.0.0.1:7400 HALCYON_TOKEN_FILE=$PWD/admin.token`);
  }

  async try(t: Test, example: Example): Promise<void> {
    if (example.file !== null) writeFileSync(join(this.#folder, example.file), example.text);
    for (const command of example.commands) await this.#compare(t, command);
  }

  async #do(line: string): Promise<{ code: number; output: string; failed: string }> {
    const { output, ...rest } = await this.terminal.run(line.replace(pagesAddress, this.#address));
    const shown = output
      .replaceAll(this.#address, '127.0.0.1')
      .replaceAll(join(this.#folder, 'home'), '/home/you')
      .replaceAll(this.#folder, '/home/you/halcyon')
      .replaceAll(root, '/home/you/halcyon');
    return { ...rest, output: shown };
  }

  async #compare(t: Test, { line, output: shown }: Command): Promise<void> {
    const { code, output, failed } = await this.#do(line);
    if (shown === null) {
      t.equal(failed, '', `${line}\n${output}`);
      t.equal(code, 0, `${line}\n${output}`);
    } else if (fits(shown, output)) t.pass(line);
    else if (isWriting) this.#write(line, shown, output);
    else t.equal(alike(output), alike(shown), line);
  }

  /** Puts a new output in the place of the one that a page shows. */
  #write(line: string, shown: string, output: string): void {
    const text = readFileSync(this.#page, 'utf8');
    const command = `$ ${line.replaceAll('\n', '\n> ')}\n`;
    const clean = output.replace(/hal_[\w-]+/g, 'hal_…').replace(/ +$/gm, '');
    const from = text.indexOf(command + shown, this.#written);
    this.#written = from + command.length + clean.length;
    const after = text.slice(from + command.length + shown.length);
    writeFileSync(this.#page, text.slice(0, from) + command + clean + after);
  }
}

const startsStation = (examples: readonly Example[]): boolean =>
  examples.some(({ text }) => text.includes('halcyon station --data'));

/** Facts and roles of a page load, alone or with the other kind. */
const checkFiles = (t: Test, page: string, examples: readonly Example[]): void => {
  const source = ({ line, text }: Example): { name: string; text: string } => ({
    name: `${basename(page)}:${line}`,
    text,
  });
  const roleFiles = readdirSync(join(root, 'roles')).map((name) => ({
    name,
    text: readFileSync(join(root, 'roles', name), 'utf8'),
  }));
  const own = examples.filter(({ kind }) => kind === 'roles').map(source);
  const noFacts = { name: 'facts.yaml', text: 'cluster: none\nhosts: []\n' };
  for (const example of examples) {
    if (example.kind !== 'facts' && example.kind !== 'roles') continue;
    const isFacts = example.kind === 'facts';
    const facts = isFacts ? source(example) : noFacts;
    // Facts go with the roles of their page or with those of the repository.
    const choices = isFacts ? [own, roleFiles] : [[source(example)]];
    const complaints = choices.map((roles) => {
      const read = declarationFrom({ facts, roles });
      return read.ok ? read.warnings : read.problems;
    });
    const least = complaints.find(({ length }) => length === 0) ?? complaints.at(-1);
    t.same(least, [], source(example).name);
  }
};

t.jobs = 2;
for (const page of pages) {
  const examples = examplesOf(page);
  if (examples.length === 0) continue;
  t.test(`the examples of ${basename(page)}`, { buffered: true, timeout: 800_000 }, async (t) => {
    checkFiles(t, page, examples);
    if (!examples.some(({ kind }) => kind === 'commands')) return;
    const reader = new Reader(t, page);
    if (!startsStation(examples)) await reader.startStation();
    for (const example of examples) await reader.try(t, example);
  });
}

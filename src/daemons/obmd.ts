/** `halcyon obmd`: owns the OBMs of machines, and serves whoever has a token of one. */

import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { pino } from 'pino';
import { hold, HeldElsewhereError } from '../disk/held.ts';
import { keyOf } from '../disk/key-file.ts';
import { makeFolderSync, replaceFileSync } from '../disk/lasting-file.ts';
import { ownDirectorySync, refuseOpenToOthers } from '../disk/modes.ts';
import { readRegularSync } from '../disk/regular-file.ts';
import { HeardTerms } from '../disk/heard-terms.ts';
import { SealedFile } from '../disk/sealed-file.ts';
import { createIpmi } from '../ipmi/index.ts';
import { openLog } from '../log/open.ts';
import { Admin } from '../obm/api/admin.ts';
import { createObmServer } from '../obm/api/server.ts';
import { KeptSessions } from '../obm/kept-sessions.ts';
import { Obmd } from '../obm/obmd.ts';
import type { ObmdSettings } from '../obm/obmd.ts';
import { systemRandom, systemTime } from '../obm/time.ts';
import { addServingFlags, endServing, servingOf, stopOnSignal, urlOf } from './serving.ts';
import type { ServingFlags } from './serving.ts';

interface ObmdFlags extends ServingFlags {
  readonly data: string;
  readonly keyFile?: string;
  readonly adminTokenFile?: string;
  readonly newAdminToken?: true;
  readonly tokenTtl?: number;
  readonly poll?: number;
  readonly pause: number;
  readonly pollEvents?: number;
  readonly networkRate?: number;
  readonly consoleLog: boolean;
  readonly allowOrigin: readonly string[];
  readonly logLevel: string;
}

export const registerObmd = (program: Command): void => {
  const command = program
    .command('obmd')
    .description('own the out-of-band managers of machines: power, boot devices, consoles')
    .option('--data <dir>', 'data directory', '/var/lib/halcyon-obmd')
    .option(
      '--key-file <file>',
      'key that credentials are sealed with; otherwise obmd.key in the data directory',
    );
  addServingFlags(command, '127.0.0.1:7410')
    .option(
      '--admin-token-file <file>',
      "the administrator's token; otherwise the first start makes one and shows it",
    )
    .option('--new-admin-token', 'make another token of the administrator, where it is lost')
    .option(
      '--token-ttl <seconds>',
      'how long the token of an OBM is good; until it is revoked unless said',
      seconds,
    )
    .option(
      '--poll <seconds>',
      'between two looks at one machine; 0: only when asked; 60, or what a station wants, unless said',
      seconds,
    )
    .option('--pause <ms>', 'between two things that one OBM is asked', milliseconds, 0)
    .option(
      '--poll-events <seconds>',
      'between two looks at the event log of one machine, which --poll looks at; 0: only when asked, unless a station wants it',
      seconds,
    )
    .option(
      '--network-rate <n>',
      'what is begun with the OBMs of one network in a second; 500, or what a station wants, unless said',
      rate,
    )
    .option('--no-console-log', 'keep no log of consoles, and no console while nobody looks')
    .option(
      '--allow-origin <origin...>',
      'pages that may open consoles, for example https://halcyon.example; its own may',
      origin,
      [],
    )
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'info')
    .addHelpText(
      'after',
      `
It speaks obmd's REST API. Logs go to stderr as JSON lines; they hold no token and no password.

Examples:
  halcyon obmd --data ./obmd
  halcyon obmd --listen 10.1.0.5:7410 --tls-cert obmd.pem --tls-key obmd.key \\
      --admin-token-file /etc/halcyon/obmd.token`,
    )
    .action(async (flags: ObmdFlags, command: Command) => {
      try {
        await runObmd(flags);
      } catch (error) {
        command.error(`halcyon obmd: ${(error as Error).message}`, { exitCode: 1 });
      }
    });
};

const seconds = (text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number of seconds.');
};

const rate = (text: string): number => {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number from 1 to 99999.');
};

const origin = (text: string, others: readonly string[]): readonly string[] => {
  const url = URL.parse(text);
  if (url && url.origin === text.replace(/\/$/, '') && url.origin !== 'null')
    return [...others, url.origin];
  throw new InvalidArgumentError(
    'Give scheme, name and port, for example https://halcyon.example.',
  );
};

/** What closes something that was opened. */
type Close = () => void | Promise<void>;

const runObmd = async (flags: ObmdFlags): Promise<void> => {
  const opened: Close[] = [];
  try {
    await serveObms(flags, opened);
  } catch (error) {
    // What is open would keep a process alive that serves nobody; only the first error is of use.
    await closeAll(opened).catch(() => undefined);
    throw error;
  }
};

/** The last one first; whatever cannot be closed keeps no other from being closed. */
const closeAll = async (opened: Close[]): Promise<void> => {
  const close = opened.pop();
  if (!close) return;
  try {
    await close();
  } finally {
    await closeAll(opened);
  }
};

/** @param opened how to close what it opens, also where it fails */
const serveObms = async (flags: ObmdFlags, opened: Close[]): Promise<void> => {
  const serving = servingOf(flags);
  const logger = pino({ level: flags.logLevel, base: { obmd: process.pid } }, pino.destination(2));
  const directory = flags.data;
  makeFolderSync(directory, 0o700);
  ownDirectorySync(directory, (path, mode) =>
    logger.warn({ path, mode }, 'others could use it; now nobody else can'),
  );
  const held = holdData(directory);
  opened.push(() => held.release());
  const terms = new HeardTerms(join(directory, 'terms'));
  const log = await openLog(`sqlite:${join(directory, 'log')}`);
  opened.push(() => log.close());
  const key = keyOf(flags.keyFile ?? join(directory, 'obmd.key'), log.head() === 0);
  const { admin, made } = adminOf(flags);
  const privateDirectory = join(directory, 'run');
  // What an earlier run handed to a program and could not remove.
  rmSync(privateDirectory, { recursive: true, force: true });
  mkdirSync(privateDirectory, { mode: 0o700 });
  const time = systemTime;
  const obmd = await Obmd.open({
    ...{ log, time, random: systemRandom, ipmi: createIpmi(), privateDirectory, logger },
    credentials: new SealedFile(join(directory, 'credentials.json'), key),
    sessions: new KeptSessions(join(directory, 'sessions'), key),
    terms,
    consoleDirectory: flags.consoleLog ? join(directory, 'consoles') : null,
    settings: settingsOf(flags),
    lost: (error) => {
      logger.fatal({ err: error }, 'nobody knows what the log holds; start it again');
      process.exit(1);
    },
  });
  opened.push(() => obmd.close());
  const app = await createObmServer({
    ...{ obmd, admin, logger, time, tls: serving.tls, origins: flags.allowOrigin },
  });
  opened.push(() => endServing(app));
  obmd.start();
  await app.listen({ host: serving.host, port: serving.port });
  stopOnSignal(logger, () => closeAll(opened));
  // One that was kept by a start that failed would be nobody's: it is shown this once.
  made?.keep();
  const said = made ? `admin token: ${made.token}\nIt is shown this once.\n` : '';
  process.stdout.write(`listening on ${urlOf(app, serving)}\n${said}`);
};

/** As long as a look may take; longer, and orders would wait for nothing. */
const pauseMost = 20_000;

const milliseconds = (text: string): number => {
  if (/^\d{1,5}$/.test(text) && Number(text) <= pauseMost) return Number(text);
  throw new InvalidArgumentError(`Give a whole number of milliseconds, at most ${pauseMost}.`);
};

const settingsOf = ({
  poll,
  pause,
  pollEvents,
  networkRate,
  tokenTtl,
}: ObmdFlags): Partial<ObmdSettings> => ({
  pacing: {
    ...(poll === undefined ? {} : { powerMs: poll * 1000 }),
    ...(pollEvents === undefined ? {} : { eventsMs: pollEvents * 1000 }),
    ...(networkRate === undefined ? {} : { perNetworkSecond: networkRate }),
  },
  coordinator: { minIntervalMs: pause },
  tokenMs: tokenTtl === undefined ? null : tokenTtl * 1000,
});

const holdData = (directory: string): ReturnType<typeof hold> => {
  try {
    return hold(join(directory, 'held'));
  } catch (error) {
    if (!(error instanceof HeldElsewhereError)) throw error;
    const pid = error.pid === null ? '' : ` (pid ${error.pid})`;
    throw new Error(
      `${directory} is in use by another obmd${pid}; stop it, or use another --data`,
      { cause: error },
    );
  }
};

const tokenBytesMax = 4096;

/** The administrator's token, of which only the hash is kept. */
interface MadeToken {
  readonly token: string;
  /** Makes it last; until then the one before, if there is one, is good at the next start. */
  readonly keep: () => void;
}

const adminOf = (flags: ObmdFlags): { admin: Admin; made: MadeToken | null } => {
  const { adminTokenFile: file } = flags;
  if (file !== undefined) {
    refuseOpenToOthers(file, 'a token');
    const token = readFileSync(file, 'utf8').trim();
    if (token.length < 16) throw new Error(`${file} holds no token of at least 16 characters`);
    return { admin: new Admin(Admin.hashOf(token)), made: null };
  }
  const path = join(flags.data, 'admin.sha256');
  const kept = flags.newAdminToken ? null : readHash(path);
  if (kept !== null) return { admin: new Admin(kept), made: null };
  const token = systemRandom(16).toString('hex');
  const hash = Admin.hashOf(token);
  return { admin: new Admin(hash), made: { token, keep: () => replaceFileSync(path, hash) } };
};

const readHash = (path: string): string | null => {
  try {
    const text = readRegularSync(path, tokenBytesMax).toString('utf8').trim();
    if (/^[0-9a-f]{64}$/.test(text)) return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  throw new Error(`${path} is damaged; remove it, and start with --new-admin-token`);
};

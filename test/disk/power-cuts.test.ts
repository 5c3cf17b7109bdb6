/** What each file that must last holds after a power cut at any moment. */

import { once } from 'node:events';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { agentId } from '../../src/agent/identity.ts';
import { writeEnvironmentFile } from '../../src/agent/supervision/environment-file.ts';
import { intended, NotARecord, RunRecords } from '../../src/agent/supervision/run-record.ts';
import type { RunRecord } from '../../src/agent/supervision/run-record.ts';
import { readConfig, writeConfig, writePrivately } from '../../src/cli/config.ts';
import type { Revision } from '../../src/core/values/revision.ts';
import { logStart } from '../../src/log/chain.ts';
import type { LogPosition } from '../../src/log/chain.ts';
import { listSnapshots, readSnapshot, saveSnapshot } from '../../src/log/snapshots.ts';
import { createLog, logFiles, openVerified, ownLog } from '../../src/log/sqlite/files.ts';
import { HeadFile, readHeadFile } from '../../src/log/sqlite/head-file.ts';
import { FileSecrets } from '../../src/station/access/file-secrets.ts';
import { stationKey } from '../../src/station/access/key-file.ts';
import { keysOf } from '../../src/station/access/keys.ts';
import { assignment, pidsOf, SupervisedHost, until } from '../agent/supervision/supervised-host.ts';
import { folderOf } from '../folder.ts';
import { RecordedDisk } from './recorded-disk.ts';
import type { Remains } from './recorded-disk.ts';

interface Lasting {
  /** What was there before, and lasts. */
  readonly before?: (root: string) => unknown;
  /** Changes files below the root, and says what it has done once it may be relied upon. */
  readonly act: (root: string, said: (value: unknown) => void) => unknown;
  /** What the next boot finds. */
  readonly find: (root: string, remains: Remains) => unknown;
  /** Whether that is right. By default: what was said last, or what was to be said next. */
  readonly isRight?: (found: unknown, remains: Remains) => boolean;
}

const oldOrNew = (found: unknown, { said, next }: Remains): boolean =>
  isDeepStrictEqual(found, said.at(-1)) || isDeepStrictEqual(found, next);

/** Fails with the first state that a power cut may leave and that is not understood. */
async function outlivesPowerCuts(
  t: Test,
  { before, act, find, isRight = oldOrNew }: Lasting,
): Promise<void> {
  const folder = folderOf(t, { root: {}, cut: {} });
  const root = join(folder, 'root');
  await before?.(root);
  const disk = await RecordedDisk.record(root, (said) => act(root, said));
  const cut = join(folder, 'cut');
  let states = 0;
  for (const remains of disk.remains()) {
    states += 1;
    RecordedDisk.lay(remains, cut);
    let found: unknown;
    try {
      found = await find(cut, remains);
    } catch (error) {
      found = error;
    }
    if (!(found instanceof Error) && isRight(found, remains)) continue;
    const { files, said, next, after } = remains;
    t.fail(`cut after "${after}"`, { found, said, next, files: Object.fromEntries(files) });
    return;
  }
  t.ok(states > 3, `${states} states`);
}

/** The content of a file; undefined where there is none. */
const text = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Makes a file as somebody does who is killed before its name lasts. */
const halfMade = (path: string, content: string): void => {
  const draft = `${path}.draft`;
  const descriptor = openSync(draft, 'wx', 0o600);
  writeSync(descriptor, content);
  fsyncSync(descriptor);
  closeSync(descriptor);
  linkSync(draft, path);
};

/** Once a station was told of an agent, it is that agent; before that, any. */
const sameAgent: Pick<Lasting, 'find' | 'isRight'> = {
  find: (root) => agentId(join(root, 'var', 'agent')),
  isRight: (found, { said }) => said.length === 0 || found === said[0],
};

t.test('an agent is the same one after a power cut', (t) =>
  outlivesPowerCuts(t, {
    act: (root, said) => said(agentId(join(root, 'var', 'agent'))),
    ...sameAgent,
  }),
);

t.test('so it is where the agent that made the id was killed before it lasted', (t) =>
  outlivesPowerCuts(t, {
    before: (root) => {
      agentId(join(root, 'var', 'agent'));
      rmSync(join(root, 'var', 'agent', 'agent-id'));
    },
    act: (root, said) => {
      halfMade(join(root, 'var', 'agent', 'agent-id'), 'd2b6b1f0-7f0e-4f3e-9a53-1a4f0a1d6c11\n');
      said(agentId(join(root, 'var', 'agent')));
    },
    ...sameAgent,
  }),
);

t.test('the key of a station', (t) =>
  outlivesPowerCuts(t, {
    act: (root, said) => said(stationKey(root, true).toString('hex')),
    // Nothing is written with a key before it was said; then the log is not new any more.
    find: (root, { said }) => stationKey(root, said.length === 0).toString('hex'),
    isRight: (found, { said }) => said.length === 0 || found === said[0],
  }),
);

t.test('so it is where the station that made it was killed before it lasted', (t) =>
  outlivesPowerCuts(t, {
    act: (root, said) => {
      halfMade(join(root, 'station.key'), 'a key of thirty-two bytes ......');
      said(stationKey(root, true).toString());
    },
    find: (root, { said }) => stationKey(root, said.length === 0).toString(),
    isRight: (found, { said }) => said.length === 0 || found === said[0],
  }),
);

t.test('secrets', (t) => {
  const key = Buffer.alloc(32, 7);
  const secret = { user: 'u', password: 'p' };
  const names = (root: string): string[] => {
    const store = new FileSecrets(root, keysOf(key));
    return ['a', 'b', 'c'].filter((name) => store.get(name)?.password === 'p');
  };
  return outlivesPowerCuts(t, {
    before: (root) => new FileSecrets(root, keysOf(key)).put(new Map([['a', secret]])),
    act: (root, said) => {
      said(names(root));
      const store = new FileSecrets(root, keysOf(key));
      for (const name of ['b', 'c']) {
        store.put(new Map([[name, secret]]));
        said(names(root));
      }
    },
    find: names,
    isRight: (found, remains) =>
      oldOrNew(found, remains) || (remains.said.length === 0 && isDeepStrictEqual(found, ['a'])),
  });
});

t.test('the environment file of a process', (t) => {
  const wanted = assignment();
  return outlivesPowerCuts(t, {
    act: async (root, said) => {
      for (const value of ['A="old"\n', 'A="new"\n', 'A="newest and longest"\n']) {
        await writeEnvironmentFile(join(root, 'sysconfig'), {
          ...wanted,
          environment_file: value,
        });
        said(value);
      }
    },
    find: (root) => text(join(root, 'sysconfig', `${wanted.unit}-${wanted.fid}`)),
  });
});

t.test('environment files that are written at the same time', (t) => {
  const names = ['m0d', 'm0t1fs', 's3server'];
  const wanted = names.map((unit) => assignment({ unit, environment_file: `NAME="${unit}"\n` }));
  return outlivesPowerCuts(t, {
    before: (root) => writeEnvironmentFile(root, assignment()),
    act: (root, said) =>
      Promise.all(
        wanted.map(async (one) => {
          await writeEnvironmentFile(root, one);
          said(one.unit);
        }),
      ),
    find: (root) => wanted.map(({ unit, fid }) => text(join(root, `${unit}-${fid}`))),
    isRight: (found, { said }) =>
      wanted.every(({ unit, environment_file }, index) => {
        const there = (found as (string | undefined)[])[index];
        return there === environment_file || (there === undefined && !said.includes(unit));
      }),
  });
});

t.test('a token that was shown once, and the contexts of halctl', async (t) => {
  await outlivesPowerCuts(t, {
    act: async (root, said) => {
      await writePrivately(join(root, 'etc', 'agent.token'), 'hal_1_secret\n');
      said('hal_1_secret\n');
    },
    find: (root) => text(join(root, 'etc', 'agent.token')),
  });
  const context = (name: string): unknown => ({
    current: name,
    contexts: { [name]: { station: ['https://s'] } },
  });
  await outlivesPowerCuts(t, {
    act: async (root, said) => {
      for (const name of ['one', 'two']) {
        await writeConfig({ XDG_CONFIG_HOME: root }, context(name) as never);
        said(context(name));
      }
    },
    find: (root) => readConfig({ XDG_CONFIG_HOME: root }),
    isRight: (found, remains) =>
      oldOrNew(found, remains) ||
      (remains.said.length === 0 && isDeepStrictEqual(found, { current: null, contexts: {} })),
  });
});

t.test('a log is there whole before anything is written to it', (t) =>
  outlivesPowerCuts(t, {
    act: (root, said) => {
      ownLog(join(root, 'srv', 'data'));
      createLog(logFiles(join(root, 'srv', 'data')));
      said('made');
    },
    find: (root, { said }) => {
      const directory = join(root, 'srv', 'data');
      if (said.length === 0) {
        ownLog(directory);
        createLog(logFiles(directory));
      }
      const { reader, end } = openVerified(logFiles(directory), 'full');
      reader.close();
      return end;
    },
    isRight: (found) => isDeepStrictEqual(found, logStart),
  }),
);

t.test('the head of a log says where it ended, or something earlier, or nothing', (t) =>
  outlivesPowerCuts(t, {
    act: (root, said) => {
      const head = new HeadFile(join(root, 'head'));
      for (let revision = 1; revision <= 3; revision++) {
        said(revision);
        head.write({ revision, crc: revision * 1_000_003 });
      }
      head.close();
      said('closed');
    },
    find: (root) => readHeadFile(join(root, 'head')),
    isRight: (found, { said }) => {
      const { revision, crc } = (found ?? { revision: 0, crc: 0 }) as LogPosition;
      if (said.at(-1) === 'closed') return revision === 3;
      return crc === revision * 1_000_003 && revision <= Number(said.at(-1) ?? 0);
    },
  }),
);

t.test('snapshots', (t) => {
  const lines = (revision: number): string[] => [`state at ${revision}`, 'and more of it'];
  return outlivesPowerCuts(t, {
    act: async (root, said) => {
      for (const revision of [5, 7]) {
        const about = { revision: revision as Revision, crc: 1, digest: 'd', rules: 'r' };
        await saveSnapshot(join(root, 'snapshots'), about, lines(revision));
        said(revision);
      }
    },
    find: (root) =>
      listSnapshots(join(root, 'snapshots')).map(({ path, about }) => {
        const held = [...readSnapshot(path)];
        return isDeepStrictEqual(held, lines(about.revision)) ? about.revision : held;
      })[0],
  });
});

/** Those that are whole. */
const recordsIn = (folder: string): RunRecord[] => {
  const records = new RunRecords(join(folder, 'runs'));
  return records.fids().flatMap((fid) => {
    try {
      return [records.read(fid)];
    } catch (error) {
      const isDraft = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (isDraft || error instanceof NotARecord) return [];
      throw error;
    }
  });
};

t.test('records of runs: what is left of them is one that was written, or nothing', async (t) => {
  const host = new SupervisedHost(t);
  const wanted = assignment();
  const intent = intended(wanted, 'abcdef', 'the boot before');
  const main = { pid: 1234, started: 5678 } as RunRecord['main'];
  const written: readonly RunRecord[] = [
    intent,
    { ...intent, phase: 'running', main },
    { ...intent, phase: 'ended', main, code: 0, reason: 'ended with exit code 0' },
  ];
  const root = folderOf(t, {});
  const disk = await RecordedDisk.record(root, (said) => {
    const records = new RunRecords(join(root, 'runs'));
    for (const record of written) {
      records.write(record);
      said(record);
    }
  });
  const kinds = new Map<string, Remains>();
  for (const remains of disk.remains()) {
    RecordedDisk.lay(remains, root);
    const found = recordsIn(root);
    const wrong = found.filter((one) => !written.some((record) => isDeepStrictEqual(record, one)));
    if (found.length > 1 || wrong.length > 0) return t.fail('another record', { found, remains });
    const torn = [...remains.files].some(([path]) => path.endsWith(`${wanted.fid}.json`));
    kinds.set(JSON.stringify([found, torn]), remains);
  }
  t.equal(kinds.size, 2 + written.length, 'each of them, a torn one, and none');

  for (const remains of kinds.values()) {
    await host.supervision.close();
    RecordedDisk.lay(remains, host.stateDir);
    const [found] = recordsIn(host.stateDir);
    host.open();
    let { generation } = wanted;
    if (found !== undefined) {
      // The start that was ordered had its turn; the station hears so, and orders another.
      host.assign(wanted);
      t.equal(host.now(wanted.fid)?.state, 'exited');
      if (found.phase !== 'ended') t.match(host.now(wanted.fid)?.reason, /^the host was rebooted/);
      t.same(pidsOf(wanted.fid), []);
      generation += 1;
    }
    host.assign({ ...wanted, generation });
    await host.reaches(wanted.fid, 'online', generation);
    await until('it runs once', () => pidsOf(wanted.fid).length === 1);
    host.assign({ ...wanted, generation: generation + 1, run: false });
    await host.reaches(wanted.fid, 'exited');
  }
});

t.test('where there is an environment file, the next agent knows of its process', async (t) => {
  // It is refused, once its file is written.
  const stranger = createServer().listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  t.teardown(() => stranger.close());
  const { port } = stranger.address() as AddressInfo;
  const wanted = assignment({
    ...{ environment_file: 'A="b"\n', endpoint: `127.0.0.1:${port}` },
    ready: { kind: 'tcp', port },
  });
  const host = new SupervisedHost(t);
  const disk = await RecordedDisk.record(host.folder, async () => {
    host.assignAll(wanted);
    await host.reaches(wanted.fid, 'refused');
    host.assignAll();
    await host.gone(wanted.fid);
  });
  let withFile = 0;
  for (const { files, after } of disk.remains()) {
    const has = (folder: string): boolean =>
      [...files].some(([path, content]) => path.startsWith(folder) && content !== undefined);
    if (!has('sysconfig/')) continue;
    withFile += 1;
    if (!has('state/runs/')) return t.fail(`cut after "${after}"`, { files });
  }
  t.ok(withFile > 3, `${withFile} states`);
});

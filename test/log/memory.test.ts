import t from 'tap';
import { revision } from '../../src/core/values/revision.ts';
import { openMemoryLog } from '../../src/log/memory.ts';
import type { MemoryStorage } from '../../src/log/memory.ts';
import { commitAt, logContract } from './contract.ts';
import { refusalContract } from './refusal-contract.ts';
import type { RefusingLog } from './refusal-contract.ts';

const opened = async (): Promise<RefusingLog> => {
  const storage: MemoryStorage = [];
  let broken = false;
  const store = (): void => {
    if (broken) throw new Error('no space');
  };
  return {
    log: openMemoryLog({
      storage,
      store,
      limits: { queueCommits: 2500, commitCharacters: 1_500_000 },
    }),
    reopen: async () => openMemoryLog({ storage }),
    breakStorage: () => void (broken = true),
    mendStorage: () => void (broken = false),
    queueCommits: 2500,
  };
};

logContract(t, 'memory', opened);
refusalContract(t, 'memory', opened);

t.test('what a log in memory lost in a crash is what it had not acknowledged', async (t) => {
  const storage: MemoryStorage = [];
  const crashed = openMemoryLog({ storage });
  await crashed.append(commitAt(1), revision(0));
  const unacknowledged = crashed.append(commitAt(2), revision(1));
  const restarted = openMemoryLog({ storage: [...storage] });
  t.equal(restarted.head(), 1);
  t.equal(restarted.durability, 'memory');
  await unacknowledged;
  await Promise.all([crashed.close(), restarted.close()]);
});

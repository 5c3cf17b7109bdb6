/** A log in memory that several have open does what every shared log does. */

import t from 'tap';
import { openSharedMemoryLog, SharedMemory } from '../../src/log/shared-memory.ts';
import { sharedLogContract } from './shared-contract.ts';

sharedLogContract(t, 'shared memory', async () => {
  const storage = new SharedMemory();
  const [one, other] = [openSharedMemoryLog({ storage }), openSharedMemoryLog({ storage })];
  return {
    ...{ one, other },
    cut: () => one.line.cut('refused'),
    mend: () => one.line.restore(),
  };
});

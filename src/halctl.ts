#!/usr/bin/env -S node --inspect-port=192.0.2.1:9229
/** The operator's tool. */

// Node.js opens its debugger to everybody on this machine when a SIGUSR1 comes: before this line at
// an address that no machine has, and never after it. With --disable-sigusr1 nobody could handle it,
// and `halctl run` hands it on.
process.on('SIGUSR1', () => undefined);

const { main } = await import('./cli/main.ts');
process.exitCode = await main();

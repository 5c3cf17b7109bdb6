/** The invariants of the design and the ways of processes, over ten times as many histories as each change is tried with. */

process.env['HALCYON_RUNS'] ??= '10';
await import('./properties.test.ts');
await import('./lifecycle-properties.test.ts');

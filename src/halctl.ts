#!/usr/bin/env node
/** The operator's tool. */

import { main } from './cli/main.ts';

process.exitCode = await main();

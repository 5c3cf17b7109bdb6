/** What programs import as `halcyon/client`. */

export { createClient } from './client.ts';
export type { Action, Client, Reply } from './client.ts';
export { defaultLeaseSeconds, runEphemeral, UnsuitableRoleError } from './ephemeral.ts';
export type { EphemeralContext, EphemeralOptions } from './ephemeral.ts';
export { ApiError, UnreachableError } from './errors.ts';
export { OutputBroken } from './output.ts';
export type { OutputOptions, OutputPiece } from './output.ts';
export type { ClientOptions } from './transport.ts';
export type * from './types.ts';

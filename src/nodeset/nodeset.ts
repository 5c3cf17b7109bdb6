/**
 * Many host names in few characters: `n[0001-0100,0200].savio3,login1!n0007.savio3`, in the language of ClusterShell.
 *
 * Terms are joined, from left to right, by `,` (and), `!` (but not), `&` (only those also in) and `^` (in one of both).
 * In brackets stand numbers and ranges with an optional step (`[0-20/5]`); leading zeros count, so `n1`, `n01` and `n001`
 * are three. Several brackets multiply. `@name`, `@source:name` and `@*` are groups, by whoever knows them.
 */

export { NodesetError, UnknownGroupError } from './errors.ts';
export { expandNodeset, groupsIn, readGroupReference, readNodeset } from './expanding.ts';
export type { GroupReference, Groups, Meaning } from './expanding.ts';
export { foldInOrder, foldNodeset, inNodeOrder, pick, slurmNodeset } from './folding.ts';
export { hostsMax } from './limits.ts';
export { gatheredLines, gatherOutputs, readLabelledLines } from './gathering.ts';
export type { Gathered, LabelledLines } from './gathering.ts';

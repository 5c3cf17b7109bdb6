/** Who machines are lent to, and what members of a project may do with its machines. */

/** What a token may be in a project, from the least to the most. */
export const projectRoles = ['viewer', 'operator'] as const;
export type ProjectRole = (typeof projectRoles)[number];

/** Projects in all, those that facts name too. */
export const projectsMax = 10_000;
/** Machines that one request attaches or detaches. */
export const machinesMax = 4096;
/** Projects that one token may be bound to. */
export const projectsOfTokenMax = 64;

/** How much there may be of those who may do something. */

import { admissionPaces } from '../../src/api/admission.ts';
import { signInBytesMax } from '../../src/api/page-session/routes.ts';
import {
  grantMachinesMax,
  grantSecondsMax,
  grantsMax,
  grantsOfTokenMax,
} from '../../src/core/values/grants.ts';
import { policyMachinesMax, policyRulesMax } from '../../src/core/values/policy.ts';
import { sessionsOfUserMax, usersMax } from '../../src/core/values/users.ts';
import { linkSeconds, linksMax, linksOfOneMax } from '../../src/station/access/links.ts';
import { usesMax } from '../../src/station/access/uses.ts';
import { passwordLimits } from '../../src/station/fair-use/shares.ts';
import { bytes, fast, limit, seconds, tooMany } from './limit.ts';
import type { Limit } from './limit.ts';

const { openedSessions } = admissionPaces;

const hours = Object.entries(grantSecondsMax)
  .map(([role, seconds]) => `${role}: ${seconds / 3600} h`)
  .join(', ');

export const ofAccess: readonly Limit[] = [
  limit(
    'rules of a policy',
    policyRulesMax,
    '422 `invalid-files`; the policy stays as it was',
    'config/policy.test.ts: a policy has so many rules, machines and bytes, and one more is refused',
  ),
  limit(
    'machines that the rules of a policy name together',
    policyMachinesMax,
    '422 `invalid-files`',
    'config/policy.test.ts: a policy has so many rules, machines and bytes, and one more is refused',
  ),
  limit(
    'users',
    usersMax,
    '409 `too-many-users`',
    'core/users.test.ts: of users there are so many, each with a name of their own',
  ),
  limit(
    'sessions of one user',
    sessionsOfUserMax,
    'the oldest ends',
    'core/users.test.ts: a user has so many sessions, and the oldest ends for one more',
  ),
  limit(
    'sessions of pages that one token of no user has opened',
    sessionsOfUserMax,
    'the oldest ends',
    'core/users.test.ts: one token opens so many, and the oldest ends for one more',
  ),
  limit(
    'sessions of pages that are opened of one token or user',
    fast(openedSessions),
    tooMany,
    'api/page-links.test.ts: one token opens so many sessions of late, and is told to wait then',
  ),
  limit(
    'links to sign in once, of one token or user',
    linksOfOneMax,
    'the oldest is good no more',
    'api/page-links.test.ts: whoever makes many links loses the oldest, and nobody else does',
  ),
  limit(
    'links to sign in once, in all',
    linksMax,
    'the oldest is good no more',
    'api/page-links.test.ts: of all links together so many are kept',
  ),
  limit(
    'time that such a link is good',
    seconds(linkSeconds * 1000),
    '401 `login-refused`',
    'api/page-links.test.ts: a link is good for ten minutes, and none of others is',
  ),
  limit(
    'sessions whose latest use is remembered',
    usesMax,
    'that which was used longest ago is forgotten',
    'api/page-session.test.ts: of so many sessions the latest use is remembered',
  ),
  limit(
    'wrong passwords and codes in a row',
    5,
    '429 `user-locked`, for 15 minutes',
    'core/users.test.ts: 51: too many wrong codes in a row lock a user out for a while',
  ),
  limit(
    'bytes of what is shown to sign in by a page',
    bytes(signInBytesMax),
    '413 `body-too-large`',
    'api/page-session.test.ts: who is let in is what the API says: wrong, locked out, a code',
  ),
  limit(
    'passwords that are looked at, or wait for it',
    passwordLimits.inAll,
    tooMany,
    'api/users.test.ts: whoever sends many passwords at once is told to wait',
  ),
  limit(
    'how long a grant lasts',
    hours,
    '422 `grant-too-long`',
    'core/grants.test.ts: a grant ends at its time and not before, and lasts no longer than the role may',
  ),
  limit(
    'grants of one token',
    grantsOfTokenMax,
    '409 `too-many-grants`; those that have ended are gone',
    'core/grants.test.ts: a token has so many grants at a time, and one more is refused',
  ),
  limit(
    'grants in all',
    grantsMax,
    '409 `too-many-grants`',
    'core/grants.test.ts: of grants there are so many, and one that ends makes room',
  ),
  limit(
    'machines that one grant names',
    grantMachinesMax,
    '400 `invalid-request`; `null` is all of them',
    'api/grants.test.ts: a grant names so many machines, and one more is refused',
  ),
];

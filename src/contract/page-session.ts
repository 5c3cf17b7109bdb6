/**
 * The session of the page in a browser: beside the API, as the page is. `POST` signs in, `GET` says who one is, as
 * `GET /api/v1/whoami` does, `DELETE` signs out. The token is in a cookie that no script reads.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { SessionBody } from './users.ts';
import { strict } from './values.ts';

/** Relative to the folder that the page is served from, the address is `session`. */
export const pageSession = { path: '/session', methods: ['GET', 'POST', 'DELETE'] } as const;

/**
 * What every request of the page carries. A page of another origin cannot send it: browsers ask first whether it may,
 * and no station ever says so.
 */
export const pageHeader = { name: 'halcyon-page', value: '1' } as const;

const { user, password, code } = SessionBody.properties;

/** User and password, with a code where there is one; or a token; or the ticket of a link. */
export const SignIn = Type.Object(
  {
    ...{ user, password, code },
    token: Type.Optional(Type.String({ maxLength: 512 })),
    link: Type.Optional(Type.String({ maxLength: 512 })),
  },
  strict,
);

export type SignIn = Static<typeof SignIn>;

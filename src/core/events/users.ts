/** Events of people who log in. They carry no password, no code and no hash of any. */

import { Type } from 'typebox';
import { userRoles } from '../values/users.ts';
import { event } from './define.ts';
import { closed, Nullable, oneOf, UserName } from './fields.ts';

const Role = oneOf(userRoles);
const name = 'ada';

export const userEvents = {
  UserAdded: event(1, Type.Object({ name: UserName, role: Role }, closed), {
    name,
    role: 'operator',
  }),

  /** Their tokens, too, may from now on what the role may. */
  UserRoleChanged: event(1, Type.Object({ name: UserName, role: Role }, closed), {
    name,
    role: 'admin',
  }),

  /** They cannot log in any more. */
  UserDisabled: event(1, Type.Object({ name: UserName }, closed), { name }),

  UserEnabled: event(1, Type.Object({ name: UserName }, closed), { name }),

  UserRemoved: event(1, Type.Object({ name: UserName }, closed), { name }),

  /** There is another password, which is not here. */
  UserPasswordSet: event(1, Type.Object({ name: UserName }, closed), { name }),

  /** From now on a code is asked for beside the password, or not any more. */
  UserSecondFactorSet: event(1, Type.Object({ name: UserName, on: Type.Boolean() }, closed), {
    name,
    on: true,
  }),

  /** A code was shown, which is good no more. */
  SecondFactorUsed: event(
    1,
    Type.Object(
      {
        name: UserName,
        /** The step of 30 s since the epoch that it was the code of; null: it was a recovery code. */
        step: Nullable(Type.Integer({ minimum: 0 })),
      },
      closed,
    ),
    { name, step: 59_919_733 },
  ),

  LoginRefused: event(
    1,
    Type.Object({ name: UserName, factor: oneOf(['password', 'code']) }, closed),
    { name, factor: 'password' },
  ),

  /** There were too many wrong passwords and codes in a row. */
  UserLocked: event(
    1,
    Type.Object({ name: UserName, until: Type.Integer({ minimum: 1 }) }, closed),
    { name, until: 1_797_592_000_000 },
  ),
};

/**
 * Why a command is refused. Codes are part of the interface: they are documented, and never reused
 * for something else.
 */

export const rejections = {
  'cluster-not-loaded': 'no facts have been loaded yet',
  'unknown-host': 'the host does not exist',
  'unknown-node': 'the node does not exist',
  'unknown-process': 'the process does not exist',
  'unknown-role': 'the role is not defined',
  'unknown-credential': 'the token does not exist',
  'unknown-var': 'the variable does not exist',
  'invalid-var': 'the value of a variable is out of its range',
  'unknown-variable': 'a template uses a variable that has no value',
  'unknown-override': 'an override is not used by the role',
  'multiplicity-fixed': 'the role fixes its multiplicity',
  'invalid-multiplicity': 'the multiplicity is not a whole number from 1 to 10,000',
  'template-error': 'the role cannot be rendered',
  'circular-requires': 'roles require each other in a circle',
  'no-free-endpoint': 'no endpoint is free',
  'environment-range-exhausted': 'an environment range has no free value on the node',
  'process-managed': 'Halcyon itself manages the process',
  'older-instance': 'a newer run of the process has reported',
  'process-busy': 'the process is not in a state that allows this',
  'process-independent': 'the owner of an independent process starts and stops it',
  'process-required': 'other processes of the node require it',
  'quorum-lost': 'too few confds would be left to serve',
  'being-removed': 'it is being removed',
  'impossible-transition': 'the process cannot go to that state',
  'host-exists': 'a host has that name',
  'host-busy': 'the host is up, or is being recovered',
  'host-claimed': 'another machine already is that host',
  'identity-mismatch': 'the token does not belong to that host or process',
  'credential-exists': 'a token of that id exists',
  'too-many-hosts': 'there are as many hosts as there may be',
  'too-many-tokens': 'there are as many tokens as there may be',
  'unknown-project': 'the project does not exist',
  'project-exists': 'a project has that name',
  'project-in-use': 'the project has machines',
  'too-many-projects': 'there are as many projects as there may be',
  'machine-lent': 'the machine is lent to a project',
  'machine-not-attached': 'the machine is not in that project',
  'obm-enabled': 'the out-of-band manager of the machine is enabled',
  'obm-not-registered': 'no out-of-band manager of the machine is registered',
  'obm-registered': 'the out-of-band manager of the machine is registered otherwise',
  'obm-taken': 'the out-of-band manager is that of another machine',
  'obm-changed':
    'the out-of-band manager was enabled or disabled by somebody else at the same time',
  'obm-disabled': 'the out-of-band manager of the machine is not enabled',
  'right-ended': 'the token does not allow it any more',
  'too-many-connections': 'there are as many console connections as there may be',
  'too-many-orders': 'as many orders as may wait for one machine do',
  'too-many-orders-of-one': 'who orders has as much under way as anybody may',
  'in-maintenance': 'somebody else works on the machine',
  'not-cancellable': 'it is over, was sent already, or cannot be taken back',
  'too-many-campaigns': 'there are as many campaigns as there may be',
  'too-many-machines': 'it is about none, or more machines than it may be',
  'blast-radius': 'it is about more machines than may be dealt with at once',
  'in-campaign': 'the machine is in a campaign that has not ended',
  'unknown-order': 'the order is not there any more',
  'not-a-member': 'the token is not of the kind that projects admit',
  'too-many-memberships': 'the token is in as many projects as it may be',
  'unknown-user': 'the user does not exist',
  'user-exists': 'a user has that name',
  'too-many-users': 'there are as many users as there may be',
  'role-differs': 'the user has another role',
  'login-refused': 'name, password or code is not right',
  'user-locked': 'there were too many wrong passwords or codes',
  'password-needed': 'the password has to be shown again',
  'code-needed': 'a code is asked for, too',
  'code-refused': 'the code is not right',
  'code-used': 'the code was used before',
  'no-codes': 'no codes were offered',
  'not-allowed': 'no rule allows it',
  'step-up-needed': 'it takes a grant, or a second factor',
  'grant-too-long': 'the grant would last longer than it may',
  'too-many-grants': 'there are as many grants as there may be',
  'unknown-grant': 'the grant does not exist, or has ended',
  'last-admin': 'it is the last token of an administrator',
  'unknown-station': 'the station is not one of the cluster',
  'invalid-station': 'the name or the URL of a station is not right',
  'last-station': 'it is the only station of the cluster',
  'too-many-stations': 'there are as many stations as there may be',
  'older-term': 'a station has led in that term, or a later one',
  'idempotency-key-reused': 'the idempotency key was used for a different request',
  'too-many-keys': 'too many idempotency keys are remembered',
  'revision-mismatch': 'the cluster has changed since the given revision',
  'too-large': 'the command would make more events than one commit may hold',
} as const;

export type RejectionCode = keyof typeof rejections;

/** A refusal: nothing of the command happened. */
export interface Rejection {
  readonly code: RejectionCode;
  /** A complete sentence that names what was refused. */
  readonly message: string;
  /** Where in a file the cause is, if it is in one. */
  readonly source?: { readonly file: string; readonly line: number };
  /** The name the message is about: variable, override, key, field. */
  readonly subject?: string;
  /** Seconds after which the same command may be taken. */
  readonly retryAfter?: number;
}

export const reject = (
  code: RejectionCode,
  message: string,
  extra: Pick<Rejection, 'source' | 'subject' | 'retryAfter'> = {},
): Refused => ({ ok: false, rejection: { code, message, ...extra } });

export interface Refused {
  readonly ok: false;
  readonly rejection: Rejection;
}

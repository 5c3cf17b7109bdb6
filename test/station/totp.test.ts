/** Codes that change with time, as RFC 6238 has them. */

import t from 'tap';
import {
  base32,
  codeOf,
  fromBase32,
  newRecoveryCode,
  recoveryHash,
  stepOf,
} from '../../src/station/access/totp.ts';

const secret = base32(Buffer.from('12345678901234567890'));

t.test('the codes are those of RFC 6238, appendix B', async (t) => {
  t.equal(secret, 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  t.same(fromBase32(secret).toString(), '12345678901234567890');
  for (const [seconds, code] of [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ] as const)
    t.equal(codeOf(secret, Math.floor(seconds / 30)), code);
});

t.test('a code is good for its half minute, the one before and the one after', async (t) => {
  const now = 1_790_000_000_000;
  const step = Math.floor(now / 30_000);
  for (const near of [-1, 0, 1])
    t.equal(stepOf(secret, codeOf(secret, step + near), now), step + near);
  for (const far of [-2, 2, 120, -120])
    t.equal(stepOf(secret, codeOf(secret, step + far), now), undefined);
  for (const odd of ['', '12345', '1234567', 'abcdef', 'ｘ２３４５６', '\0'.repeat(6)])
    t.equal(stepOf(secret, odd, now), undefined);
});

t.test('a recovery code is read however it is typed', async (t) => {
  const code = newRecoveryCode();
  t.match(code, /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
  t.equal(recoveryHash(code.toUpperCase().replaceAll('-', ' ')), recoveryHash(code));
});

import t from 'tap';
import { defaultVars, varNames, varProblems, varSpecs } from '../../src/core/values/vars.ts';

t.test('the defaults are legal and are those of Halon', async (t) => {
  t.same(varProblems(defaultVars), []);
  t.equal(defaultVars.keepalive_frequency, 30);
  t.equal(defaultVars.keepalive_timeout, 115);
  t.equal(defaultVars.recovery_max_retries, -5);
});

t.test('every bound holds, and one past it is refused', async (t) => {
  for (const name of varNames) {
    const { min, max } = varSpecs[name];
    const wide = { ...defaultVars, keepalive_timeout: 86_400, keepalive_frequency: 1 };
    for (const value of [min, max]) {
      const wanted = { [name]: value };
      const crossed =
        name.startsWith('keepalive_') && value === (name.endsWith('timeout') ? min : max);
      t.equal(varProblems(wanted, wide).length, crossed ? 1 : 0, `${name} ${value}`);
    }
    t.equal(varProblems({ [name]: min - 1 }).length, 1, `${name} ${min - 1}`);
    t.equal(varProblems({ [name]: max + 1 }).length, 1, `${name} ${max + 1}`);
    t.equal(varProblems({ [name]: 1.5 }).length, 1, `${name} 1.5`);
  }
});

t.test('settings without meaning are refused by name', async (t) => {
  t.match(varProblems({ recovery_max_retries: 0 })[0]?.message, /other than 0/);
  t.match(varProblems({ keepalive: 1 })[0]?.message, /no setting "keepalive"/);
  t.match(varProblems({ constructor: 1 })[0]?.message, /no setting/);
});

t.test('a host must say that it is alive more often than it may be silent', async (t) => {
  t.equal(varProblems({ keepalive_frequency: 115 })[0]?.name, 'keepalive_frequency');
  t.equal(varProblems({ keepalive_timeout: 30 })[0]?.name, 'keepalive_timeout');
  t.same(varProblems({ keepalive_frequency: 200, keepalive_timeout: 400 }), []);
});

/** The rules of a site about who may do what: what its policy file says, once it has been read. */

/** What a policy can allow or forbid. */
export const policyActions = ['note', 'operate', 'power'] as const;
export type PolicyAction = (typeof policyActions)[number];

/** Under which conditions a rule allows something; what is absent does not matter. */
export interface Conditions {
  /** Only what Halcyon itself suggests. */
  readonly suggested?: true;
  /** Machines of one request. */
  readonly max_machines?: number;
  /** Machines within an hour, whatever the request. */
  readonly max_per_hour?: number;
  /** A second factor was shown. */
  readonly second_factor?: true;
  /** Minutes of the day in UTC, from and to; from the later to the earlier goes over midnight. */
  readonly hours?: { readonly from: number; readonly to: number };
}

/** One rule. */
export interface PolicyRule {
  readonly name: string;
  readonly effect: 'allow' | 'deny';
  /** `role:<role>`, `user:<name>`, `token:<id>`, or `everybody`. */
  readonly who: readonly string[];
  readonly actions: readonly PolicyAction[];
  /** In order; null: all. */
  readonly machines: readonly string[] | null;
  /** Machines that are lent to these; null: to any or none. */
  readonly projects: readonly string[] | null;
  readonly only_if: Conditions;
}

export const policyRulesMax = 200;
/** Names of machines in all rules together. */
export const policyMachinesMax = 20_000;

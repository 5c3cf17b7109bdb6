/** Whether a machine is among those that a rule or a grant names. */

/** @param machines in order; null: all */
export const isNamed = (machines: readonly string[] | null, fqdn: string): boolean => {
  if (machines === null) return true;
  let [low, high] = [0, machines.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const name = machines[middle]!;
    if (name === fqdn) return true;
    if (name < fqdn) low = middle + 1;
    else high = middle - 1;
  }
  return false;
};

/** What is remembered of why a machine is rebooted. */

/** Characters of a reason, one line. */
export const rebootReasonPattern = '^(?=.*\\S)[^\\p{Cc}]{1,512}$';

/** Codes of vetoes, and names of symptoms and actions. */
export const rebootWordPattern = '^[a-z0-9][a-z0-9-]{0,63}$';

/** Vetoes that one reboot can have. */
export const rebootVetoesMax = 32;

/** So many machines may be rebooted at once in any case, however few there are. */
export const blastRadiusMin = 10;

/**
 * How many machines may be rebooted, reinstalled or released at once without an override.
 *
 * @param hosts how many there are
 * @param percent the setting `reboot_blast_radius`
 */
export const blastRadius = (hosts: number, percent: number): number =>
  Math.max(blastRadiusMin, Math.floor((hosts * percent) / 100));

export interface RebootNote {
  /** By which rule it was suggested; null: somebody wanted it by themselves. */
  readonly symptom: string | null;
  /** What was suggested; `none` where nothing was. */
  readonly action: string;
  /** Of what make the machine is. */
  readonly hardware: string;
  readonly reason: string;
  /** Codes of the vetoes that somebody did it against, with a reason. */
  readonly overridden: readonly string[];
  /** Id of the token, and the grant, by which it may be. */
  readonly credential: string;
  readonly grant: string;
}

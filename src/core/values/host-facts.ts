/** What an agent says of its host. */

export interface HostFacts {
  /** Random id the agent made on its first start; tells two machines with one name apart. */
  readonly agent: string;
  /** Address of the host as its stations reach it. */
  readonly address: string;
  /** LNet id, for example `10.0.0.9@tcp`. */
  readonly lnid: string;
  readonly interfaces: readonly { readonly name: string; readonly address: string }[];
  /** MiB. */
  readonly memory_mib: number;
  readonly cpus: number;
  readonly kernel: string;
  readonly boot_id: string;
  /** Version of the agent. */
  readonly version: string;
}

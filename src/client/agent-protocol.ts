/** The contract between agents and stations, as types: what it compiles to is nothing. */

export type {
  agentProtocol,
  agentProtocolMinor,
  agentProtocolsSpoken,
  Assign,
  Assignment,
  OutputOpen,
  ProcessReport,
  AgentMessage,
  closeCodes,
  ReportedFacts,
  StationMessage,
} from '../contract/agent-protocol.ts';

/** The contract between agents and stations, as types: what it compiles to is nothing. */

export type {
  agentProtocol,
  agentProtocolsSpoken,
  Assign,
  Assignment,
  ProcessReport,
  AgentMessage,
  closeCodes,
  ReportedFacts,
  StationMessage,
} from '../api/schemas/agent-protocol.ts';

/**
 * Whether a tool's result says that it is an error; `null` = its dialect does not say. Anthropic and MCP: `is_error`;
 * Bedrock: `status`; Gemini: an `error` in the response. The chat format has no place for it.
 * @param result as it stands in a request
 */
export function isErrorResult(result: Readonly<Record<string, unknown>>): boolean | null {
  const stated = result['is_error'] ?? result['isError'];
  if (typeof stated === 'boolean') return stated;
  if ('tool_use_id' in result) return false;
  if ('toolUseId' in result) return result['status'] === 'error';
  const response = result['response'];
  if (typeof response !== 'object' || response === null || Array.isArray(response)) return null;
  return 'error' in response && response.error !== undefined && response.error !== null;
}

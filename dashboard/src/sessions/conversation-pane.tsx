export function ConversationPane() {
  return null;
}

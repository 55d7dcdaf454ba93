import { percent, whole } from '../../format/numbers.ts';
import { useScope } from './context.tsx';

const WHY = 'about: the provider counts the whole input, and each text has its share of that by its length';

/** `~12,431 tokens · 31 % of this call`. */
export function Share({ tokens, isOfAnswer = false }: { tokens: number | null; isOfAnswer?: boolean }) {
  const { inputTokens } = useScope();
  if (tokens === null) return null;
  return (
    <span className="shrink-0 text-sm text-muted" title={WHY}>
      ~{whole(tokens)} tokens
      {!isOfAnswer && inputTokens !== null && inputTokens > 0 && (
        <span className="hidden @md:inline"> · {percent(tokens, inputTokens)} of this call</span>
      )}
    </span>
  );
}

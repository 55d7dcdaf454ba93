import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client.ts';
import { CopyButton } from '../kit/copy.tsx';
import { Empty } from '../kit/states.tsx';
import { hrefOf, type Route } from '../url/route.ts';

interface ModeState {
  mode: 'passthrough' | 'target' | 'compare';
  target_url: string | null;
  model: string | null;
}

/** Nothing was compared yet: how that begins. */
export function HowToCompare({ route }: { route: Route }) {
  const mode = useQuery({ queryKey: ['mode'], queryFn: () => get<ModeState>('/api/mode'), retry: false });
  const isOn = mode.data?.mode === 'compare';
  return (
    <Empty title={isOn ? 'Waiting for the first comparison' : 'Nothing was compared yet'}>
      {isOn ? (
        <p>
          A copy of each call goes to <bdi className="font-mono">{mode.data?.target_url}</bdi>. The first pair stands
          here as soon as both answers have come.
        </p>
      ) : (
        <>
          <p>
            In the mode <em>compare</em>, calls go to where your programs send them, and a copy of each goes to a server
            that you name. Programs get the provider’s answer, untouched; here both stand side by side: cost, time,
            tokens, what was said, which tools were called.
          </p>
          <Command text="llm-proxy mode compare --target-url http://127.0.0.1:8000 --model MODEL" />
          <p className="mt-2">
            {mode.data === undefined ? '' : `The mode is ${mode.data.mode} now. `}
            Copies cost what that server charges. <code className="font-mono">llm-proxy mode passthrough</code> ends it.
          </p>
        </>
      )}
      <p className="mt-4">
        Any two calls can be held against each other, too: mark both with <kbd className="font-mono">c</kbd> in the list
        of{' '}
        <a className="text-accent underline" href={hrefOf(route, 'calls')}>
          calls
        </a>
        , or choose <em>Compare with …</em> in the actions of one.
      </p>
    </Empty>
  );
}

function Command({ text }: { text: string }) {
  return (
    <p className="mt-2 flex items-center gap-2 rounded-chip border border-line bg-surface px-2 py-1 text-text">
      <code className="min-w-0 flex-1 font-mono text-sm wrap-anywhere">{text}</code>
      <CopyButton text={text} />
    </p>
  );
}

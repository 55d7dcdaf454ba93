/** Sends a call again, changed or not. Says first what it would cost; keys are typed in and kept nowhere. */
import { type FormEvent, useDeferredValue, useEffect, useState } from 'react';
import { isGone, send } from '../../api/client.ts';
import type { CallRecord } from '../../api/shapes.ts';
import { Button } from '../../kit/button.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Failure, Loading } from '../../kit/states.tsx';
import { hrefOf } from '../../url/route.ts';
import { useRoute } from '../../url/use-route.ts';
import { type Body, useBody } from '../body/use-body.ts';
import type { Head } from '../head.ts';
import { useHead } from '../use-head.ts';
import { type Credential, credentialsOf, headerOf } from './credentials.ts';
import { dropDraft, holdDraft, interruptedDraft } from '../../url/draft.ts';
import { editable, jsonProblem } from './edited.ts';
import { PriceLine, priceText, usePrice } from './price.tsx';

export function ReplayDialog({ call, onClose }: { call: CallRecord; onClose: () => void }) {
  const body = useBody(call.id, 'request', true);
  const head = useHead(call.id, 'request');
  const close = (): void => {
    dropDraft();
    onClose();
  };
  return (
    <Dialog title="Replay" wide onClose={close}>
      {body.isPending || head.isPending ? (
        <Loading what="the request" />
      ) : head.isLoadingError ? (
        <Failure error={head.error} />
      ) : body.isLoadingError && !isGone(body.error) ? (
        <Failure error={body.error} onRetry={() => void body.refetch()} />
      ) : (
        <Editor call={call} body={body.data ?? null} head={head.data} onClose={close} />
      )}
    </Dialog>
  );
}

interface Sent {
  call: string | null;
  status: number;
}

interface EditorProps {
  call: CallRecord;
  /** null = it is not stored. */
  body: Body | null;
  head: Head;
  onClose: () => void;
}

function Editor({ call, body, head, onClose }: EditorProps) {
  const draft = useDraft(call.id, body);
  const [keys, setKeys] = useState<Record<string, string>>({});
  const credentials = credentialsOf(head, call.provider, call.path);
  const price = usePrice(call.id, useDeferredValue(draft.asked), draft.problem === null);
  const { state, replay } = useReplay(call, () => setKeys({}));
  useHeld(call.id, draft, state.sent === null);
  if (state.sent !== null) return <Done call={call} sent={state.sent} onClose={onClose} />;
  const isReady = draft.problem === null && !state.busy;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isReady) void replay(draft.asked, headersOf(credentials, keys));
  };
  return (
    <form className="flex flex-col gap-3" onSubmit={submit}>
      <p className="text-muted">
        <bdi className="font-mono break-all">
          {call.method} {call.host}
          {call.path.split('?')[0]}
        </bdi>
        , with the headers of the first call. It is a call of its own: metered, recorded, and billed by the provider.
      </p>
      {draft.isRestored && (
        <p role="status" className="text-warn">
          The session ended meanwhile: this is what you had written. Keys are not kept.
        </p>
      )}
      {draft.isBytes ? (
        <p>The body is no text: it is sent as it was.</p>
      ) : (
        <BodyEditor text={draft.text} onText={draft.setText} problem={draft.problem} body={body} />
      )}
      {credentials.map((credential) => (
        <KeyField
          key={credential.header}
          credential={credential}
          value={keys[credential.header] ?? ''}
          onValue={(value) => setKeys({ ...keys, [credential.header]: value })}
        />
      ))}
      <PriceLine price={price} wasCached={(call.usage.cache_read_tokens ?? 0) > 0} />
      {state.error !== null && <Failure error={state.error} />}
      <div className="flex items-center justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" disabled={!isReady}>
          {state.busy ? 'Sending …' : `Send${priceText(price.data)}`}
        </Button>
      </div>
    </form>
  );
}

interface Draft {
  text: string;
  setText: (text: string) => void;
  /** It is not what is stored. */
  isChanged: boolean;
  /** It was written before the session ended. */
  isRestored: boolean;
  /** Why it cannot be sent; null = it can. */
  problem: string | null;
  isBytes: boolean;
  /** What takes the place of the stored body; null = that one, to the byte. */
  asked: string | null;
}

function useDraft(call: string, body: Body | null): Draft {
  const [first] = useState(() => editable(body?.text ?? ''));
  const [restored] = useState(() => interruptedDraft(call));
  const [text, setText] = useState(restored ?? first.text);
  const isBytes = body !== null && body.text === null;
  const isChanged = text !== first.text;
  const isAsStored = !isChanged && body !== null && !body.masked && !body.truncated;
  return {
    text,
    setText,
    isChanged,
    isRestored: restored !== null,
    problem: first.isJson && isChanged ? jsonProblem(text) : null,
    isBytes,
    asked: isBytes || isAsStored ? null : text,
  };
}

/** While it is written: a session that ends takes no work with it. */
function useHeld(call: string, { text, isChanged }: Draft, isOpen: boolean): void {
  useEffect(() => (isChanged && isOpen ? holdDraft(call, text) : undefined), [call, text, isChanged, isOpen]);
}

interface Sending {
  busy: boolean;
  error: unknown;
  sent: Sent | null;
}

function useReplay(call: CallRecord, onSent: () => void) {
  const [state, setState] = useState<Sending>({ busy: false, error: null, sent: null });
  const replay = async (body: string | null, headers: Record<string, string>): Promise<void> => {
    setState({ busy: true, error: null, sent: null });
    try {
      const asked = { ...(body === null ? {} : { body }), headers };
      const sent = await send<Sent>('POST', `/api/calls/${encodeURIComponent(call.id)}/replay`, asked);
      onSent();
      setState({ busy: false, error: null, sent });
    } catch (error) {
      setState({ busy: false, error, sent: null });
    }
  };
  return { state, replay };
}

/** Those that were typed in. */
function headersOf(credentials: readonly Credential[], keys: Record<string, string>): Record<string, string> {
  const given = credentials.map(
    (credential) => [credential.header, headerOf(credential, keys[credential.header] ?? '')] as const,
  );
  return Object.fromEntries(given.filter(([, value]) => value !== ''));
}

interface BodyEditorProps {
  text: string;
  onText: (text: string) => void;
  problem: string | null;
  body: Body | null;
}

function BodyEditor({ text, onText, problem, body }: BodyEditorProps) {
  return (
    <div>
      <label htmlFor="replay-body" className="mb-1 block text-sm text-muted">
        Body
      </label>
      <textarea
        id="replay-body"
        value={text}
        spellCheck={false}
        aria-invalid={problem !== null}
        aria-describedby="replay-problem"
        onChange={(event) => onText(event.target.value)}
        className="block h-72 w-full resize-y rounded-chip border border-line bg-bg p-2 font-mono text-sm aria-invalid:border-bad"
      />
      <p id="replay-problem" aria-live="polite" className="mt-1 text-sm text-bad empty:hidden">
        {problem === null ? whatIsMissing(body) : `This is no JSON: ${problem}`}
      </p>
    </div>
  );
}

function whatIsMissing(body: Body | null): string | null {
  if (body === null) return 'The body is not stored: write one.';
  if (body.truncated) return 'Only a part of the body is stored: complete it before you send it.';
  if (body.masked) return 'Secrets in the body are masked: put them in again where they are needed.';
  return null;
}

interface KeyFieldProps {
  credential: Credential;
  value: string;
  onValue: (value: string) => void;
}

function KeyField({ credential: { header, before }, value, onValue }: KeyFieldProps) {
  const id = `replay-${header}`;
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm text-muted">
        <code className="font-mono">
          {header}: {before}
        </code>
        … It was never stored. It is sent once, and kept nowhere.
      </label>
      <input
        id={id}
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={value}
        placeholder="key"
        onChange={(event) => onValue(event.target.value)}
        className="h-7 w-full rounded-chip border border-line bg-bg px-2 font-mono text-sm"
      />
    </div>
  );
}

function Done({ call, sent, onClose }: { call: CallRecord; sent: Sent; onClose: () => void }) {
  const route = useRoute();
  const isGood = sent.status < 400;
  useEffect(() => document.querySelector<HTMLElement>('#replay-done')?.focus(), []);
  return (
    <div className="flex flex-col gap-3">
      <p role="status">
        Sent. The answer began with <strong className={isGood ? '' : 'text-bad'}>{sent.status}</strong>
        {sent.status === 401 || sent.status === 403 ? ': the key was not accepted.' : '.'}
      </p>
      <div className="flex justify-end gap-2">
        {sent.call !== null && (
          <a
            className="inline-flex h-7 items-center rounded-chip border border-line px-2 text-sm hover:bg-raised"
            href={hrefOf(route, 'compare', null, { a: call.id, b: sent.call })}
            onClick={onClose}
          >
            Compare both
          </a>
        )}
        {sent.call !== null && (
          <a
            id="replay-done"
            className="inline-flex h-7 items-center rounded-chip border border-accent bg-accent px-2 text-sm text-surface"
            href={hrefOf(route, 'calls', sent.call)}
            onClick={onClose}
          >
            Open the new call
          </a>
        )}
        {sent.call === null && (
          <p className="text-muted">
            It was not recorded: at this address llm-proxy knows no provider. Its answer is not kept.
          </p>
        )}
      </div>
    </div>
  );
}

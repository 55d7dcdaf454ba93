/** The filter: tags for what is asked of the call, words for what is looked for in its texts. */
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useKeys } from '../keyboard/keys.ts';
import {
  type Completion,
  complete,
  completionsOf,
  joinLine,
  mistaken,
  splitLine,
  withoutUnfinished,
} from './filter.ts';

interface FilterLineProps {
  /** As it stands in the address. */
  filter: string;
  /** @param done false while it is typed: the address changes without a step back */
  onChange: (filter: string, done: boolean) => void;
  /** An answer is awaited. */
  busy: boolean;
  /** Values of a filter to offer, most frequent first. */
  values: (name: string) => readonly string[];
  onFocus: () => void;
}

const DEBOUNCE_MS = 120;

export function FilterLine({ filter, onChange, busy, values, onFocus }: FilterLineProps) {
  const { draft, edit, commit } = useDraft(filter, onChange);
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const offered = isOpen ? completionsOf(draft.words, values) : [];
  useKeys([{ keys: '/', does: 'filter and search', where: 'calls', run: () => input.current?.focus() }]);
  const type = (words: string): void => {
    setOpen(true);
    setChosen(-1);
    // A space ends a filter: it becomes a tag.
    const split = splitLine(words, true);
    edit({ tags: [...draft.tags, ...split.tags], words: split.words });
  };
  const finish = (): void => {
    setOpen(false);
    const split = splitLine(draft.words, false);
    commit({ tags: [...draft.tags, ...split.tags], words: split.words });
  };
  const take = (completion: Completion): void => type(complete(draft.words, completion));
  const doing: Record<Action, (key: string, completion: Completion | undefined) => void> = {
    choose: (key) => {
      setChosen(step(chosen, key === 'ArrowDown' ? 1 : -1, offered.length));
      setOpen(true);
    },
    take: (_, completion) => completion !== undefined && take(completion),
    finish,
    leave: () => (offered.length > 0 ? setOpen(false) : input.current?.blur()),
    reopen: () => edit(reopened(draft)),
  };
  const pressed = (event: KeyboardEvent<HTMLInputElement>): void => {
    const completion = offered[chosen] ?? (event.key === 'Tab' && draft.words.trim() !== '' ? offered[0] : undefined);
    // Enter ends a word that an input method makes.
    const action = event.nativeEvent.isComposing ? null : actionOf(event, completion !== undefined, draft);
    if (action === null) return;
    event.preventDefault();
    // The panel beside the list is not closed by the same key.
    event.stopPropagation();
    doing[action](event.key, completion);
  };
  return (
    <search className="relative min-w-0 flex-1">
      <div className="flex min-h-7 flex-wrap items-center gap-1 rounded-chip border border-line bg-bg px-1.5 focus-within:border-accent">
        {draft.tags.map((tag) => (
          <Tag
            key={tag}
            tag={tag}
            onRemove={() => {
              commit({ ...draft, tags: draft.tags.filter((known) => known !== tag) });
              input.current?.focus();
            }}
          />
        ))}
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-label="Filter and search"
          aria-expanded={offered.length > 0}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={offered[chosen] === undefined ? undefined : `${listId}-${chosen}`}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder={draft.tags.length === 0 ? 'Filter (model:opus cost:>0.1) or words of any message' : ''}
          value={draft.words}
          onChange={(event) => type(event.target.value)}
          onKeyDown={pressed}
          onClick={() => setOpen(true)}
          onFocus={onFocus}
          onBlur={finish}
          className="h-6 min-w-24 flex-1 bg-transparent px-1 text-ellipsis outline-none"
        />
        {busy && <Busy />}
        {filter !== '' && <Clear onClear={() => commit({ tags: [], words: '' })} />}
      </div>
      <Mistakes filter={filter} />
      <Completions id={listId} offered={offered} chosen={chosen} onTake={take} />
    </search>
  );
}

type Action = 'choose' | 'take' | 'finish' | 'leave' | 'reopen';

/** What a key means in the field; `null` = what it means in any field. */
function actionOf(event: KeyboardEvent<HTMLInputElement>, hasCompletion: boolean, draft: Draft): Action | null {
  switch (event.key) {
    case 'ArrowDown':
    case 'ArrowUp':
      return 'choose';
    case 'Tab':
      return hasCompletion && !event.shiftKey ? 'take' : null;
    case 'Enter':
      return hasCompletion ? 'take' : 'finish';
    case 'Escape':
      return 'leave';
    case 'Backspace':
      return isAtStart(event.currentTarget) && draft.tags.length > 0 ? 'reopen' : null;
    default:
      return null;
  }
}

function isAtStart({ selectionStart, selectionEnd }: HTMLInputElement): boolean {
  return selectionStart === 0 && selectionEnd === 0;
}

/** The last tag is text again. */
function reopened({ tags, words }: Draft): Draft {
  const last = tags.at(-1) ?? '';
  return { tags: tags.slice(0, -1), words: words === '' ? last : `${last} ${words}` };
}

function Clear({ onClear }: { onClear: () => void }) {
  return (
    <button
      type="button"
      aria-label="Clear the filter"
      title="Clear the filter"
      onClick={onClear}
      className="h-5 rounded-chip px-1 text-muted hover:bg-raised hover:text-text"
    >
      ✕
    </button>
  );
}

/** What looks like a filter and is none is looked for as text: it is said. */
function Mistakes({ filter }: { filter: string }) {
  const wrong = mistaken(filter);
  if (wrong.length === 0) return null;
  return (
    <p role="status" className="mt-1 text-sm text-warn">
      {wrong.map(({ text, hint }) => `“${text}” is looked for as text; it takes ${hint}.`).join(' ')}
    </p>
  );
}

function step(from: number, by: 1 | -1, length: number): number {
  const to = from + by;
  if (length === 0) return -1;
  return to < 0 ? length - 1 : to >= length ? 0 : to;
}

interface Draft {
  tags: readonly string[];
  words: string;
}

/** What is typed, ahead of the address by a moment. */
function useDraft(filter: string, onChange: FilterLineProps['onChange']) {
  const [draft, setDraft] = useState<Draft>(() => splitLine(filter, false));
  const said = useRef(filter);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => {
    // Somebody else changed it: Back, a facet, a saved view.
    if (filter === said.current) return;
    clearTimeout(timer.current);
    said.current = filter;
    setDraft(splitLine(filter, false));
  }, [filter]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const say = (next: Draft, done: boolean): void => {
    clearTimeout(timer.current);
    const line = joinLine(next.tags, next.words);
    if (line === said.current) return;
    said.current = line;
    latest.current(line, done);
  };
  return {
    draft,
    edit: (next: Draft): void => {
      setDraft(next);
      clearTimeout(timer.current);
      const sure = { ...next, words: withoutUnfinished(next.words) };
      timer.current = setTimeout(() => say(sure, false), DEBOUNCE_MS);
    },
    commit: (next: Draft): void => {
      setDraft(next);
      say(next, true);
    },
  };
}

function Tag({ tag, onRemove }: { tag: string; onRemove: () => void }) {
  const colon = tag.indexOf(':');
  return (
    <span className="inline-flex h-6 max-w-full items-center rounded-chip border border-line bg-raised pl-1.5 text-sm">
      <span className="text-muted">{tag.slice(0, colon + 1)}</span>
      <bdi className="max-w-64 truncate" title={tag}>
        {tag.slice(colon + 1).replaceAll('"', '')}
      </bdi>
      <button
        type="button"
        aria-label={`Remove ${tag}`}
        onClick={onRemove}
        className="ml-0.5 h-full rounded-r-chip px-1 text-muted hover:text-text"
      >
        ✕
      </button>
    </span>
  );
}

function Busy() {
  return (
    <span role="status" className="animate-appear px-1 text-sm text-muted">
      searching …
    </span>
  );
}

interface CompletionsProps {
  id: string;
  offered: readonly Completion[];
  chosen: number;
  onTake: (completion: Completion) => void;
}

function Completions({ id, offered, chosen, onTake }: CompletionsProps) {
  return (
    <div
      id={id}
      role="listbox"
      aria-label="Completions"
      hidden={offered.length === 0}
      className="absolute top-full left-0 z-30 mt-1 max-h-80 w-full max-w-lg overflow-auto rounded-panel border border-line bg-surface p-1 shadow-float"
    >
      {offered.map((completion, index) => (
        <div
          key={completion.label}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === chosen}
          // The field keeps the focus.
          onMouseDown={(event) => {
            event.preventDefault();
            onTake(completion);
          }}
          className="flex min-h-7 cursor-pointer items-center gap-3 rounded-chip px-2 hover:bg-raised aria-selected:bg-raised"
        >
          <bdi className="truncate font-mono text-sm">{completion.label}</bdi>
          <span className="ml-auto truncate text-sm text-muted">{completion.hint}</span>
        </div>
      ))}
    </div>
  );
}

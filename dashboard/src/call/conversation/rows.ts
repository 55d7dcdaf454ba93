/** The lines of a conversation as a list, of which only those in sight are made. Pure. */
import type { Conversation, ViewTool } from '../../api/shapes.ts';
import { type Block, isErrorBlock, textsOf, type Told, type Turn } from './turns.ts';

export type Row =
  | { kind: 'system'; key: string; turns: Turn[] }
  | { kind: 'tools'; key: string; tools: ViewTool[] }
  | { kind: 'settings'; key: string; settings: Record<string, unknown> }
  | { kind: 'past'; key: string; count: number; tokens: number | null; is: Told['pastIs']; isOpen: boolean }
  | { kind: 'turn'; key: string; turn: Turn };

export const PAST = 'past';

export function rowsOf(conversation: Conversation, told: Told, isPastOpen: boolean): Row[] {
  const { system, past, fresh } = told;
  const rows: Row[] = [];
  if (system.length > 0) rows.push({ kind: 'system', key: 'system', turns: system });
  if (conversation.tools.length > 0) rows.push({ kind: 'tools', key: 'tools', tools: conversation.tools });
  // The model stands at the head of the call.
  if (Object.keys(conversation.settings).some((name) => name !== 'model'))
    rows.push({ kind: 'settings', key: 'settings', settings: conversation.settings });
  if (past.length > 0) {
    rows.push({
      kind: 'past',
      key: PAST,
      count: past.length,
      tokens: sumOf(past),
      is: told.pastIs,
      isOpen: isPastOpen,
    });
    if (isPastOpen) rows.push(...past.map(rowOf));
  }
  rows.push(...fresh.map(rowOf));
  return rows;
}

/** Pixels, about: until it is measured. */
export function heightOf(row: Row): number {
  if (row.kind !== 'turn') return 30;
  const tools = row.turn.blocks.filter(({ kind }) => kind === 'tool').length;
  const lines = Math.min(150, Math.ceil(row.turn.chars / 80));
  return 20 + tools * 30 + (tools === row.turn.blocks.length ? 0 : lines * 20);
}

function rowOf(turn: Turn): Row {
  return { kind: 'turn', key: turn.key, turn };
}

function sumOf(turns: readonly Turn[]): number | null {
  return turns.some(({ tokens }) => tokens === null) ? null : turns.reduce((sum, { tokens }) => sum + (tokens ?? 0), 0);
}

/** A place to go to. */
export interface Place {
  /** Key of the row. */
  row: string;
  /** Folds that must be open for it to be seen. */
  folds: string[];
}

/** Where a text stands, case apart, from the top: one place for each part that has it. */
export function placesOf(conversation: Conversation, told: Told, query: string): Place[] {
  const wanted = query.toLowerCase();
  if (wanted === '') return [];
  const places: Place[] = [];
  const has = (text: string): boolean => text.toLowerCase().includes(wanted);
  for (const turn of told.system) {
    if (turn.blocks.some((block) => textsOf(block).some(has))) places.push({ row: 'system', folds: ['system'] });
  }
  for (const [index, tool] of conversation.tools.entries()) {
    const texts = [tool.name, tool.description ?? '', JSON.stringify(tool.parameters ?? '')];
    if (texts.some(has)) places.push({ row: 'tools', folds: ['tools', toolKey(index)] });
  }
  if (has(JSON.stringify(conversation.settings))) places.push({ row: 'settings', folds: ['settings'] });
  return [...places, ...blockPlaces(told, (block) => textsOf(block).some(has))];
}

export type Goal = 'tool' | 'error';

/** Where tools were called, or where they failed. */
export function goals(told: Told, goal: Goal): Place[] {
  return blockPlaces(told, goal === 'tool' ? ({ kind }) => kind === 'tool' : isErrorBlock);
}

function blockPlaces({ past, fresh }: Told, isMeant: (block: Block) => boolean): Place[] {
  const places = (turn: Turn, around: string[]): Place[] =>
    turn.blocks.filter(isMeant).map((block) => ({ row: turn.key, folds: [...around, block.key] }));
  return [...past.flatMap((turn) => places(turn, [PAST])), ...fresh.flatMap((turn) => places(turn, []))];
}

export function toolKey(index: number): string {
  return `tools.${index}`;
}

/** Where the reader is. */
export interface Here {
  rows: readonly Row[];
  /** Index of the first row in sight. */
  top: number;
  /** The place that was gone to last. */
  current: Place | null;
}

/** From the place that was gone to, else from the top of what is in sight; round and round. */
export function nextPlace(places: readonly Place[], { rows, top, current }: Here, step: 1 | -1): Place | null {
  const at = places.findIndex(({ folds }) => folds.at(-1) === current?.folds.at(-1));
  if (at !== -1) return places[(at + step + places.length) % places.length] ?? null;
  const order = new Map(rows.map(({ key }, index) => [key, index]));
  const isBelow = ({ row }: Place): boolean => (order.get(row) ?? -1) >= top;
  if (step === 1) return places.find(isBelow) ?? places[0] ?? null;
  return places.findLast((place) => !isBelow(place)) ?? places.at(-1) ?? null;
}

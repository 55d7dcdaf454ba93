import type { MeterDirectory } from './answer-of.ts';
import { createChatLines, openaiLine, sharegptLine } from './chat-lines.ts';
import { createCsv } from './csv.ts';
import type { FormatName, Formatter } from './formats.ts';
import { createHar } from './har.ts';
import { createJsonl } from './jsonl.ts';
import { createOtlp } from './otlp.ts';
import { createParquet } from './parquet.ts';
import { createSessionHtml } from './session-html.ts';

export interface FormatterOptions {
  /** Of this program. */
  version: string;
  bodies: boolean;
  formulaSafe: boolean;
  /** Who speaks which dialect: asked for what was answered. */
  directory: MeterDirectory;
  /** What the calls are about, for formats that people read; null = it has no name. */
  title?: string | null;
}

export function createFormatter(format: FormatName, options: FormatterOptions): Formatter {
  const { version, bodies, formulaSafe, directory, title = null } = options;
  switch (format) {
    case 'jsonl':
      return createJsonl();
    case 'har':
      return createHar(version);
    case 'csv':
      return createCsv({ bodies, formulaSafe });
    case 'parquet':
      return createParquet({ bodies, version });
    case 'openai-jsonl':
      return createChatLines(directory, openaiLine);
    case 'sharegpt':
      return createChatLines(directory, sharegptLine);
    case 'otlp-json':
      return createOtlp({ version, directory: bodies ? directory : null });
    case 'html':
      return createSessionHtml({ version, directory, title, bodies });
  }
}

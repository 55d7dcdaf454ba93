import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Setting } from '../../../src/config/settings.ts';
import { get } from '../api/client.ts';
import { Answered, Part, SimpleTable } from './part.tsx';

/** Every option: what is in force, and who said so. */
export function AllSettings() {
  const list = useQuery({ queryKey: ['settings'], queryFn: () => get<{ settings: Setting[] }>('/api/settings') });
  const [text, setText] = useState('');
  const [onlySet, setOnlySet] = useState(false);
  return (
    <Part
      title="All settings"
      text="In force since the daemon was started; a change in the file, the environment or the flags holds from the next start. Secrets are not shown."
    >
      <div className="flex flex-wrap items-center gap-3">
        <input
          type="search"
          aria-label="Find a setting"
          placeholder="Name or words"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="h-7 w-64 rounded-chip border border-line bg-surface px-2"
        />
        <label className="flex items-center gap-2">
          <input type="checkbox" checked={onlySet} onChange={(event) => setOnlySet(event.target.checked)} />
          only what is not the default
        </label>
      </div>
      <Answered query={list} what="settings">
        {({ settings }) => {
          const shown = settings
            .filter(({ origin }) => !onlySet || origin !== 'default')
            .filter(({ key, help }) => `${key} ${help}`.toLowerCase().includes(text.toLowerCase()));
          return shown.length === 0 ? (
            <p className="text-muted">No setting matches.</p>
          ) : (
            <SimpleTable
              label="All settings"
              head={[{ title: 'Setting' }, { title: 'Value' }, { title: 'From' }, { title: 'What it does' }]}
              rows={shown.map((setting) => ({
                key: setting.key,
                cells: [
                  <code key="key" className="font-mono text-sm">
                    {setting.key}
                  </code>,
                  <code
                    key="value"
                    className={`inline-block min-w-48 font-mono text-sm break-all ${setting.origin === 'default' ? 'text-muted' : ''}`}
                  >
                    {valueText(setting.value)}
                  </code>,
                  <span key="origin" className="text-muted">
                    {setting.origin}
                    {setting.where !== null && (
                      <bdi className="block font-mono text-sm whitespace-nowrap">{setting.where}</bdi>
                    )}
                  </span>,
                  <span key="help" className="text-muted">
                    {setting.help}{' '}
                    <span className="font-mono text-sm">
                      {setting.flag === null ? setting.variable : `--${setting.flag}`}
                    </span>
                  </span>,
                ],
              }))}
            />
          );
        }}
      </Answered>
    </Part>
  );
}

function valueText(value: Setting['value']): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value === '' ? '""' : value;
  return JSON.stringify(value);
}

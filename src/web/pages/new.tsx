import { type ReactNode, useEffect, useState } from 'react';
import { api, read } from '../api.ts';
import { useSend } from '../parts/answer.tsx';
import { Problem } from '../parts/problem.tsx';
import { PromptField } from '../parts/prompt-field.tsx';
import { go } from '../route.ts';
import { useStore } from '../state.ts';

/** Phases that one may choose from; `none` is a session. */
const NONE = 'none';

export function NewWork(): ReactNode {
  const threads = useStore((state) => state.threads);
  const repositories = [...new Set([...threads.values()].flatMap(({ repository }) => repository ?? []))];
  const [folder, setFolder] = useState(() => repositories[0] ?? '');
  const [prompt, setPrompt] = useState('');
  const [model, setModel] = useState('');
  const [attempts, setAttempts] = useState(1);
  const [workflow, setWorkflow] = useState(NONE);
  const [workflows, setWorkflows] = useState<{ name: string; description: string }[]>([]);
  const { send, busy, error } = useSend();
  useEffect(() => {
    if (folder === '') return;
    let current = true;
    read(api.workflows.$get({ query: { folder } })).then(
      ({ workflows: found }) => current && setWorkflows(found),
      () => {},
    );
    return () => {
      current = false;
    };
  }, [folder]);
  const start = () =>
    send(async () => {
      if (workflow === NONE) {
        const started: string[] = [];
        // Attempts are of one model each, in turn; with none named all are of the configured one.
        const models = model.split(/[\s,]+/).filter(Boolean);
        // None is begun where one of them could not be.
        for (const one of models) await read(api.threads.check.$post({ json: { folder, model: one } }));
        for (let at = 0; at < Math.max(attempts, models.length); at++) {
          const by = models[at % models.length];
          const json = { folder, prompt, worktree: true, ...(by !== undefined && { model: by }) };
          started.push((await read(api.threads.$post({ json }))).thread);
        }
        go(started.length === 1 ? `/thread/${started[0]}` : '/');
      } else {
        const { flow } = await read(api.flows.$post({ json: { folder, request: prompt, workflow } }));
        go(`/flow/${flow}`);
      }
    });
  return (
    <form
      className="mx-auto flex w-full max-w-2xl flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <h1 className="text-xl font-semibold">New work</h1>
      <div className="flex flex-col gap-1">
        <label htmlFor="wanted" className="text-sm font-medium">
          What is wanted
        </label>
        <PromptField
          id="wanted"
          className="min-h-36"
          required
          value={prompt}
          onText={setPrompt}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.metaKey || event.ctrlKey))
              event.currentTarget.form?.requestSubmit();
          }}
        />
      </div>
      <label className="flex flex-col gap-1 text-sm font-medium">
        Repository
        <input
          className="field font-normal"
          required
          list="repositories"
          placeholder="/path/to/a/repository"
          value={folder}
          onChange={(event) => setFolder(event.target.value)}
        />
        <datalist id="repositories">
          {repositories.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </label>
      <label className="flex flex-col gap-1 text-sm font-medium">
        Phases
        <select
          className="field font-normal"
          value={workflow}
          onChange={(event) => setWorkflow(event.target.value)}
        >
          <option value={NONE}>No phases: talk with the agent</option>
          {workflows
            .filter(({ name }) => name !== 'quick')
            .map(({ name, description }) => (
              <option key={name} value={name}>
                {name}: {description}
              </option>
            ))}
        </select>
      </label>
      {workflow === NONE && (
        <div className="flex flex-wrap gap-3">
          <label className="flex min-w-40 flex-1 flex-col gap-1 text-sm font-medium">
            Model
            <input
              className="field font-normal"
              placeholder="as configured; several, with commas, make an attempt each"
              value={model}
              onChange={(event) => setModel(event.target.value)}
            />
          </label>
          <label className="flex w-24 flex-col gap-1 text-sm font-medium">
            Attempts
            <input
              className="field font-normal"
              type="number"
              min={1}
              max={8}
              required
              value={attempts}
              onChange={(event) => setAttempts(Number(event.target.value))}
            />
          </label>
        </div>
      )}
      <p className="text-sm text-quiet">It works in a worktree of its own, on a branch of its own.</p>
      <Problem text={error} />
      <button type="submit" className="button button-main self-start" disabled={busy}>
        {busy ? 'Starting …' : 'Start'}
      </button>
    </form>
  );
}

import { type ReactNode, useEffect, useState } from 'react';
import type { Mode } from '../../agent/index.ts';
import type { Policy } from '../../flow/index.ts';
import { api, read } from '../api.ts';
import { useSend } from '../parts/answer.tsx';
import { useDraft } from '../parts/draft.ts';
import { Problem } from '../parts/problem.tsx';
import { PromptField } from '../parts/prompt-field.tsx';
import { go } from '../route.ts';
import { useStore } from '../state.ts';

const POLICIES: Record<Policy, string> = {
  'request-review': 'you, at every phase that asks for it',
  'agent-decides': 'you, where the agent wants it',
  'always-proceed': 'nobody; you look at the end',
};
const isPolicy = (name: string): name is Policy => Object.hasOwn(POLICIES, name);

/** Who can work, and how much may happen without asking, as the server knows it. */
interface Known {
  agents: readonly string[];
  modes: Record<string, string>;
}

/** Phases that one may choose from; `none` is a session. */
const NONE = 'none';

export function NewWork(): ReactNode {
  const threads = useStore((state) => state.threads);
  const repositories = [...new Set([...threads.values()].flatMap(({ repository }) => repository ?? []))];
  const [chosen, setFolder] = useState<string>();
  // The one that was worked in last, until another is said.
  const folder = chosen ?? repositories[0] ?? '';
  const [prompt, setPrompt] = useDraft('new');
  const [model, setModel] = useState('');
  const [attempts, setAttempts] = useState(1);
  const [workflow, setWorkflow] = useState(NONE);
  const [policy, setPolicy] = useState('');
  const [agent, setAgent] = useState('');
  const [mode, setMode] = useState('');
  const [isApart, setApart] = useState(true);
  const [workflows, setWorkflows] = useState<{ name: string; description: string; policy: string }[]>([]);
  const [{ agents, modes }, setKnown] = useState<Known>({ agents: [], modes: {} });
  const { send, busy, error } = useSend();
  useEffect(() => {
    let current = true;
    read(api.workflows.$get({ query: folder === '' ? {} : { folder } })).then(
      ({ workflows: found }) => current && setWorkflows(found),
      () => {},
    );
    return () => {
      current = false;
    };
  }, [folder]);
  useEffect(() => {
    read(api.agents.$get()).then(
      (found) => setKnown(found),
      () => {},
    );
  }, []);
  const start = () =>
    send(async () => {
      const how = {
        ...(agent.trim() !== '' && { agent: agent.trim() }),
        ...(Object.hasOwn(modes, mode) && { mode: mode as Mode }),
      };
      if (workflow === NONE) {
        const started: string[] = [];
        // Attempts are of one model each, in turn; with none named all are of the configured one.
        const models = model.split(/[\s,]+/).filter(Boolean);
        // None is begun where one of them could not be.
        for (const one of models)
          await read(
            api.threads.check.$post({ json: { folder, model: one, ...(how.agent && { agent: how.agent }) } }),
          );
        for (let at = 0; at < Math.max(attempts, models.length); at++) {
          const by = models[at % models.length];
          const json = { folder, prompt, worktree: isApart, ...how, ...(by !== undefined && { model: by }) };
          started.push((await read(api.threads.$post({ json }))).thread);
        }
        setPrompt('');
        go(started.length === 1 ? `/thread/${started[0]}` : '/');
      } else {
        const json = {
          ...{ folder, request: prompt, workflow, worktree: isApart, ...how },
          ...(isPolicy(policy) && { policy }),
          ...(model.trim() !== '' && { model: model.trim() }),
        };
        const { flow } = await read(api.flows.$post({ json }));
        setPrompt('');
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
      {workflow !== NONE && (
        <label className="flex flex-col gap-1 text-sm font-medium">
          Who looks at what a phase makes
          <select
            className="field font-normal"
            value={policy}
            onChange={({ target: { value } }) => setPolicy(value)}
          >
            <option value="">
              as the workflow says ({workflows.find(({ name }) => name === workflow)?.policy})
            </option>
            {Object.entries(POLICIES).map(([name, means]) => (
              <option key={name} value={name}>
                {name}: {means}
              </option>
            ))}
          </select>
        </label>
      )}
      <details className="flex flex-col gap-3">
        <summary className="cursor-pointer text-sm text-quiet">
          {[
            agent.trim() || 'Kino’s agent',
            model.trim() || 'the configured model',
            mode || 'the usual mode',
            ...(workflow === NONE ? [attempts === 1 ? 'one attempt' : `${attempts} attempts`] : []),
            isApart ? 'a worktree' : 'the folder itself',
          ].join(', ')}
        </summary>
        <div className="grid gap-3 pt-3 sm:grid-cols-2">
          <label className="flex flex-col gap-1 text-sm font-medium">
            Agent
            <input
              className="field font-normal"
              list="agents"
              placeholder="kino, or acp: and a name or command"
              value={agent}
              onChange={({ target: { value } }) => setAgent(value)}
            />
            <datalist id="agents">
              {agents.map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          </label>
          <label className="flex flex-col gap-1 text-sm font-medium">
            Model
            <input
              className="field font-normal"
              placeholder={
                workflow === NONE ? 'several, with commas, make an attempt each' : 'provider/model'
              }
              value={model}
              onChange={({ target: { value } }) => setModel(value)}
            />
          </label>
          <label className="flex flex-col gap-1 text-sm font-medium">
            Mode
            <select
              className="field font-normal"
              value={mode}
              onChange={({ target: { value } }) => setMode(value)}
            >
              <option value="">as configured</option>
              {Object.entries(modes).map(([name, means]) => (
                <option key={name} value={name}>
                  {name}: {means}
                </option>
              ))}
            </select>
          </label>
          {workflow === NONE && (
            <label className="flex flex-col gap-1 text-sm font-medium">
              Attempts
              <input
                className="field font-normal"
                type="number"
                min={1}
                max={8}
                required
                value={attempts}
                onChange={({ target: { value } }) => setAttempts(Number(value))}
              />
            </label>
          )}
          <label className="flex items-center gap-2 text-sm font-medium">
            <input
              type="checkbox"
              checked={isApart}
              onChange={({ target: { checked } }) => setApart(checked)}
            />
            In a worktree of its own
          </label>
        </div>
      </details>
      {isApart && (
        <p className="text-sm text-quiet">It works in a worktree of its own, on a branch of its own.</p>
      )}
      <Problem text={error} />
      <button type="submit" className="button button-main self-start" disabled={busy || prompt.trim() === ''}>
        {busy ? 'Starting …' : 'Start'}
      </button>
    </form>
  );
}

import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { api, read } from '../api.ts';
import { useSend } from '../parts/answer.tsx';
import { Describe } from '../parts/describe.tsx';
import { Diff, type Jump } from '../parts/diff.tsx';
import { type Change, rowsOf, type ShownHunk, wordsOf } from '../parts/diff-rows.ts';
import { FindField } from '../parts/find.tsx';
import { LineCommentForm, LineComments, type Target } from '../parts/line-comments.tsx';
import { Link } from '../parts/link.tsx';
import { Problem } from '../parts/problem.tsx';
import { TourOutline } from '../parts/tour-outline.tsx';
import { Validation } from '../parts/validation.tsx';
import { Why } from '../parts/why.tsx';
import { useStore } from '../state.ts';

export function ChangesPage({ id }: { id: string }): ReactNode {
  const [change, setChange] = useState<Change>();
  const [error, setError] = useState('');
  const [against, setAgainst] = useState(() => new URLSearchParams(location.search).get('against') ?? '');
  const asked = useRef(0);
  const load = useCallback(() => {
    const query = against === '' ? {} : { against };
    const mine = ++asked.current;
    // An answer that comes late is not put over a later one.
    const latest = (work: () => void) => mine === asked.current && work();
    return read(api.threads[':id'].changes.$get({ param: { id }, query })).then(
      (found) =>
        void latest(() => {
          setError('');
          setChange(found);
        }),
      (reason: Error) => void latest(() => setError(reason.message)),
    );
  }, [id, against]);
  // What it is at now, and what its validators say, make another change of it.
  const stamp = useStore((state) => {
    const thread = state.threads.get(id);
    return `${thread?.status} ${thread?.activity.broken?.join() ?? ''}`;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the stamp says when to read again
  useEffect(() => void load(), [load, stamp]);
  return (
    <div className="flex flex-col gap-3">
      <Against
        given={against}
        onChoose={(range) => {
          // What is looked at is in the address, to be passed on and to be there after a reload.
          history.replaceState(
            null,
            '',
            range === '' ? location.pathname : `?${new URLSearchParams({ against: range })}`,
          );
          setAgainst(range);
        }}
      />
      <Problem text={error} />
      {!change && !error && <p className="text-quiet">…</p>}
      {change && !error && (
        <Changes
          key={`${change.base} ${change.head ?? ''}`}
          id={id}
          change={change}
          against={against}
          onChanged={load}
        />
      )}
    </div>
  );
}

/** What the files are compared with: default what the work started from. */
function Against({ given, onChoose }: { given: string; onChoose(against: string): void }): ReactNode {
  const [text, setText] = useState(given);
  return (
    <form
      className="order-last flex items-center gap-2 text-sm"
      onSubmit={(event) => {
        event.preventDefault();
        onChoose(text.trim());
      }}
    >
      <input
        className="field max-w-80"
        aria-label="Compare with a commit, or two with .. between them"
        placeholder="Compare with: main, HEAD~3, v1.1..v1.2"
        value={text}
        onChange={({ target: { value } }) => setText(value)}
      />
      <button type="submit" className="button">
        Compare
      </button>
    </form>
  );
}

function Changes({
  id,
  change,
  against,
  onChanged,
}: {
  id: string;
  change: Change;
  against: string;
  onChanged(): Promise<void>;
}): ReactNode {
  const range = against === '' ? {} : { against };
  const [closed, setClosed] = useState<ReadonlySet<string>>(
    () => new Set(change.tour.folded.map(({ path }) => path)),
  );
  const [target, setTarget] = useState<Target>();
  const [asked, setAsked] = useState<ShownHunk>();
  const { send, busy, error } = useSend();
  const rows = useMemo(() => rowsOf(change, closed), [change, closed]);
  const placed = useMemo(
    () => new Set(rows.flatMap((row) => (row.kind === 'comment' ? [row.comment.id] : []))),
    [rows],
  );
  const [cursor, setCursor] = useState<string>();
  const [jump, setJump] = useState<Jump>();
  const [finding, setFinding] = useState(false);
  const textAt = useCallback((at: number) => wordsOf(rows[at]!), [rows]);
  const step = (by: 1 | -1) => {
    const parts = rows.flatMap((row, at) => (row.kind === 'hunk' ? [{ id: row.hunk.id, at }] : []));
    const here = parts.findIndex(({ id: part }) => part === cursor);
    const next = parts[here === -1 ? (by === 1 ? 0 : parts.length - 1) : here + by];
    if (!next) return;
    setCursor(next.id);
    setJump({ row: next.at });
  };
  /** Comments that tell of what was taken out, by its part. */
  const told = useRef(new Map<string, string>());
  const comment = async (on: Target, text: string) => {
    const json = { ...on, text };
    return read(api.threads[':id'].changes.comments.$post({ param: { id }, query: range, json }));
  };
  const close = (said: string) =>
    read(api.threads[':id'].comments[':comment'].close.$post({ param: { id, comment: said } }));
  const decide = (json: Decision) =>
    read(api.threads[':id'].changes.decisions.$post({ param: { id }, query: range, json }));
  const reopen = (hunk: string) =>
    send(async () => {
      await decide({ decision: 'reopen', hunk });
      // What is back need not be left out.
      const said = told.current.get(hunk);
      told.current.delete(hunk);
      if (said !== undefined) await close(said);
      await onChanged();
    });
  const reject = ({ file: { path, from, hunks }, id: hunk }: ShownHunk) =>
    send(async () => {
      // Who made it hears of it with the next comments. Said before, it is on what is still there.
      const lines = hunks.find((one) => one.id === hunk)?.lines ?? [];
      const { comment: said } = await comment(...rejectionOf(path, lines));
      try {
        await decide({ decision: 'reject', path, ...(from !== undefined && { from }), hunk });
        told.current.set(hunk, said);
      } catch (problem) {
        await close(said);
        throw problem;
      } finally {
        await onChanged();
      }
    });
  const accept = ({ file: { path, from }, id: hunk }: ShownHunk) =>
    send(async () => {
      await decide({ decision: 'accept', path, ...(from !== undefined && { from }), hunk });
      await onChanged();
    });
  const actions = {
    onToggle: (path: string) => {
      const next = new Set(closed);
      if (!next.delete(path)) next.add(path);
      setClosed(next);
    },
    ...(!change.isPast && {
      review: {
        ...{ thread: id, onComment: setTarget, onWhy: setAsked, onChanged, busy },
        onDecide: (hunk: ShownHunk, decision: Decision['decision']) =>
          void (decision === 'reopen'
            ? reopen(hunk.id)
            : decision === 'reject'
              ? reject(hunk)
              : accept(hunk)),
      },
    }),
  };
  return (
    <div className="flex flex-col gap-3">
      <Head id={id} change={change} />
      <Problem text={error} />
      {change.files.length === 0 ? (
        <p className="text-quiet">Nothing has changed.</p>
      ) : (
        <>
          <div className="flex flex-wrap items-start gap-2">
            <Validation id={id} validation={change.validation} onRan={onChanged} />
            <Describe id={id} isGuided={change.isGuided} onGuided={onChanged} />
            <span className="ml-auto flex flex-wrap gap-2">
              <button type="button" className="button" data-key="/" onClick={() => setFinding(true)}>
                Find <kbd>/</kbd>
              </button>
              <button type="button" className="button" data-key="k" onClick={() => step(-1)}>
                Previous part <kbd>k</kbd>
              </button>
              <button type="button" className="button" data-key="j" onClick={() => step(1)}>
                Next part <kbd>j</kbd>
              </button>
            </span>
          </div>
          {finding && (
            <FindField
              label="Find in this change"
              count={rows.length}
              textOf={textAt}
              onGo={(row) => setJump({ row })}
              onClose={() => setFinding(false)}
            />
          )}
          <div className="flex gap-3">
            {change.files.length > 1 && <TourOutline rows={rows} onGo={(row) => setJump({ row })} />}
            <Diff rows={rows} actions={actions} cursor={cursor} jump={jump} />
          </div>
        </>
      )}
      {change.rejected.length > 0 && (
        <section aria-label="Taken out" className="card flex flex-col gap-1 p-3 text-sm">
          <h2 className="font-medium">Taken out</h2>
          {change.rejected.map(({ hunk, path }) => (
            <p key={hunk} className="flex items-center gap-2">
              <span className="min-w-0 font-mono text-xs break-all">{path}</span>
              <button type="button" className="button" disabled={busy} onClick={() => void reopen(hunk)}>
                Put back
              </button>
            </p>
          ))}
        </section>
      )}
      <div className="z-10 flex flex-col gap-2 sm:sticky sm:bottom-2">
        {asked && <Why id={id} against={against} hunk={asked} onClose={() => setAsked(undefined)} />}
        {target && (
          <LineCommentForm
            target={target}
            busy={busy}
            onCancel={() => setTarget(undefined)}
            onAdd={(text) =>
              void send(async () => {
                await comment(target, text);
                setTarget(undefined);
                await onChanged();
              })
            }
          />
        )}
        <LineComments id={id} comments={change.comments} placed={placed} onChanged={onChanged} />
      </div>
    </div>
  );
}

type Decision = Parameters<(typeof api.threads)[':id']['changes']['decisions']['$post']>[0]['json'];

function Head({ id, change }: { id: string; change: Change }): ReactNode {
  const thread = useStore((state) => state.threads.get(id));
  const count = (of: 'added' | 'removed') => change.files.reduce((sum, file) => sum + file[of], 0);
  const slop = Object.entries(change.slop).filter(([, delta]) => delta !== 0);
  const all = change.files.flatMap(({ hunks }) => hunks);
  const done = new Set(change.accepted);
  const accepted = all.filter(({ id: hunk }) => done.has(hunk)).length;
  return (
    <div className="flex flex-col gap-2">
      <h1 className="text-xl font-semibold">What changed</h1>
      <p className="flex flex-wrap gap-x-3 text-sm text-quiet">
        <Link to={`/${thread?.kind === 'flow' ? 'flow' : 'thread'}/${id}`} className="text-accent underline">
          {thread?.title ?? 'The thread'}
        </Link>
        <span>
          {change.files.length} {change.files.length === 1 ? 'file' : 'files'}
        </span>
        <span className="text-good">+{count('added')}</span>
        <span className="text-bad">−{count('removed')}</span>
        {all.length > 0 && (
          <span>
            {accepted} of {all.length} parts accepted
          </span>
        )}
        {slop.map(([kind, delta]) => (
          <span key={kind} className={delta > 0 ? 'text-needs' : 'text-good'}>
            {delta > 0 ? '+' : '−'}
            {Math.abs(delta)} {kind}
          </span>
        ))}
      </p>
    </div>
  );
}

const MAX_QUOTE = 12;

function rejectionOf(
  path: string,
  lines: readonly { kind: string; text: string; old?: number | undefined; new?: number | undefined }[],
): [Target, string] {
  const changed = lines.filter(({ kind }) => kind !== 'context');
  const first = changed[0];
  const side = first?.kind === 'removed' ? 'old' : 'new';
  const quote = changed.slice(0, MAX_QUOTE).map(({ kind, text }) => `${kind === 'added' ? '+' : '-'}${text}`);
  const on = {
    ...({ path, side, line: (side === 'old' ? first?.old : first?.new) ?? 1 } as const),
    quote: [...quote, ...(changed.length > MAX_QUOTE ? ['…'] : [])].join('\n'),
  };
  return [on, 'I have taken this out of your change; leave it out.'];
}

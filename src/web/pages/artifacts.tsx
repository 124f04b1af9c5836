import { type ReactNode, useEffect, useState } from 'react';
import { api, read } from '../api.ts';
import { useSend } from '../parts/answer.tsx';
import { ArtifactView, type ShownArtifact } from '../parts/artifact.tsx';
import { Link } from '../parts/link.tsx';
import { Problem } from '../parts/problem.tsx';
import { useStore } from '../state.ts';

/** What a thread made for a person to review. */
export function ArtifactsPage({ id }: { id: string }): ReactNode {
  const thread = useStore((state) => state.threads.get(id));
  const [artifacts, setArtifacts] = useState<readonly ShownArtifact[]>();
  const [error, setError] = useState('');
  const revision = thread?.revision;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another revision is read again
  useEffect(() => {
    let current = true;
    read(api.threads[':id'].artifacts.$get({ param: { id } })).then(
      (found) => current && setArtifacts(found.artifacts),
      (reason: Error) => current && setError(reason.message),
    );
    return () => {
      current = false;
    };
  }, [id, revision]);
  if (error) return <Problem text={error} />;
  if (!artifacts) return <p className="text-quiet">…</p>;
  return (
    <div className="flex flex-col gap-4">
      <div>
        <h1 className="text-xl font-semibold">Artifacts</h1>
        <Link to={`/thread/${id}`} className="text-sm text-accent underline">
          {thread?.title ?? 'The thread'}
        </Link>
      </div>
      {artifacts.length === 0 && <p className="text-quiet">It has made none.</p>}
      {artifacts.map((artifact) => (
        <ArtifactView key={artifact.name} artifact={artifact} />
      ))}
      <SendDrafts id={id} artifacts={artifacts} works={thread?.status === 'running'} />
    </div>
  );
}

/** Comments are sent all at once, while the agent works or to let it go on. */
function SendDrafts({
  id,
  artifacts,
  works,
}: {
  id: string;
  artifacts: readonly ShownArtifact[];
  works: boolean;
}): ReactNode {
  const { send, busy, error } = useSend();
  const drafts = artifacts.flatMap(({ comments }) => comments.filter(({ status }) => status === 'draft'));
  if (drafts.length === 0 && !error) return null;
  return (
    <section
      aria-label="Comments to send"
      className="card flex flex-wrap items-center gap-2 p-3 sm:sticky sm:bottom-2"
    >
      <button
        type="button"
        className="button button-main"
        disabled={busy || drafts.length === 0}
        onClick={() => void send(() => read(api.threads[':id'].comments.send.$post({ param: { id } })))}
      >
        Send {drafts.length} {drafts.length === 1 ? 'comment' : 'comments'}{' '}
        {works ? 'while it works' : 'and let it go on'}
      </button>
      <Problem text={error} />
    </section>
  );
}

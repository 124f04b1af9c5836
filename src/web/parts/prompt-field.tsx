import { type ComponentProps, type ReactNode, useEffect, useRef, useState } from 'react';
import { canDictate, type Dictation, dictate, isLocal } from './dictation.ts';

const AGREED = 'kino-dictation';

/** A field for a prompt or a comment: typed, or dictated where the browser understands speech. */
export function PromptField({
  value,
  onText,
  className = '',
  ...more
}: Omit<ComponentProps<'textarea'>, 'value' | 'onChange'> & {
  value: string;
  onText(text: string): void;
}): ReactNode {
  return (
    <div className="relative">
      {canDictate && <Dictate value={value} onText={onText} />}
      <textarea
        className={`field ${canDictate ? 'pr-11' : ''} ${className}`}
        value={value}
        onChange={({ target }) => onText(target.value)}
        {...more}
      />
    </div>
  );
}

function Dictate({ value, onText }: { value: string; onText(text: string): void }): ReactNode {
  const [listening, setListening] = useState(false);
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState('');
  const running = useRef<Dictation>(undefined);
  // What comes next goes behind what is there then.
  const text = useRef(value);
  useEffect(() => {
    text.current = value;
  });
  useEffect(() => () => running.current?.stop(), []);
  const listen = (local: boolean) => {
    setAsking(false);
    setProblem('');
    setListening(true);
    running.current = dictate(
      local,
      (heard) => onText(`${text.current}${/\S$/.test(text.current) ? ' ' : ''}${heard}`),
      (why) => {
        setListening(false);
        setProblem(why);
      },
    );
  };
  const begin = async () => {
    const local = await isLocal();
    if (local || localStorage.getItem(AGREED) === 'yes') listen(local);
    else setAsking(true);
  };
  return (
    <>
      <button
        type="button"
        className={`absolute top-1.5 right-1.5 min-h-8 min-w-8 cursor-pointer rounded-md text-base hover:bg-raised ${listening ? 'text-bad' : 'text-quiet'}`}
        aria-pressed={listening}
        aria-label={listening ? 'Stop dictating' : 'Dictate'}
        onClick={() => (listening ? running.current?.stop() : void begin())}
      >
        <Sign listening={listening} />
      </button>
      {asking && (
        <p role="alert" className="mb-1 flex flex-wrap items-center gap-2 pr-11 text-sm">
          This browser sends what it hears to its maker to understand it.
          <button
            type="button"
            className="button"
            onClick={() => {
              localStorage.setItem(AGREED, 'yes');
              listen(false);
            }}
          >
            Dictate anyway
          </button>
          <button type="button" className="button" onClick={() => setAsking(false)}>
            No
          </button>
        </p>
      )}
      {problem && (
        <p role="alert" className="mb-1 pr-11 text-sm text-bad">
          {problem}
        </p>
      )}
    </>
  );
}

/** A microphone, or a square while it listens. Drawn: not every font has them. */
function Sign({ listening }: { listening: boolean }): ReactNode {
  return (
    <svg aria-hidden="true" viewBox="0 0 16 16" className="mx-auto size-4 fill-current">
      {listening ? (
        <rect x="3" y="3" width="10" height="10" rx="1.5" />
      ) : (
        <>
          <rect x="5.5" y="1" width="5" height="8.5" rx="2.5" />
          <path d="M3 7h1.5a3.5 3.5 0 0 0 7 0H13a5 5 0 0 1-4.25 4.94V14H11v1.5H5V14h2.25v-2.06A5 5 0 0 1 3 7z" />
        </>
      )}
    </svg>
  );
}

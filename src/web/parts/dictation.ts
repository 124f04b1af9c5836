/** What there is of the browser's own speech recognition (Web Speech API), which no library of types has yet. */
interface Recognition extends EventTarget {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  /** On this machine, where the browser can. */
  processLocally?: boolean;
  onresult: ((event: RecognitionEvent) => void) | null;
  onerror: ((event: { error: string }) => void) | null;
  onend: (() => void) | null;
  start(): void;
  stop(): void;
}
interface RecognitionEvent {
  resultIndex: number;
  results: ArrayLike<{ isFinal: boolean; 0: { transcript: string } }>;
}
interface RecognitionMaker {
  new (): Recognition;
  available?(options: { langs: string[]; processLocally: boolean }): Promise<string>;
}

const makers = window as unknown as {
  SpeechRecognition?: RecognitionMaker;
  webkitSpeechRecognition?: RecognitionMaker;
};
const Maker = makers.SpeechRecognition ?? makers.webkitSpeechRecognition;

export const canDictate = Maker !== undefined;

/** Whether the browser understands speech on this machine; otherwise it sends what it hears to its maker. */
export async function isLocal(): Promise<boolean> {
  const said = await Maker?.available?.({ langs: [navigator.language], processLocally: true }).catch(
    () => '',
  );
  return said === 'available';
}

const ERRORS: Record<string, string> = {
  'not-allowed': 'The browser may not use the microphone.',
  'audio-capture': 'There is no microphone.',
  network: 'The browser understands speech over the network, and cannot reach it.',
  'no-speech': 'Nothing was heard.',
};

export interface Dictation {
  stop(): void;
}

/**
 * Listens until it is stopped.
 *
 * @param heard told of each piece, once it is understood
 * @param ended told how it ended; empty where nothing went wrong
 */
export function dictate(
  local: boolean,
  heard: (text: string) => void,
  ended: (problem: string) => void,
): Dictation {
  const recognition = new Maker!();
  Object.assign(recognition, { lang: navigator.language, continuous: true, interimResults: false });
  if (local) recognition.processLocally = true;
  let problem = '';
  recognition.onresult = ({ resultIndex, results }) => {
    for (let at = resultIndex; at < results.length; at++)
      if (results[at]!.isFinal) heard(results[at]![0].transcript.trim());
  };
  recognition.onerror = ({ error }) => {
    if (error !== 'aborted') problem = ERRORS[error] ?? `It cannot be dictated (${error}).`;
  };
  recognition.onend = () => ended(problem);
  recognition.start();
  return { stop: () => recognition.stop() };
}

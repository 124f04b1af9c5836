const KEPT = 'kino-sound';

/** Notes in hertz: rising for what needs somebody, falling for what is done. */
const NOTES = { needs: [587, 880], done: [659, 494] } as const;
const NOTE_S = 0.14;
let audio: AudioContext | undefined;

export function isSoundOn(): boolean {
  return localStorage.getItem(KEPT) === 'on';
}

export function setSound(on: boolean): void {
  localStorage.setItem(KEPT, on ? 'on' : 'off');
}

/** Two soft notes; nothing where sound is off, or the browser lets no page make one yet. */
export function play(what: keyof typeof NOTES): void {
  if (!isSoundOn() || !('AudioContext' in window)) return;
  audio ??= new AudioContext();
  const { currentTime, destination } = audio;
  for (const [at, pitch] of NOTES[what].entries()) {
    const begin = currentTime + at * NOTE_S;
    const tone = new OscillatorNode(audio, { type: 'sine', frequency: pitch });
    const level = new GainNode(audio, { gain: 0 });
    level.gain.setValueAtTime(0, begin);
    level.gain.linearRampToValueAtTime(0.15, begin + 0.02);
    level.gain.exponentialRampToValueAtTime(0.001, begin + NOTE_S * 1.5);
    tone.connect(level).connect(destination);
    tone.start(begin);
    tone.stop(begin + NOTE_S * 1.6);
  }
}

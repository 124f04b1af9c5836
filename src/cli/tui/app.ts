import {
  CombinedAutocompleteProvider,
  type Component,
  Container,
  Editor,
  matchesKey,
  type SlashCommand,
  type Terminal,
  Text,
  TuiMainScreen,
} from '@earendil-works/pi-tui';
import { MODES, type Mode, type PermissionAnswer, type Person, wholeOf } from '../../agent/index.ts';
import { version } from '../../config/index.ts';
import type { ThreadStore } from '../../thread/index.ts';
import { Chat, type ChatFlags } from '../chat/chat.ts';
import { COMMANDS, runCommand } from '../chat/commands.ts';
import { promptHistory } from '../chat/history.ts';
import { sentenceFor } from '../exit.ts';
import { Choice, type ChoiceOptions, Line } from './choice.ts';
import { Footer } from './footer.ts';
import { bold, dim, editorTheme, red, yellow } from './theme.ts';
import { Transcript } from './transcript.ts';

/** Two Ctrl-C within this time leave. */
const TWICE_MS = 2_000;
/** Modes that one key walks through; bypass is never reached by a key alone. */
const CYCLE: readonly Mode[] = MODES.filter((mode) => mode !== 'bypass' && mode !== 'dont-ask');

export interface AppOptions {
  flags: ChatFlags;
  store: ThreadStore;
  terminal: Terminal;
  thread?: string;
  /** Sent at once. */
  prompt?: string;
}

/** The interactive session at a terminal. */
export class App {
  readonly #options: AppOptions;
  readonly #tui: TuiMainScreen;
  readonly #transcript = new Transcript();
  readonly #editor: Editor;
  /** The editor, or what the person is asked in its place. */
  readonly #foot = new Container();
  #chat!: Chat;
  #footer!: Footer;
  #left: () => void = () => {};
  #lastCtrlC = Number.NEGATIVE_INFINITY;
  #ticking: NodeJS.Timeout | undefined;

  constructor(options: AppOptions) {
    this.#options = options;
    this.#tui = new TuiMainScreen(options.terminal);
    this.#editor = new Editor(this.#tui, editorTheme);
    this.#editor.onSubmit = (text) => void this.#submit(text);
  }

  /** Runs until the person leaves. */
  async run(): Promise<void> {
    await this.#openChat(this.#options.thread);
    const gone = new Promise<void>((resolve) => {
      this.#left = resolve;
    });
    this.#tui.addChild(new Text(`${bold('kino')} ${dim(version())}`, 0, 0));
    this.#tui.addChild(this.#transcript);
    this.#tui.addChild(this.#foot);
    this.#tui.addChild({ render: (width) => this.#footer.render(width), invalidate: () => {} });
    this.#showEditor();
    this.#tui.addInputListener((data) => this.#key(data));
    this.#ticking = setInterval(() => {
      if (this.#transcript.tick()) this.#tui.requestRender();
    }, 1_000);
    const stop = () => this.#leave();
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
    this.#tui.start();
    if (this.#options.prompt !== undefined) void this.#submit(this.#options.prompt);
    await gone;
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, stop);
    clearInterval(this.#ticking);
    await this.#options.terminal.drainInput(200).catch(() => {});
    this.#tui.stop();
    await this.#chat.close();
    const { thread } = this.#chat;
    if ((await this.#chat.events()).length > 0) process.stdout.write(`kino resume ${thread}\n`);
  }

  async #openChat(thread?: string): Promise<void> {
    const { flags, store } = this.#options;
    this.#chat = await Chat.open(
      flags,
      store,
      {
        person: this.#person(),
        onEvent: (event) => {
          this.#transcript.apply(event);
          this.#footer.apply(event);
          this.#tui.requestRender();
        },
        onChildEvent: (child, event) => {
          this.#transcript.applyChild(child, event);
          this.#tui.requestRender();
        },
      },
      thread,
    );
    const { agent, mode, open, problems } = this.#chat;
    this.#footer = new Footer(mode, agent.model ?? agent.name, open.cwd);
    for (const event of await this.#chat.events()) {
      this.#transcript.apply(event, { replay: true });
      this.#footer.apply(event);
    }
    this.#footer.mode = mode;
    if (open.trust !== 'trusted') {
      const why =
        open.trust === 'changed'
          ? 'Its configuration has changed since you trusted it'
          : 'You have not said that you trust this folder';
      this.#transcript.note(
        `${why}: its own configuration, commands, agents and hooks are not loaded, and you are asked before every change. /trust says that you do.`,
        yellow,
      );
    }
    for (const note of open.notes) this.#transcript.note(note);
    for (const problem of problems) this.#transcript.note(problem, yellow);
    const own = this.#chat.commands.map(({ name, description, hint }) => ({
      ...{ name, description },
      ...(hint !== undefined && { argumentHint: hint }),
    }));
    const commands: SlashCommand[] = [
      ...COMMANDS.map(({ name, summary }) => ({ name, description: summary })),
      ...own,
    ];
    this.#editor.setAutocompleteProvider(new CombinedAutocompleteProvider(commands, open.cwd));
    for (const text of await promptHistory(store, open.origin)) this.#editor.addToHistory(text);
  }

  #showEditor(): void {
    this.#foot.clear();
    this.#foot.addChild(this.#editor);
    this.#tui.setFocus(this.#editor);
    this.#tui.requestRender();
  }

  /** Puts something in the editor's place until it is settled. */
  #instead<T>(
    component: Component,
    signal: AbortSignal | undefined,
    begin: (done: (value: T | undefined) => void) => void,
  ): Promise<T | undefined> {
    return new Promise((resolve) => {
      const done = (value: T | undefined) => {
        signal?.removeEventListener('abort', abort);
        this.#showEditor();
        resolve(value);
      };
      const abort = () => done(undefined);
      if (signal?.aborted) return resolve(undefined);
      signal?.addEventListener('abort', abort, { once: true });
      begin(done);
      this.#foot.clear();
      this.#foot.addChild(component);
      this.#tui.setFocus(component);
      this.#tui.requestRender();
    });
  }

  choose(options: ChoiceOptions, signal?: AbortSignal): Promise<string | undefined> {
    const choice = new Choice(options);
    return this.#instead(choice, signal, (done) => {
      choice.onChoose = done;
    });
  }

  #askLine(title: string, signal?: AbortSignal): Promise<string | undefined> {
    const line = new Line(title);
    return this.#instead(line, signal, (done) => {
      line.onDone = done;
    });
  }

  #person(): Person {
    return {
      permit: async (request, signal) => {
        process.stdout.write('\u0007');
        const rules = request.suggestions.join(', ');
        const lasting =
          rules === ''
            ? []
            : [
                { value: 'session', label: `Yes, and ${rules} for this session` },
                { value: 'project', label: `Yes, and ${rules} in this project from now on` },
                { value: 'user', label: `Yes, and ${rules} everywhere from now on` },
              ];
        const chosen = await this.choose(
          {
            title: wholeOf(request.tool, (request.input ?? {}) as Record<string, unknown>),
            detail: request.reason,
            items: [
              { value: 'once', label: 'Yes, once', description: 'y' },
              ...lasting,
              { value: 'no', label: 'No', description: 'n' },
              { value: 'say', label: 'No, and say what to do instead', description: 's' },
            ],
            keys: { y: 'once', n: 'no', s: 'say' },
          },
          signal,
        );
        if (chosen === undefined) return undefined;
        if (chosen === 'say') {
          const note = await this.#askLine('What instead?', signal);
          return { outcome: 'deny', scope: 'once', ...(note && { note }) };
        }
        if (chosen === 'no') return { outcome: 'deny', scope: 'once' };
        return { outcome: 'allow', scope: chosen as PermissionAnswer['scope'] };
      },
      answer: async ({ question, options }, signal) => {
        if (options.length === 0) return this.#askLine(question, signal);
        const items = [
          ...options.map((option) => ({ value: option, label: option })),
          { value: '\0', label: 'Something else' },
        ];
        const chosen = await this.choose({ title: question, items }, signal);
        return chosen === '\0' ? this.#askLine(question, signal) : chosen;
      },
    };
  }

  #key(data: string): { consume: boolean } | undefined {
    const consumed = { consume: true };
    if (matchesKey(data, 'ctrl+c')) {
      if (performance.now() - this.#lastCtrlC < TWICE_MS) this.#leave();
      else if (this.#chat.isBusy) this.#chat.interrupt();
      else if (this.#editor.getText() !== '') this.#editor.setText('');
      else this.#transcript.note('ctrl+c again leaves');
      this.#lastCtrlC = performance.now();
      this.#tui.requestRender();
      return consumed;
    }
    if (!this.#editor.focused) return undefined;
    if (matchesKey(data, 'ctrl+d') && this.#editor.getText() === '') {
      this.#leave();
      return consumed;
    }
    if (matchesKey(data, 'escape') && this.#chat.isBusy) {
      this.#chat.interrupt();
      return consumed;
    }
    if (matchesKey(data, 'tab') && this.#chat.isBusy && this.#editor.getText().trim() !== '') {
      this.#chat.queue(this.#editor.getExpandedText().trim());
      this.#editor.setText('');
      this.#footer.waiting++;
      this.#tui.requestRender();
      return consumed;
    }
    if (matchesKey(data, 'shift+tab')) {
      this.#setMode(CYCLE[(CYCLE.indexOf(this.#chat.mode) + 1) % CYCLE.length]!);
      return consumed;
    }
    if (matchesKey(data, 'ctrl+o')) {
      this.#transcript.toggleOutputs();
      this.#tui.requestRender();
      return consumed;
    }
    if (matchesKey(data, 'ctrl+r')) {
      void this.#searchHistory();
      return consumed;
    }
    return undefined;
  }

  #setMode(mode: Chat['mode']): void {
    this.#chat.mode = mode;
    this.#footer.mode = mode;
    this.#tui.requestRender();
  }

  async #searchHistory(): Promise<void> {
    const texts = await promptHistory(this.#options.store, this.#chat.open.origin);
    if (texts.length === 0) return;
    const items = texts.toReversed().map((text) => ({ value: text, label: text.split('\n', 1)[0]! }));
    const chosen = await this.choose({ title: 'Earlier prompts', items, filter: true });
    if (chosen !== undefined) this.#editor.setText(chosen);
    this.#tui.requestRender();
  }

  async #submit(given: string): Promise<void> {
    const text = given.trim();
    this.#editor.setText('');
    if (text === '') return;
    this.#editor.addToHistory(text);
    try {
      if (text.startsWith('/')) {
        await this.#command(text);
      } else if (this.#chat.isBusy) this.#chat.steer(text);
      else await this.#work(text);
    } catch (error) {
      this.#transcript.note(sentenceFor(error), red);
    }
    this.#tui.requestRender();
  }

  async #work(prompt: string): Promise<void> {
    this.#footer.isBusy = true;
    this.#options.terminal.setProgress(true);
    try {
      await this.#chat.send(prompt);
    } finally {
      this.#footer.isBusy = false;
      this.#footer.waiting = 0;
      this.#options.terminal.setProgress(false);
    }
  }

  async #command(text: string): Promise<void> {
    const result = await runCommand(text, {
      chat: this.#chat,
      store: this.#options.store,
      context: () => this.#footer.details(),
      pick: (title, items) => this.choose({ title, items, filter: true }),
    });
    if (result.say !== undefined) this.#transcript.note(result.say);
    if (result.event) this.#transcript.apply(result.event);
    if (result.prompt !== undefined) {
      if (this.#chat.isBusy) this.#chat.queue(result.prompt);
      else await this.#work(result.prompt);
    }
    if (result.leave) this.#leave();
    if (result.thread !== undefined) await this.#switchTo(result.thread === '' ? undefined : result.thread);
    this.#setMode(this.#chat.mode);
  }

  async #switchTo(thread: string | undefined): Promise<void> {
    const before = this.#chat;
    this.#transcript.clear();
    await this.#openChat(thread);
    await before.close();
  }

  #leave(): void {
    this.#chat.interrupt();
    this.#left();
  }
}

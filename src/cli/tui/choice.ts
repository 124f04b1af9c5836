import {
  type Component,
  Container,
  type Focusable,
  fuzzyFilter,
  Input,
  type KeyId,
  matchesKey,
  type SelectItem,
  SelectList,
  Text,
} from '@earendil-works/pi-tui';
import { plain } from '../output.ts';
import { bold, selectTheme } from './theme.ts';

export interface ChoiceOptions {
  title: string;
  /** Further lines: what the choice is about. */
  detail?: string;
  items: readonly SelectItem[];
  /** Keys that choose at once, by the value that they choose. */
  keys?: Readonly<Record<string, string>>;
  /** Typing narrows the list. */
  filter?: boolean;
  maxVisible?: number;
}

/** One choice among several, in the place of the editor. */
export class Choice extends Container implements Component, Focusable {
  focused = false;
  onChoose: (value: string | undefined) => void = () => {};
  readonly #options: ChoiceOptions;
  readonly #input = new Input();
  #list: SelectList;

  constructor(options: ChoiceOptions) {
    super();
    this.#options = options;
    this.#list = this.#makeList(options.items);
    this.#lay();
  }

  #makeList(items: readonly SelectItem[]): SelectList {
    const list = new SelectList([...items], this.#options.maxVisible ?? 8, selectTheme);
    list.onSelect = ({ value }) => this.onChoose(value);
    list.onCancel = () => this.onChoose(undefined);
    return list;
  }

  #lay(): void {
    this.clear();
    const { title, detail, filter } = this.#options;
    this.addChild(new Text(bold(plain(title)), 0, 0));
    if (detail) this.addChild(new Text(plain(detail), 2, 0));
    if (filter) this.addChild(this.#input);
    this.addChild(this.#list);
  }

  handleInput(data: string): void {
    const { keys = {}, filter, items } = this.#options;
    const chosen = Object.entries(keys).find(([key]) => matchesKey(data, key as KeyId));
    const moves: KeyId[] = ['up', 'down', 'enter', 'escape', 'pageUp', 'pageDown'];
    if (chosen) this.onChoose(chosen[1]);
    else if (matchesKey(data, 'ctrl+c')) this.onChoose(undefined);
    else if (!filter || moves.some((key) => matchesKey(data, key))) this.#list.handleInput(data);
    else {
      this.#input.handleInput(data);
      this.#list = this.#makeList(fuzzyFilter([...items], this.#input.getValue(), ({ label }) => label));
      this.#lay();
    }
  }
}

/** One line of text that is asked for, in the place of the editor. */
export class Line extends Container implements Component, Focusable {
  focused = false;
  onDone: (text: string | undefined) => void = () => {};
  readonly #input = new Input();

  constructor(title: string) {
    super();
    this.addChild(new Text(bold(plain(title)), 0, 0));
    this.addChild(this.#input);
    this.#input.onSubmit = (text) => this.onDone(text);
  }

  handleInput(data: string): void {
    if (matchesKey(data, 'escape') || matchesKey(data, 'ctrl+c')) this.onDone(undefined);
    else this.#input.handleInput(data);
  }
}

// Words over the picture while there is no picture. A slate says what happens and what the viewer has to do: nothing.

import { el, setText } from './dom';
import type { Slate } from './state';
import type { Say } from '../text';

export type Problem = 'unsupported' | 'media';

export class SlateView {
  readonly element: HTMLElement;
  readonly #title = el('p', { class: 'tp-slate-title' });
  readonly #text = el('p', { class: 'tp-slate-text' });
  readonly #action = el('button', { type: 'button', class: 'tp-action', hidden: true });
  readonly #say: Say;
  #onAction: (() => void) | null = null;

  constructor(say: Say) {
    this.#say = say;
    this.#action.addEventListener('click', () => this.#onAction?.());
    this.element = el(
      'div',
      { class: 'tp-slate', slot: 'centered-chrome', noautohide: true, hidden: true, role: 'status' },
      this.#title,
      this.#text,
      this.#action,
    );
  }

  show(slate: Slate): void {
    this.#onAction = null;
    this.#action.hidden = true;
    // A start takes a moment: the loading indicator is enough.
    const quiet = slate === 'none' || slate === 'starting';
    this.element.hidden = quiet;
    this.element.dataset['slate'] = slate;
    if (!quiet) {
      const offline = slate === 'reconnecting' && !navigator.onLine;
      const key = offline ? 'offline' : slate;
      setText(this.#title, this.#say(`player-${key}-title`));
      setText(this.#text, this.#say(`player-${key}-text`));
    }
  }

  problem(problem: Problem, retry: () => void): void {
    this.element.hidden = false;
    this.element.dataset['slate'] = 'problem';
    setText(this.#title, this.#say(`player-${problem}-title`));
    setText(this.#text, this.#say(`player-${problem}-text`));
    this.#offer(this.#say('player-try-again'), retry);
  }

  #offer(label: string, action: () => void): void {
    setText(this.#action, label);
    this.#action.hidden = false;
    this.#onAction = action;
  }
}

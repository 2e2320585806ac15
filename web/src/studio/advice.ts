// Warnings with what to change. Kept in place while they stay the same, so that they are read out once.

import { el } from '../player/dom';
import type { Advice } from './health';

export function showAdvice(box: HTMLElement, advice: Advice[]): void {
  const wanted = new Map(advice.map((one) => [one.code, one]));
  for (const child of [...box.querySelectorAll<HTMLElement>('[data-code]')]) {
    const code = child.dataset['code'] ?? '';
    if (wanted.get(code)?.text === child.textContent) {
      wanted.delete(code);
    } else {
      child.remove();
    }
  }
  for (const { level, code, text } of wanted.values()) {
    box.append(el('div', { class: `notice notice-${level}`, 'data-code': code }, text));
  }
}

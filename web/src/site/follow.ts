// What the player learns of a live, the page around it shows as well.

import { readData, type LiveState } from '../player/data';
import { setText } from '../player/dom';
import { speaker } from '../text';

export function followPlayer(): void {
  const root = document.querySelector<HTMLElement>('.watch [data-player]');
  const data = root && readData(root);
  if (!root || !data) {
    return;
  }
  const say = speaker(data.strings, data.locale);
  root.addEventListener('tributary:state', (event) => {
    const { state } = (event as CustomEvent<LiveState>).detail;
    const badge = document.querySelector<HTMLElement>('[data-on-air-badge]');
    if (badge) {
      badge.hidden = state !== 'on-air';
    }
  });
  root.addEventListener('tributary:viewers', (event) => {
    const viewers = document.querySelector('[data-viewers]');
    const count = (event as CustomEvent<number>).detail;
    if (viewers) {
      setText(viewers, count > 0 ? say('player-viewers', { count }) : '');
    }
  });
}

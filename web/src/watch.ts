// Pages with a player: watch, embed, the studio's preview. The player's code is loaded after the page is readable.

import { readData } from './player/data';

declare global {
  interface Window {
    /** Read by the browser tests. */
    tributaryPlayer?: import('./player/player').Player;
  }
}

const root = document.querySelector<HTMLElement>('[data-player]');
const data = root && readData(root);
if (root && data) {
  window.tributaryPlayer = data.embed
    ? await (await import('./embed-api/embed')).mount(root, data)
    : await (await import('./player/player')).Player.mount(root, data);
}
export {};

// The player on somebody else's page: what the address of the embed asks for, and PeerTube's embed API with `?api=1`, so
// that what people wrote for embeds of PeerTube works with ours.

import type { PlayerData } from '../player/data';
import { Player } from '../player/player';
import { apply } from './appearance';
import { Channel } from './channel';
import { methods } from './methods';
import { tell } from './notices';
import { readWishes } from './wishes';

export async function mount(root: HTMLElement, data: PlayerData): Promise<Player> {
  const wishes = readWishes(location.search);
  const player = await Player.mount(root, { ...data, bare: !wishes.controls });
  apply(wishes, player, data);
  if (wishes.scope !== null && window.parent !== window) {
    const channel = new Channel(wishes.scope, methods(player));
    channel.notify('ready', true);
    tell(channel, player);
  }
  return player;
}

// Makes the player look and behave as the address of the embed says.

import type { PlayerData } from '../player/data';
import { el } from '../player/dom';
import type { Player } from '../player/player';
import { captions, showCaption } from './captions';
import type { Wishes } from './wishes';

export function apply(wishes: Wishes, player: Player, data: PlayerData): void {
  const { video, controller } = player;
  if (!wishes.controls || !wishes.controlBar) {
    remove(controller, 'media-control-bar, media-settings-menu, media-captions-menu');
  }
  if (!wishes.controls) {
    // The first play stays: a browser may refuse to start by itself, and a player that cannot be started is none.
    remove(controller, '.tp-sound');
    controller.setAttribute('gesturesdisabled', '');
  }
  if (!wishes.title) {
    remove(controller, '.tp-title');
  } else if (!wishes.link) {
    controller.querySelector('.tp-title')?.replaceWith(el('span', { class: 'tp-title' }, data.title));
  }
  colour(controller, wishes.foreground, ['--media-primary-color', '--media-icon-color', '--media-text-color']);
  const big = controller.querySelector<HTMLElement>('.tp-big');
  if (big) {
    colour(big, wishes.playBackground, ['--media-control-background', '--media-control-hover-background']);
  }
  if (wishes.rate !== null && data.kind === 'video') {
    player.setRate(wishes.rate);
  }
  // A live has no end to come back from.
  video.loop = wishes.loop && data.kind === 'video';
  if (wishes.stop !== null) {
    stopAt(video, wishes.stop, data.startAt);
  }
  if (captions(video).some(({ id }) => id === wishes.subtitle)) {
    showCaption(video, wishes.subtitle);
  }
}

function remove(controller: HTMLElement, selector: string): void {
  for (const element of controller.querySelectorAll(selector)) {
    element.remove();
  }
}

/** What is no colour is ignored: this comes from an address. */
function colour(element: HTMLElement, value: string | null, properties: string[]): void {
  if (value !== null && CSS.supports('color', value)) {
    for (const property of properties) {
      element.style.setProperty(property, value);
    }
  }
}

/** Stops there once, so that a viewer may go on; or begins again there if the video loops. */
function stopAt(video: HTMLVideoElement, stop: number, start: number): void {
  const onTime = (): void => {
    if (video.currentTime < stop) {
      return;
    }
    if (video.loop && start < stop) {
      video.currentTime = start;
    } else {
      video.removeEventListener('timeupdate', onTime);
      video.pause();
    }
  };
  video.addEventListener('timeupdate', onTime);
}

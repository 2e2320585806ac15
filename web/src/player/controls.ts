// The player's bar, made of media-chrome's elements; only those in use are loaded. Looks: styles/player.css.

import 'media-tracks/polyfill';
import 'media-chrome/dist/media-controller.js';
import 'media-chrome/dist/media-control-bar.js';
import 'media-chrome/dist/media-fullscreen-button.js';
import 'media-chrome/dist/media-loading-indicator.js';
import 'media-chrome/dist/media-mute-button.js';
import 'media-chrome/dist/media-pip-button.js';
import 'media-chrome/dist/media-play-button.js';
import 'media-chrome/dist/media-time-display.js';
import 'media-chrome/dist/media-time-range.js';
import 'media-chrome/dist/media-volume-range.js';
import 'media-chrome/dist/menu/media-captions-menu.js';
import 'media-chrome/dist/menu/media-captions-menu-button.js';
import 'media-chrome/dist/menu/media-playback-rate-menu.js';
import 'media-chrome/dist/menu/media-rendition-menu.js';
import 'media-chrome/dist/menu/media-settings-menu.js';
import 'media-chrome/dist/menu/media-settings-menu-button.js';
import 'media-chrome/dist/menu/media-settings-menu-item.js';
import { setLanguage } from 'media-chrome/dist/utils/i18n.js';
import type { PlayerData } from './data';
import { el } from './dom';
import { RATES } from './rates';
import type { Say } from '../text';

export interface Controls {
  controller: HTMLElement;
  live: HTMLButtonElement;
  behind: HTMLElement;
  viewers: HTMLElement;
  sound: HTMLButtonElement;
  /** Says that what is in the player now is the replay. */
  note: HTMLElement;
  setKind(live: boolean): void;
}

/** Sliders: the sign for settings that also says what they do. */
const GEAR = 'M4 6h9v2H4zm13 0h3v2h-3zM14 4h2v6h-2zM4 11h3v2H4zm7 0h9v2h-9zM8 9h2v6H8zM4 16h9v2H4zm13 0h3v2h-3zM14 14h2v6h-2z';

/** media-chrome's own labels, in the page's language. English is built in. */
export async function loadLanguage(locale: string): Promise<void> {
  if (locale.startsWith('fr')) {
    await import('media-chrome/dist/lang/fr.js');
  }
  setLanguage(locale);
}

export function buildControls(data: PlayerData, video: HTMLVideoElement, still: Element | null, say: Say): Controls {
  const live = el('button', { type: 'button', class: 'tp-live' }, el('span', { class: 'tp-dot' }), el('span', { class: 'tp-live-label' }, say('player-on-air')));
  const behind = el('span', { class: 'tp-behind' });
  const viewers = el('span', { class: 'tp-viewers', hidden: true });
  const sound = el('button', { type: 'button', class: 'tp-sound', slot: 'top-chrome', noautohide: true, hidden: true }, say('player-unmute'));

  const note = el('p', { class: 'tp-note', slot: 'centered-chrome', hidden: true }, say('player-replay'));

  const rateItem = submenu(say('player-speed'), el('media-playback-rate-menu', { slot: 'submenu', hidden: true, rates: RATES.join(' ') }));
  const qualityItem = submenu(say('player-quality'), el('media-rendition-menu', { slot: 'submenu', hidden: true }));
  const settings = el('media-settings-menu', { hidden: true, anchor: 'auto' }, rateItem, qualityItem);
  const captions = el('media-captions-menu', { hidden: true, anchor: 'auto' });

  const top = el('div', { class: 'tp-top', slot: 'top-chrome' });
  if (data.embed) {
    top.append(el('a', { href: data.page, target: '_blank', rel: 'noopener', class: 'tp-title' }, data.title));
  }

  const controller = el(
    'media-controller',
    { class: 'tp', nohotkeys: true, noautoseektolive: true, autohide: '2', lang: data.locale },
    video,
    el('media-loading-indicator', { slot: 'centered-chrome', noautohide: true, loadingdelay: '300' }),
    el('media-play-button', { slot: 'centered-chrome', class: 'tp-big', notooltip: true }),
    note,
    top,
    sound,
    settings,
    captions,
    el('media-control-bar', { class: 'tp-progress' }, el('media-time-range')),
    el(
      'media-control-bar',
      { class: 'tp-bar' },
      el('media-play-button'),
      el('span', { class: 'tp-volume' }, el('media-mute-button'), el('media-volume-range')),
      live,
      behind,
      el('media-time-display', { showduration: true, notoggle: true }),
      el('span', { class: 'tp-space' }),
      viewers,
      ...(data.captions.length > 0 ? [el('media-captions-menu-button')] : []),
      el('media-settings-menu-button', {}, gear()),
      el('media-pip-button'),
      el('media-fullscreen-button'),
    ),
  );
  if (still) {
    still.setAttribute('slot', 'poster');
    controller.append(still);
  }

  const setKind = (isLive: boolean): void => {
    controller.toggleAttribute('data-live', isLive);
    controller.setAttribute('defaultstreamtype', isLive ? 'live' : 'on-demand');
    // Speed is for what is recorded; at the live edge it belongs to the pace.
    rateItem.hidden = isLive;
    // A hint to media-chrome that all of the session can be sought.
    Object.assign(video, { streamType: isLive ? 'live' : 'on-demand', targetLiveWindow: isLive ? Number.POSITIVE_INFINITY : Number.NaN });
    video.dispatchEvent(new Event('streamtypechange'));
    video.dispatchEvent(new Event('targetlivewindowchange'));
  };
  return { controller, live, behind, viewers, sound, note, setKind };
}

function gear(): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('slot', 'icon');
  svg.setAttribute('viewBox', '0 0 24 24');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', GEAR);
  svg.append(path);
  return svg;
}

function submenu(title: string, menu: HTMLElement): HTMLElement {
  menu.append(el('div', { slot: 'title' }, title));
  return el('media-settings-menu-item', {}, title, menu);
}

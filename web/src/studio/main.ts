// The live dashboard: the health of the stream once a second, in one sentence, ten numbers and three plots.

import { EventLink } from '../player/events';
import type { Phase } from '../player/data';
import { setText } from '../player/dom';
import { speaker } from '../text';
import { showAdvice } from './advice';
import { level, sentence, type Health } from './health';
import { showNumbers } from './numbers';
import { Plots } from './plots';

interface DashboardData {
  health: string;
  events: string;
  locale: string;
  strings: Record<string, string>;
}

/** Health comes every second: after this long without, the server is out of reach. */
const SILENT_MS = 6_000;
/** The replay is published within a second of the end. */
const PUBLISHED_MS = 1_500;

const dashboard = document.querySelector<HTMLElement>('[data-dashboard]');
const json = dashboard?.querySelector('[data-dashboard-data]')?.textContent;
if (dashboard && json) {
  start(dashboard, JSON.parse(json) as DashboardData);
}

function start(root: HTMLElement, data: DashboardData): void {
  const say = speaker(data.strings, data.locale);
  const box = root.querySelector<HTMLElement>('[data-health]');
  const text = root.querySelector('[data-health-text]');
  const advice = root.querySelector<HTMLElement>('[data-advice]');
  const plots = new Plots(root, data.locale);
  let lastAt = performance.now();

  const show = (health: Health): void => {
    lastAt = performance.now();
    root.dataset['phase'] = health.state;
    const onAir = health.state === 'on-air' || health.state === 'interrupted';
    if (box && text) {
      box.hidden = !onAir;
      box.dataset['level'] = level(health);
      setText(text, sentence(health, say, data.locale));
    }
    if (advice) {
      showAdvice(advice, onAir ? health.advice : []);
    }
    if (onAir) {
      showNumbers(root, health, say, data.locale);
      plots.add(health.history);
    }
  };

  const source = new EventSource(data.health);
  source.addEventListener('health', (event: MessageEvent<string>) => show(JSON.parse(event.data) as Health));
  window.setInterval(() => {
    if (performance.now() - lastAt > SILENT_MS && box && text && !box.hidden) {
      box.dataset['level'] = 'error';
      setText(text, say('dash-link-lost'));
    }
  }, SILENT_MS / 2);

  // Past sessions are the server's to draw: when one ends, the page is loaded again.
  let before: Phase | null = null;
  new EventLink(data.events, {
    state: ({ state }) => {
      const ran = before === 'on-air' || before === 'interrupted';
      if (ran && (state === 'waiting' || state === 'ended')) {
        window.setTimeout(() => window.location.reload(), PUBLISHED_MS);
      }
      before = state;
    },
    viewers: () => {},
    link: (up) => {
      // A restart of the server can close the health stream for good; the page is the quickest way back.
      if (up && source.readyState === EventSource.CLOSED) {
        window.location.reload();
      }
    },
  });
}

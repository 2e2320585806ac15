// Three plots over ten minutes. uPlot draws on a canvas; the numbers beside them say the same to everyone.

import uPlot from 'uplot';
import { setText } from '../player/dom';
import { megabits, type Point } from './health';

type Name = 'bitrate' | 'fps' | 'viewers';

const HEIGHT_PX = 132;
const WINDOW_S = 600;

interface Plot {
  name: Name;
  box: HTMLElement;
  value: Element | null;
  chart: uPlot;
}

export class Plots {
  readonly #plots: Plot[] = [];
  readonly #history: Point[] = [];
  readonly #locale: string;

  constructor(root: HTMLElement, locale: string) {
    this.#locale = locale;
    for (const name of ['bitrate', 'fps', 'viewers'] as const) {
      const box = root.querySelector<HTMLElement>(`[data-plot="${name}"]`);
      if (box) {
        const chart = new uPlot(options(box, name, locale), [[], []], box);
        this.#plots.push({ name, box, value: root.querySelector(`[data-plot-value="${name}"]`), chart });
      }
    }
    const resize = new ResizeObserver(() => this.#resize());
    this.#plots.forEach(({ box }) => resize.observe(box));
    // A canvas does not follow the colour scheme by itself.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#plots.forEach(({ chart }) => chart.redraw());
    });
  }

  /** The first call brings the whole history, later ones what is new. */
  add(points: Point[]): void {
    const newest = this.#history.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
    this.#history.push(...points.filter(({ at }) => at > newest));
    this.#history.splice(0, Math.max(0, this.#history.length - WINDOW_S));
    const history = this.#history;
    const last = history.at(-1);
    if (!last) {
      return;
    }
    const times = history.map(({ at }) => at / 1000);
    for (const { name, chart, value } of this.#plots) {
      const values = history.map((point) => point[name]);
      const max = values.reduce((a, b) => Math.max(a, b), 1);
      chart.batch(() => {
        chart.setData([times, values], false);
        chart.setScale('x', { min: last.at / 1000 - WINDOW_S, max: last.at / 1000 });
        chart.setScale('y', { min: 0, max: max * 1.15 });
      });
      if (value) {
        setText(value, label(name, last[name], this.#locale));
      }
    }
  }

  #resize(): void {
    for (const { box, chart } of this.#plots) {
      if (box.clientWidth > 0 && box.clientWidth !== chart.width) {
        chart.setSize({ width: box.clientWidth, height: HEIGHT_PX });
      }
    }
  }
}

function options(box: HTMLElement, name: Name, locale: string): uPlot.Options {
  const brand = (): string => colour(box, 'var(--brand)');
  const muted = (): string => colour(box, 'var(--muted)');
  const line = (): string => colour(box, 'var(--line)');
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
  return {
    width: Math.max(box.clientWidth, 120),
    height: HEIGHT_PX,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true, auto: false }, y: { auto: false } },
    axes: [
      {
        stroke: muted,
        font,
        size: 24,
        space: 70,
        grid: { show: false },
        ticks: { show: false },
        values: (_, ticks) => ticks.map((tick) => time.format(tick * 1000)),
      },
      {
        stroke: muted,
        font,
        size: 38,
        space: 34,
        grid: { stroke: line, width: 1 },
        ticks: { show: false },
        values: (_, ticks) => ticks.map((tick) => short(name, tick)),
      },
    ],
    series: [{}, { stroke: brand, fill: () => colour(box, 'var(--brand-tint)'), width: 2, points: { show: false } }],
  };
}

/** A canvas needs a plain colour, not a variable of two schemes. */
function colour(box: HTMLElement, value: string): string {
  box.style.color = value;
  const plain = getComputedStyle(box).color;
  box.style.color = '';
  return plain;
}

function short(name: Name, tick: number): string {
  if (name === 'bitrate') {
    return String(Number((tick / 1e6).toFixed(1)));
  }
  return Number.isInteger(tick) ? String(tick) : '';
}

function label(name: Name, value: number, locale: string): string {
  if (name === 'bitrate') {
    return megabits(value, locale);
  }
  return new Intl.NumberFormat(locale, { maximumFractionDigits: name === 'fps' ? 1 : 0 }).format(value);
}

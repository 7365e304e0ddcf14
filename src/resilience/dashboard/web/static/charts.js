// uPlot charts in the colours of the page.
/* global uPlot */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const all = new Set();

export class Chart {
  constructor(parent, { hue = "--line", height = 150, format = String, least = 1 }) {
    Object.assign(this, { parent, hue, height, format, least, data: [[], []], plot: null });
    all.add(this);
    this.observer = new ResizeObserver(() => this.plot?.setSize({ width: this.width(), height }));
    this.observer.observe(parent);
  }

  width() { return Math.max(200, this.parent.clientWidth); }

  show(times, values) {
    this.data = [times, values];
    if (this.plot) this.plot.setData(this.data);
    else this.build();
  }

  build() {
    this.plot?.destroy();
    const hue = colour(this.hue), soft = colour("--soft"), edge = colour("--edge");
    const axis = { stroke: soft, grid: { stroke: edge, width: 1 }, ticks: { show: false }, font: "12px ui-sans-serif, system-ui, sans-serif" };
    this.plot = new uPlot({
      width: this.width(), height: this.height, legend: { show: false }, cursor: { y: false, points: { size: 7 } },
      scales: { y: { range: (plot, low, high) => [0, Math.max(this.least, (high || 0) * 1.15)] } },
      axes: [{ ...axis, size: 30, space: 90, values: "{HH}:{mm}:{ss}" }, { ...axis, size: 58, space: 34, values: (plot, marks) => marks.map(this.format) }],
      series: [{}, { stroke: hue, width: 2, fill: `${hue}22`, points: { show: false }, spanGaps: false }],
    }, this.data, this.parent);
  }

  end() { this.observer.disconnect(); this.plot?.destroy(); all.delete(this); }
}

export function recolour() { for (const chart of all) if (chart.plot) chart.build(); }

export function times(count, step, until) {
  const last = Math.floor(until / step) * step;
  return Array.from({ length: count }, (_, index) => last - (count - 1 - index) * step);
}

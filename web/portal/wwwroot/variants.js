// Size against perplexity of a model's variants: one point each. The table beside it has the same numbers.

import { echarts } from './run.js';

const palette = { light: ['#3F6FD8', '#D9822B'], dark: ['#8FB1FF', '#F3BE69'] };

/** @param points {{name, bytes, perplexity, bits}[]} the first is the original. */
export function open(element, points, words) {
  let chart;
  let disposed = false;
  const theme = () => document.documentElement.dataset.theme === 'dark' ? 'dark' : 'default';

  function draw() {
    const colours = palette[theme() === 'dark' ? 'dark' : 'light'];
    chart?.setOption({
      backgroundColor: 'transparent',
      animation: false,
      grid: { left: 8, right: 40, top: 40, bottom: 36, containLabel: true },
      tooltip: { formatter: item => `${item.data.name}<br>${words.size}: ${item.data.size}<br>${words.perplexity}: ${item.data.value[1].toPrecision(5)}` },
      xAxis: { type: 'value', name: words.size, nameLocation: 'middle', nameGap: 28, min: 0, axisLabel: { formatter: value => `${(value / 1048576).toPrecision(2)}` } },
      yAxis: { type: 'value', name: words.perplexity, nameTextStyle: { align: 'left' }, scale: true },
      aria: { enabled: true, label: { description: describe() } },
      series: [{
        type: 'scatter',
        // Area by bits: what is smaller looks smaller.
        symbolSize: (_, item) => 10 + 6 * Math.log2(item.data.bits / 2),
        data: points.map((point, at) => ({ name: point.name, size: point.size, bits: point.bits, value: [point.bytes, point.perplexity], itemStyle: { color: colours[at === 0 ? 0 : 1], opacity: 0.9 } })),
        label: { show: true, position: 'top', formatter: item => item.data.name, color: getComputedStyle(element).color },
        labelLayout: { hideOverlap: true },
      }],
    });
  }

  function describe() {
    return [words.title, ...points.map(point => `${point.name}: ${point.size}, ${words.perplexity} ${point.perplexity.toPrecision(4)}`)].join('. ');
  }

  const retheme = new MutationObserver(() => {
    chart?.setTheme(theme());
    draw();
  });
  retheme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  const resize = new ResizeObserver(() => chart?.resize());
  resize.observe(element);
  echarts().then(library => {
    if (!disposed) {
      chart = library.init(element, theme(), { locale: words.locale });
      draw();
      element.dataset.points = `${points.length}`;
    }
  }).catch(() => { element.dataset.state = 'unavailable'; });

  return {
    dispose() {
      disposed = true;
      retheme.disconnect();
      resize.disconnect();
      chart?.dispose();
    },
  };
}

// Scores of models: a radar, or bars with intervals. Values come from the component, in percent; null is drawn as nothing.

const echartsUrl = new URL('../Vizor.ECharts/js/vizor-echarts-bundle-min.js', import.meta.url).href;
let loading;

// Not import(): the bundle expects to be a classic script.
function echarts() {
  return globalThis.echarts ? Promise.resolve(globalThis.echarts) : loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = echartsUrl;
    script.onload = () => resolve(globalThis.echarts);
    script.onerror = () => {
      loading = undefined;
      script.remove();
      reject(new Error('echarts'));
    };
    document.head.append(script);
  });
}

const light = ['#3F6FD8', '#D9822B', '#2E8B57', '#9A4FB5', '#B3475B'];
const dark = ['#8FB1FF', '#F3BE69', '#81D18B', '#D9A6F0', '#F29BAA'];

const isDark = () => document.documentElement.dataset.theme === 'dark';

function describe(data) {
  const models = data.series.map(one => `${one.name}: ${data.axes.map((axis, at) => `${axis} ${one.values[at] ?? '—'}`).join(', ')}`);
  return [data.label, ...models].join('. ');
}

function common(data) {
  return {
    backgroundColor: 'transparent',
    animation: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    color: isDark() ? dark : light,
    legend: { top: 0, left: 0, type: 'scroll', data: data.series.map(one => one.name) },
    tooltip: {},
    aria: { enabled: true, label: { description: describe(data) } },
  };
}

const dashes = ['solid', 'dashed', 'dotted', 'solid', 'dashed'];
const symbols = ['circle', 'rect', 'triangle', 'diamond', 'pin'];

function radar(data) {
  return {
    ...common(data),
    radar: { indicator: data.axes.map(name => ({ name, min: 0, max: 100 })), radius: '62%', center: ['50%', '56%'], splitNumber: 4 },
    series: [{
      type: 'radar',
      data: data.series.map((one, at) => ({
        name: one.name, value: one.values, symbol: symbols[at % 5], symbolSize: 7, lineStyle: { width: 2, type: dashes[at % 5] }, areaStyle: { opacity: 0.08 },
      })),
    }],
  };
}

/** A whisker from low to high, in the middle of its bar. */
function whisker(count) {
  return (params, api) => {
    const [axis, low, high, at] = [api.value(0), api.value(1), api.value(2), api.value(3)];
    if (!Number.isFinite(low) || !Number.isFinite(high)) {
      return undefined;
    }
    const band = api.size([1, 0])[0] * 0.7;
    const shift = band * ((at + 0.5) / count - 0.5);
    const [x, top] = api.coord([axis, high]);
    const bottom = api.coord([axis, low])[1];
    const style = { stroke: isDark() ? '#E8EAF0' : '#2B2F38', lineWidth: 1.5, fill: 'none' };
    const line = (x1, y1, x2, y2) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style });
    const middle = x + shift;
    return { type: 'group', children: [line(middle, top, middle, bottom), line(middle - 4, top, middle + 4, top), line(middle - 4, bottom, middle + 4, bottom)] };
  };
}

function bars(data) {
  const count = data.series.length;
  return {
    ...common(data),
    grid: { left: 8, right: 8, top: 40, bottom: 8, containLabel: true },
    tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
    xAxis: { type: 'category', data: data.axes, axisLabel: { interval: 0, hideOverlap: false, rotate: 25 } },
    yAxis: { type: 'value', min: 0, max: 100, axisLabel: { formatter: '{value} %' } },
    series: [
      ...data.series.map(one => ({ name: one.name, type: 'bar', data: one.values.map(value => value ?? '-'), barCategoryGap: '30%', barGap: '0%' })),
      {
        type: 'custom', silent: true, tooltip: { show: false }, renderItem: whisker(count), z: 5,
        data: data.series.flatMap((one, at) => data.axes.map((_, axis) => [axis, one.low[axis] ?? NaN, one.high[axis] ?? NaN, at])),
      },
    ],
  };
}

export function open(element, kind, locale) {
  let chart;
  let data;
  let gone = false;
  const draw = () => {
    if (chart && data) {
      element.dataset.series = `${data.series.length}`;
      element.dataset.axes = data.axes.join('|');
      chart.setOption(kind === 'radar' ? radar(data) : bars(data), true);
    }
  };
  const watch = new MutationObserver(() => {
    chart?.setTheme(isDark() ? 'dark' : 'default');
    draw();
  });
  watch.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  const resize = new ResizeObserver(() => chart?.resize());
  resize.observe(element);
  echarts().then(library => {
    if (!gone) {
      chart = library.init(element, isDark() ? 'dark' : 'default', { locale });
      draw();
    }
  }).catch(() => { element.dataset.state = 'unavailable'; });
  return {
    show(next) {
      data = next;
      draw();
    },
    dispose() {
      gone = true;
      watch.disconnect();
      resize.disconnect();
      chart?.dispose();
    },
  };
}

// A chart that the page gives as a whole: ECharts' option, without colours. Colours follow the theme, also when it changes.

const echartsUrl = new URL('../Vizor.ECharts/js/vizor-echarts-bundle-min.js', import.meta.url).href;
const light = ['#3F6FD8', '#D9822B', '#2E8B57', '#9A4FB5', '#C0483C', '#2A8C99', '#8A7A12', '#6B6F7B'];
const dark = ['#8FB1FF', '#F3BE69', '#81D18B', '#D9A6F0', '#FF9A91', '#7FD6CE', '#DCCB5E', '#B3BACA'];
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

const isDark = () => document.documentElement.dataset.theme === 'dark';

function draw(chart, element, option) {
  const ink = getComputedStyle(element).color;
  chart.setOption({
    backgroundColor: 'transparent',
    animation: false,
    color: isDark() ? dark : light,
    textStyle: { color: ink },
    ...option,
    series: (option.series ?? []).map(series => ({ ...series, label: { color: ink, ...series.label } })),
  }, true);
}

export function open(box, element, option, locale) {
  let chart;
  let disposed = false;
  const retheme = () => {
    if (chart) {
      chart.setTheme(isDark() ? 'dark' : 'default');
      draw(chart, element, option);
    }
  };
  const watch = new MutationObserver(retheme);
  watch.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  const resize = new ResizeObserver(() => chart?.resize());
  resize.observe(element);
  echarts().then(library => {
    if (!disposed) {
      chart = library.init(element, isDark() ? 'dark' : 'default', { locale });
      draw(chart, element, option);
      box.dataset.state = 'full';
    }
  }).catch(() => { box.dataset.state = 'unavailable'; });

  return {
    dispose() {
      disposed = true;
      watch.disconnect();
      resize.disconnect();
      chart?.dispose();
    },
  };
}

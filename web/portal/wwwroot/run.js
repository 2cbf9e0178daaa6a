// A run, live: metric series and log lines come by Server-Sent Events straight into this module and are drawn four times a
// second. Nothing of it passes the circuit. What is stored is fetched first, so a reload shows the same.

const echartsUrl = new URL('../Vizor.ECharts/js/vizor-echarts-bundle-min.js', import.meta.url).href;
const drawEvery = 250;
const longestLog = 500;
const tableRows = 200;
const ended = ['succeeded', 'failed', 'cancelled'];
const palette = ['#3F6FD8', '#D9822B', '#2E8B57', '#9A4FB5'];
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

/** Series by name; a step that is repeated after a resume replaces its value. */
class Series {
  #points = new Map();
  #sorted;

  set(step, value) {
    this.#points.set(step, value);
    this.#sorted = undefined;
  }

  get size() {
    return this.#points.size;
  }

  get points() {
    return this.#sorted ??= [...this.#points].sort((a, b) => a[0] - b[0]);
  }
}

class Chart {
  constructor(element, panel, words, locale) {
    Object.assign(this, { element, panel, words, locale });
    this.series = new Map();
    this.watch = new MutationObserver(() => this.retheme());
    this.watch.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    this.resize = new ResizeObserver(() => this.chart?.resize());
    this.resize.observe(element);
  }

  async open() {
    const library = await echarts();
    if (this.disposed) {
      return;
    }
    this.chart = library.init(this.element, this.theme, { locale: this.locale });
    this.draw();
  }

  get theme() {
    return document.documentElement.dataset.theme === 'dark' ? 'dark' : 'default';
  }

  retheme() {
    this.chart?.setTheme(this.theme);
    this.draw();
  }

  add(name, step, value) {
    if (!this.series.has(name)) {
      this.series.set(name, new Series());
    }
    this.series.get(name).set(step, value);
  }

  get count() {
    return Math.max(0, ...[...this.series.values()].map(series => series.size));
  }

  draw() {
    this.element.dataset.points = `${this.count}`;
    this.panel.dataset.state = this.count > 0 ? 'full' : 'empty';
    const dark = this.theme === 'dark';
    const names = [...this.series.keys()];
    this.chart?.setOption({
      backgroundColor: 'transparent',
      animation: false,
      color: dark ? ['#8FB1FF', '#F3BE69', '#81D18B', '#D9A6F0'] : palette,
      grid: { left: 8, right: 24, top: 40, bottom: 28, containLabel: true },
      legend: { top: 4, left: 0, itemWidth: 28, data: names.map(name => this.label(name)) },
      tooltip: { trigger: 'axis', valueFormatter: value => Number(value).toPrecision(5) },
      toolbox: { show: this.element.clientWidth > 480, right: 8, feature: { dataZoom: { yAxisIndex: 'none' }, restore: {}, saveAsImage: {} } },
      xAxis: { type: 'value', name: this.words.step, nameLocation: 'middle', nameGap: 26, min: 'dataMin', max: 'dataMax', axisLabel: { showMaxLabel: false, hideOverlap: true }, splitLine: { show: false } },
      yAxis: { type: this.log ? 'log' : 'value', scale: true, axisLine: { show: false } },
      aria: { enabled: true, label: { description: this.describe() } },
      series: names.map((name, at) => ({
        name: this.label(name),
        type: 'line',
        data: this.series.get(name).points,
        showSymbol: this.series.get(name).size < 12,
        sampling: 'lttb',
        lineStyle: { width: 2, type: ['solid', 'dashed', 'dotted', 'solid'][at % 4] },
      })),
    });
  }

  label(name) {
    return this.words.names[name] ?? name;
  }

  describe() {
    const parts = [...this.series].filter(([, series]) => series.size > 0).map(([name, series]) => {
      const [step, value] = series.points.at(-1);
      return `${this.label(name)}: ${value.toPrecision(4)} (${this.words.step} ${step})`;
    });
    return [this.words.title, ...parts].join('. ');
  }

  dispose() {
    this.disposed = true;
    this.watch.disconnect();
    this.resize.disconnect();
    this.chart?.dispose();
  }
}

/** The chart's values as a table, for whoever reads better than looks. */
function fillTable(table, chart) {
  const names = [...chart.series.keys()];
  const steps = [...new Set(names.flatMap(name => chart.series.get(name).points.map(point => point[0])))].sort((a, b) => a - b);
  const stride = Math.max(1, Math.ceil(steps.length / tableRows));
  const shown = steps.filter((_, at) => at % stride === 0 || at === steps.length - 1);
  const values = names.map(name => new Map(chart.series.get(name).points));
  const head = row('th', [chart.words.step, ...names.map(name => chart.label(name))]);
  const rows = shown.map(step => row('td', [step, ...values.map(series => series.get(step)?.toPrecision(6) ?? '')]));
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(...rows);
}

function row(kind, cells) {
  const line = document.createElement('tr');
  for (const cell of cells) {
    const element = document.createElement(kind);
    if (kind === 'th') {
      element.scope = 'col';
    }
    element.textContent = `${cell}`;
    line.append(element);
  }
  return line;
}

class Log {
  #last = 0;

  constructor(element) {
    this.element = element;
  }

  add(line) {
    if (line.sequence <= this.#last) {
      return;
    }
    this.#last = line.sequence;
    const atEnd = this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight < 40;
    const item = document.createElement('li');
    item.className = line.level;
    const time = document.createElement('time');
    time.dateTime = line.at;
    time.textContent = new Date(line.at).toLocaleTimeString(document.documentElement.lang);
    item.append(time, ` ${line.message}`);
    this.element.append(item);
    while (this.element.childElementCount > longestLog) {
      this.element.firstElementChild.remove();
    }
    if (atEnd) {
      this.element.scrollTop = this.element.scrollHeight;
    }
  }
}

async function stored(url) {
  const response = await fetch(url, { credentials: 'same-origin' });
  if (!response.ok) {
    throw new Error(`${response.status} ${url}`);
  }
  return response.json();
}

/** All stored lines; a page says where the next one begins. */
async function storedLines(jobs) {
  const lines = [];
  for (let after = '0'; after !== null;) {
    const page = await stored(`${jobs}/logs?limit=5000&after=${after}`);
    lines.push(...page.items);
    after = page.nextCursor ?? null;
  }
  return lines;
}

/** @param parts {{panel, chart, table, log, scale}} elements of the component, which owns none of their content. */
export function open(parts, options) {
  const jobs = `/api/${options.service}/jobs/${options.id}`;
  const chart = new Chart(parts.chart, parts.panel, options.words, options.locale);
  const log = new Log(parts.log);
  const early = [];
  let storedIsHere = false;
  let changed = false;
  let source;

  const draw = () => {
    if (changed) {
      changed = false;
      chart.draw();
      if (parts.table.closest('details').open) {
        fillTable(parts.table, chart);
      }
    }
  };
  const timer = setInterval(draw, drawEvery);

  const addLine = line => storedIsHere ? log.add(line) : early.push(line);

  async function load() {
    const names = options.names.join(',');
    const [series, lines] = await Promise.allSettled([stored(`${jobs}/metrics?names=${names}&max=2000`), storedLines(jobs)]);
    for (const one of series.value ?? []) {
      one.points.forEach(point => chart.add(one.name, point.step, point.value));
    }
    storedIsHere = true;
    [...lines.value ?? [], ...early].forEach(line => log.add(line));
    changed = true;
  }

  // Before what is stored is fetched, so that nothing falls between the two; what comes twice is recognised.
  function listen() {
    source = new EventSource(`${jobs}/events`, { withCredentials: true });
    source.addEventListener('metric', event => {
      const metric = JSON.parse(event.data);
      if (options.names.includes(metric.name)) {
        chart.add(metric.name, metric.step, metric.value);
        changed = true;
      }
    });
    source.addEventListener('log', event => addLine(JSON.parse(event.data)));
    source.addEventListener('state', event => {
      if (ended.includes(JSON.parse(event.data).state)) {
        source.close();
      }
    });
  }

  parts.table.closest('details').addEventListener('toggle', () => fillTable(parts.table, chart));
  parts.scale.addEventListener('click', () => {
    chart.log = !chart.log;
    parts.scale.setAttribute('aria-pressed', `${chart.log}`);
    chart.draw();
  });
  chart.open().catch(() => { parts.panel.dataset.state = 'unavailable'; });
  if (options.live) {
    listen();
  }
  load();

  return {
    dispose() {
      clearInterval(timer);
      source?.close();
      chart.dispose();
    },
  };
}

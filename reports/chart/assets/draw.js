/* Draws the charts of a page. An element with data-chart names the script element that holds its option; the option
   names colours of palette.css, as in "var(--series-1)", and formats of this file, as in "@count". What is drawn
   follows the light or dark scheme, the width of the screen, and paper. No text of a page ever becomes HTML. */
(function () {
  'use strict';

  var narrow = 560; // pixels; below it a chart that turns has its axes change places
  var paper = 680; // pixels: the width of A4 less its margins
  var drawn = new Map(); // element -> ECharts instance

  function decimals(most, least) {
    return new Intl.NumberFormat('en-GB', { maximumFractionDigits: most, minimumFractionDigits: least || 0 });
  }
  var whole = decimals(0), two = decimals(2), money = decimals(2, 2);

  // The same rule as the pages': two units at most, rounded in the smaller one.
  function duration(seconds) {
    var units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
    var step = seconds < 600 ? 1 : seconds < 172800 ? 60 : 3600;
    var rest = Math.round(seconds / step) * step;
    if (rest === 0) return '0 s';
    var words = [];
    units.forEach(function (unit) {
      if (unit[0] === 'd' && rest < 172800) return;
      var n = Math.floor(rest / unit[1]);
      if (n > 0) words.push(whole.format(n) + ' ' + unit[0]);
      rest -= n * unit[1];
    });
    return words.join(' ');
  }

  var formats = {
    count: function (v) { return whole.format(v); },
    ratio: function (v) { return v === 0 ? '0' : (Math.abs(v) < 1 ? decimals(3, 3) : money).format(v); },
    percent: function (v) { return two.format(v * 100) + '%'; },
    duration: duration,
    money: function (v, currency) {
      return (currency ? currency + ' ' : '') + (v % 1 === 0 ? whole : money).format(v);
    },
  };

  function writer(name) {
    var parts = name.slice(1).split(':');
    var format = formats[parts[0]], unit = parts.slice(1).join(':');
    return function (given) {
      var value = given !== null && typeof given === 'object' ? given.value : given;
      return value === null || value === undefined || value === '-' || isNaN(value) ? '–' : format(Number(value), unit);
    };
  }

  // In ECharts' rich text "{name|text}" is a style: a brace in someone's name is kept a brace.
  function plain(text) { return String(text).replace(/\{/g, '{\u200b'); }

  function tooltips(option) {
    function line(item, value) {
      var style = option.series[item.seriesIndex].tooltip;
      return item.marker + plain(item.seriesName) + '  ' + (style && style.valueFormatter ? style.valueFormatter(value) : value);
    }
    return {
      '@axis': function (items) {
        var there = items.filter(function (item) { return item.value !== null && item.value !== undefined && item.value !== '-' && !(typeof item.value === 'number' && isNaN(item.value)); });
        var first = there[0] || items[0];
        var title = (first.data && first.data.name) || first.name;
        return [plain(title)].concat(there.map(function (item) { return line(item, item.value); })).join('\n');
      },
      '@cell': function (item) { return plain(item.name) + '\n' + line(item, item.value[2]); },
    };
  }

  // resolve puts colours and functions where their names stand. Only under keys that hold a colour or a formatter, so
  // that a name that looks like one stays a name.
  function resolve(node, key, put) {
    if (Array.isArray(node)) return node.map(function (child) { return resolve(child, key, put); });
    if (node !== null && typeof node === 'object') {
      Object.keys(node).forEach(function (k) { node[k] = resolve(node[k], k, put); });
      return node;
    }
    if (typeof node !== 'string') return node;
    var color = /color$/i.test(key) && /^var\((--[a-z0-9-]+)\)$/.exec(node);
    if (color) return put.color(color[1]);
    if ((key === 'formatter' || key === 'valueFormatter') && node.charAt(0) === '@') return put.formatter(node);
    return node;
  }

  function turn(option) {
    var hours = option.xAxis[0], days = option.yAxis[0];
    days.inverse = false;
    days.data = days.data.map(function (day) { return day.slice(0, 3); });
    days.position = 'top';
    hours.inverse = true;
    option.xAxis = [days];
    option.yAxis = [hours];
    option.series.forEach(function (series) {
      series.data.forEach(function (cell) { cell.value = [cell.value[1], cell.value[0], cell.value[2]]; });
    });
  }

  function optionOf(element, width) {
    var option = JSON.parse(document.getElementById(element.dataset.chart).textContent);
    var style = getComputedStyle(document.documentElement);
    var special = tooltips(option);
    resolve(option, '', {
      color: function (name) { return style.getPropertyValue(name).trim(); },
      formatter: function (name) { return special[name] || writer(name); },
    });
    var ink = style.getPropertyValue('--ink').trim();
    // What go-echarts has no fields for.
    option.textStyle = { fontFamily: getComputedStyle(element).fontFamily };
    option.tooltip.renderMode = 'richText'; // drawn, not written as HTML with styles
    option.tooltip.confine = true;
    option.tooltip.textStyle = { color: ink, fontSize: 13, lineHeight: 20 };
    (option.yAxis || []).forEach(function (axis) {
      var left = option.grid && option.grid[axis.gridIndex || 0] ? parseFloat(option.grid[axis.gridIndex || 0].left) : 0;
      if (axis.name) axis.nameTextStyle = { align: 'left', fontWeight: 600, fontSize: 13, color: ink, padding: [0, 0, 0, -left] };
      if (width < narrow && axis.axisLabel && axis.axisLabel.width) axis.axisLabel.width = 96;
    });
    // Where labels are thinned out ECharts drops the points between them: a point that stands alone would be gone.
    option.series.forEach(function (series) { if (series.type === 'line') series.showAllSymbol = true; });
    if (element.dataset.turns && width < narrow) turn(option);
    return option;
  }

  function height(element, width) {
    return element.dataset.turns && width < narrow ? 38 : Number(element.dataset.height); // rem
  }

  function draw(element) {
    var width = element.clientWidth;
    if (width === 0) return; // not shown now
    if (drawn.has(element)) drawn.get(element).dispose();
    element.style.height = height(element, width) + 'rem';
    var chart = echarts.init(element, null, { renderer: 'canvas' });
    chart.setOption(optionOf(element, width));
    drawn.set(element, chart);
    element.dataset.drawn = width;
  }

  // For paper each chart in sight is drawn once more, in light colours, as wide as the paper and in one canvas; the
  // stylesheet shows it in the place of the live one.
  function drawOnPaper(element) {
    if (element.clientWidth === 0) return;
    var aside = document.createElement('div');
    var chart = echarts.init(aside, null, { renderer: 'canvas', width: paper, height: height(element, paper) * 16 });
    chart.setOption(optionOf(element, paper));
    var canvas = chart.renderToCanvas({ pixelRatio: 3 });
    canvas.style.cssText = ''; // ECharts lays it over others
    canvas.className = 'on-paper';
    element.parentNode.insertBefore(canvas, element.nextSibling);
    chart.dispose();
  }

  function redraw() { drawn.forEach(function (_, element) { draw(element); }); }

  function all() { return Array.prototype.slice.call(document.querySelectorAll('[data-chart]')); }

  window.parleyCharts = { draw: draw, formats: formats };
  if (!window.echarts) return; // the tables are there

  all().forEach(function (element) {
    draw(element);
    new ResizeObserver(function () {
      var was = Number(element.dataset.drawn), now = element.clientWidth;
      if (now === 0 || was === now || !drawn.has(element)) return;
      if ((was < narrow) !== (now < narrow)) { draw(element); return; }
      drawn.get(element).resize();
      element.dataset.drawn = now;
    }).observe(element);
  });
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  window.addEventListener('beforeprint', function () {
    document.documentElement.dataset.theme = 'light';
    all().forEach(drawOnPaper);
  });
  window.addEventListener('afterprint', function () {
    delete document.documentElement.dataset.theme;
    Array.prototype.forEach.call(document.querySelectorAll('canvas.on-paper'), function (canvas) { canvas.remove(); });
  });
})();

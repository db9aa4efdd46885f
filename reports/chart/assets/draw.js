/* Draws the charts of a page. An element with data-chart names the script element that holds its option, which option.js
   prepares. What is drawn takes the place of the still picture of the same chart that the page came with, and follows
   the light or dark scheme, the width of the screen, and paper. No text of a page ever becomes HTML. */
(function () {
  'use strict';

  var narrow = parleyOption.narrow;
  var paper = 680; // pixels: the width of A4 less its margins
  var drawn = new Map(); // element -> ECharts instance

  function optionOf(element, width) {
    var style = getComputedStyle(document.documentElement);
    return parleyOption.prepare(JSON.parse(document.getElementById(element.dataset.chart).textContent), width, {
      color: function (name) { return style.getPropertyValue(name).trim(); },
      font: getComputedStyle(element).fontFamily,
      turns: Boolean(element.dataset.turns),
    });
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

  window.parleyCharts = { draw: draw, formats: parleyOption.formats };
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

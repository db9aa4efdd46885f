/* Makes a page live. Without it every table is open and every view stands there, with its chart as a still
   picture; with it charts are live, tables are folded away beneath them, switches choose a view, and definitions come out on paper. */
(function () {
  'use strict';
  var root = document.documentElement;
  root.classList.add('js'); // in the head, so that nothing jumps

  function each(selector, within, act) { Array.prototype.forEach.call((within || document).querySelectorAll(selector), act); }

  function fold(view) {
    each('.chart', view, function (chart) {
      if (chart.dataset.drawn) each('details.numbers', view, function (table) { table.open = false; });
    });
  }

  function choose(figure) {
    var chosen = [];
    each('.switches input:checked', figure, function (input) { chosen.push(input.value); });
    each('.view', figure, function (view) {
      var shown = view.dataset.for === chosen.join('-');
      if (!shown) {
        view.setAttribute('data-later', '');
        return;
      }
      view.removeAttribute('data-later');
      each('.chart', view, function (chart) {
        if (!chart.dataset.drawn && window.echarts) {
          window.parleyCharts.draw(chart);
          fold(view);
        }
      });
    });
  }

  document.addEventListener('DOMContentLoaded', function () {
    each('.view', null, fold);
    each('.figure', null, function (figure) {
      each('.switches', figure, function (switches) {
        choose(figure); // a browser that comes back remembers what was chosen
        switches.addEventListener('change', function () { choose(figure); });
      });
    });
  });

  var opened = [];
  window.addEventListener('beforeprint', function () {
    each('details.definition:not([open])', null, function (details) {
      details.open = true;
      opened.push(details);
    });
  });
  window.addEventListener('afterprint', function () {
    opened.forEach(function (details) { details.open = false; });
    opened = [];
  });
})();

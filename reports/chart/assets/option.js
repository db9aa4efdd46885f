/* Makes an option of the page into one that ECharts can draw: colours and number formats go in where their names stand,
   as "var(--series-1)" and "@count". It touches no page, so that the same code draws in a browser and, where there is
   none, into an SVG. */
(function (global) {
  'use strict';

  var narrow = 560; // pixels; below it a chart that turns has its axes change places

  // decimals writes numbers with so many decimals and commas between thousands; zeros beyond the least are left out.
  function decimals(most, least) {
    return { format: function (v) {
      var parts = Math.abs(v).toFixed(most).split('.'), tail = parts[1] || '';
      while (tail.length > (least || 0) && tail.charAt(tail.length - 1) === '0') tail = tail.slice(0, -1);
      var text = parts[0].replace(/\B(?=(\d{3})+$)/g, ',') + (tail ? '.' + tail : '');
      return (v < 0 && /[1-9]/.test(text) ? '-' : '') + text;
    } };
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
    ratio: function (v) { return v === 0 ? '0' : (Math.abs(v) < 1 ? decimals(3, 3) : v % 10 === 0 ? whole : money).format(v); },
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
      series.data.forEach(function (cell) { cell.value = [cell.value[1], cell.value[0], cell.value[2], cell.value[3]]; });
    });
  }

  // prepare fills in an option for a chart of that width. look has the colours by name (color), the font, and whether
  // the chart's axes may change places (turns).
  function prepare(option, width, look) {
    var special = tooltips(option);
    resolve(option, '', {
      color: look.color,
      formatter: function (name) { return special[name] || writer(name); },
    });
    var ink = look.color('--ink');
    // What go-echarts has no fields for.
    option.textStyle = { fontFamily: look.font };
    option.tooltip.renderMode = 'richText'; // drawn, not written as HTML with styles
    option.tooltip.confine = true;
    option.tooltip.textStyle = { color: ink, fontSize: 13, lineHeight: 20 };
    // Labels are measured by their own font, and drawn in the chart's: without both being the same they lose letters.
    (option.xAxis || []).concat(option.yAxis || []).forEach(function (axis) { if (axis.axisLabel) axis.axisLabel.fontFamily = look.font; });
    (option.yAxis || []).forEach(function (axis) {
      var left = option.grid && option.grid[axis.gridIndex || 0] ? parseFloat(option.grid[axis.gridIndex || 0].left) : 0;
      if (axis.name) axis.nameTextStyle = { align: 'left', fontWeight: 600, fontSize: 13, color: ink, padding: [0, 0, 0, -left] };
      if (width < narrow && axis.axisLabel && axis.axisLabel.width) axis.axisLabel.width = 96;
    });
    // Where labels are thinned out ECharts drops the points between them: a point that stands alone would be gone.
    option.series.forEach(function (series) { if (series.type === 'line' && series.showSymbol !== false) series.showAllSymbol = true; });
    if (look.turns && width < narrow) turn(option);
    return option;
  }

  global.parleyOption = { prepare: prepare, formats: formats, narrow: narrow };
})(typeof window === 'undefined' ? this : window);

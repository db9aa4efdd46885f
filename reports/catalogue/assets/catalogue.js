/* Makes the catalogue live. Without it all tables are listed and all lines drawn; with it a word finds tables, and the
   lines of the table under the pointer, or with the focus, stand out. */
(function () {
  'use strict';
  document.documentElement.classList.add('js'); // in the head, so that nothing jumps

  function each(selector, within, act) { Array.prototype.forEach.call((within || document).querySelectorAll(selector), act); }

  function find(form) {
    var input = form.querySelector('input');
    var status = form.querySelector('[role=status]');
    function look() {
      var words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      var shown = 0, all = 0;
      each('.listed', null, function (group) {
        var here = 0;
        each('[data-find]', group, function (row) {
          var hit = words.every(function (word) { return row.dataset.find.indexOf(word) >= 0; });
          row.hidden = !hit;
          all += 1;
          here += hit ? 1 : 0;
        });
        group.hidden = here === 0;
        shown += here;
      });
      status.textContent = words.length ? shown + ' of ' + all + ' tables' : '';
      document.getElementById('lineage-figure').hidden = words.length > 0;
    }
    form.addEventListener('submit', function (event) { event.preventDefault(); });
    input.addEventListener('input', look);
    if (input.value) look(); // a browser that comes back remembers what was typed
  }

  function light(svg) {
    function show(name) {
      svg.classList.toggle('lit', Boolean(name));
      each('.lines path', svg, function (path) {
        path.classList.toggle('on', Boolean(name) && (path.dataset.from === name || path.dataset.to === name));
      });
    }
    each('.node', svg, function (node) {
      ['pointerenter', 'focus'].forEach(function (event) { node.addEventListener(event, function () { show(node.dataset.name); }); });
      ['pointerleave', 'blur'].forEach(function (event) { node.addEventListener(event, function () { show(''); }); });
    });
  }

  document.addEventListener('DOMContentLoaded', function () {
    each('form.find', null, find);
    each('.lineage svg', null, light);
  });
})();

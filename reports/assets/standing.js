/* Says on a page whether builds are late or failing, by the clock at the moment of reading: a page may have been drawn
   long ago. What is known of builds is in builds.js beside the page, which each build replaces, failed ones too; it is
   read again each minute, and when a page is looked at again. */
(function () {
  'use strict';
  var place = document.querySelector('[data-standing]');
  if (!place) return;
  var minute = 60000, reads = 0;

  // length writes a time that has passed in its two largest units: 2 days 5 hours.
  function length(milliseconds) {
    var rest = Math.floor(milliseconds / minute), words = [];
    [['day', 1440], ['hour', 60], ['minute', 1]].forEach(function (unit) {
      var n = Math.floor(rest / unit[1]);
      rest -= n * unit[1];
      if (n > 0 && words.length < 2) words.push(n + ' ' + unit[0] + (n === 1 ? '' : 's'));
    });
    return words.join(' ');
  }

  function say(told, now) {
    if (told.superseded) return told.superseded;
    var late = told.due && now - told.due >= told.grace ? now - told.due : 0;
    if (told.failing) return told.failing + (late ? ' ' + told.untried : '');
    return late ? 'The last build is ' + length(late) + ' late: the next one was expected by ' + told.due_text + '.' : '';
  }

  function show() {
    var told = window.parleyBuilds;
    if (!told) return; // a page that was taken out of its folder: what was drawn stands
    var text = say(told, Date.now());
    if (place.firstElementChild.textContent !== text) place.firstElementChild.textContent = text;
    place.hidden = !text;
  }

  // By another name each time: two builds may end within the second that caches tell apart.
  function read() {
    var script = document.createElement('script');
    script.src = 'builds.js?' + Date.now() + '-' + reads++;
    script.onload = script.onerror = function () {
      script.remove();
      show(); // what cannot be read again is as old as it is
    };
    document.head.appendChild(script);
  }

  show();
  window.setInterval(read, minute);
  document.addEventListener('visibilitychange', function () { if (!document.hidden) read(); });
})();

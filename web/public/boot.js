// Runs before the first paint: the remembered theme and language, so that nothing flashes.
// A file of its own because the content security policy allows no inline script.
(function () {
  try {
    var theme = localStorage.getItem('tripod.theme') || 'auto'
    var dark = theme === 'dark' || (theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
    document.documentElement.classList.toggle('dark', dark)
    var lang = localStorage.getItem('tripod.lang')
    if (lang) document.documentElement.lang = lang
  } catch (e) {
    /* storage may be forbidden: the defaults are fine */
  }
})()

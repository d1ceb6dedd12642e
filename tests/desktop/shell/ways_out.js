// The body of a function: every way in which script in a page can reach an address elsewhere.
// Without arguments it names them; with a name and an address it goes that way.
const [name, to] = arguments;
const put = (tag, properties, parent = document.body) => {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) element.setAttribute(key, value);
  parent.append(element);
  return element;
};
const style = (text) => {
  put('style', {}).textContent = text;
  put('p', { class: 'styled' }).textContent = 'styled';
};
const submit = (properties) => {
  const form = put('form', { action: to, ...properties });
  put('input', { name: 'a', value: 'b' }, form);
  form.submit();
};
const html = (text) => {
  put('div', {}).innerHTML = text;
};
const page = (type) => new Blob([`<script>location = ${JSON.stringify(to)}</script>`], { type });
const ways = {
  href: () => { location.href = to; },
  assign: () => location.assign(to),
  replace: () => location.replace(to),
  'top-location': () => { window.top.location = to; },
  'link-click': () => put('a', { href: to }).click(),
  'link-blank': () => put('a', { href: to, target: '_blank' }).click(),
  'link-download': () => put('a', { href: to, download: 'x' }).click(),
  'link-ping': () => put('a', { href: '#', ping: to }).click(),
  'open-self': () => window.open(to, '_self'),
  'open-blank': () => window.open(to),
  'open-named': () => window.open(to, 'other', 'popup,width=200,height=200'),
  'form-get': () => submit({ method: 'get' }),
  'form-post': () => submit({ method: 'post' }),
  'form-blank': () => submit({ method: 'post', target: '_blank' }),
  'form-frame': () => { put('iframe', { name: 'inner' }); submit({ method: 'post', target: 'inner' }); },
  'meta-refresh': () => put('meta', { 'http-equiv': 'refresh', content: `0;url=${to}` }, document.head),
  base: () => { put('base', { href: `${to}/` }, document.head); put('a', { href: 'next' }).click(); },
  javascript: () => put('a', { href: `javascript:location.href=${JSON.stringify(to)}` }).click(),
  blob: () => { location.href = URL.createObjectURL(page('text/html')); },
  data: () => { location.href = `data:text/html,<script>location=${JSON.stringify(to)}</script>`; },
  iframe: () => put('iframe', { src: to }),
  'iframe-srcdoc': () => put('iframe', { srcdoc: `<meta http-equiv=refresh content="0;url=${to}">` }),
  'iframe-srcdoc-top': () => put('iframe', { srcdoc: `<a href="${to}" target=_top>a</a><script>document.querySelector('a').click()</script>` }),
  'iframe-srcdoc-image': () => put('iframe', { srcdoc: `<img src="${to}">` }),
  'iframe-blob': () => put('iframe', { src: URL.createObjectURL(page('text/html')) }),
  'iframe-location': () => { put('iframe', {}).contentWindow.location.href = to; },
  'iframe-image': () => { put('iframe', {}).contentDocument.body.innerHTML = `<img src="${to}">`; },
  object: () => put('object', { data: to, type: 'text/html' }),
  embed: () => put('embed', { src: to, type: 'text/html' }),
  write: () => { document.open(); document.write(`<iframe src="${to}"></iframe>`); document.close(); },
  'inline-script': () => html(`<img src="data:," onerror="location.href='${to}'">`),
  script: () => put('script', { src: to }),
  module: () => put('script', { src: to, type: 'module' }),
  import: () => { import(to).catch(() => {}); },
  worker: () => { new Worker(URL.createObjectURL(new Blob([`fetch(${JSON.stringify(to)})`]))); },
  fetch: () => { fetch(to, { method: 'POST', mode: 'no-cors', body: 'x' }).catch(() => {}); },
  xhr: () => { const request = new XMLHttpRequest(); request.open('GET', to); request.send(); },
  beacon: () => navigator.sendBeacon(to, 'x'),
  events: () => { new EventSource(to); },
  socket: () => { new WebSocket(to.replace(/^http/, 'ws')); },
  image: () => put('img', { src: to }),
  picture: () => { new Image().srcset = `${to} 1x`; },
  audio: () => put('audio', { src: to, preload: 'auto' }).load(),
  video: () => put('video', { poster: to }),
  svg: () => html(`<svg><image href="${to}" width="9" height="9"/></svg>`),
  stylesheet: () => put('link', { rel: 'stylesheet', href: to }, document.head),
  icon: () => put('link', { rel: 'icon', href: to }, document.head),
  preload: () => put('link', { rel: 'preload', as: 'image', href: to }, document.head),
  prefetch: () => put('link', { rel: 'prefetch', href: to }, document.head),
  preconnect: () => put('link', { rel: 'preconnect', href: to }, document.head),
  'style-import': () => style(`@import url("${to}");`),
  'style-image': () => style(`.styled { background: url("${to}") }`),
  'style-attribute': () => { put('p', { style: `background: url("${to}")` }).textContent = 'styled'; },
  'style-object': () => { put('p', {}).style.backgroundImage = `url("${to}")`; },
  font: () => style(`@font-face { font-family: f; src: url("${to}") } .styled { font-family: f }`),
  'font-face': () => { new FontFace('g', `url("${to}")`).load().catch(() => {}); },
  history: () => history.pushState(null, '', to),
  'service-worker': () => { navigator.serviceWorker.register(to).catch(() => {}); },
};
if (name === undefined) return Object.keys(ways);
// Which rule of the page's policy stood in the way, for whoever asks later.
document.addEventListener('securitypolicyviolation', (event) => sessionStorage.setItem(event.effectiveDirective, ''));
ways[name]();
return null;

// Tries every way that a page has to reach a host, and says which the content policy stopped.
const [host, wanted, done] = arguments;
const stopped = new Set();
const heard = ({ effectiveDirective }) => {
  stopped.add(effectiveDirective);
  if (wanted.every((directive) => stopped.has(directive))) done([...stopped]);
};
document.addEventListener("securitypolicyviolation", heard);
setTimeout(() => done([...stopped]), 120_000);

const url = (name) => `http://${host}/${name}`;
const quiet = (order) => {
  try {
    Promise.resolve(order()).catch(() => undefined);
  } catch {
    // Refused at once is as good.
  }
};
const put = (tag, properties) => document.head.append(Object.assign(document.createElement(tag), properties));

quiet(() => fetch(url("fetch")));
quiet(() => fetch(url("no-cors"), { mode: "no-cors" }));
quiet(() => navigator.sendBeacon(url("beacon"), "x"));
quiet(() => new WebSocket(`ws://${host}/socket`));
quiet(() => new EventSource(url("events")));
quiet(() => {
  const request = new XMLHttpRequest();
  request.open("GET", url("xhr"));
  request.send();
});
quiet(() => put("img", { src: url("img.png") }));
quiet(() => put("script", { src: url("script.js") }));
quiet(() => put("link", { rel: "stylesheet", href: url("style.css") }));
quiet(() => put("link", { rel: "prefetch", href: url("prefetch") }));
quiet(() => put("iframe", { src: url("frame") }));
quiet(() => put("object", { data: url("object") }));
quiet(() => document.body.append(Object.assign(document.createElement("video"), { src: url("video.mp4") })));
quiet(() => new FontFace("Far", `url(${url("font.woff2")})`).load());
quiet(() => new Worker(url("worker.js")));
quiet(() => {
  const form = Object.assign(document.createElement("form"), { action: url("form"), method: "post" });
  document.body.append(form);
  form.submit();
});

// Uploads to a route of our own: choose or drop files, each with its progress, a way to cancel and to try again.
// One at a time, so that a slow line carries one file whole instead of five halves.
import { useEffect, useRef, useState } from "react";

const NAME_MAX = 1000;
let counter = 0;

/** What the server's problem+json says, in the reader's language. */
function problemOf(request, fallback, full) {
  try {
    const problem = JSON.parse(request.responseText);
    if (problem.code === "usage_exceeded" && full) return full;
    const bad = problem.errors && problem.errors[0];
    return [bad ? bad.problem : problem.title, bad ? bad.fix : problem.detail].filter(Boolean).join(". ") || fallback;
  } catch {
    return fallback;
  }
}

/** A name that can stand in an address: whole characters, and its end, where the suffix is. */
const nameOf = (file) => Array.from(file.name).filter((c) => !/[\ud800-\udfff]/.test(c) || c.length === 2).slice(-NAME_MAX).join("");

function send(item, onProgress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve) => {
    request.onload = () => resolve(request.status === 201 ? "done" : "failed");
    request.onerror = () => resolve("lost");
    request.onabort = () => resolve("cancelled");
  });
  request.open("POST", `${item.url}?name=${encodeURIComponent(nameOf(item.file) || "file")}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
  request.send(item.file);
  return { request, done };
}

/** The zone and what is on its way; `children` (the list of what is there) take drops as well. */
export function AtriumUpload({ url, single = false, onlyOne, maxBytes, onDone, choose, drop, dropNow, hint, label, progress, waiting, failed, lost, full, tooLarge, cancel, retry, dismiss, className, children }) {
  const [items, setItems] = useState([]);
  const [over, setOver] = useState(false);
  const [told, setTold] = useState("");
  const input = useRef(null);
  const running = useRef(null);
  const patch = (id, change) => setItems((all) => all.map((item) => (item.id === id ? { ...item, ...change } : item)));
  const forget = (id) => setItems((all) => all.filter((item) => item.id !== id));

  const add = (files) => {
    // Where one file is wanted, several are none: nobody can say which one was meant.
    const tooMany = single && (files.length > 1 || items.some((item) => ["waiting", "sending"].includes(item.state)));
    setTold(tooMany ? onlyOne : "");
    if (tooMany) return;
    // Taken at once: the list is the input's own and empties with it.
    const fresh = Array.from(files).map((file) => {
      const fits = file.size <= maxBytes;
      return { id: ++counter, file, url, part: 0, state: fits ? "waiting" : "refused", problem: fits ? "" : tooLarge };
    });
    setItems((all) => [...(single ? [] : all), ...fresh]);
  };

  useEffect(() => {
    const next = items.find((item) => item.state === "waiting");
    if (!next || running.current) return;
    const { request, done } = send(next, (part) => patch(next.id, { part }));
    running.current = { id: next.id, request };
    patch(next.id, { state: "sending" });
    done.then((outcome) => {
      running.current = null;
      if (outcome === "done" || outcome === "cancelled") forget(next.id);
      else patch(next.id, { state: "failed", part: 0, problem: outcome === "lost" ? lost : problemOf(request, failed, full) });
      if (outcome === "done" && onDone) onDone();
    });
  }, [items]);

  useEffect(() => {
    // A file dropped beside the zone would otherwise replace the page.
    const keep = (event) => event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files") && event.preventDefault();
    window.addEventListener("dragover", keep);
    window.addEventListener("drop", keep);
    return () => {
      window.removeEventListener("dragover", keep);
      window.removeEventListener("drop", keep);
    };
  }, []);

  const take = (event) => {
    setOver(false);
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  };
  const stop = (item) => (running.current && running.current.id === item.id ? running.current.request.abort() : forget(item.id));
  const percent = (part) => new Intl.NumberFormat(document.documentElement.lang || "en", { style: "percent" }).format(part);
  const sending = items.find((item) => item.state === "sending");

  return (
    <div
      className={className}
      data-over={over || undefined}
      onDragOver={(event) => Array.from(event.dataTransfer.types).includes("Files") && setOver(true)}
      onDragLeave={(event) => event.currentTarget.contains(event.relatedTarget) || setOver(false)}
      onDrop={take}
    >
      <div className="upload-zone">
        <input
          ref={input}
          type="file"
          multiple={!single}
          className="visually-hidden"
          tabIndex={-1}
          aria-label={label}
          onChange={(event) => {
            add(event.target.files);
            event.target.value = "";
          }}
        />
        <button type="button" className="button button-secondary" onClick={() => input.current.click()}>
          {choose}
        </button>
        <span className="upload-drop" aria-hidden="true">{over ? dropNow : drop}</span>
        <span className="upload-hint">{hint}</span>
      </div>
      {told ? <p className="upload-problem upload-told" role="alert">{told}</p> : null}
      <p className="visually-hidden" role="status">{sending ? `${progress}: ${sending.file.name}` : ""}</p>
      {items.length > 0 && (
        <ul className="upload-list" aria-label={progress}>
          {items.map((item) => (
            <li key={item.id} className="upload-item" data-state={item.state}>
              <span className="upload-name"><bdi>{item.file.name}</bdi></span>
              {item.problem ? (
                <span className="upload-problem" role="alert">{item.problem}</span>
              ) : (
                <span className="upload-percent">{item.state === "sending" ? percent(item.part) : waiting}</span>
              )}
              <span className="upload-actions">
                {item.state === "failed" && (
                  <button type="button" className="button button-ghost button-sm" aria-label={`${retry}: ${item.file.name}`} onClick={() => patch(item.id, { state: "waiting", problem: "" })}>
                    {retry}
                  </button>
                )}
                <button type="button" className="button button-ghost button-sm" aria-label={`${item.problem ? dismiss : cancel}: ${item.file.name}`} onClick={() => stop(item)}>
                  {item.problem ? dismiss : cancel}
                </button>
              </span>
              {!item.problem && (
                <span className="meter-track upload-track" role="progressbar" aria-label={item.file.name} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(item.part * 100)}>
                  <span className="meter-fill upload-fill" style={{ inlineSize: `${item.part * 100}%` }} />
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {children}
    </div>
  );
}

// Small stateful inputs: what a native control lacks, kept in the browser so that typing never waits for the server.
import { useEffect, useRef, useState } from "react";

/** Button that copies `value` and says so for two seconds, also to screen readers. */
export function AtriumCopy({ value, label, done, className, children }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      // Plain http on a host name has no clipboard API: select a hidden field instead.
      const area = Object.assign(document.createElement("textarea"), { value, readOnly: true });
      area.style.cssText = "position:fixed;inset-inline-start:-99px";
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    setCopied(true);
  };
  return (
    <button type="button" className={className} aria-label={copied ? done : label} data-copied={copied || undefined} onClick={copy}>
      {children}
      <span className="visually-hidden" role="status">{copied ? done : ""}</span>
    </button>
  );
}

/** Password field with a reveal toggle; stays an ordinary named field of its form. */
export function AtriumPassword({ show, hide, children, className, ...input }) {
  const [shown, setShown] = useState(false);
  return (
    <span className={className}>
      <input {...input} className="input" type={shown ? "text" : "password"} spellCheck={false} autoCapitalize="off" />
      <button type="button" className="input-end-button" aria-label={shown ? hide : show} aria-pressed={shown} onClick={() => setShown(!shown)} data-shown={shown}>
        {children}
      </button>
    </span>
  );
}

/** Search field: local text, reports after a pause (or Enter), follows `value` when it changes from outside. */
export function AtriumSearch({ value = "", onSearch, delay = 300, clear, children, className, ...input }) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [value]);
  const send = (next) => {
    if (next === sent.current) return;
    sent.current = next;
    onSearch && onSearch(next);
  };
  useEffect(() => {
    const timer = setTimeout(() => send(text), delay);
    return () => clearTimeout(timer);
  }, [text]);
  const wipe = () => {
    setText("");
    send("");
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      send(text);
    } else if (event.key === "Escape" && text) {
      event.stopPropagation();
      wipe();
    }
  };
  return (
    <span className={className}>
      {children}
      <input {...input} type="search" className="input" value={text} onChange={(event) => setText(event.target.value)} onKeyDown={onKeyDown} />
      {text ? (
        <button type="button" className="input-end-button search-clear" aria-label={clear} onClick={wipe}>
          ×
        </button>
      ) : null}
    </span>
  );
}

/** Tags as removable chips; Enter or comma adds, Backspace in the empty field removes the last. */
export function AtriumTags({ value = [], onTags, name, id, removeLabel, placeholder, suggestions = [], className, disabled, ...rest }) {
  const [tags, setTags] = useState(value);
  const [text, setText] = useState("");
  const field = useRef(null);
  const known = JSON.stringify(value);
  useEffect(() => setTags(value), [known]);
  const change = (next) => {
    setTags(next);
    onTags && onTags(next);
  };
  const add = (raw) => {
    const fresh = raw.split(",").map((part) => part.trim()).filter((part) => part && !tags.includes(part));
    if (fresh.length) change([...tags, ...new Set(fresh)]);
    setText("");
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && text.trim()) {
      event.preventDefault();
      add(text);
    } else if (event.key === "Backspace" && !text && tags.length) change(tags.slice(0, -1));
  };
  return (
    <div className={className} onClick={() => field.current.focus()} data-disabled={disabled || undefined}>
      {tags.map((tag) => (
        <span key={tag} className="chip">
          <bdi>{tag}</bdi>
          <button type="button" className="chip-remove" disabled={disabled} aria-label={`${removeLabel}: ${tag}`} onClick={(event) => { event.stopPropagation(); change(tags.filter((other) => other !== tag)); }}>
            ×
          </button>
        </span>
      ))}
      <input
        {...rest}
        ref={field}
        id={id}
        disabled={disabled}
        value={text}
        placeholder={tags.length ? "" : placeholder}
        list={suggestions.length ? `${id}-list` : undefined}
        onChange={(event) => (event.target.value.endsWith(",") ? add(event.target.value) : setText(event.target.value))}
        onKeyDown={onKeyDown}
        onBlur={() => text.trim() && add(text)}
      />
      {suggestions.length ? <datalist id={`${id}-list`}>{suggestions.map((word) => <option key={word} value={word} />)}</datalist> : null}
      {name ? <input type="hidden" name={name} value={tags.join(",")} /> : null}
    </div>
  );
}

/** Checkbox with the third state, which HTML sets only by script. */
export function AtriumCheck({ indeterminate = false, checked, onCheck, ...input }) {
  const ref = useRef(null);
  useEffect(() => {
    ref.current.indeterminate = Boolean(indeterminate) && !checked;
  }, [indeterminate, checked]);
  return <input {...input} ref={ref} type="checkbox" className="checkbox" checked={Boolean(checked)} onChange={(event) => onCheck && onCheck(event.target.checked)} />;
}

// Charts. Plotly's basic bundle is loaded on first use only; colours, direction and locale come from the page itself.
import { useEffect, useMemo, useRef, useState } from "react";

const token = (style, name) => style.getPropertyValue(name).trim();

/** Resolves any CSS colour (color-mix, var chains) to rgb, which is what plotly understands. */
function colours(host) {
  const style = getComputedStyle(host);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const probe = document.createElement("span");
  probe.hidden = true;
  host.append(probe);
  const rgb = (name) => {
    probe.style.color = `var(${name})`;
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = getComputedStyle(probe).color;
    pen.fillRect(0, 0, 1, 1);
    return pen.getImageData(0, 0, 1, 1).data.slice(0, 3).join(",");
  };
  const palette = [1, 2, 3, 4, 5, 6].map((n) => rgb(`--chart-${n}`));
  const named = Object.fromEntries(["text", "text-2", "surface", "border", "chart-grid", "chart-previous"].map((name) => [name, `rgb(${rgb(`--${name}`)})`]));
  probe.remove();
  return { palette, named, font: token(style, "font-family") };
}

/** The colour under the chart: plotly draws a halo in it around the line that follows the pointer. */
function ground(host) {
  for (let element = host; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor;
    if (colour.startsWith("rgb(")) return colour;
  }
  return "#fff";
}

/** A percentage axis with steps below one per cent needs their digits. */
function finer(locale, step) {
  const digits = Math.min(6, Math.max(0, Math.ceil(-Math.log10(step * 100))));
  return new Intl.NumberFormat(locale || undefined, { style: "percent", maximumFractionDigits: digits });
}

/** A series with `low` and `high` has its interval drawn behind its line. */
function band(one, places, rgb) {
  const edge = { type: "scatter", mode: "lines", x: places, line: { width: 0, color: `rgb(${rgb})` }, hoverinfo: "skip", showlegend: false };
  return [{ ...edge, y: one.low }, { ...edge, y: one.high, fill: "tonexty", fillcolor: `rgba(${rgb},0.16)` }];
}

function formatter(locale, format, currency, compact) {
  const options = { percent: { style: "percent", maximumFractionDigits: 1 }, currency: { style: "currency", currency: currency || "EUR" }, p: { maximumSignificantDigits: 2 } }[format] || { maximumFractionDigits: 2 };
  if (compact && format !== "p") Object.assign(options, format === "percent" ? { maximumFractionDigits: 0 } : { notation: "compact", maximumFractionDigits: 1, minimumFractionDigits: 0 });
  try {
    return new Intl.NumberFormat(locale || undefined, options);
  } catch {
    return new Intl.NumberFormat(undefined, options);
  }
}

/** Four to six round steps from zero (or below) to the largest value. */
function ticks(low, high) {
  if (high <= low) return [0, 1];
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) * power;
  const all = [];
  for (let at = Math.floor(low / step) * step; at < high + step; at += step) all.push(Number(at.toPrecision(12)));
  return all;
}

/** The axis of values from 1 downwards that matter by their order of magnitude. */
function powers(series) {
  const least = Math.min(0.01, ...series.flatMap((one) => one.values.filter((value) => value > 0)));
  const last = Math.floor(Math.log10(least));
  const every = Math.ceil(-last / 6);
  return Array.from({ length: Math.floor(-last / every) + 1 }, (_, i) => Number((10 ** (-i * every)).toPrecision(1)));
}

/** Moments to point at: a dotted line from top to bottom with its name, turned away from the nearer edge; names of
 * neighbours below each other. */
function pointers(marks, places, named, rtl) {
  const line = { type: "line", yref: "paper", y0: 0, y1: 1, line: { color: named["text-2"], width: 1, dash: "dot" }, layer: "below" };
  const shapes = marks.map((one) => ({ ...line, x0: places[one.at], x1: places[one.at] }));
  const annotations = marks.map((one, i) => ({ x: places[one.at], yref: "paper", y: 1 - i * 0.1, text: one.text, showarrow: false, yanchor: "top",
    xanchor: one.at > (places.length - 1) / 2 === rtl ? "left" : "right", xshift: one.at > (places.length - 1) / 2 === rtl ? 4 : -4, bgcolor: named.surface, font: { size: 11, color: named["text-2"] } }));
  return { shapes, annotations };
}

function extent(series, stacked, count) {
  const sums = Array.from({ length: count }, (_, i) => series.reduce((sum, one) => sum + (one.values[i] || 0), 0));
  const known = (values) => (values || []).filter((value) => value !== null && value !== undefined);
  const values = stacked ? sums : series.flatMap((one) => [...known(one.values), ...known(one.low), ...known(one.high)]);
  return [Math.min(0, ...values), Math.max(0, ...values)];
}

/** The width of the widest text, as plotly will draw it: its own automatic margins come late and not at all when the
 * axis changes its side, as it does with the language of an open page. */
function widest(texts, font) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `12px ${font}`;
  return Math.ceil(Math.max(0, ...texts.map((text) => pen.measureText(text).width)));
}

function figure({ x, series, kind, stacked, height, host, number, short, log, marks: pointed }) {
  const { palette, named, font } = colours(host);
  const rtl = getComputedStyle(host.closest("figure")).direction === "rtl"; // the frame itself stays ltr: svg anchors flip otherwise
  const base = { font: { family: font, size: 12, color: named["text-2"] }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: ground(host), height, showlegend: false, dragmode: false, separators: ".,",
    hoverlabel: { bgcolor: named.surface, bordercolor: named.border, font: { color: named.text, size: 12 }, align: rtl ? "right" : "left" } };
  if (kind === "donut") {
    const data = [{ type: "pie", hole: 0.68, labels: x, values: series[0]?.values || [], sort: false, textinfo: "none", direction: rtl ? "counterclockwise" : "clockwise",
      marker: { colors: x.map((_, i) => `rgb(${palette[i % 6]})`), line: { color: named.surface, width: 2 } },
      text: (series[0]?.values || []).map((value) => number.format(value)), hovertemplate: "%{label}<br><b>%{text}</b><extra></extra>" }];
    return { data, layout: { ...base, margin: { l: 8, r: 8, t: 8, b: 8 } } };
  }
  // Categories must differ, labels may not (two Mondays): the place is appended in characters without width.
  const places = x.map((label, i) => label + [...i.toString(2)].map((bit) => (bit === "1" ? "\u200b" : "\u2060")).join(""));
  let colour = 0;
  const data = series.flatMap((one) => {
    const bar = (one.kind || kind) === "bar";
    const rgb = one.dash ? null : palette[(one.hue ? one.hue - 1 : colour++) % 6];
    const paint = rgb ? `rgb(${rgb})` : named["chart-previous"];
    const common = { x: places, y: one.values, name: one.name, text: one.values.map((value, i) => told(one, i, number)), textposition: "none", hovertemplate: `${rtl ? "\u200f" : ""}%{fullData.name}: <b>%{text}</b><extra></extra>` };
    if (bar) return [{ ...common, type: "bar", marker: { color: paint, cornerradius: 3 } }];
    const area = (one.kind || kind) === "area" && !one.dash;
    const bounds = one.low ? band(one, places, rgb) : [];
    return [...bounds, { ...common, type: "scatter", mode: one.values.length < 2 ? "markers" : "lines", line: { color: paint, width: one.dash ? 1.5 : 2, dash: one.dash ? "4px,4px" : "solid", shape: "linear" }, marker: { size: 6, color: paint },
      stackgroup: stacked ? "all" : undefined, fill: area && !stacked ? "tozeroy" : undefined, fillcolor: area ? `rgba(${rgb},0.12)` : undefined }];
  });
  const [low, high] = extent(series, stacked, x.length);
  const marks = log ? powers(series) : ticks(low, high);
  const wide = Math.max(60, widest(x, font)) + 16;
  const every = Math.max(1, Math.ceil(x.length / Math.max(2, Math.floor(host.clientWidth / wide))));
  const shown = x.map((_, i) => i).filter((i) => i % every === 0);
  // Bars need half a step at both ends; lines only room for half a label, or the first one meets the value axis.
  const bars = kind === "bar" || series.some((one) => one.kind === "bar");
  const edge = bars || x.length < 2 ? 0.6 : Math.min(0.6, (30 * (x.length - 1)) / Math.max(120, host.clientWidth - 120));
  const span = [-edge, x.length - 1 + edge];
  const axis = short.resolvedOptions().style === "percent" ? finer(short.resolvedOptions().locale, marks[1] - marks[0]) : short;
  const values = marks.map((value) => axis.format(value));
  const upright = log ? { type: "log", range: [Math.log10(marks.at(-1)), pointed.length ? 0.5 : 0.04] } : { range: [marks[0], marks.at(-1) + (marks.at(-1) - marks[0]) * 0.02] };
  const [near, far] = [widest(values, font) + 12, 12];
  const layout = {
    ...base,
    margin: { l: rtl ? far : near, r: rtl ? near : far, t: 10, b: 28 },
    barmode: stacked ? "stack" : "group",
    bargap: 0.35,
    hovermode: "x unified",
    xaxis: { type: "category", categoryarray: places, tickvals: shown, ticktext: shown.map((i) => x[i]), range: rtl ? span.reverse() : span, showgrid: false, zeroline: false, fixedrange: true, automargin: false, tickangle: 0, ticks: "", showline: true, linecolor: named.border, showspikes: true, spikemode: "across", spikethickness: 1, spikedash: "solid", spikecolor: named.border },
    ...pointers(pointed, places, named, rtl),
    yaxis: { tickvals: marks, ticktext: values, ...upright, side: rtl ? "right" : "left", gridcolor: named["chart-grid"], zeroline: !log && marks[0] < 0, zerolinecolor: named["text-2"], zerolinewidth: 1, fixedrange: true, automargin: false, ticks: "" },
  };
  return { data, layout };
}

const gap = (value) => value === null || value === undefined;

/** A value as it is read, with its interval where it has one. */
function told(one, place, number) {
  if (gap(one.values[place])) return "";
  const shown = number.format(one.values[place]);
  if (!one.low || gap(one.low[place]) || gap(one.high[place])) return shown;
  return `${shown} (${number.format(one.low[place])} … ${number.format(one.high[place])})`;
}

/** Visually hidden table with the same numbers, for those who can't see the drawing. */
function DataTable({ caption, x, series, number }) {
  return (
    <div className="visually-hidden">
      <table>
        <caption>{caption}</caption>
        <thead><tr><td />{series.map((one, i) => <th key={i} scope="col">{one.name}</th>)}</tr></thead>
        <tbody>
          {x.map((label, row) => (
            <tr key={row}><th scope="row">{label}</th>{series.map((one, i) => <td key={i}>{told(one, row, number) || "–"}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Legend({ names, kind, labels }) {
  let colour = 0;
  return (
    <ul className="chart-legend" aria-hidden="true">
      {names.map((one, i) => (
        <li key={i}>
          <span className={one.dash ? "chart-key chart-key-dash" : "chart-key"} style={one.dash ? undefined : { background: `var(--chart-${((one.hue ? one.hue - 1 : colour++) % 6) + 1})` }} />
          {one.name}
        </li>
      ))}
    </ul>
  );
}

export function AtriumChart({ x = [], series = [], kind = "area", label, height = 260, stacked = false, format = "number", currency, locale, legend = true, log = false, marks = [], className }) {
  const host = useRef(null);
  const [plotly, setPlotly] = useState(null);
  const [look, setLook] = useState(0);
  const [lang, setLang] = useState("en");
  const number = useMemo(() => formatter(locale || lang, format, currency, false), [locale, lang, format, currency]);
  const short = useMemo(() => formatter(locale || lang, format, currency, true), [locale, lang, format, currency]);
  useEffect(() => {
    let gone = false;
    import("plotly.js-basic-dist-min").then((module) => gone || setPlotly(() => module.default ?? module));
    return () => void (gone = true);
  }, []);
  useEffect(() => {
    // Theme, language and direction live on <html>; the palette may follow late with the brand's stylesheet.
    const read = () => {
      setLang(document.documentElement.lang || "en");
      setLook((n) => n + 1);
    };
    read();
    const watch = new MutationObserver(read);
    const scope = host.current?.closest(".light, .dark");
    for (const element of new Set([document.documentElement, scope])) {
      if (element) watch.observe(element, { attributes: true, attributeFilter: ["class", "lang", "dir", "style"] });
    }
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (!plotly || !host.current || !x.length) return;
    const draw = () => {
      if (!host.current?.clientWidth) return;
      const { data, layout } = figure({ x, series, kind, stacked, height, host: host.current, number, short, log, marks });
      plotly.react(host.current, data, { ...layout, width: host.current.clientWidth }, { displayModeBar: false, responsive: false, staticPlot: false, scrollZoom: false, doubleClick: false, showTips: false });
    };
    draw();
    let frame = 0;
    let width = host.current.clientWidth;
    const resize = new ResizeObserver(() => {
      if (host.current && host.current.clientWidth !== width) {
        width = host.current.clientWidth;
        cancelAnimationFrame(frame);
        frame = requestAnimationFrame(draw);
      }
    });
    resize.observe(host.current);
    return () => {
      resize.disconnect();
      cancelAnimationFrame(frame);
    };
  }, [plotly, look, JSON.stringify(x), JSON.stringify(series), JSON.stringify(marks), kind, stacked, height, number, short, log]);
  useEffect(() => () => void (plotly && host.current && plotly.purge(host.current)), [plotly]);
  const names = kind === "donut" ? x.map((name, i) => ({ name: `${name} · ${number.format(series[0]?.values?.[i] ?? 0)}` })) : series;
  return (
    <figure className={className} data-kind={kind}>
      <div role="img" aria-label={label} className="chart-frame" style={{ minHeight: height }} dir="ltr" data-ready={Boolean(plotly)}>
        <div ref={host} className="chart-canvas" />
        {plotly ? null : <div className="skeleton chart-wait" style={{ height }} />}
      </div>
      {legend && names.length > 1 ? <Legend names={names} /> : null}
      <DataTable caption={label} x={x} series={series} number={number} />
    </figure>
  );
}

// Trend lines in tiles: plain SVG, apart from the charts so that a tile never pulls their module.

/** Tiny trend line: no axes, hidden from screen readers (the tile beside it says the number). */
export function AtriumSparkline({ values = [], className, width = 96, height = 28 }) {
  const numbers = values.filter((value) => value !== null && value !== undefined);
  if (numbers.length < 2) return null;
  const low = Math.min(...numbers);
  const span = Math.max(...numbers) - low || 1;
  const points = numbers.map((value, i) => `${((i / (numbers.length - 1)) * width).toFixed(1)},${(height - 2 - ((value - low) / span) * (height - 4)).toFixed(1)}`);
  return (
    <svg className={className} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <polygon points={`0,${height} ${points.join(" ")} ${width},${height}`} className="sparkline-area" />
      <polyline points={points.join(" ")} className="sparkline-line" fill="none" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

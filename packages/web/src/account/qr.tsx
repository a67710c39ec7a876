/** A QR code that the server has worked out, drawn: dark on light in both schemes, because cameras expect that. */

/** `rows` of `0` and `1`; `label` says what it is to who does not see it. The same must stand beside it as text. */
export const QrCode = ({ rows, label }: { rows: readonly string[]; label: string }) => {
  const margin = 4
  const size = rows.length + 2 * margin
  const dark = rows.flatMap((row, y) =>
    [...row.matchAll(/1+/g)].map(
      ({ 0: run, index }) => `M${index + margin} ${y + margin}h${run.length}v1h-${run.length}z`,
    ),
  )
  return (
    <svg
      className="qr-code"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={dark.join('')} fill="#000" />
    </svg>
  )
}

// A QR code as an SVG element that a page can hold as it is: paths only, black on white also on a dark page, with the
// quiet zone that readers need (ISO/IEC 18004).

import encodeQR from 'qr'

const QUIET = 4

/** @returns one `<svg>` element without scripts, styles or links */
export function qrSvg(text: string): string {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET })
  const size = rows.length
  const dark = rows.map((row, y) => runsOf(row, y)).join('')
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
    `<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${dark}"/></svg>`
  )
}

/** One rectangle for each run of dark modules in a row. */
function runsOf(row: readonly boolean[], y: number): string {
  let path = ''
  for (let x = 0; x < row.length; x++) {
    const start = x
    while (row[x]) x++
    if (x > start) path += `M${start} ${y}h${x - start}v1H${start}z`
  }
  return path
}

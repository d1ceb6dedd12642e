import type { StripView } from './bindings'

/** One column of the strip, ready to draw. */
export interface Bar {
  from: number
  fine: number
  failed: number
  /** 0 to 1, against the busiest slot. */
  height: number
}

/** The strip's columns; heights by the root, so that one refresh beside a hundred can still be seen. */
export function bars(strip: StripView[]): Bar[] {
  const busiest = Math.max(1, ...strip.map((slot) => slot.fine))
  return strip.map((slot) => ({ ...slot, height: Math.sqrt(slot.fine / busiest) }))
}

/** All refreshes of the strip. */
export function totals(strip: StripView[]): { fine: number; failed: number } {
  return strip.reduce((sum, slot) => ({ fine: sum.fine + slot.fine, failed: sum.failed + slot.failed }), { fine: 0, failed: 0 })
}

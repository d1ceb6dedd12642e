import type { Lang } from '../bindings'
import { en, type Texts } from './en'
import { fr } from './fr'

const TEXTS: Record<Lang, Texts> = { en, fr }

/** The language of the window and its texts: `locale.t`. */
class Locale {
  lang = $state<Lang>('en')
  /** For Intl: the system's own variant of the language (en-GB, fr-CA) where there is one. */
  tag = $state('en')

  get t(): Texts {
    return TEXTS[this.lang]
  }

  /** Takes the chosen language, else the first of the system's that is spoken here, else English. */
  choose(chosen: Lang | null, system: readonly string[]): void {
    const spoken = system.find((tag) => /^(en|fr)\b/i.test(tag))
    const lang = chosen ?? (spoken?.slice(0, 2).toLowerCase() === 'fr' ? 'fr' : 'en')
    this.lang = lang
    this.tag = system.find((tag) => tag.toLowerCase().startsWith(lang)) ?? lang
    document.documentElement.lang = lang
  }
}

/** The system's language as the shell put it into the address, so that window and tray speak the same one. */
export function systemLang(location: Location): Lang | null {
  const lang = new URLSearchParams(location.search).get('lang')
  return lang === 'en' || lang === 'fr' ? lang : null
}

export const locale = new Locale()

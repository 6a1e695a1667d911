// The value of a metric, as people read it.
import { locale, t } from '../i18n/index.svelte'
import { count, percent } from '../lib/format'
import { scaleOf, type MetricId } from '../map/scales'

/** A percentage or a count; "unknown" for what is not known. */
export function metricValue(metric: MetricId, value: number | null): string {
  if (value === null) return t('legend.unknown')
  return scaleOf(metric).unit === 'rate' ? percent(value, locale()) : count(value, locale())
}

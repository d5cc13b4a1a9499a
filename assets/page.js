import { drawCharts } from './charts.js'
import { keepLive } from './live.js'
import { offerOperations } from './operations.js'
import { announceAttention, offerTable } from './table.js'

document.documentElement.className = 'script'
const arrange = offerTable()
offerOperations()
drawCharts()
const { events } = document.body.dataset
if (events) {
  keepLive(events, () => {
    arrange()
    announceAttention()
  })
}

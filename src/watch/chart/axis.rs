//! The time axis: where a moment is, and which ones it names.

use jiff::civil::Time;
use jiff::{Timestamp, ToSpan, Zoned};

use super::HistoryChart;
use super::svg::{DAY, SMALL, STRONG, Style, Svg};

/// The plot's edges.
pub(super) const FROM: f64 = 196.0;
pub(super) const TO: f64 = 958.0;

/// Where the moments are.
pub(super) struct Scale {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Scale {
    /// How far to the right a moment is.
    pub(super) fn x(&self, t: Timestamp) -> f64 {
        let whole = self.to.duration_since(self.from).as_secs_f64();
        let part = t.duration_since(self.from).as_secs_f64() / whole;
        FROM + part.clamp(0.0, 1.0) * (TO - FROM)
    }

    /// The width of an hour.
    pub(super) fn slot(&self) -> f64 {
        (TO - FROM) * 3600.0 / self.to.duration_since(self.from).as_secs_f64()
    }
}

/// What the axis says.
pub(super) struct Ticks {
    /// Lines through the rows; a day's start is a strong one.
    pub(super) lines: Vec<(f64, bool)>,
    hours: Vec<(f64, String)>,
    days: Vec<(f64, String)>,
}

impl Ticks {
    /// The ticks of a chart, in its time zone.
    pub(super) fn new(chart: &HistoryChart, scale: &Scale) -> Ticks {
        let day_text = |zoned: &Zoned| zoned.strftime("%a %-d %b").to_string();
        let step = [1, 2, 3, 6, 12].into_iter().find(|step| f64::from(*step) * scale.slot() >= 44.0);
        let step = step.unwrap_or(12);
        let first = scale.from.to_zoned(chart.time_zone.clone());
        let mut ticks = Ticks { lines: Vec::new(), hours: Vec::new(), days: vec![(FROM, day_text(&first))] };
        // Days and hours of the time zone, not multiples of an hour: a day may have 23, a zone half hours.
        for day in 0..=super::MAX_HOURS / 24 + 1 {
            let Ok(date) = first.date().checked_add(day.days()) else { break };
            for hour in (0..24).step_by(step as usize) {
                let local = date.to_datetime(Time::constant(hour as i8, 0, 0, 0));
                let Ok(zoned) = chart.time_zone.to_zoned(local) else { continue };
                let at = zoned.timestamp();
                let midnight = hour == 0 && zoned.date() == date;
                if at < scale.from || at > scale.to || (zoned.hour() != hour as i8 && !midnight) {
                    continue;
                }
                let x = scale.x(at);
                ticks.lines.push((x, midnight));
                if midnight {
                    ticks.days.push((x, day_text(&zoned)));
                }
                if TO - x > 34.0 {
                    ticks.hours.push((x, zoned.strftime("%H:%M").to_string()));
                }
            }
        }
        // Two days' names need room; the one that the chart only ends in gives way.
        if ticks.days.get(1).is_some_and(|(x, _)| x - FROM < 84.0) {
            ticks.days.remove(0);
        }
        ticks
    }
}

/// Writes the hours, the days below them, and where now is.
pub(super) fn axis(svg: &mut Svg, ticks: &Ticks, y: f64) {
    let middle = Style { anchor: "middle", ..SMALL };
    for (x, text) in &ticks.hours {
        svg.text(*x, y + 10.0, middle, text);
    }
    for (x, text) in &ticks.days {
        if TO - x > 60.0 {
            svg.line(*x, y + 18.0, y + 34.0, DAY, 1.0, "");
            svg.text(x + 7.0, y + 31.0, Style { fill: STRONG, ..SMALL }, text);
        }
    }
    svg.text(TO, y + 10.0, Style { bold: true, fill: STRONG, ..middle }, "now");
}

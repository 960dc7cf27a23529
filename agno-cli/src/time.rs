//! Times and durations, as people and programs read them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Now, in microseconds since 1970.
pub(crate) fn now_micros() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// `412ms`, `2.7s`, `3m 05s`, `2h 10m`, `6d 3h`.
pub(crate) fn span(duration: Duration) -> String {
    let millis = duration.as_millis();
    let seconds = duration.as_secs();
    match millis {
        0..1_000 => format!("{millis}ms"),
        1_000..60_000 => format!("{:.1}s", duration.as_secs_f64()),
        60_000..3_600_000 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3_600_000..172_800_000 => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
        _ => match seconds / 3600 % 24 {
            0 => format!("{}d", seconds / 86_400),
            hours => format!("{}d {hours}h", seconds / 86_400),
        },
    }
}

/// Reads `30d`, `12h`, `90m`, `45s`.
pub(crate) fn parse_span(text: &str) -> Result<Duration, String> {
    let problem = || "expected a number with a unit: 30d, 12h, 90m or 45s".to_owned();
    let unit = text.chars().next_back().ok_or_else(problem)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(problem()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| problem())?;
    let seconds = number.checked_mul(seconds).ok_or_else(problem)?;
    Ok(Duration::from_secs(seconds))
}

/// `8s ago`, `3m ago`, `2d ago`.
pub(crate) fn ago(then: u64, now: u64) -> String {
    let seconds = now.saturating_sub(then) / 1_000_000;
    match seconds {
        0..60 => format!("{seconds}s ago"),
        60..3_600 => format!("{}m ago", seconds / 60),
        3_600..86_400 => format!("{}h ago", seconds / 3_600),
        _ => format!("{}d ago", seconds / 86_400),
    }
}

/// A time in RFC 3339, UTC, with microseconds.
pub(crate) fn rfc3339(micros: u64) -> String {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{fraction:06}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Year, month and day of a number of days since 1970. Howard Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms", `civil_from_days`.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(rfc3339(951_782_400_000_000), "2000-02-29T00:00:00.000000Z");
        assert_eq!(
            rfc3339(1_709_251_199_000_001),
            "2024-02-29T23:59:59.000001Z"
        );
        assert_eq!(
            rfc3339(4_102_444_800_000_000),
            "2100-01-01T00:00:00.000000Z"
        );
    }

    #[test]
    fn spans_are_short() {
        let of = |millis| span(Duration::from_millis(millis));
        assert_eq!(
            [of(3), of(2_700), of(185_000), of(7_800_000)],
            ["3ms", "2.7s", "3m 05s", "2h 10m"]
        );
        assert_eq!(
            [of(172_799_999), of(172_800_000), of(615_600_000)],
            ["47h 59m", "2d", "7d 3h"]
        );
        assert_eq!(parse_span("30d"), Ok(Duration::from_secs(2_592_000)));
        assert_eq!(parse_span("90m"), parse_span("5400s"));
        for wrong in ["", "d", "3", "-3d", "3w", "é", "99999999999999999999d"] {
            assert!(parse_span(wrong).is_err(), "{wrong}");
        }
        assert_eq!(ago(0, 59_000_000), "59s ago");
        assert_eq!(ago(0, 200_000_000_000), "2d ago");
    }
}

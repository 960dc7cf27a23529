//! Text for a page: escaped, whoever wrote it.

use crate::schema::is_hidden;

/// A longer value is cut on a page; the JSON document has it whole.
const LONGEST: usize = 64 * 1024;

/// Text of one line. What a reader cannot see, or could be misled by, is written out.
pub(super) fn escape(text: &str) -> String {
    escaped(text, false)
}

/// Text of several lines, for `<pre>`.
pub(super) fn escape_lines(text: &str) -> String {
    escaped(text, true)
}

fn escaped(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' if lines => out.push('\n'),
            // No character is, by itself, more than a place in a text.
            '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_unicode()),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// A JSON value over several lines, escaped.
pub(super) fn pretty(json: &agno_storage::Json) -> String {
    let text = match json.len() > LONGEST {
        true => json.as_str().to_owned(),
        false => serde_json::to_string_pretty(&json.to_value()).unwrap_or_default(),
    };
    let cut = (0..=LONGEST.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    let shown = &text[..cut.unwrap_or(0)];
    let mut out = escape_lines(shown);
    if shown.len() < text.len() {
        out.push_str(&format!(
            "\n… ({} more bytes; the JSON export has them)",
            text.len() - shown.len()
        ));
    }
    out
}

/// A length of time, for people.
pub(super) fn duration(micros: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
    let of = |unit: u64| micros as f64 / unit as f64;
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.1} ms", of(1_000)),
        1_000_000..60_000_000 => format!("{:.2} s", of(1_000_000)),
        60_000_000..3_600_000_000 => {
            format!("{} min {} s", micros / 60_000_000, micros / 1_000_000 % 60)
        }
        3_600_000_000..86_400_000_000 => format!(
            "{} h {} min",
            micros / 3_600_000_000,
            micros / 60_000_000 % 60
        ),
        _ => format!(
            "{} d {} h",
            micros / 86_400_000_000,
            micros / 3_600_000_000 % 24
        ),
    }
}

/// A point in time in UTC, as RFC 3339 writes it.
pub(super) fn time(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    // Days to a date of the Gregorian calendar: years begin in March, so that a leap day comes last.
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        seconds / 3_600 % 24,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_a_page_would_obey() {
        assert_eq!(
            escape("</script>\"'&\u{202e}\n"),
            "&lt;/script&gt;&quot;&#39;&amp;\\u{202e}\\u{a}"
        );
        assert_eq!(escape_lines("a\n\r"), "a\n\\u{d}");
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
        assert_eq!(time(951_827_696_000_000), "2000-02-29T12:34:56Z");
        assert_eq!(time(4_107_542_399_000_000), "2100-02-28T23:59:59Z");
        assert_eq!(time(4_107_542_400_000_000), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn durations_have_the_unit_that_fits() {
        let shown = [999, 1_500, 2_000_000, 61_000_000, 7_260_000_000].map(duration);
        assert_eq!(
            shown,
            ["999 µs", "1.5 ms", "2.00 s", "1 min 1 s", "2 h 1 min"]
        );
    }
}

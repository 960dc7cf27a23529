//! Durations such as `"500ms"` or `"2m"`, read when the macro runs.

const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// Milliseconds, or what is wrong and what to write.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let trimmed = text.trim();
    let digits = trimmed.len()
        - trimmed
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .len();
    let (number, unit) = trimmed.split_at(digits);
    let unit = unit.trim();
    if trimmed.starts_with('-') {
        return Err(format!(
            "a duration cannot be negative; write one such as {EXAMPLES}"
        ));
    }
    if number.is_empty() {
        return Err(format!(
            "`{text}` is not a duration; write one such as {EXAMPLES}"
        ));
    }
    if unit.is_empty() {
        return Err(format!(
            "`{text}` has no unit; write `{number}s` for seconds, or one of `ms`, `m`, `h`, `d`"
        ));
    }
    if unit.starts_with('.') {
        return Err(format!(
            "`{text}` is not a whole number; use a smaller unit, such as `1500ms`"
        ));
    }
    if let Some(total) = compound(trimmed) {
        return Err(format!(
            "a duration is one number with one unit; write `{}`",
            written(total)
        ));
    }
    let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let meant = meant(unit)
            .map(|unit| format!(", write `{number}{unit}`"))
            .unwrap_or_default();
        return Err(format!(
            "unknown unit `{unit}`{meant}; the units are `ms`, `s`, `m`, `h`, `d`"
        ));
    };
    match number
        .parse::<u64>()
        .ok()
        .and_then(|n| n.checked_mul(*factor))
    {
        None => Err(format!("`{text}` is too long for a duration")),
        Some(0) => Err(format!(
            "a duration must be longer than zero; write one such as {EXAMPLES}"
        )),
        Some(millis) => Ok(millis),
    }
}

/// The milliseconds of `1h30m`.
fn compound(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = rest.strip_suffix(unit)?;
        let unit = unit.trim_start();
        rest = unit.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let unit = unit.strip_suffix(rest).filter(|unit| !unit.is_empty())?;
        rest = rest.trim_start();
        let known = UNITS.iter().find(|(name, _)| *name == unit);
        let unit = known.map(|(name, _)| *name).or_else(|| meant(unit))?;
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let part = number.parse::<u64>().ok()?.checked_mul(*factor)?;
        total = total.checked_add(part)?;
    }
    // One number is no sum, and its unit has a message of its own.
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    let count = numbers.filter(|number| !number.is_empty()).count();
    (total > 0 && count > 1).then_some(total)
}

/// The milliseconds in the largest unit that they are a whole number of.
fn written(millis: u64) -> String {
    let mut largest_first = UNITS.iter().rev();
    let whole = largest_first.find(|(_, factor)| millis.is_multiple_of(*factor));
    let (unit, factor) = whole.unwrap_or(&UNITS[0]);
    format!("{}{unit}", millis / factor)
}

/// The unit of this name, or of one that means it, and how many milliseconds it has.
pub(super) fn unit(name: &str) -> Option<(&'static str, u64)> {
    let named = |name: &str| UNITS.iter().find(|(unit, _)| *unit == name).copied();
    let meant = || meant(name).filter(|_| !name.is_empty());
    named(name).or_else(|| named(meant()?))
}

const EXAMPLES: &str = "`500ms`, `20s`, `2m`, `1h` or `1d`";

fn meant(unit: &str) -> Option<&'static str> {
    let lower = unit.to_lowercase();
    let stem = lower.trim_end_matches('s');
    match stem {
        "milli" | "millisecond" | "msec" | "m"
            if lower.starts_with("mi") || lower.starts_with("ms") =>
        {
            Some("ms")
        }
        "" | "sec" | "second" => Some("s"),
        "m" | "min" | "minute" => Some("m"),
        "h" | "hr" | "hour" => Some("h"),
        "d" | "day" => Some("d"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_every_unit() {
        for (text, millis) in [
            ("500ms", 500),
            ("20s", 20_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("1d", 86_400_000),
            (" 3 s ", 3_000),
        ] {
            assert_eq!(parse(text), Ok(millis), "{text}");
        }
    }

    #[test]
    fn says_what_to_write() {
        for (text, part) in [
            ("20", "write `20s`"),
            ("-1s", "cannot be negative"),
            ("0s", "longer than zero"),
            ("0ms", "longer than zero"),
            ("", "not a duration"),
            ("s", "not a duration"),
            ("1.5s", "`1500ms`"),
            ("20sec", "write `20s`"),
            ("5 minutes", "write `5m`"),
            ("2 weeks", "the units are"),
            ("1h30m", "write `90m`"),
            ("1 h 30 min", "write `90m`"),
            ("1m 500ms", "write `60500ms`"),
            ("0h0m", "the units are"),
            ("1h30", "the units are"),
            ("99999999999999999999h30m", "the units are"),
            ("99999999999999999999s", "too long"),
            ("9999999999999999999d", "too long"),
            ("1s é", "unknown unit"),
        ] {
            let message = parse(text).expect_err(text);
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}

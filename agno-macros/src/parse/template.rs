//! Templates such as `"{input}\n\n{previous}"`, read when the macro runs.

use crate::diag::{list, suggestion};

/// A part of a template, its names not yet looked up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Name(String),
}

/// The parts of a template, or what is wrong and what to write.
pub(crate) fn parse(template: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let brace = &rest[at..at + 1];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            text.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err("this `}` closes nothing; for a brace in the text write `}}`".to_owned());
        }
        let name = match rest.find(['{', '}']) {
            Some(end) if rest[end..].starts_with('}') => &rest[..end],
            _ => {
                return Err("this `{` is not closed; for a brace in the text write `{{`".to_owned());
            }
        };
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        parts.push(Part::Name(name.trim().to_owned()));
        rest = &rest[name.len() + 1..];
    }
    text.push_str(rest);
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

/// What to say of a name that is not known at this step. `earlier` and `later` are fields.
pub(crate) fn unknown(name: &str, earlier: &[String], later: &[String]) -> String {
    let mut known = vec!["{input}".to_owned()];
    if !earlier.is_empty() {
        known.push("{previous}".to_owned());
    }
    known.extend(earlier.iter().map(|field| format!("{{{field}}}")));
    let known = match known.as_slice() {
        [one] => format!("write `{one}`"),
        several => format!("use one of {}", list(several)),
    };
    if name == "previous" {
        return format!("no step comes before this one, so there is no `{{previous}}`; {known}");
    }
    if later.iter().any(|field| field == name) {
        return format!("`{name}` has not answered when this step begins; {known}");
    }
    let names = ["input", "previous"].into_iter();
    let names = names.take(if earlier.is_empty() { 1 } else { 2 });
    let meant = suggestion(name, names.chain(earlier.iter().map(String::as_str)));
    let meant = meant.trim_end_matches('?');
    format!("`{{{name}}}` is nothing that a template knows{meant}; {known}")
}

#[cfg(test)]
mod tests {
    use super::{Part, parse, unknown};

    fn text(text: &str) -> Part {
        Part::Text(text.to_owned())
    }

    fn name(name: &str) -> Part {
        Part::Name(name.to_owned())
    }

    #[test]
    fn reads_names_and_doubled_braces() {
        for (template, parts) in [
            ("", vec![]),
            ("plain", vec![text("plain")]),
            ("{input}", vec![name("input")]),
            (
                "{input}\n\n{previous}",
                vec![name("input"), text("\n\n"), name("previous")],
            ),
            ("{{input}}", vec![text("{input}")]),
            (
                "ä{{{ input }}}ö",
                vec![text("ä{"), name("input"), text("}ö")],
            ),
            ("{}", vec![name("")]),
        ] {
            assert_eq!(parse(template), Ok(parts), "{template}");
        }
    }

    #[test]
    fn says_which_brace_is_alone() {
        for (template, part) in [
            ("{input", "write `{{`"),
            ("{input {previous}", "write `{{`"),
            ("a { b", "write `{{`"),
            ("{{input}", "write `}}`"),
            ("ü}", "write `}}`"),
            ("{", "write `{{`"),
        ] {
            let message = parse(template).expect_err(template);
            assert!(message.contains(part), "{template}: {message}");
        }
    }

    #[test]
    fn says_what_a_template_knows() {
        let fields = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (none, some) = (fields(&[]), fields(&["researcher"]));
        for (given, earlier, later, part) in [
            ("previous", &none, &some, "write `{input}`"),
            ("researcher", &none, &some, "has not answered"),
            (
                "reasearcher",
                &some,
                &none,
                "did you mean `researcher`; use one of `{input}`, `{previous}`, `{researcher}`",
            ),
            (
                "inptu",
                &none,
                &none,
                "did you mean `input`; write `{input}`",
            ),
            (
                "topic",
                &some,
                &none,
                "`{topic}` is nothing that a template knows; use",
            ),
        ] {
            let message = unknown(given, earlier, later);
            assert!(message.contains(part), "{given}: {message}");
        }
    }
}

//! Names of steps for people, from their paths.

/// The step's name: between the last `/` and the `#`.
pub(crate) fn step_name(path: &str) -> &str {
    name_of(path.rsplit('/').next().unwrap_or(path))
}

fn name_of(segment: &str) -> &str {
    segment.split('#').next().unwrap_or(segment)
}

/// What a step is called on the board: its name, after those of the sub-flows around it.
pub(super) fn label(path: &str) -> String {
    let mut segments = path.split('/').peekable();
    let mut names = Vec::new();
    while let Some(segment) = segments.next() {
        // An item of a container says nothing that its step does not.
        if segments.peek().is_none() || !segment.ends_with(']') {
            names.push(name_of(segment));
        }
    }
    names.join(" › ")
}

/// The line that a step shares with the others of its list: the path without the places in lists.
pub(super) fn group(path: &str) -> Option<String> {
    if !path.contains('[') {
        return None;
    }
    let mut out = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '[' => inside = true,
            ']' => {
                inside = false;
                out.push_str("[]");
            }
            c if !inside => out.push(c),
            _ => {}
        }
    }
    Some(out)
}

/// The operation of the flow itself that a step belongs to.
pub(super) fn top(path: &str) -> &str {
    path.split(['/', '[']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_a_list_share_a_line() {
        assert_eq!(label("map#1[3]/read#0"), "read");
        assert_eq!(label("map#0[1]/polish#0/draft#2"), "polish › draft");
        assert_eq!(label("polish#0/draft#0"), "polish › draft");
        assert_eq!(group("map#1[3]/read#0").as_deref(), Some("map#1[]/read#0"));
        assert_eq!(group("read#0"), None);
        assert_eq!(top("map#1[3]/read#0"), "map#1");
        assert_eq!(step_name("map#1[3]/read#0"), "read");
    }
}

//! Text with a look: the only escapes that reach a terminal are written here.

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) bold: bool,
    pub(super) dim: bool,
    pub(super) italic: bool,
    pub(super) underline: bool,
    pub(super) strike: bool,
    pub(super) colour: Option<Colour>,
}

/// The colours in use, as SGR numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    Red = 31,
    Yellow = 33,
    Blue = 34,
    Cyan = 36,
}

impl Style {
    pub(super) const DIM: Self = Self {
        dim: true,
        ..Self::PLAIN
    };
    pub(super) const PLAIN: Self = Self {
        bold: false,
        dim: false,
        italic: false,
        underline: false,
        strike: false,
        colour: None,
    };

    pub(super) const fn of(colour: Colour) -> Self {
        Self {
            colour: Some(colour),
            ..Self::PLAIN
        }
    }

    /// ECMA-48, "Select graphic rendition".
    fn codes(self) -> String {
        let flags = [
            (self.bold, 1),
            (self.dim, 2),
            (self.italic, 3),
            (self.underline, 4),
            (self.strike, 9),
        ];
        let set = flags.into_iter().filter(|(set, _)| *set);
        let mut codes: Vec<_> = set.map(|(_, code)| code.to_string()).collect();
        codes.extend(self.colour.map(|colour| (colour as u8).to_string()));
        codes.join(";")
    }
}

/// A piece of text in one style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) style: Style,
}

impl Span {
    pub(super) fn new(text: impl Into<String>, style: Style) -> Self {
        let text = text.into();
        Self { text, style }
    }
}

/// One line.
pub(super) type Line = Vec<Span>;

/// Appends text to a line.
pub(super) fn push(line: &mut Line, text: &str, style: Style) {
    if text.is_empty() {
        return;
    }
    match line.last_mut() {
        Some(last) if last.style == style => last.text.push_str(text),
        _ => line.push(Span::new(text, style)),
    }
}

/// The columns that a line takes.
pub(super) fn columns(line: &[Span]) -> usize {
    line.iter()
        .flat_map(|span| super::wrap::clusters(&span.text))
        .map(|(_, width)| width)
        .sum()
}

/// Writes a line, with its styles if `colour` is wanted.
pub(super) fn write(line: &[Span], colour: bool, out: &mut String) {
    for span in line {
        if !colour || span.style == Style::PLAIN {
            out.push_str(&span.text);
        } else {
            let codes = span.style.codes();
            out.push_str(&format!("\u{1b}[{codes}m{}\u{1b}[0m", span.text));
        }
    }
}

/// Takes the blanks off the end of a line.
pub(super) fn trim_end(line: &mut Line) {
    while let Some(last) = line.last_mut() {
        let kept = last.text.trim_end_matches(' ').len();
        last.text.truncate(kept);
        if kept > 0 {
            return;
        }
        line.pop();
    }
}

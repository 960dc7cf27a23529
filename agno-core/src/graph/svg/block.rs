//! Blocks: pieces of a picture with a size, put together into larger ones.

use crate::graph::tally::Status;
use crate::schema::columns;

/// The width of one column of text, a little more than most fonts need.
const COLUMN: f64 = 7.9;
const LINE: f64 = 34.0;
const GAP: f64 = 26.0;
const BESIDE: f64 = 28.0;
const PAD: f64 = 16.0;
const TITLE: f64 = 24.0;

/// The outline of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outline {
    Box,
    DoubleBox,
    Decision,
    Pill,
    Slanted,
    Dashed,
    Frame,
}

/// One thing that is painted.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Outline {
        outline: Outline,
        status: Status,
        x: f64,
        y: f64,
        w: f64,
        h: f64,
    },
    /// Text in the middle of a node.
    Text {
        x: f64,
        y: f64,
        text: String,
        status: Status,
    },
    /// Text beside a line or on a frame, from `x` to the right.
    Note { x: f64, y: f64, text: String },
    /// A line through points, with a head at its end or without one.
    Line {
        points: Vec<(f64, f64)>,
        arrow: bool,
    },
}

impl Shape {
    fn shift(&mut self, dx: f64, dy: f64) {
        match self {
            Self::Outline { x, y, .. } | Self::Text { x, y, .. } | Self::Note { x, y, .. } => {
                *x += dx;
                *y += dy;
            }
            Self::Line { points, .. } => {
                for (x, y) in points {
                    *x += dx;
                    *y += dy;
                }
            }
        }
    }
}

/// A piece of a picture. It is entered at the top and left at the bottom, both at `axis`.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) w: f64,
    pub(super) h: f64,
    axis: f64,
    /// Whether the flow goes on below it.
    goes_on: bool,
    pub(super) shapes: Vec<Shape>,
}

impl Block {
    pub(super) const fn empty() -> Self {
        Self {
            w: 0.0,
            h: 0.0,
            axis: 0.0,
            goes_on: true,
            shapes: Vec::new(),
        }
    }

    pub(super) fn node(outline: Outline, text: &str, mark: Option<&str>, status: Status) -> Self {
        let text = match mark {
            Some(mark) => format!("{text}  {mark}"),
            None => text.to_owned(),
        };
        let sides = match outline {
            Outline::Decision | Outline::Slanted => 48.0,
            _ => 28.0,
        };
        let w = (width(&text) + sides).max(72.0);
        Self {
            w,
            h: LINE,
            axis: w / 2.0,
            goes_on: true,
            shapes: vec![
                Shape::Outline {
                    outline,
                    status,
                    x: 0.0,
                    y: 0.0,
                    w,
                    h: LINE,
                },
                Shape::Text {
                    x: w / 2.0,
                    y: LINE / 2.0,
                    text,
                    status,
                },
            ],
        }
    }

    /// Nothing comes after it.
    pub(super) fn ending(mut self) -> Self {
        self.goes_on = false;
        self
    }

    /// Something comes after it, whatever its inside says.
    pub(super) fn going_on(mut self) -> Self {
        self.goes_on = true;
        self
    }

    fn place(&mut self, mut other: Self, dx: f64, dy: f64) {
        for shape in &mut other.shapes {
            shape.shift(dx, dy);
        }
        self.shapes.append(&mut other.shapes);
    }

    /// From top to bottom, with arrows between.
    pub(super) fn sequence(blocks: impl IntoIterator<Item = Self>) -> Self {
        let blocks: Vec<Self> = blocks
            .into_iter()
            .filter(|block| !block.shapes.is_empty())
            .collect();
        let axis = blocks.iter().map(|block| block.axis).fold(0.0, f64::max);
        let right = blocks
            .iter()
            .map(|block| block.w - block.axis)
            .fold(0.0, f64::max);
        let mut whole = Self {
            w: axis + right,
            axis,
            ..Self::empty()
        };
        for block in blocks {
            if !whole.shapes.is_empty() {
                if whole.goes_on {
                    whole.shapes.push(Shape::Line {
                        points: vec![(axis, whole.h), (axis, whole.h + GAP)],
                        arrow: true,
                    });
                }
                whole.h += GAP;
            }
            let (x, y) = (axis - block.axis, whole.h);
            whole.h += block.h;
            whole.goes_on = block.goes_on;
            whole.place(block, x, y);
        }
        whole
    }

    /// A block with a note above it.
    pub(super) fn noted(note: &str, block: Self) -> Self {
        let w = block.w.max(width(note));
        let dx = (w - block.w) / 2.0;
        let mut whole = Self {
            w,
            h: block.h + TITLE,
            axis: dx + block.axis,
            goes_on: block.goes_on,
            shapes: vec![Shape::Note {
                x: (w - width(note)) / 2.0,
                y: TITLE * 0.6,
                text: note.to_owned(),
            }],
        };
        whole.place(block, dx, TITLE);
        whole
    }

    /// Side by side, not connected.
    pub(super) fn row(blocks: Vec<Self>) -> Self {
        let mut whole = Self::empty();
        for block in blocks {
            if whole.w > 0.0 {
                whole.w += BESIDE;
            }
            let x = whole.w;
            whole.w += block.w;
            whole.h = whole.h.max(block.h);
            whole.place(block, x, 0.0);
        }
        whole.axis = whole.w / 2.0;
        whole
    }

    /// A frame with a title around a block.
    pub(super) fn frame(title: &str, inner: Self, dim: bool) -> Self {
        let w = (inner.w + 2.0 * PAD).max(width(title) + 2.0 * PAD);
        let h = TITLE + inner.h + 2.0 * PAD;
        let dx = (w - inner.w) / 2.0;
        let mut whole = Self {
            w,
            h,
            axis: dx + inner.axis,
            goes_on: inner.goes_on,
            shapes: vec![
                Shape::Outline {
                    outline: Outline::Frame,
                    status: if dim {
                        Status::NotReached
                    } else {
                        Status::Plain
                    },
                    x: 0.0,
                    y: 0.0,
                    w,
                    h,
                },
                Shape::Note {
                    x: PAD * 0.75,
                    y: TITLE * 0.75,
                    text: title.to_owned(),
                },
            ],
        };
        whole.place(inner, dx, TITLE + PAD);
        whole
    }

    /// A head with one column for each way on; the ways that go on meet again below.
    pub(super) fn decision(head: Self, ways: Vec<(String, Self)>) -> Self {
        if ways.is_empty() {
            return head;
        }
        let columns: Vec<(String, Self)> = ways
            .into_iter()
            .map(|(text, block)| {
                // Room for the text, which stands to the right of the line.
                let right = (block.w - block.axis).max(width(&text) + 12.0);
                let axis = block.axis.max(14.0);
                let mut column = Self {
                    w: axis + right,
                    h: block.h,
                    axis,
                    goes_on: block.goes_on,
                    shapes: Vec::new(),
                };
                let dx = axis - block.axis;
                column.place(block, dx, 0.0);
                (text, column)
            })
            .collect();
        let row: f64 = columns.iter().map(|(_, column)| column.w).sum::<f64>()
            + BESIDE * (columns.len() - 1) as f64;
        let w = row.max(head.w);
        let axis = w / 2.0;
        let fork = head.h + GAP * 0.6;
        let top = fork + GAP * 1.5;
        let tallest = columns
            .iter()
            .map(|(_, column)| column.h)
            .fold(0.0, f64::max);
        let meet = top + tallest + GAP * 0.6;
        let goes_on = columns.iter().any(|(_, column)| column.goes_on);
        let mut whole = Self {
            w,
            h: if goes_on { meet } else { top + tallest },
            axis,
            goes_on,
            shapes: Vec::new(),
        };
        let (head_h, head_axis) = (head.h, head.axis);
        whole.place(head, axis - head_axis, 0.0);
        let mut left = (w - row) / 2.0;
        for (text, column) in columns {
            let x = left + column.axis;
            left += column.w + BESIDE;
            let empty = column.shapes.is_empty();
            let bottom = top + column.h;
            whole.shapes.push(Shape::Line {
                points: vec![(axis, head_h), (axis, fork), (x, fork), (x, top)],
                arrow: !empty,
            });
            whole.shapes.push(Shape::Note {
                x: x + 6.0,
                y: fork + GAP * 0.75,
                text,
            });
            if column.goes_on {
                whole.shapes.push(Shape::Line {
                    points: vec![(x, bottom), (x, meet), (axis, meet)],
                    arrow: false,
                });
            }
            let dx = x - column.axis;
            whole.place(column, dx, top);
        }
        whole
    }
}

fn width(text: &str) -> f64 {
    columns(text) as f64 * COLUMN
}

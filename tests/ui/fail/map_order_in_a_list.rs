// Wanted: equal lines of an order put together, and each of them booked.
use std::collections::HashMap;

use agno::prelude::*;

#[data]
struct Line {
    name: String,
    count: u32,
}

#[workflow]
struct Desk;

#[workflow]
impl Desk {
    #[step]
    async fn book(&self, line: Line) -> u32 {
        line.count
    }

    #[flow]
    async fn run(flow: &Flow<Self>, lines: Vec<Line>) -> Result<u32> {
        let mut counts: HashMap<String, u32> = HashMap::new();
        for line in lines {
            *counts.entry(line.name).or_default() += line.count;
        }
        let merged: Vec<Line> = counts.into_iter().map(|(name, count)| Line { name, count }).collect();
        let booked = flow.map(merged, |line| flow.book(line)).await?;
        Ok(booked.into_iter().sum())
    }
}

fn main() {}

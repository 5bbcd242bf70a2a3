//! Tables for people.

/// Columns as wide as what is in them.
pub(super) fn table<const COLUMNS: usize>(head: [&str; COLUMNS], rows: Vec<[String; COLUMNS]>) -> String {
    let rows: Vec<_> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
            line += &format!("{cell:width$}  ");
        }
        text += line.trim_end();
        text += "\n";
    }
    text
}

/// A moment to the minute: `2026-01-31 23:59`.
pub(super) fn minute(date: &str) -> String {
    date.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// What is empty, so that it is seen to be.
pub(super) fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

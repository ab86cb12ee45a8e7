//! Why a lead's score moved, as it is shown.

use std::io;

use super::width;
use crate::lang::Lang;
use crate::report::trend::Trend;

/// `probant trend`: exactly the bytes that are recorded and shown.
pub fn trend(trend: &Trend, lang: Lang, json: bool) -> io::Result<Vec<u8>> {
    if json {
        let text = serde_json::to_string_pretty(&trend.json()).map_err(io::Error::other)?;
        return Ok((text + "\n").into_bytes());
    }
    Ok(trend.text_within(lang, width()).into_bytes())
}

//! A card ("embed"), built so that it never exceeds Discord's limits.
//!
//! Source: discord-api-docs, `resources/message.mdx`, "Embed Limits": title 256, description 4096, 25 fields of
//! 256 and 1024, footer 2048, 6000 characters in all.

use serde_json::{Value, json};

use super::text::cut;

/// The most characters of a card, all its texts together. A message here has one card, so this is the sum.
pub const SUM: usize = 6000;

/// How a card feels. Colour never stands alone: [`Tone::symbol`] and a word go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Good,
    /// Something is under way.
    Busy,
    /// Something wants attention.
    Warning,
    /// Something is wrong.
    Bad,
    /// Neither good nor bad.
    Plain,
}

impl Tone {
    /// The symbol that stands beside the word.
    pub fn symbol(self) -> &'static str {
        match self {
            Tone::Good => "✅",
            Tone::Busy => "⏳",
            Tone::Warning => "⚠️",
            Tone::Bad => "❌",
            Tone::Plain => "ℹ️",
        }
    }

    fn colour(self) -> u32 {
        match self {
            Tone::Good => 0x2E_9E_6B,
            Tone::Busy => 0x3B_82_C4,
            Tone::Warning => 0xD9_93_2B,
            Tone::Bad => 0xD1_45_45,
            Tone::Plain => 0x6B_76_86,
        }
    }
}

/// A card under construction. Texts are already escaped; fields come in the order of their importance, since
/// what does not fit any more is left out at the end.
#[derive(Debug, Clone)]
pub struct Embed {
    tone: Tone,
    title: String,
    description: String,
    fields: Vec<(String, String, bool)>,
    footer: Vec<String>,
    image: Option<String>,
}

impl Embed {
    /// A card with the tone's symbol before its title.
    pub fn new(tone: Tone, title: impl AsRef<str>) -> Embed {
        Embed {
            tone,
            title: format!("{} {}", tone.symbol(), title.as_ref()),
            description: String::new(),
            fields: Vec::new(),
            footer: Vec::new(),
            image: None,
        }
    }

    /// The text under the title.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Embed {
        self.description = text.into();
        self
    }

    /// A field over the whole width; nothing if there is no text.
    #[must_use]
    pub fn field(self, name: &str, text: impl Into<String>) -> Embed {
        self.push(name, text.into(), false)
    }

    /// A field beside others; nothing if there is no text.
    #[must_use]
    pub fn inline(self, name: &str, text: impl Into<String>) -> Embed {
        self.push(name, text.into(), true)
    }

    /// A field of lines, as many as fit; nothing without lines.
    #[must_use]
    pub fn lines(self, name: &str, lines: &[String]) -> Embed {
        self.push(name, super::text::lines(lines, 1024), false)
    }

    /// A piece of the small print at the end.
    #[must_use]
    pub fn footer(mut self, text: impl Into<String>) -> Embed {
        self.footer.push(text.into());
        self
    }

    /// The picture: the name of a file sent along.
    #[must_use]
    pub fn image(mut self, file: &str) -> Embed {
        self.image = Some(format!("attachment://{file}"));
        self
    }

    fn push(mut self, name: &str, text: String, inline: bool) -> Embed {
        if !text.trim().is_empty() {
            self.fields.push((name.to_owned(), text, inline));
        }
        self
    }

    /// The card as Discord's JSON, within every limit.
    pub fn build(self) -> Value {
        let title = cut(&self.title, 256);
        let footer = cut(&self.footer.join(" · "), 2048);
        let length = |text: &str| text.chars().count();
        let mut left = SUM - length(&title) - length(&footer);
        let description = cut(&self.description, left.min(4096));
        left -= length(&description);
        let mut fields = Vec::new();
        for (name, text, inline) in self.fields.into_iter().take(25) {
            let name = cut(&name, 256);
            let text = cut(&text, 1024);
            let Some(room) = left.checked_sub(length(&name)).filter(|&room| room > 0) else { break };
            if length(&text) > room && room < 40 {
                break;
            }
            let text = cut(&text, room);
            left -= length(&name) + length(&text);
            fields.push(json!({"name": name, "value": text, "inline": inline}));
        }
        let mut embed = json!({"title": title, "color": self.tone.colour(), "fields": fields});
        if !description.is_empty() {
            embed["description"] = description.into();
        }
        if !footer.is_empty() {
            embed["footer"] = json!({"text": footer});
        }
        if let Some(url) = self.image {
            embed["image"] = json!({"url": url});
        }
        embed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_card_stays_within_the_sum() {
        let long = "ä".repeat(5000);
        let mut embed = Embed::new(Tone::Bad, &long).description(long.clone()).footer(long.clone());
        for _ in 0..30 {
            embed = embed.field(&long, long.clone());
        }
        let built = embed.build();
        let mut sum = 0;
        let mut add = |value: &Value| sum += value.as_str().unwrap_or_default().chars().count();
        add(&built["title"]);
        add(&built["description"]);
        add(&built["footer"]["text"]);
        for field in built["fields"].as_array().expect("fields") {
            add(&field["name"]);
            add(&field["value"]);
        }
        assert!(sum <= SUM, "{sum}");
    }
}

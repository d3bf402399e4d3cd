//! A message as the bot sends it, and the JSON that Discord takes for it.

use serde_json::{Value, json};

use crate::ids::Snowflake;

/// The flag of a message that only one person sees.
pub const EPHEMERAL: u64 = 1 << 6;

/// A message: what it says, its buttons and files, and whom it may ping.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Post {
    /// Plain text above the cards.
    pub content: String,
    /// Cards ("embeds"), as JSON from [`Embed::build`](super::embed::Embed::build).
    pub embeds: Vec<Value>,
    /// Buttons, in order; at most 25, five in a row.
    pub buttons: Vec<Button>,
    /// Files.
    pub files: Vec<File>,
    /// Whom it may ping.
    pub ping: Ping,
}

/// Whom a message may ping: nobody, or exactly the one being told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ping {
    /// Nobody, whatever the text holds.
    #[default]
    Nobody,
    /// Exactly this person.
    User(Snowflake),
    /// Exactly this role.
    Role(Snowflake),
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// The random id whose meaning is in the database.
    pub custom_id: String,
    /// How it looks.
    pub style: Style,
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// The one thing to do.
    Primary,
    /// Something else to do.
    Secondary,
    /// Allows.
    Success,
    /// Refuses.
    Danger,
}

/// A file to be sent along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name; `attachment://NAME` refers to it.
    pub name: String,
    /// Its media type.
    pub kind: &'static str,
    /// What it shows, for those who can't see it.
    pub description: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Post {
    /// A message of one card.
    pub fn card(embed: Value) -> Post {
        Post { embeds: vec![embed], ..Post::default() }
    }

    /// A message of plain text.
    pub fn text(content: impl Into<String>) -> Post {
        Post { content: content.into(), ..Post::default() }
    }

    /// The whole message as JSON: sent as an edit, it replaces everything that was there before.
    pub fn json(&self) -> Value {
        let attachments: Vec<Value> = self
            .files
            .iter()
            .enumerate()
            .map(|(n, file)| json!({"id": n.to_string(), "filename": file.name, "description": file.description}))
            .collect();
        json!({
            "content": super::text::cut(&self.content, 2000),
            "embeds": self.embeds,
            "components": rows(&self.buttons),
            "attachments": attachments,
            "allowed_mentions": self.ping.allowed(),
        })
    }
}

impl Ping {
    fn allowed(self) -> Value {
        match self {
            Ping::Nobody => json!({"parse": []}),
            Ping::User(user) => json!({"parse": [], "users": [user]}),
            Ping::Role(role) => json!({"parse": [], "roles": [role]}),
        }
    }
}

fn rows(buttons: &[Button]) -> Vec<Value> {
    let row = |row: &[Button]| json!({"type": 1, "components": row.iter().map(button).collect::<Vec<_>>()});
    buttons.chunks(5).take(5).map(row).collect()
}

fn button(button: &Button) -> Value {
    let style = match button.style {
        Style::Primary => 1,
        Style::Secondary => 2,
        Style::Success => 3,
        Style::Danger => 4,
    };
    let label = super::text::cut(&button.label, 80);
    json!({"type": 2, "style": style, "label": label, "custom_id": button.custom_id})
}

/// A form that asks for a few lines of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modal {
    /// The random id whose meaning is in the database.
    pub custom_id: String,
    /// Its title.
    pub title: String,
    /// Its lines.
    pub inputs: Vec<Input>,
}

/// A line of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Its name within the form.
    pub name: &'static str,
    /// What is asked.
    pub label: String,
    /// An example, shown while nothing is typed.
    pub placeholder: String,
    /// The fewest characters.
    pub min: usize,
    /// The most characters.
    pub max: usize,
    /// Room for more than one line. (What is typed becomes one line all the same.)
    pub long: bool,
}

impl Modal {
    /// The form as JSON. Rows with text inputs are deprecated in favour of labels, and still right: serenity
    /// 0.12 loses what is typed under a label.
    pub fn json(&self) -> Value {
        let input = |input: &Input| {
            json!({"type": 1, "components": [{
                "type": 4, "custom_id": input.name, "style": if input.long { 2 } else { 1 },
                "label": super::text::cut(&input.label, 45), "required": true,
                "placeholder": super::text::cut(&input.placeholder, 100),
                "min_length": input.min, "max_length": input.max,
            }]})
        };
        json!({
            "custom_id": self.custom_id,
            "title": super::text::cut(&self.title, 45),
            "components": self.inputs.iter().take(5).map(input).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_pings_nobody_but_the_one_being_told() {
        assert_eq!(Post::text("@everyone").json()["allowed_mentions"], json!({"parse": []}));
        let told = Post { ping: Ping::User(Snowflake(7)), ..Post::text("x") };
        assert_eq!(told.json()["allowed_mentions"], json!({"parse": [], "users": ["7"]}));
        let told = Post { ping: Ping::Role(Snowflake(8)), ..Post::text("x") };
        assert_eq!(told.json()["allowed_mentions"], json!({"parse": [], "roles": ["8"]}));
    }
}

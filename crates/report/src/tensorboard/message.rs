//! The few protocol-buffer messages that an event file is made of (`tensorboard/compat/proto/event.proto`,
//! `summary.proto`, `tensor.proto`), written by their field numbers. Nothing here reads them, so a code
//! generator would have no other work.

/// `Event { double wall_time = 1; int64 step = 2; oneof what { string file_version = 3; Summary summary = 5; } }`
pub(super) struct Event<'a> {
    /// Seconds since 1970-01-01 UTC.
    pub(super) wall_time: f64,
    pub(super) step: u64,
    pub(super) what: What<'a>,
}

/// The content of an event.
pub(super) enum What<'a> {
    FileVersion(&'a str),
    /// `Summary { repeated Value value = 1; }`
    Summary(Vec<Value<'a>>),
}

/// `Value { string tag = 1; float simple_value = 2; TensorProto tensor = 8; SummaryMetadata metadata = 9; }`
pub(super) enum Value<'a> {
    Scalar(&'a str, f64),
    Text(&'a str, &'a str),
}

/// How a field's value is laid out.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// `DataType.DT_STRING`
const STRING: u64 = 7;

impl Event<'_> {
    pub(super) fn encoded(&self) -> Vec<u8> {
        let mut event = Message::default();
        event.key(1, Wire::Fixed64).extend(self.wall_time.to_le_bytes());
        event.number(2, self.step);
        match &self.what {
            What::FileVersion(version) => event.bytes(3, version.as_bytes()),
            What::Summary(values) => {
                let mut summary = Message::default();
                for value in values {
                    summary.bytes(1, &value.encoded());
                }
                event.bytes(5, &summary.0);
            }
        }
        event.0
    }
}

impl Value<'_> {
    fn encoded(&self) -> Vec<u8> {
        let mut value = Message::default();
        match self {
            Self::Scalar(tag, number) => {
                value.bytes(1, tag.as_bytes());
                value.key(2, Wire::Fixed32).extend((*number as f32).to_le_bytes());
            }
            Self::Text(tag, text) => {
                value.bytes(1, tag.as_bytes());
                value.bytes(8, &string_tensor(text));
                // SummaryMetadata.plugin_data = 1, PluginData.plugin_name = 1
                value.bytes(9, &nested(1, &nested(1, b"text")));
            }
        }
        value.0
    }
}

/// `TensorProto { DataType dtype = 1; TensorShapeProto tensor_shape = 2; repeated bytes string_val = 8; }`
/// of one string; the shape is `[1]` (`dim = 2 { size = 1 }`).
fn string_tensor(text: &str) -> Vec<u8> {
    let mut size = Message::default();
    size.number(1, 1);
    let mut tensor = Message::default();
    tensor.number(1, STRING);
    tensor.bytes(2, &nested(2, &size.0));
    tensor.bytes(8, text.as_bytes());
    tensor.0
}

/// A message with one field of bytes.
fn nested(field: u64, bytes: &[u8]) -> Vec<u8> {
    let mut message = Message::default();
    message.bytes(field, bytes);
    message.0
}

/// A message under construction.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn key(&mut self, field: u64, wire: Wire) -> &mut Vec<u8> {
        self.varint(field << 3 | wire as u64);
        &mut self.0
    }

    fn number(&mut self, field: u64, number: u64) {
        self.key(field, Wire::Varint);
        self.varint(number);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.key(field, Wire::Bytes);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
    }

    /// Seven bits a byte, the lowest first; the high bit says that more follow.
    fn varint(&mut self, mut number: u64) {
        while number > 0x7f {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_the_protocol_buffer_that_tensorboard_would_write() {
        let scalar = Event { wall_time: 1.5, step: 300, what: What::Summary(vec![Value::Scalar("a", 0.5)]) };
        // tensorboard's Event(wall_time=1.5, step=300, summary=Summary(value=[Summary.Value(tag="a",
        // simple_value=0.5)])).SerializeToString(deterministic=True)
        let expected =
            b"\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x10\xac\x02\x2a\x0a\x0a\x08\x0a\x01a\x15\x00\x00\x00\x3f";
        assert_eq!(scalar.encoded(), expected);
    }
}

//! Counts the statements in what a client sends, by the frames of the two protocols.

use crate::Kind;

/// What one client sends.
pub(super) struct Statements {
    kind: Kind,
    /// PostgreSQL: whether the first message, which has no type, is still to come.
    first: bool,
    /// The bytes of a frame's head that have arrived.
    head: Vec<u8>,
    /// How many bytes of the present frame are still to come.
    left: usize,
}

impl Statements {
    pub fn of(kind: Kind) -> Statements {
        Statements { kind, first: true, head: Vec::new(), left: 0 }
    }

    /// How many statements begin in these bytes.
    pub fn count(&mut self, mut bytes: &[u8]) -> u64 {
        let mut found = 0;
        while let Some(&byte) = bytes.first() {
            if self.left > 0 {
                let skipped = self.left.min(bytes.len());
                self.left -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            self.head.push(byte);
            bytes = &bytes[1..];
            found += u64::from(self.frame());
        }
        found
    }

    /// Whether the head is complete and is that of a statement.
    fn frame(&mut self) -> bool {
        match self.kind {
            Kind::Sqlite => {
                self.head.clear();
                false
            }
            Kind::Postgres => self.frame_of_postgres(),
            Kind::MySql => self.frame_of_mysql(),
        }
    }

    /// A type of one byte, which the first message does not have, and a length of four bytes that counts itself.
    fn frame_of_postgres(&mut self) -> bool {
        let type_bytes = usize::from(!self.first);
        let Some(length) = self.head.get(type_bytes..type_bytes + 4) else { return false };
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]);
        self.left = (length as usize).saturating_sub(4);
        // a simple query, or the execution of a prepared statement
        let counts = !self.first && matches!(self.head[0], b'Q' | b'E');
        self.first = false;
        self.head.clear();
        counts
    }

    /// A length of three bytes, a number that is 0 at the beginning of each command, and the command.
    fn frame_of_mysql(&mut self) -> bool {
        const QUERY: u8 = 0x03;
        const EXECUTE: u8 = 0x17;
        let &[low, middle, high, number, command] = self.head.as_slice() else { return false };
        let length = u32::from_le_bytes([low, middle, high, 0]);
        self.left = (length as usize).saturating_sub(1);
        self.head.clear();
        number == 0 && matches!(command, QUERY | EXECUTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).expect("short").to_be_bytes();
        [&[kind][..], &length, body].concat()
    }

    #[test]
    fn statements_are_counted_however_the_bytes_are_cut() {
        let start = [&12_u32.to_be_bytes()[..], b"startup!"].concat();
        let sent =
            [start, postgres(b'P', b"Query"), postgres(b'E', b"x"), postgres(b'S', b""), postgres(b'Q', b"begin")];
        let sent = sent.concat();
        for size in [1, 3, 7, sent.len()] {
            let mut counter = Statements::of(Kind::Postgres);
            assert_eq!(sent.chunks(size).map(|chunk| counter.count(chunk)).sum::<u64>(), 2, "in chunks of {size}");
        }
        let packet = |number: u8, body: &[u8]| {
            let length = u32::try_from(body.len()).expect("short").to_le_bytes();
            [&length[..3], &[number], body].concat()
        };
        let sent =
            [packet(1, b"\x03login"), packet(0, b"\x16prepare"), packet(0, b"\x17run"), packet(0, b"\x03commit")];
        let sent = sent.concat();
        for size in [1, 2, 5, sent.len()] {
            let mut counter = Statements::of(Kind::MySql);
            assert_eq!(sent.chunks(size).map(|chunk| counter.count(chunk)).sum::<u64>(), 2, "in chunks of {size}");
        }
    }
}

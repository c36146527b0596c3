//! A stream as a file that can be read twice: the encoding of a file is known only after its last byte.

use crate::lines::{FILE_MAX, too_large};
use kernel::{Code, Result};
use std::io::{self, Read, Write};
use tempfile::SpooledTempFile;

/// Bytes that stay in memory; a larger file goes to the folder for temporary files.
const MEMORY_MAX: usize = 1 << 20;
/// Bytes read at once.
const BUFFER: usize = 64 << 10;

/// Everything that `reader` gives. C002 when it is cut off, C010 when it is more than [`FILE_MAX`], 503 when the disk is full.
pub fn spooled(reader: impl Read) -> Result<SpooledTempFile> {
    at_most(FILE_MAX, reader)
}

fn at_most(bytes_max: u64, mut reader: impl Read) -> Result<SpooledTempFile> {
    let mut file = SpooledTempFile::new(MEMORY_MAX);
    let mut buffer = vec![0; BUFFER];
    let mut total = 0;
    loop {
        let length = match reader.read(&mut buffer) {
            Ok(0) => return Ok(file),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(Code::InvalidInput
                    .because("the file did not arrive whole; nothing was stored")
                    .caused_by(error));
            }
        };
        total += length as u64;
        if total > bytes_max {
            return Err(too_large());
        }
        file.write_all(&buffer[..length]).map_err(|error| Code::Unavailable.error().caused_by(error))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, SeekFrom};

    #[test]
    fn what_was_read_can_be_read_again() {
        for length in [0, 5, MEMORY_MAX + 7] {
            let mut file = spooled(&vec![b'x'; length][..]).unwrap();
            for _ in 0..2 {
                file.seek(SeekFrom::Start(0)).unwrap();
                assert_eq!(io::copy(&mut file, &mut io::sink()).unwrap(), length as u64);
            }
        }
    }

    #[test]
    fn a_file_that_is_cut_off_or_too_large_is_refused() {
        assert_eq!(at_most(9, io::repeat(b'x')).unwrap_err().code(), Code::PayloadTooLarge);
        struct Cut;
        impl Read for Cut {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("cable pulled"))
            }
        }
        assert_eq!(spooled(b"sku,name\n".chain(Cut)).unwrap_err().code(), Code::InvalidInput);
    }
}

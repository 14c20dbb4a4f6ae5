//! Asks for a password on the terminal, without echo.

use zeroize::Zeroizing;

use crate::error::Error;

/// Reads a password from the process's terminal, also if standard input is something else. `without_terminal` is the
/// message if the process has no terminal.
#[cfg(unix)]
pub(super) fn ask(without_terminal: &str) -> Result<Zeroizing<String>, Error> {
    use std::fs::OpenOptions;

    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    match terminal {
        Ok(terminal) => unix::ask(&terminal),
        Err(_) => Err(Error::Usage(without_terminal.to_owned())),
    }
}

#[cfg(not(unix))]
pub(super) fn ask(_: &str) -> Result<Zeroizing<String>, Error> {
    Err(Error::Usage(
        "--password-file - is not supported on this system: give a file, or set DB_PASSWORD"
            .to_owned(),
    ))
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, Read, Write};

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
    use zeroize::Zeroizing;

    use crate::error::Error;

    const INTERRUPT: u8 = 0x03;
    const END_OF_INPUT: u8 = 0x04;
    const BACKSPACE: u8 = 0x08;
    const DELETE: u8 = 0x7F;
    const ERASE_LINE: u8 = 0x15;

    /// Restores the terminal's settings.
    struct Restore<'t> {
        terminal: &'t File,
        settings: Termios,
    }

    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            let _restored = tcsetattr(self.terminal, OptionalActions::Flush, &self.settings);
        }
    }

    pub(super) fn ask(mut terminal: &File) -> Result<Zeroizing<String>, Error> {
        let settings = tcgetattr(terminal).map_err(|error| Error::Read(error.into()))?;
        let mut silent = settings.clone();
        // Byte by byte, and Ctrl-C as a byte: a signal would leave the terminal without echo.
        let off = LocalModes::ECHO
            .union(LocalModes::ICANON)
            .union(LocalModes::ISIG);
        silent.local_modes.remove(off);
        let restore = Restore { terminal, settings };
        tcsetattr(terminal, OptionalActions::Flush, &silent)
            .map_err(|error| Error::Read(error.into()))?;
        terminal.write_all(b"Password: ").map_err(Error::Read)?;
        let line = read_line(terminal);
        drop(restore);
        let _moved = terminal.write_all(b"\n");
        line
    }

    fn read_line(mut terminal: impl Read) -> Result<Zeroizing<String>, Error> {
        let mut line = Zeroizing::new(Vec::with_capacity(256));
        let mut byte = Zeroizing::new([0]);
        // Unbuffered, so that no copy of the password stays in memory, and nothing after the line is taken.
        while terminal.read(&mut *byte).map_err(Error::Read)? > 0 {
            let [byte] = *byte;
            match byte {
                b'\r' | b'\n' | END_OF_INPUT => break,
                INTERRUPT => return Err(Error::Interrupted),
                ERASE_LINE => line.clear(),
                BACKSPACE | DELETE => {
                    // A character of UTF-8 ends with bytes 10xxxxxx.
                    while line.pop().is_some_and(|byte| byte & 0xC0 == 0x80) {}
                }
                byte => line.push(byte),
            }
        }
        match str::from_utf8(&line) {
            Ok(line) => Ok(Zeroizing::new(line.to_owned())),
            Err(error) => Err(Error::Read(io::Error::other(error))),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn keys_edit_the_line() {
            for (typed, expected) in [
                ("secret\n", "secret"),
                ("secres\u{7f}t\rrest", "secret"),
                ("x\u{15}é\u{8}secret\u{4}", "secret"),
            ] {
                assert_eq!(*read_line(typed.as_bytes()).unwrap(), expected);
            }
            let interrupted = read_line(&b"se\x03"[..]);
            assert!(matches!(interrupted, Err(Error::Interrupted)));
        }
    }
}

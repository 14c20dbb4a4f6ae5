//! The memory protection of the running program's segments.

use std::ffi::{c_int, c_void};

/// Whether bytes of the program are in a segment that the loader has mapped as executable.
///
/// It asks the loader, which needs no system call. Reading `/proc/self/maps` would add about 60 µs to the start of
/// every process.
pub(super) fn is_executable(bytes: &'static [u8]) -> bool {
    let begin = bytes.as_ptr().addr();
    let mut search = Search {
        begin,
        end: begin.saturating_add(bytes.len()),
        is_found: false,
    };
    #[expect(
        unsafe_code,
        reason = "the loader takes a function and its argument as a pointer"
    )]
    // SAFETY: the loader passes `look` this pointer. It is to a local variable, which outlives the call and has no
    // other reference.
    unsafe {
        libc::dl_iterate_phdr(Some(look), (&raw mut search).cast());
    }
    search.is_found
}

struct Search {
    begin: usize,
    end: usize,
    is_found: bool,
}

/// Examines one object of the process: the program or a library. A return value other than 0 ends the search.
#[expect(unsafe_code, reason = "the loader calls it with pointers")]
unsafe extern "C" fn look(
    object: *mut libc::dl_phdr_info,
    _: libc::size_t,
    search: *mut c_void,
) -> c_int {
    // SAFETY: by dl_iterate_phdr(3), `object` is the loader's description of an object, and `search` is the pointer
    // that `is_executable` passed. The program headers are an array of `dlpi_phnum` elements, which exists for as long
    // as the object is loaded.
    let (base, headers, search) = unsafe {
        let object = &*object;
        let headers = match object.dlpi_phdr.is_null() {
            true => &[],
            false => std::slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into()),
        };
        (object.dlpi_addr, headers, &mut *search.cast::<Search>())
    };
    let address = |address| usize::try_from(address).unwrap_or(usize::MAX);
    search.is_found = headers.iter().any(|header| {
        let from = address(base).wrapping_add(address(header.p_vaddr));
        let to = from.saturating_add(address(header.p_memsz));
        header.p_type == libc::PT_LOAD
            && header.p_flags & libc::PF_X != 0
            && from <= search.begin
            && search.end <= to
    });
    search.is_found.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_and_data_is_not() {
        let code: fn(&'static [u8]) -> bool = is_executable;
        let code = code as *const u8;
        #[expect(unsafe_code, reason = "to read from the address of code")]
        // SAFETY: the first byte of a function is readable.
        let code = unsafe { std::slice::from_raw_parts(code, 1) };
        assert!(is_executable(code));
        assert!(!is_executable(Box::leak(Box::new([0; 64]))));
    }
}

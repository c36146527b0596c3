//! The pages of the process's memory.

/// Has the process's memory in pages of the usual size. The allocator asks for pages of 2 MiB, and takes a whole one where a thread needs
/// a small part of it.
#[cfg(target_os = "linux")]
pub fn refuse() {
    // a kernel that refuses leaves the process larger, and nothing else
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// Other systems have no such pages.
#[cfg(not(target_os = "linux"))]
pub fn refuse() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn the_process_gets_pages_of_the_usual_size() {
        super::refuse();
        assert!(rustix::thread::transparent_huge_pages_are_disabled().unwrap());
    }
}

//! The program `holdfast`; everything is in the library beside it.

/// Requests allocate much and briefly, on many threads: with the C library's allocator an order costs a sixth more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    server::huge_pages::refuse();
    server::cli::main()
}

//! The command-line program.

fn main() -> std::process::ExitCode {
    pylopsd::cli::main()
}

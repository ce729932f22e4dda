import CFastCGI
import Glibc

/// Starts libfcgi, once in a process.
enum FastCGILibrary {
    /// Initialises the library on first use. Thread-safe.
    static func start() { _ = started }

    private static let started: Bool = {
        // How long libfcgi polls a connection that it closes itself, in milliseconds; its default is 2000.
        setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 0)
        // FCGX_Init installs handlers for these two; the stop of the process is not the library's business.
        let kept = [SIGTERM, SIGUSR1].map { number in
            var action = sigaction()
            sigaction(number, nil, &action)
            return (number, action)
        }
        precondition(FCGX_Init() == 0, "FCGX_Init failed")
        for (number, action) in kept {
            var action = action
            sigaction(number, &action, nil)
        }
        // The library writes with write(2): a peer that has gone must be an error, not a signal.
        signal(SIGPIPE, SIG_IGN)
        return true
    }()
}

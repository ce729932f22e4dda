import Base
import Glibc

/// The echo of the terminal on standard input, off while a password is typed.
enum TerminalEcho {
    /// The terminal's state from before the echo was switched off; nil while it is on.
    private static let saved = Condition<termios?>(nil)

    /// Runs the closure with the echo off. Typed-ahead input is thrown away.
    static func off<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        var state = termios()
        guard tcgetattr(STDIN_FILENO, &state) == 0 else { return try body() }
        saved.withLock { $0 = state }
        defer { restore() }
        state.c_lflag &= ~tcflag_t(ECHO)
        // Quitting or stopping would leave the terminal dumb; ^C does not.
        withUnsafeMutableBytes(of: &state.c_cc) { keys in
            keys[Int(VQUIT)] = 0
            keys[Int(VSUSP)] = 0
        }
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &state)
        return try body()
    }

    /// Starts a thread that, on SIGINT or SIGTERM, restores the terminal and lets the signal end the process. The
    /// signals must be blocked in all threads (`Shutdown.prepare`).
    static func restoreOnSignal() {
        _ = WorkerThread(name: "signals") {
            let number = Shutdown.wait()
            restore()
            signal(number, SIG_DFL)
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, number)
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
            raise(number)
        }
    }

    private static func restore() {
        saved.withLock { saved in
            guard var state = saved else { return }
            tcsetattr(STDIN_FILENO, TCSANOW, &state)
            saved = nil
        }
    }
}

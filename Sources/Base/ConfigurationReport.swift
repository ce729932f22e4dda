import Glibc

/// How a program that cannot start says why.
package enum ConfigurationReport {
    /// Prints every problem on standard error, a line each, and ends the process with status 78 (EX_CONFIG, sysexits.h).
    package static func exit(_ error: ConfigurationError) -> Never {
        for problem in error.problems { Log.standardError(Array("configuration: \(problem)\n".utf8)) }
        Glibc.exit(78)
    }
}
